// See evaluation.h. Covered by tests/rl/evaluation_test.cc.
#include "rl/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rewards/combine.h"
#include "rewards/tag_format.h"
#include "rl/group_collector.h"

namespace hone {
namespace {

constexpr uint64_t kEvaluationSeed = 0x6576616c;  // "eval": no training run draws from it by accident

bool IsRight(const Score& score) { return AnswerIsRight(score).value_or(false); }

bool IsWellFormed(const Score& score) {
  return std::any_of(score.parts.begin(), score.parts.end(),
                     [](const auto& part) { return part.first == "format" && part.second == 1.0; });
}

// Whether most completions that gave an answer gave a right one. Right answers may be spelled differently: they vote as one.
bool MajorityIsRight(const ScoredGroup& group) {
  std::vector<std::pair<std::string, int64_t>> votes;  // in order of first appearance
  int64_t right_votes = 0;
  size_t right_first = 0;
  for (size_t i = 0; i < group.scores.size(); ++i) {
    if (IsRight(group.scores[i])) {
      if (right_votes++ == 0) right_first = votes.size();
      continue;
    }
    const std::string answer = VotedAnswer(group.group.completions[i].text);
    if (answer.empty()) continue;
    const auto found =
        std::find_if(votes.begin(), votes.end(), [&](const auto& v) { return v.first == answer; });
    if (found == votes.end()) {
      votes.emplace_back(answer, 1);
    } else {
      ++found->second;
    }
  }
  for (size_t i = 0; i < votes.size(); ++i) {
    if (votes[i].second > right_votes || (votes[i].second == right_votes && i < right_first)) return false;
  }
  return right_votes > 0;
}

}  // namespace

std::string VotedAnswer(const std::string& completion_text) {
  const TaggedText tagged = ParseTags(completion_text);
  if (!tagged.ok) return "";
  const auto first = tagged.answer.find_first_not_of(" \t\n");
  const auto last = tagged.answer.find_last_not_of(" \t\n");
  return std::string(tagged.answer.substr(first, last - first + 1));
}

double PassAtK(int64_t n, int64_t correct, int64_t k) {
  if (n - correct < k) return 1.0;
  double miss = 1.0;
  for (int64_t i = n - correct + 1; i <= n; ++i)
    miss *= 1.0 - static_cast<double>(k) / static_cast<double>(i);
  return 1.0 - miss;
}

Evaluation Summarize(const std::vector<ScoredGroup>& groups) {
  Evaluation e;
  std::map<std::string, std::pair<double, double>> kinds;    // kind -> right, all
  std::map<std::string, std::pair<double, double>> rewards;  // name -> sum, count
  double sum_of_squares = 0.0;
  for (const ScoredGroup& g : groups) {
    const auto n = static_cast<int64_t>(g.scores.size());
    int64_t right = 0;
    for (int64_t i = 0; i < n; ++i) {
      const Completion& c = g.group.completions[i];
      right += IsRight(g.scores[i]);
      for (const auto& [name, value] : g.scores[i].parts) {
        if (std::isnan(value) || name.find('/') != std::string::npos) continue;
        rewards[name].first += value;
        rewards[name].second += 1.0;
      }
      e.format += IsWellFormed(g.scores[i]);
      e.faults += g.scores[i].status == Score::Status::kFault;
      e.mean_length += static_cast<double>(c.ids.size());
      e.truncated += c.finish == FinishReason::kLength;
    }
    for (int64_t k = 1; k <= n; k *= 2) e.pass_at[k] += PassAtK(n, right, k);
    const double share = static_cast<double>(right) / static_cast<double>(n);
    sum_of_squares += share * share;
    e.majority += MajorityIsRight(g);
    auto& kind = kinds[g.group.prompt.kind];
    kind.first += static_cast<double>(right);
    kind.second += static_cast<double>(n);
    ++e.num_prompts;
    e.num_completions += n;
  }
  if (e.num_prompts == 0) return e;
  const auto prompts = static_cast<double>(e.num_prompts), all = static_cast<double>(e.num_completions);
  for (auto& [k, value] : e.pass_at) value /= prompts;
  e.pass_at_1_error =
      std::sqrt(std::max(0.0, sum_of_squares / prompts - e.pass_at[1] * e.pass_at[1]) / prompts);
  e.majority /= prompts;
  e.format /= all;
  e.mean_length /= all;
  e.truncated /= all;
  for (const auto& [kind, counts] : kinds) e.by_kind[kind] = counts.first / counts.second;
  for (const auto& [name, sum] : rewards) e.rewards[name] = sum.first / sum.second;
  return e;
}

Metrics EvaluationMetrics(const Evaluation& e) {
  Metrics metrics = {{"held_out/pass@1", e.pass_at.at(1)},
                     {"held_out/length", e.mean_length},
                     {"held_out/format", e.format},
                     {"held_out/truncated", e.truncated}};
  for (const auto& [name, mean] : e.rewards) metrics.emplace_back("held_out/rewards/" + name, mean);
  return metrics;
}

Evaluation Evaluate(Sampler& sampler, RewardRunner& rewards, std::vector<Prompt> prompts,
                    const EvalConfig& config) {
  SampleRequest request;
  request.slots.resize(prompts.size());
  std::iota(request.slots.begin(), request.slots.end(), 0);
  request.prompts = std::move(prompts);
  request.seed = kEvaluationSeed;
  request.completions = config.samples_per_prompt;
  std::vector<ScoredGroup> scored(request.prompts.size());
  GroupCollector collector(rewards, nullptr, scored);
  sampler.Sample(std::move(request), static_cast<float>(config.temperature), [&](Group group) {
    RequireFiniteLogProbs(group);
    collector.Add(std::move(group));
  });
  collector.Finish();
  return Summarize(scored);
}

}  // namespace hone
