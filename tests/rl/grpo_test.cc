// The GRPO stage against the objective written out over every completion, and what it promises about rewards, stored groups,
// references and faults.
#include "rl/grpo.h"

#include <cmath>
#include <limits>
#include <map>

#include "kernels/adamw.h"
#include "policy/safetensors.h"
#include "rl/group_metrics.h"
#include "rl/metrics.h"
#include "tests/rl/grpo_bench.h"

using namespace hone;

namespace {

double LargestDifference(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < a[i].size(); ++j)
      largest = std::max(largest, std::fabs(static_cast<double>(a[i][j]) - b[i][j]));
  }
  return largest;
}

// d loss / d log-prob and d loss / d entropy of token t of completion c of group g.
struct Slope {
  double logprob = 0.0, entropy = 0.0;
};
using SlopeOf = std::function<Slope(size_t g, size_t c, size_t t, double logprob)>;

// The update by these slopes with nothing left out: every completion of `groups` goes through the model, one backward pass each.
std::vector<std::vector<float>> UpdateBy(Bench& b, Policy& policy, const std::vector<ScoredGroup>& groups,
                                         const SlopeOf& slope) {
  Gradients gradients(policy.weights());
  gradients.SetZero();
  for (size_t g = 0; g < groups.size(); ++g) {
    for (size_t c = 0; c < groups[g].scores.size(); ++c) {
      const TrainingSequence s = SequenceOf(groups[g].group.prompt, groups[g].group.completions[c]);
      policy.model().Train(
          PackSequences({&s, 1}, 1000, static_cast<float>(b.rollout.temperature))[0].batch, {},
          [&](auto logprobs, auto, LossSlopes out) {
            for (size_t t = 0; t < out.logprobs.size(); ++t) {
              const Slope at = slope(g, c, t, logprobs[t]);
              out.logprobs[t] = static_cast<float>(at.logprob);
              out.entropies[t] = static_cast<float>(at.entropy);
            }
          },
          gradients);
    }
  }
  const double norm = std::sqrt(gradients.SumOfSquares(policy.pool()));
  kernels::AdamWParams params;
  params.learning_rate = b.optimizer.learning_rate;
  params.gradient_scale = std::min(1.0, b.optimizer.clip_norm / (norm + 1e-6));
  params.epsilon = b.optimizer.epsilon;
  for (size_t i = 0; i < gradients.buffers().size(); ++i) {
    FloatBuffer m(gradients.buffers()[i].size()), v(gradients.buffers()[i].size());
    if (policy.weights().parameters()[i].role == ParameterRole::kRouterBias) continue;
    kernels::AdamW(policy.pool(), m.size(), params, gradients.buffers()[i].data(),
                   policy.weights().parameters()[i].value.data(), m.data(), v.data());
  }
  policy.model().Refresh();
  return CopyOf(policy.weights());
}

// The update of on-policy GRPO, those without a value or signal with advantage 0; at ratio 1 the surrogate's gradient is the
// advantage.
std::vector<std::vector<float>> ReferenceUpdate(
    Bench& b, Policy& policy, const std::vector<ScoredGroup>& groups, double kl,
    const std::function<float(const Completion&, size_t)>& reference) {
  double scored = 0.0;
  for (const ScoredGroup& g : groups) {
    for (const Score& s : g.scores) scored += s.status == Score::Status::kValue;
  }
  return UpdateBy(b, policy, groups, [&](size_t g, size_t c, size_t t, double logprob) -> Slope {
    double mean = 0.0, squares = 0.0, n = 0.0;
    for (const Score& s : groups[g].scores) {
      if (s.status == Score::Status::kValue) mean += s.value, ++n;
    }
    mean /= std::max(1.0, n);
    for (const Score& s : groups[g].scores) {
      if (s.status == Score::Status::kValue) squares += (s.value - mean) * (s.value - mean);
    }
    const double deviation = std::sqrt(squares / std::max(1.0, n));
    const Completion& completion = groups[g].group.completions[c];
    // Rounding may leave equal rewards a deviation of 1e-17; dividing by it plus epsilon is still nothing.
    const bool valued = groups[g].scores[c].status == Score::Status::kValue;
    const double advantage =
        valued ? (groups[g].scores[c].value - mean) / (deviation + b.grpo.objective.advantage_epsilon) : 0.0;
    const double weight = 1.0 / (scored * static_cast<double>(completion.ids.size()));
    const double k3 =
        kl == 0.0 || deviation == 0.0 ? 0.0 : 1.0 - std::exp(reference(completion, t) - logprob);
    return {weight * (-advantage + kl * k3), 0.0};
  });
}

