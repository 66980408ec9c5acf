// The objective against the fixtures' values, its gradients against central differences, and what has no peer: edges and
// limits.
#include "rl/objective/objective.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rl/objective/entropy_control.h"
#include "rl/objective/math.h"
#include "tests/rl/objective_fixtures.h"

using namespace hone;

namespace {

bool HasTokens(const ObjectiveBatch& b, size_t i) {
  if (b.mask.empty()) return !b.logprobs[i].empty();
  return std::count(b.mask[i].begin(), b.mask[i].end(), uint8_t{1}) > 0;
}

double SumOfSizes(const nlohmann::json& rows) {
  double sum = 0.0;
  for (const auto& row : rows) {
    for (const double v : row) sum += std::fabs(v);
  }
  return sum;
}

void CheckRows(const Rows& got, const nlohmann::json& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    REQUIRE(got[i].size() == want[i].size());
    for (size_t t = 0; t < got[i].size(); ++t) {
      CAPTURE(i);
      CAPTURE(t);
      CHECK(std::fabs(got[i][t] - want[i][t].get<double>()) <= tolerance);
    }
  }
}

void CheckCase(const ObjectiveCase& c) {
  CAPTURE(c.name);
  CAPTURE(c.want["batch"].dump());
  const PresetChoice choice = ChoosePreset(c.preset, c.settings);
  CheckBatch(choice.config, c.batch, c.name);
  const ObjectiveResult got = ComputeObjective(choice.config, c.batch);
  const auto& advantages = c.want["advantages"];
  for (size_t i = 0; i < c.batch.rewards.size(); ++i) {
    if (!HasTokens(c.batch, i)) continue;  // whitening over tokens says nothing of it
    CAPTURE(i);
    if (advantages[i].is_array()) {
      CheckRows({got.token_advantages.at(i)}, nlohmann::json::array({advantages[i]}), 1e-7);
    } else {
      CHECK(got.token_advantages.empty());
      CHECK(std::fabs(got.advantages[i] - advantages[i].get<double>()) <= 1e-7);
    }
  }
  // The terms' absolute sum is at least the gradient's: every term has a slope of its own size or none. Tighter than 1e-6 of it.
  const double terms = SumOfSizes(c.want["gradient"]) + std::fabs(c.want["loss"].get<double>());
  CHECK(std::fabs(got.loss - c.want["loss"].get<double>()) <= 2e-7 * terms + 1e-12);
  CheckRows(got.gradient, c.want["gradient"], 2e-7 * terms + 1e-12);
  if (c.want.contains("entropy_gradient")) {
    Rows slopes = got.entropy_gradient;
    CheckRows(slopes, c.want["entropy_gradient"], 1e-10);
  }
}

ObjectiveConfig Configured(const std::string& preset, const std::vector<std::string>& settings = {}) {
  return ChoosePreset(preset, settings).config;
}

// Central differences of the loss by every log-prob. What carries no gradient by definition is computed once, from the values
// in `batch`: only objectives without such parts may come here.
void CheckDifferences(const ObjectiveConfig& config, const ObjectiveBatch& batch) {
  const ObjectiveResult at = ComputeObjective(config, batch);
  const double h = 1e-6;
  for (size_t i = 0; i < batch.logprobs.size(); ++i) {
    for (size_t t = 0; t < batch.logprobs[i].size(); ++t) {
      const auto loss = [&](double step) {
        ObjectiveBatch moved = batch;
        moved.logprobs[i][t] += step;
        return ComputeObjective(config, moved).loss;
      };
      CAPTURE(i);
      CAPTURE(t);
      CHECK(at.gradient[i][t] == doctest::Approx((loss(h) - loss(-h)) / (2 * h)).epsilon(1e-5).scale(0.01));
    }
    for (size_t t = 0; t < at.entropy_gradient[i].size(); ++t) {
      const auto loss = [&](double step) {
        ObjectiveBatch moved = batch;
        moved.entropies[i][t] += step;
        return ComputeObjective(config, moved).loss;
      };
      CHECK(at.entropy_gradient[i][t] ==
            doctest::Approx((loss(h) - loss(-h)) / (2 * h)).epsilon(1e-5).scale(0.01));
    }
  }
}

}  // namespace

