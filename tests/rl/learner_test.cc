// The learner against its parts put together by hand, in double where it computes.
#include "rl/learner.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "tests/rl/tiny.h"

using namespace hone;

namespace {

constexpr MemoryConfig kMemory = {.micro_batch_tokens = 40};

// Next-token loss with a weight per token, so that every sequence's place matters.
double TokenLoss(const MicroBatch& micro, std::span<const float> logprobs, std::span<const float>,
                 LossSlopes slopes) {
  double loss = 0.0;
  for (size_t i = 0; i < logprobs.size(); ++i) {
    const float weight = 0.01f * static_cast<float>(1 + micro.sequences[0] + static_cast<int64_t>(i % 3));
    loss -= weight * logprobs[i];
    slopes.logprobs[i] = -weight;
  }
  return loss;
}

OptimizerConfig Optimizer() {
  OptimizerConfig o;
  o.learning_rate = 1e-2;
  o.weight_decay = 0.1;
  o.gate_bias_rate = 0.01;
  o.balance_alpha = 0.05;
  o.clip_norm = 0.3;
  o.warmup_steps = 2;
  o.schedule = Schedule::kCosine;
  return o;
}

}  // namespace

TEST_CASE("learning rates: linear warm-up, then constant, or a cosine that ends at its share") {
  OptimizerConfig o;
  o.learning_rate = 0.4;
  CHECK(LearningRate(o, 1, 10) == 0.4);
  CHECK(LearningRate(o, 1000, 10) == 0.4);
  o.warmup_steps = 4;
  for (int i = 1; i <= 4; ++i) CHECK(LearningRate(o, i, 10) == doctest::Approx(0.1 * i).epsilon(1e-14));
  CHECK(LearningRate(o, 5, 10) == 0.4);
  o.schedule = Schedule::kCosine;
  o.final_share = 0.25;
  CHECK(LearningRate(o, 4, 12) == doctest::Approx(0.4).epsilon(1e-14));
  CHECK(LearningRate(o, 8, 12) == doctest::Approx(0.5 * (0.4 + 0.1)).epsilon(1e-14));
  CHECK(LearningRate(o, 6, 12) ==
        doctest::Approx(0.1 + 0.3 * 0.5 * (1 + std::numbers::sqrt2 / 2)).epsilon(1e-14));
  CHECK(LearningRate(o, 12, 12) == doctest::Approx(0.1).epsilon(1e-14));
  CHECK(LearningRate(o, 99, 12) == doctest::Approx(0.1).epsilon(1e-14));  // more updates than foreseen
  o.warmup_steps = 20;                                                    // a warm-up beyond the end
  CHECK(LearningRate(o, 12, 12) == doctest::Approx(0.24).epsilon(1e-14));
}

