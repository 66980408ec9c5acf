// Generalized knowledge distillation (Agarwal et al. 2024): the loss of a step is the mean over its learnt tokens of the divergence
// between the student's and the teacher's distributions there (kernels/distill.h). On the student's own completions the samples are
// taken as they are: no gradient goes through the sampling. Covered by tests/rl/distill_test.cc and tests/rl/run_test.cc.
#include "rl/distill.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "kernels/distill.h"
#include "kernels/logprob.h"
#include "rl/exactness.h"
#include "rl/minibatch.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;
double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

DistillStage::DistillStage(Policy& student, Teacher& teacher, DistillSource source,
                           const DistillConfig& distill, double temperature, const OptimizerConfig& optimizer,
                           const MemoryConfig& memory)
    : student_(student),
      teacher_(teacher),
      source_(std::move(source)),
      distill_(distill),
      temperature_(temperature),
      num_steps_(std::holds_alternative<DocumentBatches>(source_)
                     ? std::get<DocumentBatches>(source_).num_steps()
                     : distill.steps),
      learner_(student.model(), student.weights(), optimizer, memory, num_steps_),
      watch_(distill.max_not_applied, "distill") {}

DistillStage::Batch DistillStage::NextBatch(int64_t step, Metrics& metrics) {
  Batch batch;
  if (auto* documents = std::get_if<DocumentBatches>(&source_)) {
    batch.sequences = documents->Next();
    return batch;
  }
  const auto groups = std::get<GroupSource>(source_).Next(step, learner_.num_updates(), metrics);
  for (const ScoredGroup& g : groups) {
    for (const Completion& c : g.group.completions) {
      batch.sequences.push_back(SequenceOf(g.group.prompt, c));
      batch.sampled.push_back(c.logprobs);
    }
  }
  return batch;
}

Metrics DistillStage::Step(int64_t step) {
  const auto start = Clock::now();
  Metrics metrics;
  const Batch batch = NextBatch(step, metrics);
  teacher_.RequirePositions(batch.sequences);

  const auto learning = Clock::now();
  const auto learnt = static_cast<double>(CountScored(batch.sequences));
  Totals totals;
  const auto pass = [&](const MicroBatch& micro, const TrainingOptions& options, Gradients& out,
                        double& loss) {
    return Pass(batch, static_cast<float>(1.0 / learnt), micro, options, out, loss, totals);
  };
  const Update update = learner_.StepWith(batch.sequences, static_cast<float>(temperature_), pass);
  watch_.Count(update.applied);

  metrics.insert(metrics.end(), {{"loss", update.loss}, {"divergence", update.loss}});
  DescribeUpdate(update, student_.config(), metrics);
  const double seconds = SecondsSince(start);
  if (batch.sampled.empty()) {
    double tokens = 0.0;
    for (const TrainingSequence& s : batch.sequences) tokens += static_cast<double>(s.ids.size());
    metrics.insert(metrics.end(), {{"tokens", tokens}, {"tokens_per_second", tokens / seconds}});
  } else {
    metrics.insert(metrics.end(), {{"entropy", totals.entropy / learnt},
                                   {"logprob_difference", totals.difference},
                                   {"seconds_learn", SecondsSince(learning)}});
  }
  metrics.emplace_back("seconds", seconds);
  return metrics;
}

// The teacher's logits are made chunk by chunk beside the student's.
TrainingStats DistillStage::Pass(const Batch& batch, float weight, const MicroBatch& micro,
                                 const TrainingOptions& options, Gradients& out, double& loss,
                                 Totals& totals) {
  const FloatBuffer hidden = teacher_.model().HiddenStates(micro.batch);
  const int64_t vocab = student_.tokenizer().vocab_size(), student_width = student_.config().vocab_size,
                teacher_width = teacher_.config().vocab_size;
  const kernels::DistillParams params = {static_cast<float>(distill_.beta),
                                         static_cast<float>(distill_.temperature)};
  FloatBuffer teacher_logits;
  const RowLoss row_loss = [&](int64_t first, int64_t count, float* logits) {
    if (!batch.sampled.empty()) CompareWithSampler(batch, micro, first, count, logits, totals);
    if (teacher_logits.size() < count * teacher_width) teacher_logits = FloatBuffer(count * teacher_width);
    teacher_.model().Head(count, hidden.data() + first * teacher_.config().hidden_size,
                          teacher_logits.data());
    const std::vector<float> weights(count, weight);
    std::vector<float> losses(count);
    kernels::DistillRows(student_.pool(), count, vocab, params, logits, student_width, teacher_logits.data(),
                         teacher_width, weights.data(), losses.data());
    for (const float l : losses) loss += static_cast<double>(l) * weight;
  };
  return student_.model().TrainRows(micro.batch, options, row_loss, out);
}

// The scored rows [first, first + count) of the micro-batch: their log-probs must be the sampler's, to the bit.
void DistillStage::CompareWithSampler(const Batch& batch, const MicroBatch& micro, int64_t first,
                                      int64_t count, const float* logits, Totals& totals) const {
  std::vector<float> sampled;
  for (const int64_t s : micro.sequences)
    sampled.insert(sampled.end(), batch.sampled[s].begin(), batch.sampled[s].end());
  std::vector<float> logprobs(count), entropies(count);
  const int64_t width = student_.config().vocab_size;
  kernels::TokenLogProbs(student_.pool(), count, width, logits, width, micro.batch.targets.data() + first,
                         micro.batch.temperature, logprobs.data(), entropies.data());
  const double difference =
      LargestDifference(logprobs, std::span<const float>(sampled).subspan(first, count));
  totals.difference = std::max(totals.difference, difference);
  StopUnlessExact(difference, "distill");
  for (const float e : entropies) totals.entropy += e;
}

void DistillStage::Save(const std::string& dir) const {
  learner_.Save(dir + "/learner.safetensors");
  std::visit([&](const auto& source) { source.Save(dir); }, source_);
}

void DistillStage::Load(const std::string& dir) {
  learner_.Load(dir + "/learner.safetensors");
  std::visit([&](auto& source) { source.Load(dir); }, source_);
}

}  // namespace hone