TEST_CASE("objective: TRL's own code, every loss type, gives the same advantages, losses and gradients") {
  const auto cases = LoadObjectiveCases("objective_trl.json");
  CHECK(cases.size() > 100);
  for (const ObjectiveCase& c : cases) CheckCase(c);
}

TEST_CASE("objective: the published formulas and those of verl, OpenRLHF and NeMo-RL, by autograd") {
  const auto cases = LoadObjectiveCases("objective_formulas.json");
  CHECK(cases.size() > 100);
  for (const ObjectiveCase& c : cases) CheckCase(c);
}

TEST_CASE("objective: every differentiable loss has the gradient of its central differences") {
  // Without CISPO, VESPO, sequence_token and the score weight, whose gradient is not that of their value.
  const std::vector<std::pair<std::string, std::vector<std::string>>> objectives = {
      {"grpo", {}},
      {"r1", {"kl_coefficient=0.3"}},
      {"dr_grpo", {"kl_coefficient=0.3", "kl_estimator=k2", "kl_aggregation=token_mean"}},
      {"dapo", {"dual_clip=1.1", "kl_coefficient=0.1", "kl_estimator=k1"}},
      {"dapo", {"ratio_cap=1.2", "kl_coefficient=0.1", "kl_estimator=abs", "kl_weight=ratio"}},
      {"gspo", {"clip_low=0.2", "clip_high=0.2", "kl_coefficient=0.2", "kl_weight=ratio"}},
      {"sapo", {"entropy_coefficient=0.3"}},
      {"sapo",
       {"ratio_level=sequence", "top_entropy=0.5", "entropy_coefficient=0.1", "entropy_aggregation=same"}},
      {"luspo", {"clip_low=0.3", "clip_high=0.3"}},
      {"rloo", {"kl_coefficient=0.1"}},
      {"reinforce_pp", {}},
      {"grpo", {"sampler_correction=token_truncate", "sampler_high=1.1", "geometric_low=0.7"}},
      {"grpo", {"log_ratio_cap=0.4", "log_ratio_floor=-0.4", "clip_low=0.9", "clip_high=0.9"}},
      {"grpo", {"kl_coefficient=0.2", "kl_input_clamp=0.2", "kl_output_clamp=0.01"}},
      {"verl", {}},
      {"trl", {"loss_type=dr_grpo", "beta=0.1"}},
      {"openrlhf", {"use_kl_loss=True", "init_kl_coef=0.1"}}};
  for (const auto& [preset, settings] : objectives) {
    CAPTURE(preset);
    for (unsigned seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      CheckDifferences(Configured(preset, settings), RandomObjectiveBatch(seed, 0.3));
    }
  }
}

TEST_CASE("objective: a whole batch is the sum of its sequences, whatever their order") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const ObjectiveConfig config = Configured("dapo", {"kl_coefficient=0.1", "entropy_coefficient=0.1"});
    const ObjectiveBatch batch = RandomObjectiveBatch(seed, 0.5);
    ObjectiveBatch swapped = batch;  // two groups change places
    const auto swap = [&](auto& rows) {
      if (!rows.empty()) std::swap_ranges(rows.begin(), rows.begin() + 4, rows.begin() + 4);
    };
    swap(swapped.rewards), swap(swapped.logprobs), swap(swapped.old_logprobs), swap(swapped.ref_logprobs);
    swap(swapped.sampler_logprobs), swap(swapped.entropies), swap(swapped.mask);
    ObjectiveResult a = ComputeObjective(config, batch);
    const ObjectiveResult b = ComputeObjective(config, swapped);
    swap(a.gradient), swap(a.advantages), swap(a.entropy_gradient);
    CHECK(a.gradient == b.gradient);
    CHECK(a.advantages == b.advantages);
    CHECK(a.entropy_gradient == b.entropy_gradient);
    CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-12));
  }
}