// What `hone loss` would be given of a step's groups, which the policy sampled.
ObjectiveBatch BatchOf(Policy& policy, Policy& reference, const std::vector<ScoredGroup>& groups,
                       const RolloutConfig& rollout) {
  ObjectiveBatch batch;
  batch.group_size = static_cast<int64_t>(groups[0].scores.size());
  batch.max_length = rollout.max_new_tokens;
  std::vector<TrainingSequence> sequences;
  for (const ScoredGroup& g : groups) {
    for (const auto& reward : RewardsOf(g)) batch.rewards.push_back(reward);
    for (const Completion& c : g.group.completions) sequences.push_back(SequenceOf(g.group.prompt, c));
  }
  const auto temperature = static_cast<float>(rollout.temperature);
  TokenScores scores = ScoreTokens(policy.model(), sequences, 1000, temperature);
  batch.logprobs = batch.old_logprobs = batch.sampler_logprobs = scores.logprobs;
  batch.ref_logprobs = ScoreTokens(reference.model(), sequences, 1000, temperature).logprobs;
  batch.entropies = std::move(scores.entropies);
  return batch;
}

// A batch knows only lengths: one that ends with its last token allowed is not cut off.
void MaskTruncated(const std::vector<ScoredGroup>& groups, ObjectiveBatch& batch) {
  for (const ScoredGroup& g : groups) {
    for (const Completion& c : g.group.completions) {
      batch.mask.emplace_back(c.ids.size(), c.finish == FinishReason::kLength ? 0 : 1);
    }
  }
  ++batch.max_length;
}

}  // namespace

TEST_CASE("a rewarded habit spreads, for both kinds of model and in bf16; sampler and learner never differ") {
  for (const auto& [experts, precision] :
       {std::pair{true, Precision::kFp32}, {false, Precision::kFp32}, {true, Precision::kBf16}}) {
    CAPTURE(experts);
    Bench b(EvenShare, experts, precision);
    b.grpo.prompts_per_step = 8;
    b.grpo.minibatches = 2;
    b.grpo.group_size = 8;
    GrpoStage& stage = b.Start();
    double first = 0.0, last = 0.0;
    for (int step = 1; step <= 20; ++step) {
      const Metrics metrics = stage.Step(step);
      CHECK(MetricValue(metrics, "logprob_difference") == 0.0);
      CHECK(MetricValue(metrics, "updates_not_applied") == 0.0);
      CHECK(MetricValue(metrics, "groups") == 8.0);
      if (step <= 3) first += MetricValue(metrics, "reward") / 3;
      if (step > 17) last += MetricValue(metrics, "reward") / 3;
    }
    CHECK(first < 0.65);
    CHECK(last > first + 0.25);
  }
}

TEST_CASE(
    "what rewards say beside their value becomes metrics: the mean over the completions of which it is "
    "said") {
  ScoredGroup group;
  group.group.completions.resize(3);
  group.scores = {ValueScore("answer", 1.0, ""), ValueScore("answer", 0.0, ""), FaultScore("no")};
  group.scores[0].parts.emplace_back("answer/tries", 3.0);
  group.scores[1].parts.emplace_back("answer/tries", 4.0);
  group.scores[1].parts.emplace_back("style/words", 7.0);
  Metrics metrics;
  DescribeGroups({group, group}, {"answer", "style"}, metrics);
  CHECK(MetricValue(metrics, "parts/answer/tries") == 3.5);
  CHECK(MetricValue(metrics, "parts/style/words") == 7.0);
  CHECK(std::isnan(MetricValue(metrics, "parts/answer")));
  CHECK(MetricValue(metrics, "rewards/answer/mean") == 0.5);
  for (const auto& [name, value] : metrics) {
    CAPTURE(name);
    CHECK(FindMetric(name) != nullptr);
  }
}

