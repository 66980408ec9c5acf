// Documents for pre-training the tiny base: arithmetic questions answered outright (often wrong), worked
// column by column (mostly right), or in coarse steps. Covered by tests/data/arithmetic_corpus_test.cc.
#ifndef HONE_DATA_ARITHMETIC_CORPUS_H_
#define HONE_DATA_ARITHMETIC_CORPUS_H_

#include <cstdint>
#include <string>

#include "data/arithmetic.h"

namespace hone {

enum class DocumentStyle { kDirect, kWorked, kCoarse };

// All are shares or probabilities in [0, 1]. The errors are there on purpose: a base that answers outright is
// usually wrong, one that works is usually right, and reinforcement learning has something to find.
struct ArithmeticCorpusConfig {
  double direct_share = 0.7;  // of all documents
  double coarse_share =
      0.1;  // of all documents of the harder kinds (sum3, times2, times_add); the rest is worked
  double wrong_share = 0.6;     // of direct documents: one or two digits of the answer shifted
  double untagged_share = 0.1;  // of direct documents: the bare answer without any tag
  double slip = 0.004;          // per worked step: its result is off, and the error is carried on
  double coarse_slip = 0.25;    // per coarse step
};

struct ArithmeticDocument {
  std::string prompt;      // after the template
  std::string completion;  // ends with <eos>
  ArithmeticQuestion question;
  DocumentStyle style;
  std::string answer;  // what the completion says, right or not
};

// What stands between <think> and </think>, and the answer it arrives at.
struct Working {
  std::string text;
  std::string answer;
};

// `48+25` -> {"8+5=13,4+2=6+1=7", "73"}: columns from the lowest, two operands a step, the carry last.
Working WorkByColumns(const ArithmeticQuestion& question, double slip, DataRandom& random);
// `18+998+167` -> {"18+998=1016+167=1183", "1183"}: whole numbers.
Working WorkCoarsely(const ArithmeticQuestion& question, double slip, DataRandom& random);

// An endless corpus: document #i depends on (config, seed, i) only, and never asks a held-out question.
// Throws Error when a share is not in [0, 1] or direct_share + coarse_share exceeds 1. Thread-safe.
class ArithmeticCorpus {
 public:
  ArithmeticCorpus(ArithmeticCorpusConfig config, uint64_t seed, PromptTemplate prompt_template);

  ArithmeticDocument DocumentAt(int64_t index) const;

 private:
  ArithmeticCorpusConfig config_;
  uint64_t seed_;
  PromptTemplate template_;
};

}  // namespace hone

#endif  // HONE_DATA_ARITHMETIC_CORPUS_H_
