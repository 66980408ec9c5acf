// The rules of the verdict, worst first: a broken end, a fall, a runaway length, then the trend.
// Covered by tests/rl/verdict_test.cc.
#include "rl/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rl/metrics.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr size_t kFewestSteps = 6;
constexpr double kStandardErrors = 3.0;

// How a metric moved over the run. Means of the first and last fifth, and of the best window of that size
// between.
struct Trend {
  bool known = false;  // at least kFewestSteps finite values
  bool ends_non_finite = false;
  double early = 0, late = 0, best = 0;
  double error = 0;  // standard error of a difference of two such windows
  double Change() const { return late - early; }
  // Beyond the noise, `at_least` and what rounding makes of a constant.
  double Threshold(double at_least) const {
    return std::max({kStandardErrors * error, at_least, 1e-9 * std::fabs(early)});
  }
  bool Up(double at_least) const { return known && Change() > Threshold(at_least); }
  bool Down(double at_least) const { return known && -Change() > Threshold(at_least); }
  bool FellFromBest(double at_least) const {
    return known && best - late > std::max(Threshold(at_least), (best - early) / 3);
  }
};

Trend TrendOf(const std::vector<StepMetrics>& history, const char* name, double sign = 1) {
  Trend trend;
  std::vector<double> values;
  for (const MetricPoint& point : MetricSeries(history, name)) {
    trend.ends_non_finite = !std::isfinite(point.value);
    if (std::isfinite(point.value)) values.push_back(sign * point.value);
  }
  if (values.size() < kFewestSteps) return trend;
  trend.known = true;
  const size_t window = std::clamp<size_t>(values.size() / 5, 2, 50);
  std::vector<double> sums(values.size() + 1, 0.0);
  double squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sums[i + 1] = sums[i] + values[i];
    if (i > 0) squares += (values[i] - values[i - 1]) * (values[i] - values[i - 1]);
  }
  const auto mean = [&](size_t first) {
    return (sums[first + window] - sums[first]) / static_cast<double>(window);
  };
  trend.early = trend.best = mean(0);
  for (size_t first = 0; first + window <= values.size(); ++first)
    trend.best = std::max(trend.best, mean(first));
  trend.late = mean(values.size() - window);
  const double variance = squares / 2 / static_cast<double>(values.size() - 1);
  trend.error = std::sqrt(2 * variance / static_cast<double>(window));
  return trend;
}

double Total(const std::vector<StepMetrics>& history, const char* name) {
  double total = 0;
  for (const MetricPoint& point : MetricSeries(history, name)) {
    if (std::isfinite(point.value)) total += point.value;
  }
  return total;
}

// The share of groups without signal in the first `window` steps.
double EarlyShareWithoutSignal(const std::vector<StepMetrics>& history, size_t window) {
  double groups = 0, without = 0;
  for (const StepMetrics& step : history) {
    const double n = MetricValue(step.values, "groups");
    const double w = MetricValue(step.values, "groups_without_signal");
    if (!(n > 0) || !std::isfinite(w)) continue;
    groups += n;
    without += w;
    if (--window == 0) break;
  }
  return groups > 0 ? without / groups : 0;
}

// How many steps at the end of the run had an update that was not applied.
int64_t LastNotApplied(const std::vector<StepMetrics>& history) {
  int64_t count = 0;
  for (auto step = history.rbegin(); step != history.rend(); ++step) {
    if (!(MetricValue(step->values, "updates_not_applied") > 0)) break;
    ++count;
  }
  return count;
}

std::string Shares(const Trend& trend, const char* name) {
  return fmt::format("{} {} → {} ({:+.1f} ± {:.1f} points)", name, FormatShare(trend.early),
                     FormatShare(trend.late), 100 * trend.Change(), 100 * trend.error);
}

std::string Numbers(const Trend& trend, const char* name, double sign = 1) {
  return fmt::format("{} {} → {} (± {})", name, FormatNumber(sign * trend.early),
                     FormatNumber(sign * trend.late), FormatNumber(trend.error));
}

std::string HeldOut(const std::vector<StepMetrics>& history) {
  std::vector<double> values;
  for (const MetricPoint& point : MetricSeries(history, "held_out/pass@1")) {
    if (std::isfinite(point.value)) values.push_back(point.value);
  }
  if (values.size() < 2) return "";
  return fmt::format(", held-out pass@1 {} → {}", FormatShare(values.front()), FormatShare(values.back()));
}

std::string Faults(const std::vector<StepMetrics>& history) {
  std::string out;
  if (const double faults = Total(history, "faults"); faults > 0) {
    out += fmt::format("; {:.0f} reward fault{}", faults, faults == 1 ? "" : "s");
  }
  if (const double skipped = Total(history, "updates_not_applied"); skipped > 0) {
    out += fmt::format("; {:.0f} update{} not applied", skipped, skipped == 1 ? "" : "s");
  }
  return out;
}

