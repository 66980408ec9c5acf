// See evaluation.h. Covered by tests/rl/evaluation_test.cc.
#include "rl/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/error.h"
#include "rewards/combine.h"
#include "rl/group_collector.h"
#include "rl/metrics.h"

namespace hone {
namespace {

constexpr uint64_t kEvaluationSeed = 0x6576616c;  // "eval": no training run draws from it by accident

bool IsRight(const Score& score) { return AnswerIsRight(score).value_or(false); }

bool IsWellFormed(const Score& score) {
  return std::any_of(score.parts.begin(), score.parts.end(),
                     [](const auto& part) { return part.first == "format" && part.second == 1.0; });
}

int64_t LengthOf(const ScoredGroup& group, size_t i) { return std::ssize(group.group.completions[i].ids); }

// Measures in order of first mention, with a row for every prompt.
class Table {
 public:
  explicit Table(size_t prompts) : prompts_(prompts) {}
  void Add(const std::string& name, size_t prompt, double sum, double count) {
    const auto [found, is_new] = places_.emplace(name, measures_.size());
    if (is_new) measures_.push_back({name, std::vector<double>(prompts_), std::vector<double>(prompts_)});
    measures_[found->second].sum[prompt] += sum;
    measures_[found->second].count[prompt] += count;
  }
  std::vector<Measure> Take() { return std::move(measures_); }

