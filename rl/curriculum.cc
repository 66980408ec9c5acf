// See curriculum.h. Covered by tests/rl/curriculum_test.cc.
#include "rl/curriculum.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "data/error.h"
#include "data/json.h"
#include "data/random.h"
#include "data/text_file.h"
#include "data/text_rows.h"
#include "rewards/combine.h"

namespace hone {
namespace {

constexpr char kWhere[] = "curriculum";
constexpr int64_t kLookedAt = 2000;          // prompts from which the task's kinds are known
constexpr int64_t kMostRefused = 1'000'000;  // in a row, before the weights are called hopeless

PassRate ParsePassRate(std::string_view line, const std::string& where) {
  const nlohmann::json row = ParseStrictJson(line, where);
  const auto is = [&](const char* key, bool (nlohmann::json::*kind)() const noexcept) {
    return row.is_object() && row.contains(key) && (row[key].*kind)();
  };
  if (!is("index", &nlohmann::json::is_number_integer) || !is("pass_rate", &nlohmann::json::is_number) ||
      !is("prompt", &nlohmann::json::is_string))
    throw Error("not a measured pass rate", where, "name the pass_rates.jsonl that a sample stage wrote");
  PassRate rate;
  rate.index = row["index"].get<int64_t>();
  rate.prompt = row["prompt"].get<std::string>();
  rate.pass_rate = row["pass_rate"].get<double>();
  return rate;
}

// The indices of the prompts to train on: of those there are (empty: all), what the pass rates leave, in their file's order.
std::vector<int64_t> KeptIndices(const PromptSource& prompts, const CurriculumConfig& config,
                                 std::vector<int64_t> indices) {
  if (config.pass_rates.empty()) return indices;
  const std::set<int64_t> known(indices.begin(), indices.end());
  std::vector<int64_t> kept;
  for (const PassRate& rate : ReadPassRates(config.pass_rates)) {
    if (!known.empty() && !known.contains(rate.index)) continue;
    if (rate.index < 0 || prompts(rate.index).text != rate.prompt) {
      throw Error("prompt " + std::to_string(rate.index) + " is another than the task's", config.pass_rates,
                  "measure pass rates with the same [task]");
    }
    if (rate.pass_rate >= config.min_pass_rate && rate.pass_rate <= config.max_pass_rate)
      kept.push_back(rate.index);
  }
  if (kept.empty())
    throw Error("no prompt has a pass rate between curriculum.min_pass_rate and max_pass_rate",
                config.pass_rates, "widen them, or measure more prompts");
  return kept;
}

// The task's prompts or those kept of it, thinned so that kinds come as often as their weights say.
class Curriculum {
 public:
  Curriculum(PromptSource prompts, const CurriculumConfig& config, uint64_t seed,
             std::vector<int64_t> indices)
      : prompts_(std::move(prompts)),
        seed_(seed),
        kept_(KeptIndices(prompts_, config, std::move(indices))),
        order_(std::ssize(kept_), KeyHash().Add("curriculum order").Add(seed).value()) {
    for (const auto& [kind, weight] : config.kinds) weights_[kind] = weight.weight;
    for (const auto& [kind, weight] : weights_) most_ = std::max(most_, weight);
    if (!weights_.empty()) CheckKinds();
  }

  Prompt At(int64_t position) {
    if (weights_.empty()) return prompts_(IndexOf(position));
    while (std::ssize(found_) <= position) found_.push_back(FindNext());
    return prompts_(IndexOf(found_[position]));
  }

 private:
  // Of a place in the unthinned order.
  int64_t IndexOf(int64_t place) { return kept_.empty() ? place : kept_[order_.RowAt(place)]; }

  int64_t FindNext() {
    for (int64_t refused = 0; refused < kMostRefused; ++refused) {
      const int64_t place = next_++;
      const auto weight = weights_.find(prompts_(IndexOf(place)).kind);
      const double wanted = (weight == weights_.end() ? 1.0 : weight->second) / most_;
      DataRandom random(KeyHash().Add("curriculum").Add(seed_).Add(static_cast<uint64_t>(place)).value());
      if (random.Unit() < wanted) return place;
    }
    throw Error("the weights of kinds leave hardly any prompt", kWhere,
                "raise the weights of kinds that occur");
  }

  void CheckKinds() {
    std::set<std::string> kinds;
    for (int64_t place = 0; place < std::max(kLookedAt, std::ssize(kept_)); ++place)
      kinds.insert(prompts_(IndexOf(place)).kind);
    std::string known;
    for (const std::string& kind : kinds) known += (known.empty() ? "" : ", ") + kind;
    bool any = false;
    for (const std::string& kind : kinds) any |= !weights_.contains(kind) || weights_.at(kind) > 0;
    if (!any) throw Error("every kind has weight 0", kWhere, "there are: " + known);
    for (const auto& [kind, weight] : weights_) {
      if (!kinds.contains(kind))
        throw Error("the task has no prompts of kind '" + kind + "'", kWhere, "there are: " + known);
    }
    // Prompts of kinds without a table have weight 1.
    const bool has_others =
        std::any_of(kinds.begin(), kinds.end(), [&](const auto& k) { return !weights_.contains(k); });
    if (has_others) most_ = std::max(most_, 1.0);
  }

  PromptSource prompts_;
  uint64_t seed_;
  std::vector<int64_t> kept_;
  EpochOrder order_;
  std::map<std::string, double> weights_;
  double most_ = 0.0;
  std::vector<int64_t> found_;  // the places taken so far; a function of all that is fixed
  int64_t next_ = 0;            // the first place not looked at
};

}  // namespace

std::string PassRateLines(const std::vector<ScoredGroup>& groups) {
  std::string lines;
  for (const ScoredGroup& group : groups) {
    int64_t right = 0, judged = 0;
    for (const Score& score : group.scores) {
      const std::optional<bool> verdict = AnswerIsRight(score);
      judged += verdict.has_value();
      right += verdict.value_or(false);
    }
    if (judged == 0) continue;
    const Prompt& prompt = group.group.prompt;
    const nlohmann::ordered_json line = {
        {"index", prompt.index},
        {"kind", prompt.kind},
        {"pass_rate", static_cast<double>(right) / static_cast<double>(judged)},
        {"completions", judged},
        {"prompt", prompt.text}};
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return lines;
}

std::vector<PassRate> ReadPassRates(const std::string& path) {
  std::vector<PassRate> rates;
  ForEachLine(path, [&](std::string_view line, const std::string& where) {
    rates.push_back(ParsePassRate(line, where));
  });
  return rates;
}

PromptSource ApplyCurriculum(PromptSource prompts, const CurriculumConfig& config, uint64_t seed,
                             std::vector<int64_t> indices) {
  if (config.pass_rates.empty() && config.kinds.empty() && indices.empty()) return prompts;
  const auto curriculum = std::make_shared<Curriculum>(std::move(prompts), config, seed, std::move(indices));
  return [curriculum](int64_t index) { return curriculum->At(index); };
}

}  // namespace hone