TEST_CASE(
    "an update is the clipped AdamW step on the summed gradient, and experts' biases move against their "
    "load") {
  TempDir dir;
  for (const bool clipped : {true, false}) {
    CAPTURE(clipped);
    const auto policy = TinyPolicy(dir / "t");
    OptimizerConfig optimizer = Optimizer();
    if (!clipped) optimizer.clip_norm = 1e6;
    Learner learner(policy->model(), policy->weights(), optimizer, kMemory, 10);
    std::mt19937_64 random(5);
    std::vector<std::vector<double>> first, second;
    for (const Parameter& p : policy->weights().parameters()) {
      first.emplace_back(p.value.size());
      second.emplace_back(p.value.size());
    }
    for (int update = 1; update <= 3; ++update) {
      CAPTURE(update);
      const auto sequences = RandomSequences(policy->config(), 7, random);
      // By hand: the gradient ...
      Gradients gradients(policy->weights());
      gradients.SetZero();
      double loss = 0.0;
      std::vector<int64_t> load(policy->config().num_experts);
      const TrainingOptions options = {.balance_alpha = 0.05f, .balance_sequence_weight = 1.0f / 7.0f};
      for (const MicroBatch& micro : PackSequences(sequences, kMemory.micro_batch_tokens, 0.8f)) {
        const auto stats = policy->model().Train(
            micro.batch, options,
            [&](auto logprobs, auto entropies, LossSlopes slopes) {
              loss += TokenLoss(micro, logprobs, entropies, slopes);
            },
            gradients);
        for (const auto& layer : stats.expert_load) {  // one of them has experts
          for (size_t e = 0; e < layer.size(); ++e) load[e] += layer[e];
        }
      }
      double squares = 0.0;
      for (const FloatBuffer& b : gradients.buffers()) {
        for (int64_t i = 0; i < b.size(); ++i) squares += static_cast<double>(b.data()[i]) * b.data()[i];
      }
      const double norm = std::sqrt(squares), scale = std::min(1.0, optimizer.clip_norm / (norm + 1e-6));
      CHECK((scale < 1.0) == clipped);
      const auto before = CopyOf(policy->weights());

      const Update got = learner.Step(sequences, 0.8f, TokenLoss);
      CHECK(got.applied);
      CHECK(learner.num_updates() == update);
      CHECK(got.loss == doctest::Approx(loss).epsilon(1e-12));
      CHECK(got.gradient_norm == doctest::Approx(norm).epsilon(1e-9));
      CHECK(got.learning_rate == LearningRate(optimizer, update, 10));

      // ... and the step, in double.
      double worst = 0.0;
      for (size_t p = 0; p < before.size(); ++p) {
        const Parameter& parameter = policy->weights().parameters()[p];
        if (parameter.role == ParameterRole::kRouterBias) {
          int64_t total = 0;
          for (const int64_t l : load) total += l;
          for (size_t e = 0; e < load.size(); ++e) {
            const double excess =
                static_cast<double>(load[e]) - static_cast<double>(total) / static_cast<double>(load.size());
            const double want = before[p][e] + 0.01 * ((excess < 0) - (excess > 0));
            CHECK(parameter.value.data()[e] == doctest::Approx(want).epsilon(1e-5));
          }
          continue;
        }
        for (int64_t i = 0; i < parameter.value.size(); ++i) {
          const double g = scale * gradients.buffers()[p].data()[i];
          double& m = first[p][i];
          double& v = second[p][i];
          m = 0.9 * m + 0.1 * g;
          v = 0.95 * v + 0.05 * g * g;
          const double decay = parameter.role == ParameterRole::kMatrix ? 0.1 : 0.0;
          const double direction =
              m / (1 - std::pow(0.9, update)) / (std::sqrt(v / (1 - std::pow(0.95, update))) + 1e-8);
          const double want = before[p][i] - got.learning_rate * (direction + decay * before[p][i]);
          worst = std::max(worst, std::fabs(parameter.value.data()[i] - want));
        }
      }
      CHECK(worst < 2e-6);
    }
  }
}

TEST_CASE("a loss or gradient that is not finite changes nothing and is not counted") {
  TempDir dir;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const OptimizerConfig optimizer = Optimizer();
  const auto policy = TinyPolicy(dir / "t");
  Learner learner(policy->model(), policy->weights(), optimizer, kMemory, 10);
  std::mt19937_64 random(6);
  const auto sequences = RandomSequences(policy->config(), 7, random);
  REQUIRE(learner.Step(sequences, 1.0f, TokenLoss).applied);
  learner.Save(dir / "before");
  const auto before = CopyOf(policy->weights());

  for (const bool in_loss : {true, false}) {
    const auto bad = [&](const MicroBatch& micro, std::span<const float> l, std::span<const float> e,
                         LossSlopes slopes) {
      const double loss = TokenLoss(micro, l, e, slopes);
      if (!in_loss && micro.sequences.back() == 6) slopes.logprobs.back() = nan;
      return in_loss && micro.sequences.back() == 6 ? std::numeric_limits<double>::infinity() : loss;
    };
    CHECK_FALSE(learner.Step(sequences, 1.0f, bad).applied);
  }
  CHECK_FALSE(learner.Step({}, 1.0f, TokenLoss).applied);
  CHECK(learner.num_updates() == 1);
  CHECK(SameBits(CopyOf(policy->weights()), before));
  learner.Save(dir / "after");
  CHECK(ReadFile(dir / "before") == ReadFile(dir / "after"));
  // Nor does anything of it reach the next update.
  CHECK(learner.Step(sequences, 1.0f, TokenLoss).applied);
  for (const auto& values : CopyOf(policy->weights())) {
    for (const float v : values) REQUIRE(std::isfinite(v));
  }
}