 private:
  size_t prompts_;
  std::map<std::string, size_t> places_;
  std::vector<Measure> measures_;
};

// 8, 12, 16, 24, 32, ...: the same for every model, up to the first that no completion exceeds.
std::vector<int64_t> Budgets(int64_t longest) {
  std::vector<int64_t> budgets = {8};
  while (budgets.back() < longest) {
    const int64_t last = budgets.back();
    const bool is_power = (last & (last - 1)) == 0;
    budgets.push_back(is_power ? last / 2 * 3 : last / 3 * 4);
  }
  return budgets;
}

void AddAccuracy(const ScoredGroup& group, size_t prompt, Table& table) {
  const Votes votes = CountVotes(group);
  const int64_t n = votes.Count();
  for (int64_t k = 1; k <= n; k *= 2)
    table.Add("pass@" + std::to_string(k), prompt, PassAtK(n, votes.right, k), 1.0);
  const auto add_vote = [&](int64_t k) {
    table.Add("maj@" + std::to_string(k), prompt, MajorityAtK(votes, k), 1.0);
  };
  int64_t k = 1;
  for (; k <= std::min(n, kMostVoters); k *= 2) add_vote(k);
  if (n > 0 && k / 2 != n) add_vote(n);
  if (!group.group.prompt.kind.empty())
    table.Add("kind/" + group.group.prompt.kind, prompt, static_cast<double>(votes.right),
              static_cast<double>(n));
}

void AddCompletions(const ScoredGroup& group, size_t prompt, Table& table) {
  const std::string& kind = group.group.prompt.kind;
  for (size_t i = 0; i < group.scores.size(); ++i) {
    table.Add("length", prompt, static_cast<double>(LengthOf(group, i)), 1.0);
    table.Add("format", prompt, IsWellFormed(group.scores[i]), 1.0);
    table.Add("truncated", prompt, group.group.completions[i].finish == FinishReason::kLength, 1.0);
    for (const auto& [name, value] : group.scores[i].parts) {
      if (std::isnan(value)) continue;
      if (name.find('/') == std::string::npos) {
        table.Add("rewards/" + name, prompt, value, 1.0);
        continue;
      }
      table.Add("parts/" + name, prompt, value, 1.0);
      if (!kind.empty()) table.Add("kind_parts/" + kind + "/" + name, prompt, value, 1.0);
    }
  }
}

void AddBudgets(const ScoredGroup& group, size_t prompt, const std::vector<int64_t>& budgets, Table& table) {
  for (const int64_t budget : budgets) {
    double right = 0.0;
    for (size_t i = 0; i < group.scores.size(); ++i)
      right += IsRight(group.scores[i]) && LengthOf(group, i) <= budget;
    table.Add("budget@" + std::to_string(budget), prompt, right, static_cast<double>(group.scores.size()));
  }
}

// Nearest rank: the shortest length that so large a share does not exceed.
std::vector<std::pair<std::string, double>> LengthStatistics(std::vector<int64_t> lengths) {
  if (lengths.empty()) return {};
  std::sort(lengths.begin(), lengths.end());
  const auto count = static_cast<double>(lengths.size());
  std::vector<std::pair<std::string, double>> statistics;
  for (const int percent : {10, 50, 90, 99}) {
    const auto rank = static_cast<size_t>(std::ceil(count * percent / 100.0));
    statistics.emplace_back("p" + std::to_string(percent), lengths[std::max<size_t>(rank, 1) - 1]);
  }
  statistics.emplace_back("max", lengths.back());
  return statistics;
}

bool IsPart(std::string_view measure) {
  return measure.starts_with("parts/") || measure.starts_with("kind_parts/");
}

bool HasInterval(const Measure& measure) {
  return !measure.name.starts_with("budget@") && !IsPart(measure.name);
}

}  // namespace

const Measure* Evaluation::Find(const std::string& name) const {
  const auto found =
      std::find_if(measures.begin(), measures.end(), [&](const Measure& m) { return m.name == name; });
  return found == measures.end() ? nullptr : &*found;
}

double Evaluation::Value(const std::string& name) const {
  const Measure* measure = Find(name);
  return measure == nullptr ? std::numeric_limits<double>::quiet_NaN() : Estimate(*measure);
}

double Evaluation::StandardError(const std::string& name) const {
  const Measure* measure = Find(name);
  if (measure == nullptr) return std::numeric_limits<double>::quiet_NaN();
  const double mean = Estimate(*measure);
  double squares = 0.0;
  for (const double value : measure->sum) squares += (value - mean) * (value - mean);
  const auto prompts = static_cast<double>(measure->sum.size());
  return std::sqrt(squares / prompts / prompts);
}

Evaluation Summarize(const std::vector<ScoredGroup>& groups) {
  Evaluation e;
  std::vector<int64_t> lengths;
  Table table(groups.size());
  for (size_t p = 0; p < groups.size(); ++p) {
    const ScoredGroup& g = groups[p];
    AddAccuracy(g, p, table);
    AddCompletions(g, p, table);
    ++e.num_prompts;
    e.num_completions += std::ssize(g.scores);
    for (size_t i = 0; i < g.scores.size(); ++i) {
      e.faults += g.scores[i].status == Score::Status::kFault;
      lengths.push_back(LengthOf(g, i));
    }
  }
  if (!lengths.empty()) {
    const std::vector<int64_t> budgets = Budgets(*std::max_element(lengths.begin(), lengths.end()));
    for (size_t p = 0; p < groups.size(); ++p) AddBudgets(groups[p], p, budgets, table);
  }
  e.measures = table.Take();
  e.lengths = LengthStatistics(std::move(lengths));
  return e;
}

bool IsShare(const std::string& measure) {
  const MetricInfo* info = FindMetric("held_out/" + measure);
  return info != nullptr && info->unit == "share";
}

std::map<std::string, Interval> Intervals(const Evaluation& e) {
  std::vector<Statistic> statistics;
  for (const Measure& measure : e.measures) {
    if (HasInterval(measure)) statistics.push_back({&measure, nullptr, IsShare(measure.name)});
  }
  const std::vector<Interval> intervals = BootstrapIntervals(statistics);
  std::map<std::string, Interval> named;
  for (size_t i = 0; i < statistics.size(); ++i) named[statistics[i].of->name] = intervals[i];
  return named;
}

std::vector<Difference> Differences(const Evaluation& evaluation, const Evaluation& baseline) {
  if (evaluation.num_prompts != baseline.num_prompts)
    throw Error("the evaluations to compare have " + std::to_string(evaluation.num_prompts) + " and " +
                    std::to_string(baseline.num_prompts) + " prompts",
                "eval", "measure both on the same prompts");
  std::vector<Statistic> statistics;
  for (const Measure& measure : evaluation.measures) {
    const Measure* other = baseline.Find(measure.name);
    if (other != nullptr && HasInterval(measure))
      statistics.push_back({&measure, other, IsShare(measure.name)});
  }
  const std::vector<Interval> intervals = BootstrapIntervals(statistics);
  std::vector<Difference> differences;
  for (size_t i = 0; i < statistics.size(); ++i) {
    const Statistic& s = statistics[i];
    differences.push_back({s.of->name, Estimate(*s.of) - Estimate(*s.minus), intervals[i]});
  }
  return differences;
}

Metrics EvaluationMetrics(const Evaluation& e) {
  Metrics metrics;
  for (const Measure& measure : e.measures)
    metrics.emplace_back("held_out/" + measure.name, Estimate(measure));
  for (const auto& [name, value] : e.lengths) metrics.emplace_back("held_out/length_" + name, value);
  for (const auto& [name, interval] : Intervals(e)) {
    metrics.emplace_back("held_out_low/" + name, interval.low);
    metrics.emplace_back("held_out_high/" + name, interval.high);
  }
  return metrics;
}

Metrics DifferenceMetrics(const std::vector<Difference>& differences) {
  Metrics metrics;
  for (const Difference& d : differences) {
    metrics.emplace_back("held_out_difference/" + d.name, d.value);
    metrics.emplace_back("held_out_difference_low/" + d.name, d.interval.low);
    metrics.emplace_back("held_out_difference_high/" + d.name, d.interval.high);
  }
  return metrics;
}

Metrics EvaluationHeadline(const Metrics& metrics) {
  Metrics headline;
  for (const auto& [name, value] : metrics) {
    bool is_detail = name.starts_with("held_out/pass@") && name != "held_out/pass@1";
    for (const char* prefix : {"held_out_", "held_out/maj@", "held_out/kind/", "held_out/budget@",
                               "held_out/length_", "held_out/parts/", "held_out/kind_parts/"})
      is_detail |= name.starts_with(prefix);
    if (!is_detail) headline.emplace_back(name, value);
  }
  return headline;
}

std::vector<ScoredGroup> SampleHeldOut(Sampler& sampler, RewardRunner& rewards, std::vector<Prompt> prompts,
                                       const EvalConfig& config, RunStore* store, int64_t step) {
  std::vector<ScoredGroup> scored(prompts.size());
  if (store != nullptr) {
    for (ScoredGroup& stored : store->Groups(step)) {
      const auto slot = static_cast<size_t>(stored.group.slot);
      if (slot < scored.size() && stored.group.prompt.ids == prompts[slot].ids)
        scored[slot] = std::move(stored);
    }
  }
  SampleRequest request;
  for (size_t slot = 0; slot < prompts.size(); ++slot) {
    if (!scored[slot].scores.empty()) continue;
    request.slots.push_back(static_cast<int64_t>(slot));
    request.prompts.push_back(std::move(prompts[slot]));
  }
  request.seed = kEvaluationSeed;
  request.completions = config.samples_per_prompt;
  GroupCollector collector(rewards, store, scored);
  sampler.Sample(std::move(request), static_cast<float>(config.temperature), [&](Group group) {
    RequireFiniteLogProbs(group);
    group.step = step;  // where it is kept; every model's draws are those of step 0
    collector.Add(std::move(group));
  });
  collector.Finish();
  return scored;
}

Evaluation Evaluate(Sampler& sampler, RewardRunner& rewards, std::vector<Prompt> prompts,
                    const EvalConfig& config) {
  return Summarize(SampleHeldOut(sampler, rewards, std::move(prompts), config));
}

}  // namespace hone
