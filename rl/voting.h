// What several samples of one prompt reach together: one of k is right (pass@k), or most of k agree on the right answer (maj@k).
// Covered by tests/rl/voting_test.cc.
#ifndef HONE_RL_VOTING_H_
#define HONE_RL_VOTING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/types.h"

namespace hone {

// The share of the k-subsets of n samples that hold one of the `correct` right ones, 1 - C(n - c, k) / C(n, k): the unbiased
// estimate of pass@k (Chen et al. 2021). 1 <= k <= n.
double PassAtK(int64_t n, int64_t correct, int64_t k);

// The votes of one prompt's samples. Right answers may be spelled differently: they vote as one.
struct Votes {
  int64_t right = 0;
  std::vector<int64_t> wrong;  // of each wrong answer
  int64_t blank = 0;           // samples without an answer: they have no vote
  int64_t Count() const;
};
Votes CountVotes(const ScoredGroup& group);

inline constexpr int64_t kMostVoters = 64;

// The share of all k-subsets in which the right answer has the most votes; t answers with equally many count 1/t. This is the exact
// expectation over subsets, not a sample of them, and so the unbiased estimate of maj@k. k <= kMostVoters, or all samples.
double MajorityAtK(const Votes& votes, int64_t k);

// The text a majority vote counts: what stands in the answer tags, blanks trimmed; empty without a format.
std::string VotedAnswer(const std::string& completion_text);

}  // namespace hone

#endif  // HONE_RL_VOTING_H_