TEST_CASE(
    "an update is that of the objective over all completions: no signal counts as zero, no value does not "
    "count") {
  Bench b(Mixed);
  b.optimizer.gate_bias_rate = b.optimizer.balance_alpha = 0.0;  // over the completions learnt from only
  b.rollout.temperature = 0.8;
  b.optimizer.epsilon = 1e-3;  // so that a small difference of gradients is not blown up by its own size
  GrpoStage& stage = b.Start();
  const Metrics metrics = stage.Step(1);
  const auto groups = b.store->Groups(1);
  REQUIRE(groups.size() == 4);
  double faults = 0, values = 0, reward = 0;
  for (const ScoredGroup& g : groups) {
    for (const Score& s : g.scores) {
      faults += s.status == Score::Status::kFault;
      if (s.status == Score::Status::kValue) reward += s.value, ++values;
    }
  }
  REQUIRE(faults > 0);
  REQUIRE(faults + values < 16);
  CHECK(MetricValue(metrics, "faults") == faults);
  CHECK(MetricValue(metrics, "groups_without_signal") == 1.0);
  CHECK(MetricValue(metrics, "reward") == doctest::Approx(reward / values).epsilon(1e-12));
  CHECK(MetricValue(metrics, "clip_fraction") == 0.0);
  const auto start = TinyPolicy(b.dir / "t");
  const auto before = CopyOf(start->weights());
  const auto want = ReferenceUpdate(b, *start, groups, 0.0, {});
  CHECK(LargestDifference(before, want) > 1e-3);
  CHECK(LargestDifference(b.weights(), want) < 1e-5);
}

TEST_CASE("an update is that of the objective on the whole step, whichever it is") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> objectives = {
      {"dapo", {"refill_rounds=0"}},
      {"grpo", {"aggregation=token_mean", "entropy_coefficient=0.5"}},
      {"dr_grpo", {}},
      {"gspo", {"entropy_coefficient=0.5", "entropy_aggregation=same"}},
      {"rloo", {}},
      {"cispo", {"scale=batch"}},
      {"reinforce_pp", {"kl_coefficient=0.2"}},
      {"rloo", {"kl_coefficient=0.5"}},
      {"r1", {"kl_coefficient=0.5"}},
      {"openrlhf", {"init_kl_coef=0.3"}},
      {"nemo_rl", {"reference_policy_kl_penalty=0.5"}},
      {"grpo", {"mask_truncated=true", "aggregation=constant", "aggregation_length=10"}},
      {"trl", {"loss_type=luspo", "importance_sampling_level=sequence"}}};
  for (const auto& [preset, settings] : objectives) {
    CAPTURE(preset);
    Bench b(EvenShare, false);
    b.grpo.objective = ChoosePreset(preset, settings).config;
    b.rollout.temperature = 0.9;
    b.optimizer.epsilon = 1e-3;
    b.optimizer.beta1 = b.optimizer.beta2 = 0.0;
    GrpoStage& stage = b.Start();
    stage.Step(1);
    b.policy->Save(b.dir / "moved");
    const Metrics metrics = stage.Step(2);  // the policy is no longer the reference
    CHECK(MetricValue(metrics, "logprob_difference") == 0.0);
    const auto groups = b.store->Groups(2);
    const auto reference = TinyPolicy(b.dir / "t", false),
               start = Policy::Load(b.dir / "moved", Precision::kFp32, 1);
    ObjectiveBatch batch = BatchOf(*start, *reference, groups, b.rollout);
    if (b.grpo.objective.mask_truncated) MaskTruncated(groups, batch);
    const ObjectiveResult want = ComputeObjective(b.grpo.objective, batch);
    CHECK(MetricValue(metrics, "loss") == doctest::Approx(want.loss).epsilon(1e-5).scale(1e-3));
    const auto before = CopyOf(start->weights());
    const auto moved = UpdateBy(b, *start, groups, [&](size_t g, size_t c, size_t t, double) -> Slope {
      const size_t i = g * 4 + c;
      return {want.gradient[i][t], want.entropy_gradient[i].empty() ? 0.0 : want.entropy_gradient[i][t]};
    });
    CHECK(LargestDifference(before, moved) > 1e-3);
    CHECK(LargestDifference(b.weights(), moved) < 2e-5);
  }
}