TEST_CASE("a learner that was saved and loaded goes on bit for bit") {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    CAPTURE(static_cast<int>(precision));
    TempDir dir;
    const OptimizerConfig optimizer = Optimizer();
    std::mt19937_64 random(8);
    const auto policy = TinyPolicy(dir / "t", true, precision);
    const auto sequences = RandomSequences(policy->config(), 7, random),
               later = RandomSequences(policy->config(), 7, random);
    Learner learner(policy->model(), policy->weights(), optimizer, kMemory, 10);
    for (int i = 0; i < 3; ++i) learner.Step(sequences, 1.0f, TokenLoss);
    policy->Save(dir / "saved");
    learner.Save(dir / "state");
    for (int i = 0; i < 3; ++i) learner.Step(later, 1.0f, TokenLoss);

    const auto other = Policy::Load(dir / "saved", precision, 2);
    Learner resumed(other->model(), other->weights(), optimizer, kMemory, 10);
    resumed.Load(dir / "state");
    CHECK(resumed.num_updates() == 3);
    for (int i = 0; i < 3; ++i) resumed.Step(later, 1.0f, TokenLoss);
    CHECK(SameBits(CopyOf(policy->weights()), CopyOf(other->weights())));
  }
}

TEST_CASE("blocks, recomputation and threads: what may change the bits and what may not") {
  TempDir dir;
  const OptimizerConfig optimizer = Optimizer();
  std::mt19937_64 random(9);
  const auto sequences = RandomSequences(TinyPolicy(dir / "t")->config(), 9, random);
  const auto train = [&](MemoryConfig memory, int threads) {
    const auto policy = TinyPolicy(dir / "t", true, Precision::kFp32, threads);
    Learner learner(policy->model(), policy->weights(), optimizer, memory, 10);
    const Update update =
        learner.Step(sequences, 1.0f, [](const MicroBatch& micro, auto logprobs, auto, LossSlopes slopes) {
          // Every sequence is known by its place in the step, whichever block it is in.
          size_t next = 0;
          for (size_t i = 0; i < micro.sequences.size(); ++i) {
            const int32_t end = micro.batch.sequence_begin[i + 1];
            for (; next < logprobs.size() && micro.batch.scored_rows[next] < end; ++next) {
              slopes.logprobs[next] = -0.01f * static_cast<float>(1 + micro.sequences[i]);
            }
          }
          return -0.01 * static_cast<double>(logprobs.size());
        });
    return std::make_pair(update.gradient_norm, CopyOf(policy->weights()));
  };
  const auto plain = train({.micro_batch_tokens = 40}, 1);
  CHECK(SameBits(plain.second, train({.micro_batch_tokens = 40}, 2).second));
  CHECK(SameBits(plain.second, train({.micro_batch_tokens = 40, .recompute = true}, 1).second));
  for (const int64_t blocks : {2, 4, 16}) {  // 16: some blocks are empty
    const auto split = train({.micro_batch_tokens = 40, .gradient_blocks = blocks}, 1);
    CHECK(split.first == doctest::Approx(plain.first).epsilon(1e-5));
    CHECK(SameBits(split.second, train({.micro_batch_tokens = 40, .gradient_blocks = blocks}, 2).second));
  }
}

TEST_CASE("state of another model is refused by the name of what does not fit") {
  TempDir dir;
  const OptimizerConfig optimizer = Optimizer();
  const auto experts = TinyPolicy(dir / "a", true), dense = TinyPolicy(dir / "b", false);
  Learner from(experts->model(), experts->weights(), optimizer, kMemory, 10);
  from.Save(dir / "state");
  Learner to(dense->model(), dense->weights(), optimizer, kMemory, 10);
  const std::string error = ErrorOf([&] { to.Load(dir / "state"); });
  CHECK(Mentions(error, dir / "state"));
  CHECK(Mentions(error, "first_moment.layers.0.qkv"));
  CHECK(Mentions(ErrorOf([&] { to.Load(dir / "none"); }), dir / "none"));
  // Without the fp32 weights a bf16 run cannot go on.
  const auto rounded = TinyPolicy(dir / "a", true, Precision::kBf16);
  Learner bf16(rounded->model(), rounded->weights(), optimizer, kMemory, 10);
  CHECK(Mentions(ErrorOf([&] { bf16.Load(dir / "state"); }), "master.embed"));
  std::filesystem::resize_file(dir / "state", std::filesystem::file_size(dir / "state") - 1);
  CHECK_FALSE(ErrorOf([&] { from.Load(dir / "state"); }).empty());
}
