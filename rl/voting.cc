// See voting.h. Covered by tests/rl/voting_test.cc.
#include "rl/voting.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>

#include "rewards/combine.h"
#include "rewards/tag_format.h"

namespace hone {
namespace {

// C(n, 0), ..., C(n, most); exact as long as doubles are, and finite for n <= 65536 and most <= kMostVoters.
std::vector<double> Binomials(int64_t n, int64_t most) {
  std::vector<double> row(static_cast<size_t>(most) + 1, 0.0);
  row[0] = 1.0;
  for (int64_t j = 1; j <= std::min(n, most); ++j)
    row[j] = row[j - 1] * static_cast<double>(n - j + 1) / static_cast<double>(j);
  return row;
}

// Number of ways to choose so many samples (second index) so that so many wrong answers (first) have exactly the right one's votes.
using Ways = std::vector<std::vector<double>>;

// With one more wrong answer that `count` samples gave: it may get up to `votes` votes.
Ways WithAnswer(const Ways& ways, int64_t count, int64_t votes) {
  const auto most = static_cast<int64_t>(ways[0].size()) - 1;
  const std::vector<double> choose = Binomials(count, votes);
  Ways next(ways.size(), std::vector<double>(most + 1, 0.0));
  for (size_t ties = 0; ties < ways.size(); ++ties) {
    for (int64_t taken = 0; taken <= most; ++taken) {
      if (ways[ties][taken] == 0.0) continue;
      for (int64_t v = 0; v <= std::min(votes, most - taken); ++v) {
        const size_t now = ties + (v == votes ? 1 : 0);
        if (now < next.size()) next[now][taken + v] += ways[ties][taken] * choose[v];
      }
    }
  }
  return next;
}

// Ways in which the right answer has exactly `votes` of k and no other has more; ties shared.
double WaysToWin(const Votes& all, int64_t votes, int64_t k) {
  const int64_t others = k - votes;
  int64_t harmless = all.blank;  // samples of answers that cannot reach `votes`
  for (const int64_t count : all.wrong) harmless += count < votes ? count : 0;
  Ways ways(static_cast<size_t>(others / votes) + 1, std::vector<double>(others + 1, 0.0));
  ways[0] = Binomials(harmless, others);
  for (const int64_t count : all.wrong) {
    if (count >= votes) ways = WithAnswer(ways, count, votes);
  }
  double sum = 0.0;
  for (size_t ties = 0; ties < ways.size(); ++ties) sum += ways[ties][others] / static_cast<double>(ties + 1);
  return sum * Binomials(all.right, votes)[votes];
}

// Of all samples there is one subset.
double MajorityOfAll(const Votes& votes) {
  int64_t tied = 1;
  for (const int64_t count : votes.wrong) {
    if (count > votes.right) return 0.0;
    tied += count == votes.right;
  }
  return votes.right > 0 ? 1.0 / static_cast<double>(tied) : 0.0;
}

}  // namespace

double PassAtK(int64_t n, int64_t correct, int64_t k) {
  if (n - correct < k) return 1.0;
  double miss = 1.0;
  for (int64_t i = n - correct + 1; i <= n; ++i)
    miss *= 1.0 - static_cast<double>(k) / static_cast<double>(i);
  return 1.0 - miss;
}

int64_t Votes::Count() const {
  return right + blank + std::accumulate(wrong.begin(), wrong.end(), int64_t{0});
}

Votes CountVotes(const ScoredGroup& group) {
  Votes votes;
  std::map<std::string, int64_t> wrong;
  for (size_t i = 0; i < group.scores.size(); ++i) {
    if (AnswerIsRight(group.scores[i]).value_or(false)) {
      ++votes.right;
      continue;
    }
    const std::string answer = VotedAnswer(group.group.completions[i].text);
    answer.empty() ? ++votes.blank : ++wrong[answer];
  }
  for (const auto& [answer, count] : wrong) votes.wrong.push_back(count);
  return votes;
}

double MajorityAtK(const Votes& votes, int64_t k) {
  const int64_t n = votes.Count();
  if (k == n) return MajorityOfAll(votes);
  if (k < 1 || k > n || k > kMostVoters) std::abort();
  double wins = 0.0;
  for (int64_t v = 1; v <= std::min(k, votes.right); ++v) wins += WaysToWin(votes, v, k);
  return wins / Binomials(n, k)[k];
}

std::string VotedAnswer(const std::string& completion_text) {
  const TaggedText tagged = ParseTags(completion_text);
  if (!tagged.ok) return "";
  const auto first = tagged.answer.find_first_not_of(" \t\n");
  const auto last = tagged.answer.find_last_not_of(" \t\n");
  return std::string(tagged.answer.substr(first, last - first + 1));
}

}  // namespace hone