TEST_CASE("an entropy bonus keeps the entropy up, and its coefficient moves and survives a resume") {
  double entropy[2];
  for (const bool bonus : {false, true}) {
    Bench b(EvenShare, false);
    if (bonus) b.grpo.objective = ChoosePreset("grpo", {"entropy_coefficient=1", "top_entropy=0.9"}).config;
    GrpoStage& stage = b.Start();
    Metrics last;
    for (int step = 1; step <= 15; ++step) last = stage.Step(step);
    entropy[bonus] = MetricValue(last, "entropy");
  }
  CHECK(entropy[1] > entropy[0] + 0.1);

  Bench b(EvenShare, false);
  b.grpo.objective = ChoosePreset("grpo", {"entropy_adaptive=true", "entropy_target=100"}).config;
  GrpoStage& stage = b.Start();
  CHECK(MetricValue(stage.Step(1), "entropy_coefficient") == 0.005);
  CHECK(MetricValue(stage.Step(2), "entropy_coefficient") == 0.01);
  std::filesystem::create_directories(b.dir / "saved");
  stage.Save(b.dir / "saved");
  GrpoStage& resumed = b.Restart();
  resumed.Load(b.dir / "saved");
  CHECK(MetricValue(resumed.Step(3), "entropy_coefficient") == 0.015);
  std::filesystem::remove(b.dir / "saved/objective.safetensors");
  CHECK(Mentions(ErrorOf([&] { resumed.Load(b.dir / "saved"); }), "objective.safetensors"));
}

TEST_CASE(
    "minibatches are consecutive shares of the groups, learnt from one after another against the old "
    "log-probs") {
  Bench b;
  b.grpo.minibatches = 2;
  b.optimizer.learning_rate = 1e-4;  // small: the second update's ratios stay inside the clip and near 1
  b.optimizer.gate_bias_rate = b.optimizer.balance_alpha = 0.0;
  b.optimizer.epsilon = 1e-3;
  b.optimizer.beta1 = b.optimizer.beta2 = 0.0;  // no memory of the first update
  GrpoStage& stage = b.Start();
  stage.Step(1);
  const auto groups = b.store->Groups(1);
  // Without momentum, AdamW at step 1 and the reference's defaults differ; both betas at 0 make the update g / (|g| + eps).
  const auto start = TinyPolicy(b.dir / "t");
  const auto before = CopyOf(start->weights());
  std::vector<std::vector<float>> want;
  for (const int half : {0, 2}) want = ReferenceUpdate(b, *start, {groups[half], groups[half + 1]}, 0.0, {});
  CHECK(LargestDifference(before, want) > 1e-4);
  CHECK(LargestDifference(b.weights(), want) < 1e-5);
}

TEST_CASE(
    "the divergence is from the reference, which is replaced every so many steps and survives a resume") {
  Bench b;
  b.grpo.objective.kl_coefficient = 0.5;
  b.grpo.objective.reference_every = 2;
  b.optimizer.gate_bias_rate = b.optimizer.balance_alpha = 0.0;
  GrpoStage& stage = b.Start();
  CHECK(MetricValue(stage.Step(1), "kl") == 0.0);
  std::filesystem::create_directories(b.dir / "saved");
  stage.Save(b.dir / "saved");
  b.policy->Save(b.dir / "saved_model");
  CHECK(MetricValue(stage.Step(2), "kl") > 0.0);
  const auto after_two = b.weights();
  CHECK(MetricValue(stage.Step(3), "kl") == 0.0);  // the policy became the reference after step 2
  CHECK(MetricValue(stage.Step(4), "kl") > 0.0);

  // Resumed after step 1, step 2 is the same.
  const Checkpoint saved = LoadCheckpoint(b.dir / "saved_model");
  for (size_t i = 0; i < saved.weights.parameters().size(); ++i) {
    const FloatBuffer& from = saved.weights.parameters()[i].value;
    std::copy_n(from.data(), from.size(), b.policy->weights().parameters()[i].value.data());
  }
  b.policy->model().Refresh();
  GrpoStage& resumed = b.Restart();
  resumed.Load(b.dir / "saved");
  resumed.Step(2);
  CHECK(SameBits(b.weights(), after_two));
  std::filesystem::remove(b.dir / "saved/reference.safetensors");
  CHECK(Mentions(ErrorOf([&] { resumed.Load(b.dir / "saved"); }), "reference.safetensors"));
}

