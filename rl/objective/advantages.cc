// See advantages.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/advantages.h"

#include <algorithm>
#include <cmath>

#include "rl/objective/divergence.h"
#include "rl/objective/table.h"

namespace hone {
namespace {

double Mean(std::span<const double> values) {
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

bool Differ(std::span<const double> values) {
  return std::any_of(values.begin(), values.end(), [&](double v) { return v != values[0]; });
}

// 0 for equal values, whatever rounding left in their mean, and for a single one.
double DeviationOf(std::span<const double> values, Deviation kind) {
  if (!Differ(values)) return 0.0;
  const double mean = Mean(values);
  double squares = 0.0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const auto count = static_cast<double>(values.size());
  return std::sqrt(squares / (kind == Deviation::kSample ? count - 1.0 : count));
}

std::vector<double> Without(std::span<const double> values, size_t i) {
  std::vector<double> others(values.begin(), values.end());
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
  return others;
}

// ---- baselines: the rewards of a group, at least two of which differ, to differences

using Rewards = std::span<const double>;
std::vector<double> Raw(const ObjectiveConfig&, Rewards rewards) { return {rewards.begin(), rewards.end()}; }

std::vector<double> LessMean(const ObjectiveConfig&, Rewards rewards) {
  std::vector<double> out(rewards.begin(), rewards.end());
  const double mean = Mean(rewards);
  for (double& v : out) v -= mean;
  return out;
}

std::vector<double> LessOthers(const ObjectiveConfig&, Rewards rewards) {
  std::vector<double> out;
  for (size_t i = 0; i < rewards.size(); ++i) out.push_back(rewards[i] - Mean(Without(rewards, i)));
  return out;
}

// Only the best one counts, by how far it is above the second (arXiv:2503.19595).
std::vector<double> BestMargin(const ObjectiveConfig&, Rewards rewards) {
  std::vector<double> out(rewards.size(), 0.0);
  const auto best = std::max_element(rewards.begin(), rewards.end()) - rewards.begin();
  const std::vector<double> others = Without(rewards, best);
  out[best] = rewards[best] - *std::max_element(others.begin(), others.end());
  return out;
}

// Share of the choices of `k` among `all` that avoid `right` of them.
double AllWrong(double all, double right, double k) {
  double share = 1.0;
  for (double i = 0.0; i < k; ++i) share *= std::max(0.0, all - right - i) / (all - i);
  return share;
}

// A group of n completions stands for all its subsets of k, each worth 1 if one of it is right. Each completion's advantage is the
// mean over the subsets it is in, normalised over all subsets (arXiv:2508.10751).
std::vector<double> PassAtK(const ObjectiveConfig& c, Rewards rewards) {
  const auto n = static_cast<double>(rewards.size());
  const double k = std::min(n, static_cast<double>(c.pass_k));
  const auto right =
      static_cast<double>(std::count_if(rewards.begin(), rewards.end(), [](double r) { return r >= 1.0; }));
  const double pass = 1.0 - AllWrong(n, right, k);
  const double deviation = std::sqrt(pass * (1.0 - pass));
  std::vector<double> out(rewards.size(), 0.0);
  if (deviation == 0.0) return out;
  // With a wrong one in it, a subset's other k - 1 come from the other n - 1.
  const double of_wrong = 1.0 - AllWrong(n - 1.0, right, k - 1.0);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = ((rewards[i] >= 1.0 ? 1.0 : of_wrong) - pass) / deviation;
  }
  return out;
}

constexpr TableRow<Baseline, std::vector<double> (*)(const ObjectiveConfig&, Rewards)> kBaselines[] = {
    {Baseline::kNone, Raw},
    {Baseline::kMean, LessMean},
    {Baseline::kLeaveOneOut, LessOthers},
    {Baseline::kBestMargin, BestMargin},
    {Baseline::kPassAtK, PassAtK}};

// ---- scales: what each of a group's differences is divided by; 0 leaves it as it is

using Divisors = std::vector<double>;
Divisors Unscaled(const ObjectiveConfig&, Rewards rewards, Rewards) { return Divisors(rewards.size(), 0.0); }

Divisors ByGroup(const ObjectiveConfig& c, Rewards rewards, Rewards) {
  return Divisors(rewards.size(), DeviationOf(rewards, c.deviation) + c.advantage_epsilon);
}

Divisors ByBatch(const ObjectiveConfig& c, Rewards rewards, Rewards batch) {
  return Divisors(rewards.size(), DeviationOf(batch, c.deviation) + c.advantage_epsilon);
}

// Where the others are equal there is nothing to divide by.
Divisors ByOthers(const ObjectiveConfig& c, Rewards rewards, Rewards) {
  Divisors out;
  for (size_t i = 0; i < rewards.size(); ++i) {
    const std::vector<double> others = Without(rewards, i);
    const double deviation = DeviationOf(others, c.deviation);
    out.push_back(deviation > 0.0 ? deviation + c.advantage_epsilon : 0.0);
  }
  return out;
}

constexpr TableRow<AdvantageScale, Divisors (*)(const ObjectiveConfig&, Rewards, Rewards)> kScales[] = {
    {AdvantageScale::kNone, Unscaled},
    {AdvantageScale::kGroup, ByGroup},
    {AdvantageScale::kOthers, ByOthers},
    {AdvantageScale::kBatch, ByBatch}};

std::vector<double> OfGroup(const ObjectiveConfig& c, Rewards rewards, Rewards batch) {
  if (rewards.size() == 1 && c.baseline != Baseline::kNone) {
    if (!c.single_raw) return {0.0};
    return {c.scale == AdvantageScale::kNone ? rewards[0] : rewards[0] / (1.0 + c.advantage_epsilon)};
  }
  if (!Differ(rewards) && c.baseline != Baseline::kNone) return std::vector<double>(rewards.size(), 0.0);
  std::vector<double> out = Choose(kBaselines, c.baseline)(c, rewards);
  const Divisors divisors = Choose(kScales, c.scale)(c, rewards, batch);
  for (size_t i = 0; i < out.size(); ++i) {
    if (divisors[i] != 0.0) out[i] /= divisors[i];
    if (c.advantage_cap > 0.0) out[i] = std::clamp(out[i], -c.advantage_cap, c.advantage_cap);
  }
  return out;
}

// ---- what depends on tokens

double EstimateAt(const ObjectiveConfig& c, const ObjectiveSequence& s, size_t t) {
  return Divergence(c, s.old_logprobs[t], s.ref_logprobs[t]).value;
}

double SumOfKl(const ObjectiveConfig& c, const ObjectiveSequence& s) {
  double sum = 0.0;
  for (size_t t = 0; t < s.size(); ++t) sum += s.Uses(t) ? EstimateAt(c, s, t) : 0.0;
  return sum;
}

// The completion's advantage less the divergence still to come.
std::vector<double> Returns(const ObjectiveConfig& c, const ObjectiveSequence& s, double advantage) {
  std::vector<double> out(s.size(), 0.0);
  double to_come = 0.0;
  for (size_t t = s.size(); t-- > 0;) {
    if (!s.Uses(t)) continue;
    to_come += c.kl_coefficient * EstimateAt(c, s, t);
    out[t] = advantage - to_come;
  }
  return out;
}

double UsedTokens(const ObjectiveSequence& s) {
  double used = 0.0;
  for (size_t t = 0; t < s.size(); ++t) used += s.Uses(t);
  return used;
}

// Mean and divisor of weighted values; a divisor of 0 where they do not vary.
struct Whitening {
  double count = 0.0, sum = 0.0, squares = 0.0;
  double mean() const { return sum / count; }
  double variance(Deviation kind) const {
    return squares / (kind == Deviation::kSample ? std::max(1.0, count - 1.0) : count);
  }
};

template <class ForEach>
Whitening Gather(const ForEach& for_each) {
  Whitening w;
  for_each([&](double value, double count) { w.count += count, w.sum += count * value; });
  if (w.count == 0.0) return w;
  const double mean = w.mean();
  for_each([&](double value, double count) { w.squares += count * (value - mean) * (value - mean); });
  return w;
}

void WhitenCompletions(const ObjectiveConfig& c, std::span<const std::optional<double>> rewards,
                       std::span<const ObjectiveSequence>, Advantages& a) {
  const Whitening w = Gather([&](const auto& add) {
    for (size_t i = 0; i < rewards.size(); ++i) {
      if (rewards[i]) add(a.values[i], 1.0);
    }
  });
  const double divisor = w.count > 0.0 ? std::sqrt(w.variance(c.whiten_deviation)) + c.whiten_epsilon : 0.0;
  for (size_t i = 0; i < rewards.size(); ++i) {
    if (rewards[i])
      a.values[i] = w.squares == 0.0 || divisor == 0.0 ? 0.0 : (a.values[i] - w.mean()) / divisor;
  }
}

void WhitenTokens(const ObjectiveConfig& c, std::span<const std::optional<double>> rewards,
                  std::span<const ObjectiveSequence> sequences, Advantages& a) {
  const bool by_token = !a.tokens.empty();
  const Whitening w = Gather([&](const auto& add) {
    for (size_t i = 0; i < rewards.size(); ++i) {
      if (!rewards[i]) continue;
      if (!by_token) add(a.values[i], UsedTokens(sequences[i]));
      for (size_t t = 0; by_token && t < a.tokens[i].size(); ++t) {
        if (sequences[i].Uses(t)) add(a.tokens[i][t], 1.0);
      }
    }
  });
  const double variance = w.count > 0.0 ? w.variance(c.whiten_deviation) : 0.0;
  const double divisor = std::sqrt(std::max(variance + c.whiten_epsilon, 1e-8));
  const auto whiten = [&](double v) { return w.squares == 0.0 ? 0.0 : (v - w.mean()) / divisor; };
  for (size_t i = 0; i < rewards.size(); ++i) {
    if (!rewards[i]) continue;
    a.values[i] = whiten(a.values[i]);
    for (size_t t = 0; by_token && t < a.tokens[i].size(); ++t) {
      if (sequences[i].Uses(t)) a.tokens[i][t] = whiten(a.tokens[i][t]);
    }
  }
}

void Keep(const ObjectiveConfig&, std::span<const std::optional<double>>, std::span<const ObjectiveSequence>,
          Advantages&) {}

constexpr TableRow<Whiten, void (*)(const ObjectiveConfig&, std::span<const std::optional<double>>,
                                    std::span<const ObjectiveSequence>, Advantages&)>
    kWhitenings[] = {
        {Whiten::kNone, Keep}, {Whiten::kCompletions, WhitenCompletions}, {Whiten::kTokens, WhitenTokens}};

// The values there are, in order.
std::vector<double> Present(std::span<const std::optional<double>> rewards) {
  std::vector<double> out;
  for (const auto& reward : rewards) {
    if (reward) out.push_back(*reward);
  }
  return out;
}

}  // namespace

bool Advantages::IsZero(size_t completion) const {
  const auto is_zero = [](double a) { return a == 0.0; };
  if (tokens.empty()) return is_zero(values[completion]);
  return std::all_of(tokens[completion].begin(), tokens[completion].end(), is_zero);
}

bool AdvantagesNeedTokens(const ObjectiveConfig& config) {
  return config.whiten == Whiten::kTokens ||
         (config.kl_coefficient > 0.0 && config.kl_place != KlPlace::kLoss);
}

GroupFacts FactsOf(std::span<const std::optional<double>> rewards) {
  const std::vector<double> present = Present(rewards);
  if (present.empty()) return {};
  return {Mean(present), DeviationOf(present, Deviation::kPopulation), Differ(present)};
}

Advantages ComputeAdvantages(const ObjectiveConfig& config, int64_t group_size,
                             std::span<const std::optional<double>> rewards,
                             std::span<const ObjectiveSequence> sequences) {
  const bool has_kl = config.kl_coefficient > 0.0;
  std::vector<std::optional<double>> adjusted(rewards.begin(), rewards.end());
  for (size_t i = 0; i < rewards.size(); ++i) {
    if (!adjusted[i] || !has_kl || config.kl_place != KlPlace::kReward) continue;
    *adjusted[i] -= config.kl_coefficient * SumOfKl(config, sequences[i]);
  }
  const std::vector<double> batch = Present(adjusted);
  Advantages out;
  out.values.assign(rewards.size(), 0.0);
  const auto size = static_cast<size_t>(group_size);
  for (size_t begin = 0; begin < rewards.size(); begin += size) {
    const std::vector<double> present = Present(std::span(adjusted).subspan(begin, size));
    if (present.empty()) continue;
    const std::vector<double> advantages = OfGroup(config, present, batch);
    size_t next = 0;
    for (size_t i = begin; i < begin + size; ++i) {
      if (adjusted[i]) out.values[i] = advantages[next++];
    }
  }
  if (has_kl && config.kl_place == KlPlace::kReturn) {
    for (size_t i = 0; i < rewards.size(); ++i) {
      out.tokens.push_back(rewards[i] ? Returns(config, sequences[i], out.values[i])
                                      : std::vector<double>(sequences[i].size(), 0.0));
    }
  }
  Choose(kWhitenings, config.whiten)(config, rewards, sequences, out);
  return out;
}

}  // namespace hone
