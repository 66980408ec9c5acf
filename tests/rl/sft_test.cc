// What supervised batches promise: a gradient accumulated over micro-batches is the large batch's, and packed documents do not see one
// another. (tests/rl/run_test.cc has epochs, resume and determinism.)
#include "rl/sft.h"

#include <cmath>

#include "rl/metrics.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

// The gradient of the mean negative log-prob over all scored tokens, or over each micro-batch's own and then over micro-batches, which is
// the mistake to tell apart.
std::vector<float> GradientOf(Policy& policy, const std::vector<TrainingSequence>& sequences, int64_t budget,
                              bool mean_of_means = false) {
  const auto packed = PackSequences(sequences, budget, 1.0f);
  double scored = 0.0;
  for (const MicroBatch& micro : packed) scored += static_cast<double>(micro.batch.targets.size());
  Gradients gradients(policy.weights());
  gradients.SetZero();
  for (const MicroBatch& micro : packed) {
    const double here = static_cast<double>(micro.batch.targets.size()) * static_cast<double>(packed.size());
    const auto weight = static_cast<float>(1.0 / (mean_of_means ? here : scored));
    policy.model().Train(
        micro.batch, {},
        [&](auto, auto, LossSlopes slopes) {
          std::fill(slopes.logprobs.begin(), slopes.logprobs.end(), -weight);
        },
        gradients);
  }
  std::vector<float> flat;
  for (const FloatBuffer& b : gradients.buffers()) flat.insert(flat.end(), b.data(), b.data() + b.size());
  return flat;
}

// Largest difference as a share of the largest value.
double Apart(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0.0, largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::fabs(static_cast<double>(a[i]) - b[i]));
    largest = std::max(largest, std::fabs(static_cast<double>(a[i])));
  }
  return most / largest;
}

std::vector<float> LogProbsOf(Policy& policy, const std::vector<TrainingSequence>& sequences, size_t which) {
  const auto packed = PackSequences(sequences, 1 << 20, 1.0f);
  REQUIRE(packed.size() == 1);
  std::vector<float> all(packed[0].batch.targets.size());
  policy.model().LogProbs(packed[0].batch, all, {});
  size_t begin = 0;
  for (size_t i = 0; i < which; ++i)
    begin += sequences[i].ids.size() - static_cast<size_t>(sequences[i].first_scored);
  const size_t size = sequences[which].ids.size() - static_cast<size_t>(sequences[which].first_scored);
  return {all.begin() + static_cast<int64_t>(begin), all.begin() + static_cast<int64_t>(begin + size)};
}

}  // namespace

TEST_CASE("a gradient accumulated over micro-batches is the large batch's, whatever the lengths") {
  for (const bool experts : {true, false}) {
    CAPTURE(experts);
    TempDir dir;
    const auto policy = TinyPolicy(dir / "t", experts);
    std::mt19937_64 random(21);
    const auto sequences = RandomSequences(policy->config(), 24, random);
    const auto large = GradientOf(*policy, sequences, 1 << 20);
    for (const int64_t budget : {1, 20, 45, 90}) {
      CAPTURE(budget);
      CHECK(Apart(large, GradientOf(*policy, sequences, budget)) < 1e-5);
    }
    CHECK(Apart(large, GradientOf(*policy, sequences, 20, true)) > 1e-2);
  }
}

TEST_CASE("sft steps report the large batch's loss and gradient for any micro-batch and number of blocks") {
  struct Step {
    double loss, norm;
  };
  const auto run = [](const MemoryConfig& memory) {
    TempDir dir;
    const auto policy = TinyPolicy(dir / "t");
    const Documents documents = {[&](int64_t index) {
                                   std::mt19937_64 random(static_cast<uint64_t>(index));
                                   return RandomSequences(policy->config(), 1, random)[0];
                                 },
                                 0};
    const SftConfig sft = {{.steps = 4, .rows_per_step = 6, .row_tokens = 40}};
    OptimizerConfig optimizer;
    optimizer.learning_rate = 1e-3;
    SftStage stage(*policy, documents, sft, optimizer, memory);
    std::vector<Step> steps;
    for (int64_t step = 1; step <= 4; ++step) {
      const Metrics metrics = stage.Step(step);
      steps.push_back({MetricValue(metrics, "loss"), MetricValue(metrics, "grad_norm")});
    }
    return steps;
  };
  const auto large = run({.micro_batch_tokens = 1 << 20});
  for (const MemoryConfig& memory : {MemoryConfig{.micro_batch_tokens = 1},
                                     {.micro_batch_tokens = 60},
                                     {.micro_batch_tokens = 60, .gradient_blocks = 4},
                                     {.micro_batch_tokens = 60, .recompute = true}}) {
    CAPTURE(memory.micro_batch_tokens);
    const auto small = run(memory);
    for (size_t i = 0; i < large.size(); ++i) {
      // The first step differs by the order of sums alone; later ones also by what AdamW makes of that.
      const double tolerance = i == 0 ? 1e-6 : 1e-3;
      CHECK(small[i].loss == doctest::Approx(large[i].loss).epsilon(tolerance));
      CHECK(small[i].norm == doctest::Approx(large[i].norm).epsilon(i == 0 ? 1e-5 : 1e-2));
    }
  }
}

TEST_CASE(
    "packed documents do not see one another: same bits alone and among any neighbours, no gradient between "
    "them") {
  for (const bool experts : {true, false}) {
    CAPTURE(experts);
    TempDir dir;
    const auto policy = TinyPolicy(dir / "t", experts);
    std::mt19937_64 random(22);
    for (int round = 0; round < 10; ++round) {
      CAPTURE(round);
      auto packed = RandomSequences(policy->config(), 5, random);
      const auto which = static_cast<size_t>(Pick(random, 0, 4));
      const auto alone = LogProbsOf(*policy, {packed[which]}, 0);
      CHECK(LogProbsOf(*policy, packed, which) == alone);
      const auto others = RandomSequences(policy->config(), 5, random);
      for (size_t i = 0; i < packed.size(); ++i) {
        if (i != which) packed[i] = others[i];
      }
      CHECK(LogProbsOf(*policy, packed, which) == alone);
    }
    // The first document knows tokens 10 to 19 alone, the second 30 to 39; only the second is learnt.
    std::vector<TrainingSequence> two(2);
    for (int t = 0; t < 10; ++t) {
      two[0].ids.push_back(10 + t);
      two[1].ids.push_back(30 + t);
    }
    const MicroBatch micro = PackSequences(two, 1 << 20, 1.0f)[0];
    Gradients gradients(policy->weights());
    gradients.SetZero();
    policy->model().Train(
        micro.batch, {},
        [](auto, auto, LossSlopes slopes) {
          for (size_t i = 0; i < slopes.logprobs.size(); ++i) slopes.logprobs[i] = i < 9 ? 0.0f : -1.0f;
        },
        gradients);
    const auto& parameters = policy->weights().parameters();
    const auto embed = std::find_if(parameters.begin(), parameters.end(),
                                    [](const Parameter& p) { return p.name == "embed"; });
    REQUIRE(embed != parameters.end());
    const FloatBuffer& rows = gradients.buffers()[static_cast<size_t>(embed - parameters.begin())];
    const int64_t width = policy->config().hidden_size;
    double first = 0.0, second = 0.0;
    for (int64_t i = 0; i < 10 * width; ++i) {
      first += std::fabs(rows.data()[10 * width + i]);
      second += std::fabs(rows.data()[30 * width + i]);
    }
    CHECK(first == 0.0);
    CHECK(second > 0.0);
  }
}
