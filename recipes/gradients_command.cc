// hone gradients: the gradient of what `hone logprobs` scores, for comparison with other trainers. Covered by
// tests/recipes/cli_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "data/error.h"
#include "policy/checkpoint.h"
#include "policy/model.h"
#include "policy/safetensors.h"
#include "recipes/commands.h"
#include "recipes/token_lines.h"
#include "rl/policy.h"

namespace hone {
namespace {

struct GradientsArguments {
  std::string model;
  std::string out;
  std::string dtype = "fp32";
  int64_t threads = 0;
};

// d(mean over `total` tokens of -log-prob) / d(log-prob) everywhere. Returns the line's summed negative log-prob.
double AddGradient(Model& model, const TrainingBatch& batch, double total, Gradients& gradients) {
  double sum = 0.0;
  const auto slope = [&](std::span<const float> logprobs, std::span<const float>, LossSlopes slopes) {
    for (const float l : logprobs) sum -= static_cast<double>(l);
    std::fill(slopes.logprobs.begin(), slopes.logprobs.end(), static_cast<float>(-1.0 / total));
  };
  model.Train(batch, {}, slope, gradients);
  return sum;
}

void WriteGradients(const std::string& path, const Weights& weights, const Gradients& gradients) {
  std::vector<TensorToWrite> tensors;
  for (size_t i = 0; i < weights.parameters().size(); ++i) {
    const Parameter& p = weights.parameters()[i];
    if (p.role == ParameterRole::kRouterBias) continue;  // moved by its sign rule, never by a gradient
    for (const Slice& slice : p.slices) {
      tensors.push_back(
          {slice.hf_name, TensorDtype::kF32, slice.shape, gradients.buffers()[i].data() + slice.offset});
    }
  }
  WriteSafetensors(path, tensors);
}

int WriteGradientsOf(const GradientsArguments& a) {
  const Checkpoint checkpoint = LoadCheckpoint(a.model);
  kernels::ThreadPool pool(ThreadCount(a.threads));
  Model model(checkpoint.config, checkpoint.weights, a.dtype == "bf16" ? Precision::kBf16 : Precision::kFp32,
              pool);
  std::vector<TrainingBatch> batches;
  double total = 0.0;
  ForEachTokenLine(std::cin, checkpoint.config, [&](TrainingBatch batch, const std::string&) {
    total += static_cast<double>(batch.targets.size());
    if (!batch.targets.empty()) batches.push_back(std::move(batch));
  });
  if (batches.empty()) throw Error("no token is scored", "stdin", "write lines of at least two ids");
  Gradients gradients(checkpoint.weights);
  gradients.SetZero();
  double loss = 0.0;
  for (const TrainingBatch& batch : batches) loss += AddGradient(model, batch, total, gradients);
  const double norm = std::sqrt(gradients.SumOfSquares(pool));
  if (!std::isfinite(loss) || !std::isfinite(norm))
    throw Error("the loss or its gradient is not finite", "stdin", "check how the model was made");
  WriteGradients(a.out, checkpoint.weights, gradients);
  fmt::print("{{\"tokens\":{},\"loss\":{:.9g},\"gradient_norm\":{:.9g}}}\n", static_cast<int64_t>(total),
             loss / total, norm);
  return 0;
}

}  // namespace

Command AddGradientsCommand(CLI::App& app) {
  auto* command = app.add_subcommand("gradients", "Gradient of the mean negative log-prob of token ids");
  auto a = std::make_shared<GradientsArguments>();
  command->add_option("model", a->model, "Hugging Face directory")->required();
  command->add_option("--out,-o", a->out, "safetensors file to write")->required();
  command->add_option("--dtype", a->dtype, "what the matrix products multiply")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  command->add_option("--threads", a->threads, "CPU threads (0: all cores)")->check(CLI::Range(0, 1024));
  command->footer(
      "Reads {\"ids\":[..]} per line on stdin, as `hone logprobs` does. The loss is the mean over all lines' "
      "tokens but\n"
      "the first of each. Tensors have the model's own names and are float32.\n"
      "Example:\n  echo '{\"ids\":[1,16,17]}' | hone gradients data/tiny_base --out gradients.safetensors");
  return [a] { return WriteGradientsOf(*a); };
}

}  // namespace hone