// What came along with a fall: the likely cause, for the reader to check.
std::string FallCause(const std::vector<StepMetrics>& history) {
  const Trend entropy = TrendOf(history, "entropy");
  const Trend truncated = TrendOf(history, "truncated");
  if (entropy.Down(0) && entropy.late < 0.2 * entropy.early) {
    return fmt::format(", entropy collapsed {} → {} nats", FormatNumber(entropy.early),
                       FormatNumber(entropy.late));
  }
  if (truncated.Up(0.1))
    return fmt::format(", {} of completions now hit the length cap", FormatShare(truncated.late));
  if (entropy.Up(0) && entropy.late > 2 * entropy.early) {
    return fmt::format(", entropy exploded {} → {} nats", FormatNumber(entropy.early),
                       FormatNumber(entropy.late));
  }
  return "";
}

Verdict JudgeLoss(const std::vector<StepMetrics>& history) {
  const Trend loss = TrendOf(history, "loss", -1);
  if (loss.ends_non_finite) return {Verdict::Kind::kCollapsing, "the loss is no longer finite"};
  if (!loss.known) return {Verdict::Kind::kTooEarly, fmt::format("fewer than {} steps", kFewestSteps)};
  const std::string what = Numbers(loss, "loss", -1) + HeldOut(history);
  if (loss.FellFromBest(0.05 * std::fabs(loss.best))) {
    return {Verdict::Kind::kCollapsing,
            fmt::format("{}, up from its lowest, {}", what, FormatNumber(-loss.best))};
  }
  return {loss.Up(0) ? Verdict::Kind::kLearning : Verdict::Kind::kFlat, what};
}

Verdict JudgeFlat(const std::vector<StepMetrics>& history, const Trend& accuracy, const std::string& what) {
  const double without = EarlyShareWithoutSignal(history, 10);
  if (accuracy.known && accuracy.early > 0.95) {
    return {Verdict::Kind::kFlat,
            what + ": nearly everything was right from the start, little is left to learn"};
  }
  if (without > 0.9) {
    return {
        Verdict::Kind::kFlat,
        fmt::format(
            "nothing to learn from: {} of groups had no signal from the start (all completions of a prompt "
            "scored the same); {}",
            FormatShare(without), what)};
  }
  return {Verdict::Kind::kFlat, what + ": the change is within the noise"};
}

Verdict JudgeReward(const std::vector<StepMetrics>& history) {
  const Trend accuracy = TrendOf(history, "accuracy");
  const Trend reward = TrendOf(history, "reward");
  if (!accuracy.known && !reward.known) {
    return {Verdict::Kind::kTooEarly, fmt::format("fewer than {} scored steps", kFewestSteps)};
  }
  const std::string what =
      (accuracy.known ? Shares(accuracy, "accuracy") : Numbers(reward, "reward")) + HeldOut(history);
  const Trend& judged = accuracy.known ? accuracy : reward;
  if (reward.Up(0) && accuracy.Down(0.02)) {
    return {Verdict::Kind::kCollapsing,
            what + " while " + Numbers(reward, "reward") + ": the reward is being gamed"};
  }
  if (judged.FellFromBest(accuracy.known ? 0.02 : 0.05 * std::fabs(reward.best))) {
    const std::string best = accuracy.known ? FormatShare(judged.best) : FormatNumber(judged.best);
    return {Verdict::Kind::kCollapsing, fmt::format("{}, down from {}{}", what, best, FallCause(history))};
  }
  const Trend truncated = TrendOf(history, "truncated");
  if (truncated.Up(0.2) && truncated.late > 0.3 && !judged.Up(0)) {
    const Trend length = TrendOf(history, "length");
    return {Verdict::Kind::kCollapsing,
            fmt::format("completions run away: length {} → {} tokens, {} hit the cap; {}",
                        FormatNumber(length.early), FormatNumber(length.late), FormatShare(truncated.late),
                        what)};
  }
  if (judged.Up(accuracy.known ? 0.01 : 0)) return {Verdict::Kind::kLearning, what};
  if (reward.Up(0)) return {Verdict::Kind::kLearning, Numbers(reward, "reward") + ", but " + what};
  return JudgeFlat(history, accuracy, what);
}

}  // namespace

std::string Verdict::Name() const {
  switch (kind) {
    case Kind::kLearning:
      return "learning";
    case Kind::kFlat:
      return "flat";
    case Kind::kCollapsing:
      return "collapsing";
    case Kind::kTooEarly:
      break;
  }
  return "too early to tell";
}

std::string Verdict::Line() const { return Name() + ": " + why; }

Verdict JudgeRun(const std::vector<StepMetrics>& history) {
  if (const int64_t skipped = LastNotApplied(history); skipped >= 3) {
    return {Verdict::Kind::kCollapsing,
            fmt::format("each of the last {} steps had updates dropped for a non-finite loss or gradient",
                        skipped)};
  }
  const bool scored = !MetricSeries(history, "reward").empty() || !MetricSeries(history, "accuracy").empty();
  Verdict verdict = scored ? JudgeReward(history) : JudgeLoss(history);
  verdict.why += Faults(history);
  return verdict;
}

}  // namespace hone