TEST_CASE("objective: equal rewards, one or none in a group, and masked completions teach nothing") {
  for (const std::string preset :
       {"grpo", "dr_grpo", "dapo", "gspo", "cispo", "sapo", "luspo", "vespo", "rloo"}) {
    CAPTURE(preset);
    ObjectiveBatch b = RandomObjectiveBatch(5, 0.3);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (int i = 0; i < 4; ++i) b.rewards[i] = 0.1;  // equal, whatever rounding leaves in their mean
    for (int i = 4; i < 8; ++i) b.rewards[i] = i == 5 ? std::optional(1.0) : std::nullopt;
    for (int i = 8; i < 12; ++i) {
      b.rewards[i] = i % 2;
      b.mask[i].assign(b.mask[i].size(), uint8_t{0});
      b.logprobs[i].assign(b.mask[i].size(), nan);  // never read
      b.old_logprobs[i].assign(b.mask[i].size(), -std::numeric_limits<double>::infinity());
    }
    const ObjectiveResult result = ComputeObjective(Configured(preset), b);
    CHECK(result.loss == 0.0);
    for (const auto& row : result.gradient) {
      CHECK(std::all_of(row.begin(), row.end(), [](double g) { return g == 0.0; }));
    }
    for (int i = 0; i < 8; ++i) CHECK(result.advantages[i] == 0.0);
    CHECK(result.statistics.clipped == 0.0);
  }
}

TEST_CASE(
    "objective: completions without a reward are as if they had not been sampled, unless they are kept") {
  const ObjectiveConfig config = Configured("grpo");
  ObjectiveBatch b = RandomObjectiveBatch(7, 0.3, 1, 4), without = b;
  b.rewards[1] = std::nullopt;
  const auto drop = [](auto& rows) { rows.erase(rows.begin() + 1); };
  drop(without.rewards), drop(without.logprobs), drop(without.old_logprobs), drop(without.ref_logprobs);
  drop(without.sampler_logprobs), drop(without.entropies), drop(without.mask);
  without.group_size = 3;
  const ObjectiveResult got = ComputeObjective(config, b), want = ComputeObjective(config, without);
  CHECK(got.loss == want.loss);
  CHECK(got.gradient[0] == want.gradient[0]);
  CHECK(got.gradient[3] == want.gradient[2]);
  CHECK(std::all_of(got.gradient[1].begin(), got.gradient[1].end(), [](double g) { return g == 0.0; }));
  const ObjectiveResult kept = ComputeObjective(Configured("grpo", {"unscored=keep"}), b);
  CHECK(kept.advantages == got.advantages);
  CHECK(kept.loss == doctest::Approx(got.loss * 3 / 4).epsilon(1e-12));
}

TEST_CASE("objective: huge ratios and impossible tokens make no NaN where the clip holds them") {
  const double infinity = std::numeric_limits<double>::infinity();
  ObjectiveBatch b;
  b.group_size = 2;
  b.rewards = {1.0, 0.0};
  b.logprobs = {{-1.0, -infinity}, {-2000.0, -0.5}};
  b.old_logprobs = {{-2000.0, -1.0}, {-1.0, -0.5}};
  const ObjectiveResult clipped = ComputeObjective(Configured("grpo"), b);
  CHECK(std::isfinite(clipped.loss));
  CHECK(clipped.gradient[0] == std::vector<double>{0.0, 0.0});  // beyond the clip; ratio 0
  CHECK(clipped.statistics.clipped == 2.0);
  // A rising ratio with a negative advantage is only held by the dual clip.
  std::swap(b.rewards[0], b.rewards[1]);
  CHECK(std::isinf(ComputeObjective(Configured("grpo"), b).loss));
  const ObjectiveResult dual = ComputeObjective(Configured("grpo", {"dual_clip=3"}), b);
  CHECK(std::isfinite(dual.loss));
  CHECK(dual.gradient[0][0] == 0.0);
  CHECK_FALSE(
      ObjectiveErrorOf([&] { ObjectiveResultJson(ComputeObjective(Configured("grpo"), b)); }).empty());
}

TEST_CASE("objective: exp is within a unit in the last place, and 0 and infinity beyond the range") {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-740.0, 709.0), small(-1.0, 1.0);
  for (int i = 0; i < 20000; ++i) {
    const double x = i % 2 == 0 ? uniform(random) : small(random);
    const long double want = std::exp(static_cast<long double>(x));
    const double next = std::nextafter(static_cast<double>(want), std::numeric_limits<double>::infinity());
    const long double unit =
        static_cast<long double>(next) - static_cast<long double>(static_cast<double>(want));
    CAPTURE(x);
    CHECK(std::fabs(static_cast<long double>(Exp(x)) - want) <= 1.5L * unit);
  }
  CHECK(Exp(0.0) == 1.0);
  CHECK(Exp(-1e9) == 0.0);
  CHECK(std::isinf(Exp(1e9)));
  CHECK(std::isnan(Exp(std::numeric_limits<double>::quiet_NaN())));
}

