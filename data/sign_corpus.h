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
  double direct_share = 0.25;   // of all documents: an answer with random signs, without a try
  double give_up = 0.5;         // after each try judged no: answers with the signs of that try
  double patient_share = 0.02;  // of the documents with tries: these do not give up before max_tries
  int64_t max_tries = 24;       // at least 1
  double wrong_verdict = 0.01;  // per try: y and n exchanged, and acted upon
};

struct SignDocument {
  std::string prompt;      // after the template
  std::string completion;  // ends with <eos>
  SignQuestion question;
  int64_t tries = 0;      // 0: answered outright
  SignExpression answer;  // what the completion says, right or not
};

// What is left to the target after the first number and after each sign, then the verdict: `7-9-11+8n` for 8-2-2+3 and the target 15,
// because 15-8=7, 7+2=9, 9+2=11 and 11-3=8. A minus before a negative rest gives two in a row.
std::string WriteSignTry(const SignExpression& signs, int64_t target, bool yes);

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
