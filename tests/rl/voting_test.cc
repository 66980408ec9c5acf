// pass@k and maj@k against counting every subset by hand.
#include "rl/voting.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "tests/policy/random_model.h"

using namespace hone;

namespace {

constexpr size_t kAnswers = 6;

// Samples as the number of the answer they gave: 0 is right, -1 is none.
double EnumeratedMajority(const std::vector<int>& answers, int k) {
  const auto n = static_cast<int>(answers.size());
  double wins = 0.0, subsets = 0.0;
  for (unsigned subset = 0; subset < 1u << n; ++subset) {
    if (std::popcount(subset) != k) continue;
    ++subsets;
    std::vector<int> votes(kAnswers);
    for (int i = 0; i < n; ++i) {
      if ((subset >> i & 1) != 0 && answers[i] >= 0) ++votes[answers[i]];
    }
    const int most = *std::max_element(votes.begin(), votes.end());
    if (most > 0 && votes[0] == most)
      wins += 1.0 / static_cast<double>(std::count(votes.begin(), votes.end(), most));
  }
  return wins / subsets;
}

Votes VotesOf(const std::vector<int>& answers) {
  Votes votes;
  std::vector<int64_t> counts(kAnswers);
  for (const int answer : answers) answer < 0 ? ++votes.blank : ++counts[answer];
  votes.right = counts[0];
  for (size_t a = 1; a < counts.size(); ++a) {
    if (counts[a] > 0) votes.wrong.push_back(counts[a]);
  }
  return votes;
}

}  // namespace

TEST_CASE("pass@k is the share of k-subsets with a right answer") {
  for (int n = 1; n <= 10; ++n) {
    for (int correct = 0; correct <= n; ++correct) {
      for (int k = 1; k <= n; ++k) {
        double all = 0, hit = 0;
        for (unsigned subset = 0; subset < 1u << n; ++subset) {
          if (std::popcount(subset) != k) continue;
          ++all;
          hit += (subset & ((1u << correct) - 1)) != 0;
        }
        CHECK(PassAtK(n, correct, k) == doctest::Approx(hit / all).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("maj@k is the share of k-subsets whose vote is right, ties shared") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 150; ++round) {
    CAPTURE(round);
    const auto n = static_cast<int>(Pick(random, 1, 11));
    const int64_t kinds = Pick(random, 0, 5);
    std::vector<int> answers;
    for (int i = 0; i < n; ++i) answers.push_back(static_cast<int>(Pick(random, -1, kinds)));
    const Votes votes = VotesOf(answers);
    REQUIRE(votes.Count() == n);
    for (int k = 1; k <= n; ++k) {
      CAPTURE(k);
      CHECK(MajorityAtK(votes, k) == doctest::Approx(EnumeratedMajority(answers, k)).epsilon(1e-12));
    }
    CHECK(MajorityAtK(votes, 1) ==
          doctest::Approx(static_cast<double>(votes.right) / static_cast<double>(n)).epsilon(1e-12));
  }
}

TEST_CASE("many samples: a slight majority wins the more surely the more vote, and counts stay finite") {
  Votes votes{.right = 560, .wrong = {440}, .blank = 24};
  double last = 0.0;
  for (int64_t k = 1; k <= kMostVoters; k *= 2) {
    const double now = MajorityAtK(votes, k);
    CHECK(now >= last - 1e-12);
    CHECK(now <= 1.0);
    last = now;
  }
  CHECK(last > 0.75);
  CHECK(MajorityAtK(votes, votes.Count()) == 1.0);
  votes.wrong.assign(400, 1);  // all others differ
  CHECK(MajorityAtK(votes, 64) > 0.999);
  const Votes huge{.right = 20000, .wrong = {30000, 10000}, .blank = 5536};
  CHECK(MajorityAtK(huge, 64) < 0.2);
  CHECK(MajorityAtK(huge, 64) > 0.0);
}

TEST_CASE("the vote is what stands in the answer tags; right answers vote together however spelled") {
  CHECK(VotedAnswer("<think>x</think><answer>\t 12 3 \n</answer>") == "12 3");
  CHECK(VotedAnswer("<think>x</think><answer>12") == "");
  ScoredGroup group;
  for (const auto& [answer, right] : std::vector<std::pair<std::string, double>>{
           {"7", 1.0}, {"7.0", 1.0}, {"8", 0.0}, {" 8 ", 0.0}, {"9", 0.0}, {"", 0.0}}) {
    Completion c;
    c.text = answer.empty() ? "nothing" : "<think>x</think><answer>" + answer + "</answer>";
    group.group.completions.push_back(c);
    group.scores.push_back({.parts = {{"answer", right}}, .explanation = ""});
  }
  const Votes votes = CountVotes(group);
  CHECK(votes.right == 2);
  CHECK(votes.wrong == std::vector<int64_t>{2, 1});
  CHECK(votes.blank == 1);
  CHECK(MajorityAtK(votes, 6) == 0.5);
}
