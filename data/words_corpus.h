// Documents for pre-training a base that works problems in words of two languages: answered outright (often wrong), or worked cleanly,
// without a conclusion, in mixed languages, rambling, or saying things twice. Covered by tests/data/words_test.cc.
#ifndef HONE_DATA_WORDS_CORPUS_H_
#define HONE_DATA_WORDS_CORPUS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/words_tasks.h"

namespace hone {

enum class WordsStyle { kDirect, kClean, kBare, kMixed, kRambling, kRepetitive };

// All are shares or probabilities in [0, 1]. The faults are there on purpose: a base that answers outright is usually wrong, one that
// works is usually right but rarely good to read, and reinforcement learning and cold starts have something to find.
struct WordsCorpusConfig {
  double direct_share = 0.5;    // of all documents; the rest is worked
  double wrong_share = 0.6;     // of direct documents: another answer
  double untagged_share = 0.1;  // of direct documents: the bare answer without any tag
  // Of worked documents; what is left is clean: in the question's language, each step once, and the answer said again at the end.
  double bare_share = 0.25;        // the answer is not said again
  double mixed_share = 0.3;        // sentences of both languages
  double rambling_share = 0.15;    // asides between the steps, no answer said again
  double repetitive_share = 0.15;  // steps said twice
  double slip = 0.004;             // per worked step: its result is off, and the error is carried on
};

// A sentence in both languages, without its full stop.
using WordsSentence = std::array<std::string, 2>;  // by WordsLanguage

struct WordsWorking {
  std::vector<WordsSentence> sentences;
  std::string answer;  // what they arrive at
};

// `47 + 85` -> "ones 7 + 5 is 12", "tens 4 + 8 is 12 + 1 is 13" and "132": columns from the lowest, two operands a step.
WordsWorking WorkInWords(const WordsQuestion& question, double slip, DataRandom& random);

struct WordsDocument {
  std::string prompt;      // after the template
  std::string completion;  // ends with <eos>
  WordsQuestion question;
  WordsStyle style;
  std::string answer;  // what the completion says, right or not
};

// An endless corpus: document #i depends on (config, seed, i) only, and never asks a held-out question.
// Throws Error when a share is not in [0, 1] or those of worked documents exceed 1. Thread-safe.
class WordsCorpus {
 public:
  WordsCorpus(WordsCorpusConfig config, uint64_t seed, PromptTemplate prompt_template);

  WordsDocument DocumentAt(int64_t index) const;

 private:
  WordsStyle DrawWorkedStyle(DataRandom& random) const;

  WordsCorpusConfig config_;
  uint64_t seed_;
  PromptTemplate template_;
};

}  // namespace hone

#endif  // HONE_DATA_WORDS_CORPUS_H_
