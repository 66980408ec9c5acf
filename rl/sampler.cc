// See sampler.h. Covered by tests/rl/run_test.cc.
#include "rl/sampler.h"

#include <algorithm>
#include <cmath>

#include "data/error.h"

namespace hone {
namespace {

EngineOptions OptionsFor(const Model& policy, const RolloutConfig& config) {
  const ModelConfig& model = policy.config();
  EngineOptions options;
  options.max_sequences = config.max_sequences;
  options.max_batch_tokens = config.max_batch_tokens;
  // No more pages than all running sequences can fill.
  const int64_t useful = (config.max_sequences + 1) * PagesFor(model.max_position_embeddings);
  const int64_t affordable =
      config.cache_mb * (int64_t{1} << 20) / KvCache::BytesPerPage(model, policy.precision());
  options.num_pages = std::max<int64_t>(1, std::min(useful, affordable));
  return options;
}

}  // namespace

void RequireFiniteLogProbs(const Group& group) {
  for (const Completion& c : group.completions) {
    if (std::all_of(c.logprobs.begin(), c.logprobs.end(), [](float l) { return std::isfinite(l); })) continue;
    throw Error("the model gives log-probs that are not finite",
                "prompt " + std::to_string(group.prompt.index),
                "its weights have diverged or are damaged: use an earlier checkpoint");
  }
}

std::string CompletionText(const Tokenizer& tokenizer, const Completion& completion) {
  return tokenizer.Decode(completion.ids, true);
}

Sampler::Sampler(Policy& policy, const RolloutConfig& config)
    : policy_(policy), config_(config), engine_(policy.model(), OptionsFor(policy.model(), config)) {}

void Sampler::Sample(SampleRequest request, float temperature, const std::function<void(Group)>& finished) {
  kernels::SamplingParams sampling;
  sampling.temperature = temperature;
  sampling.top_k = static_cast<int32_t>(config_.top_k);
  sampling.top_p = static_cast<float>(config_.top_p);
  sampling.min_p = static_cast<float>(config_.min_p);
  for (size_t i = 0; i < request.prompts.size(); ++i) {
    engine_.Submit(
        {.prompt = std::move(request.prompts[i]),
         .step = request.step,
         .slot = request.slots[i],
         .seed = request.seed,
         .num_completions = request.completions,
         .sampling = sampling,
         .max_new_tokens = request.max_new_tokens > 0 ? request.max_new_tokens : config_.max_new_tokens,
         .stop_ids = policy_.stop_ids(),
         .policy_version = request.policy_version,
         .drawn = request.drawn});
  }
  while (engine_.Step()) {
    for (Group& group : engine_.TakeFinished()) {
      for (Completion& c : group.completions) c.text = CompletionText(policy_.tokenizer(), c);
      finished(std::move(group));
    }
  }
}

}  // namespace hone
