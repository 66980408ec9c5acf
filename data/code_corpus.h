// Documents for pre-training a base that writes small C++ functions: answered outright (often wrong, or not even C++) or after a
// plan (mostly right). Covered by tests/data/code_tasks_test.cc.
#ifndef HONE_DATA_CODE_CORPUS_H_
#define HONE_DATA_CODE_CORPUS_H_

#include <cstdint>
#include <string>

#include "data/code_tasks.h"

namespace hone {

// All are shares or probabilities in [0, 1]. The errors are there on purpose: a base that answers outright is usually wrong, one that
// plans is usually right, and reinforcement learning has something to find.
struct CodeCorpusConfig {
  double direct_share = 0.75;   // of all documents; the rest has a plan
  double wrong_share = 0.9;     // of direct documents: their program is spoiled
  double untagged_share = 0.1;  // of direct documents: the bare program without any tag
  double slip = 0.03;           // of planned documents: their program is spoiled
};

struct CodeDocument {
  std::string prompt;      // after the template
  std::string completion;  // ends with <eos>
  CodeQuestion question;
  bool planned = false;
  bool spoiled = false;
  std::string program;  // what the completion says, right or not
};

// The program with one to three mistakes in its body: another operator, number or variable, or a character missing. Nearly always
// wrong, but now and then another right program (`x<=y?x:y`). A model learns how often a mistake comes at each place rather than how many
// a program has, so that it writes more programs without one than its corpus does.
std::string SpoilProgram(const std::string& program, DataRandom& random);

// An endless corpus: document #i depends on (config, seed, i) only, and never asks a held-out question.
// Throws Error when a share is not in [0, 1]. Thread-safe.
class CodeCorpus {
 public:
  CodeCorpus(CodeCorpusConfig config, uint64_t seed, PromptTemplate prompt_template);

  CodeDocument DocumentAt(int64_t index) const;

 private:
  CodeCorpusConfig config_;
  uint64_t seed_;
  PromptTemplate template_;
};

}  // namespace hone

#endif  // HONE_DATA_CODE_CORPUS_H_