TEST_CASE("a reference that moves part of the way is between the old one and the policy") {
  Bench b;
  b.grpo.objective.kl_coefficient = 0.5;
  b.grpo.objective.reference_every = 1;
  b.grpo.objective.reference_mix = 0.25;
  const auto start = b.weights();
  GrpoStage& stage = b.Start();
  stage.Step(1);
  std::filesystem::create_directories(b.dir / "saved");
  stage.Save(b.dir / "saved");
  const SafetensorsFile file = SafetensorsFile::Open(b.dir / "saved/reference.safetensors");
  double largest = 0.0;
  for (size_t i = 0; i < start.size(); ++i) {
    const Parameter& p = b.policy->weights().parameters()[i];
    std::vector<float> moved(p.value.size());
    file.CopyTo(*file.Find(p.name), moved.data());
    for (size_t j = 0; j < moved.size(); ++j) {
      const double want = 0.75 * start[i][j] + 0.25 * p.value.data()[j];
      largest = std::max(largest, std::fabs(want - moved[j]));
    }
  }
  CHECK(largest < 1e-6);
}

TEST_CASE("a KL term pulls back: its gradient is that of k3") {
  Bench b;
  b.grpo.objective.kl_coefficient = 2.0;
  b.optimizer.gate_bias_rate = b.optimizer.balance_alpha = 0.0;
  b.optimizer.epsilon = 1e-3;
  b.optimizer.beta1 = b.optimizer.beta2 = 0.0;
  GrpoStage& stage = b.Start();
  stage.Step(1);
  b.policy->Save(b.dir / "moved");
  stage.Step(2);
  const auto moved = Policy::Load(b.dir / "moved", Precision::kFp32, 1), start = TinyPolicy(b.dir / "t");
  // The reference's log-probs, one sequence at a time.
  const auto groups = b.store->Groups(2);
  std::map<const Completion*, std::vector<float>> reference;
  for (const ScoredGroup& g : groups) {
    for (const Completion& c : g.group.completions) {
      TrainingSequence s{g.group.prompt.ids, static_cast<int64_t>(g.group.prompt.ids.size())};
      s.ids.insert(s.ids.end(), c.ids.begin(), c.ids.end());
      reference[&c].resize(c.ids.size());
      start->model().LogProbs(PackSequences({&s, 1}, 1000, 1.0f)[0].batch, reference[&c], {});
    }
  }
  const auto want = ReferenceUpdate(b, *moved, groups, 2.0,
                                    [&](const Completion& c, size_t t) { return reference[&c][t]; });
  CHECK(LargestDifference(b.weights(), want) < 2e-5);
}

TEST_CASE("weights that give no finite numbers stop the run instead of learning nothing for ever") {
  for (const auto& [signal, top_entropy] : {std::pair{true, 1.0}, {true, 0.5}, {false, 1.0}}) {
    CAPTURE(signal);
    Bench b(signal ? FakeReward::Fn(EvenShare)
                   : [](const Group&, const Completion&) { return ValueScore("fake", 1.0, ""); });
    b.grpo.objective.top_entropy = top_entropy;
    GrpoStage& stage = b.Start();
    for (Parameter& p : b.policy->weights().parameters()) {
      if (p.name == "final_norm") p.value.data()[0] = std::numeric_limits<float>::quiet_NaN();
    }
    b.policy->model().Refresh();
    const auto before = b.weights();
    std::string error;
    int steps = 0;
    for (; steps < 10 && error.empty(); ++steps) {
      error = ErrorOf([&] {
        const Metrics metrics = stage.Step(steps + 1);
        CHECK(MetricValue(metrics, "updates_not_applied") == 1.0);
      });
    }
    CHECK(steps == 3);
    CHECK(Mentions(error, "3 updates in a row"));
    CHECK(SameBits(b.weights(), before));
  }
}
