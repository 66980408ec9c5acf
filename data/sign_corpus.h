// Documents for pre-training on the sign puzzle: most try signs at random and look what they give; none searches. Covered by
// tests/data/sign_corpus_test.cc.
#ifndef HONE_DATA_SIGN_CORPUS_H_
#define HONE_DATA_SIGN_CORPUS_H_

#include <cstdint>
#include <string>

#include "data/sign_puzzle.h"

namespace hone {

// All but max_tries are shares or probabilities in [0, 1].
struct SignCorpusConfig {
  double direct_share = 0.15;   // of all documents: an answer with random signs, without a try
  double give_up = 0.5;         // after each try judged no: answers with the signs of that try
  double patient_share = 0.05;  // of the documents with tries: these do not give up before max_tries
  int64_t max_tries = 32;       // at least 1
  double wrong_verdict = 0.01;  // per try: y and n exchanged, and acted upon
};

struct SignDocument {
  std::string prompt;      // after the template
  std::string completion;  // ends with <eos>
  SignQuestion question;
  int64_t tries = 0;      // 0: answered outright
  SignExpression answer;  // what the completion says, right or not
};

// `+2+7n`: each sign with the running total behind it, then the verdict: -6-4+7 is 8-2=6, 6-2=4, 4+3=7. A minus before a negative total
// gives two in a row.
std::string WriteSignTry(const SignExpression& signs, bool yes);

// An endless corpus: document #i depends on (config, seed, i) only, and never asks a held-out question. Each try's signs are drawn
// uniformly and independently of the question, of the target and of earlier tries: nothing in it is a directed search. Throws Error
// when a share is not in [0, 1] or max_tries is below 1. Thread-safe.
class SignCorpus {
 public:
  SignCorpus(SignCorpusConfig config, uint64_t seed, PromptTemplate prompt_template);

  SignDocument DocumentAt(int64_t index) const;

 private:
  // What stands between the think tags; leaves the answer's signs in the document.
  std::string Think(SignDocument& document, DataRandom& random) const;

  SignCorpusConfig config_;
  uint64_t seed_;
  PromptTemplate template_;
};

}  // namespace hone

#endif  // HONE_DATA_SIGN_CORPUS_H_