TEST_CASE("objective: the fixture table of group advantages") {
  const auto advantages = [](const std::string& preset, std::vector<std::optional<double>> rewards) {
    std::vector<ObjectiveSequence> none(rewards.size());
    std::vector<std::string> off;
    if (preset == "openrlhf") off = {"init_kl_coef=0"};
    return ComputeAdvantages(ChoosePreset(preset, off).config, 4, rewards, none).values;
  };
  const auto check = [&](const std::string& preset, double first, double last, double half) {
    CAPTURE(preset);
    const auto one = advantages(preset, {1.0, 0.0, 0.0, 0.0}), two = advantages(preset, {1.0, 1.0, 0.0, 0.0});
    CHECK(one[0] == doctest::Approx(first).epsilon(1e-6));
    CHECK(one[3] == doctest::Approx(last).epsilon(2e-6));
    CHECK(two[0] == doctest::Approx(half).epsilon(1e-6));
    CHECK(two[3] == doctest::Approx(-half).epsilon(1e-6));
  };
  check("trl", 1.499700, -0.499900, 0.865875);
  check("verl", 1.499997, -0.499999, 0.866024);
  check("openrlhf", 1.5, -0.5, 0.866025);
  check("nemo_rl", 1.0, -0.577349, 1.154699);
  check("dr_grpo", 0.75, -0.25, 0.5);
  check("r1", 1.731651, -0.577217, 0.999800);
}

TEST_CASE("objective: the entropy coefficient follows its target") {
  const ObjectiveConfig config = Configured("grpo", {"entropy_adaptive=true", "entropy_coefficient=0.01",
                                                     "entropy_target=0.5", "entropy_high=0.02"});
  EntropyControl control = StartEntropyControl(config);
  CHECK(AppliedEntropyCoefficient(config, control) == 0.0);  // nothing measured yet
  for (const double want : {0.015, 0.02, 0.02}) {
    control = NextEntropyControl(config, control, 0.5);
    CHECK(AppliedEntropyCoefficient(config, control) == doctest::Approx(want));
  }
  control = NextEntropyControl(config, control, 0.6);
  CHECK(control.coefficient == doctest::Approx(0.015));
  CHECK(AppliedEntropyCoefficient(config, control) == 0.0);
  const ObjectiveConfig fixed = Configured("grpo", {"entropy_coefficient=0.3"});
  CHECK(AppliedEntropyCoefficient(fixed, NextEntropyControl(fixed, StartEntropyControl(fixed), 9.0)) == 0.3);
}

TEST_CASE("objective: batches that do not fit are refused by name") {
  const ObjectiveConfig config = Configured("r1");
  const ObjectiveBatch good = RandomObjectiveBatch(1, 0.3);
  const auto error = [&](const std::function<void(ObjectiveBatch&)>& spoil) {
    ObjectiveBatch b = good;
    spoil(b);
    return ObjectiveErrorOf([&] { CheckBatch(config, b, "x.json"); });
  };
  CHECK(error([](ObjectiveBatch&) {}) == "");
  CHECK(error([](ObjectiveBatch& b) { b.ref_logprobs.clear(); }) ==
        "x.json: ref_logprobs is missing; this objective needs it");
  CHECK(error([](ObjectiveBatch& b) { b.entropies.clear(), b.sampler_logprobs.clear(); }) == "");
  CHECK(error([](ObjectiveBatch& b) { b.group_size = 5; }).find("no whole groups of 5") != std::string::npos);
  CHECK(error([](ObjectiveBatch& b) { b.old_logprobs[2].push_back(0); }).find("old_logprobs[2]") !=
        std::string::npos);
  CHECK(error([](ObjectiveBatch& b) { b.mask.pop_back(); }).find("mask has 11 rows") != std::string::npos);
  CHECK(error([](ObjectiveBatch& b) { b.rewards[0] = INFINITY; }).find("rewards[0]") != std::string::npos);
  ObjectiveBatch no_length = good;
  no_length.max_length = 0;
  CHECK(ObjectiveErrorOf([&] { CheckBatch(Configured("dr_grpo"), no_length, "x"); }).find("max_length") !=
        std::string::npos);
}
