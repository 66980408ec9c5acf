// Promise 1: what samples is what trains. The log-probs stored with sampled tokens are, bit for bit, those the learner
// computes for the finished sequences; and neither they nor the tokens depend on batching, chunking, preemption or threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/rollout/random_requests.h"

using namespace hone;

namespace {

constexpr EngineOptions kRoomy = {.num_pages = 1000, .max_batch_tokens = 4096, .max_sequences = 256};
constexpr EngineOptions kTight = {.num_pages = 9, .max_batch_tokens = 64, .max_sequences = 16};

// The log-probs of a group's completions by the learner's entry point, all sequences packed into one batch.
std::vector<std::vector<float>> Rescore(Model& model, const Group& group, float temperature) {
  TrainingBatch batch;
  batch.temperature = temperature;
  batch.sequence_begin.push_back(0);
  for (const Completion& c : group.completions) {
    const auto begin = static_cast<int32_t>(batch.tokens.size());
    batch.tokens.insert(batch.tokens.end(), group.prompt.ids.begin(), group.prompt.ids.end());
    batch.tokens.insert(batch.tokens.end(), c.ids.begin(), c.ids.end());
    for (size_t i = 0; i < c.ids.size(); ++i) {
      batch.scored_rows.push_back(begin + static_cast<int32_t>(group.prompt.ids.size() + i) - 1);
      batch.targets.push_back(c.ids[i]);
    }
    batch.sequence_begin.push_back(static_cast<int32_t>(batch.tokens.size()));
  }
  std::vector<float> logprobs(batch.targets.size()), entropies(batch.targets.size());
  model.LogProbs(batch, logprobs, entropies);
  std::vector<std::vector<float>> split;
  auto from = logprobs.begin();
  for (const Completion& c : group.completions) {
    split.emplace_back(from, from + std::ssize(c.ids));
    from += std::ssize(c.ids);
  }
  return split;
}

void CheckRescored(Model& model, const std::vector<GroupRequest>& requests,
                   const std::vector<Group>& groups) {
  for (size_t g = 0; g < groups.size(); ++g) {
    CAPTURE(g);
    const auto rescored = Rescore(model, groups[g], requests[g].sampling.temperature);
    for (size_t c = 0; c < rescored.size(); ++c)
      CHECK(SameBits(rescored[c], groups[g].completions[c].logprobs));
  }
}

// The engine without an engine: each completion by itself, its whole sequence computed anew for every token.
Group SampleNaively(Model& model, const GroupRequest& r) {
  Group group{.step = r.step, .slot = r.slot, .prompt = r.prompt, .completions = {}};
  std::vector<float> logits(model.config().vocab_size);
  for (int64_t c = 0; c < r.num_completions; ++c) {
    Completion completion;
    completion.policy_version = r.policy_version;
    completion.finish = FinishReason::kLength;
    std::vector<int32_t> ids = r.prompt.ids;
    while (std::ssize(completion.ids) < r.max_new_tokens && completion.finish == FinishReason::kLength) {
      const auto length = static_cast<int32_t>(ids.size());
      RaggedBatch batch;
      for (int32_t p = 0; p < length; ++p) {
        batch.positions.push_back(p);
        batch.cache_rows.push_back(p);
        batch.tile_begin.push_back(0);
        if (p % kernels::kPageSize == 0) batch.tiles.push_back(p);
      }
      batch.tokens = ids;
      batch.logit_rows = {length - 1};
      KvCache cache(model.config(), model.precision(), PagesFor(length));
      model.Forward(batch, cache, logits.data());
      const kernels::DrawKey key = {.seed = r.seed,
                                    .step = static_cast<uint32_t>(r.step),
                                    .slot = static_cast<uint32_t>(r.slot),
                                    .completion = static_cast<uint32_t>(c),
                                    .position = static_cast<uint32_t>(completion.ids.size())};
      kernels::SampledToken token;
      kernels::SampleTokens(model.pool(), 1, std::ssize(logits), logits.data(), std::ssize(logits),
                            &r.sampling, &key, &token);
      ids.push_back(token.id);
      completion.ids.push_back(token.id);
      completion.logprobs.push_back(token.logprob);
      if (std::count(r.stop_ids.begin(), r.stop_ids.end(), token.id) > 0)
        completion.finish = FinishReason::kStop;
    }
    group.completions.push_back(std::move(completion));
  }
  return group;
}

// Runs `body` with every policy: both families, both precisions.
template <class F>
void ForEachModel(F&& body) {
  kernels::ThreadPool pool(1);
  for (const ModelConfig& config : {DenseConfig(), MoeConfig()}) {
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      CAPTURE(config.architecture);
      CAPTURE(static_cast<int>(precision));
      const Weights weights = InitWeights(config, /*seed=*/11, /*embedding_std=*/0.1);
      Model model(config, weights, precision, pool);
      body(model, weights);
    }
  }
}

}  // namespace

TEST_CASE("sampled log-probs are the learner's, bit for bit, in roomy and in tight caches") {
  ForEachModel([&](Model& model, const Weights&) {
    int64_t preemptions = 0, stopped = 0, lengths = 0;
    for (const uint32_t seed : {21, 22, 23}) {
      CAPTURE(seed);
      const auto requests = RandomRequests(model.config(), 14, seed);
      EngineStats stats;
      const auto roomy = RunAll(model, kRoomy, requests);
      const auto tight = RunAll(model, kTight, requests, &stats);
      preemptions += stats.preemptions;
      CheckRescored(model, requests, roomy);
      CheckSame(roomy, tight);
      for (const Group& g : roomy) {
        for (const Completion& c : g.completions) (c.finish == FinishReason::kStop ? stopped : lengths) += 1;
      }
    }
    CHECK(preemptions > 0);
    CHECK(stopped > 3);
    CHECK(lengths > 3);
  });
}

TEST_CASE("the engine draws what a loop over single sequences draws") {
  const uint32_t seed = 24;
  CAPTURE(seed);
  ForEachModel([&](Model& model, const Weights&) {
    const auto requests = RandomRequests(model.config(), 4, seed);
    const auto groups = RunAll(model, kTight, requests);
    for (size_t g = 0; g < groups.size(); ++g) CheckSame(groups[g], SampleNaively(model, requests[g]));
  });
}

TEST_CASE("the batch does not show in the bits: alone or among others, any chunk size, any order") {
  const uint32_t seed = 22;
  CAPTURE(seed);
  ForEachModel([&](Model& model, const Weights&) {
    auto requests = RandomRequests(model.config(), 7, seed);
    const auto expected = RunAll(model, kRoomy, requests);
    for (size_t i = 0; i < requests.size(); ++i) {
      CheckSame(RunAll(model, kRoomy, {requests[i]}), {expected[i]});
    }
    for (const int64_t chunk : {1, 7, 64}) {
      CAPTURE(chunk);
      CheckSame(RunAll(model, {.num_pages = 300, .max_batch_tokens = chunk, .max_sequences = 20}, requests),
                expected);
    }
    std::reverse(requests.begin(), requests.end());
    CheckSame(RunAll(model, kRoomy, requests), expected);
    std::swap(requests[2], requests[5]);
    CheckSame(RunAll(model, kTight, requests), expected);
  });
}

TEST_CASE("the number of threads does not show in the bits") {
  const uint32_t seed = 23;
  CAPTURE(seed);
  ForEachModel([&](Model& model, const Weights& weights) {
    const auto requests = RandomRequests(model.config(), 5, seed);
    const auto expected = RunAll(model, kRoomy, requests);
    const auto many = RandomRequests(model.config(), 120, seed);  // enough for the threads to share batches
    const auto expected_many = RunAll(model, kRoomy, many);
    for (const int threads : {2, 4}) {
      CAPTURE(threads);
      kernels::ThreadPool pool(threads);
      Model other(model.config(), weights, model.precision(), pool);
      const auto groups = RunAll(other, kTight, requests);
      CheckSame(groups, expected);
      CheckRescored(other, requests, groups);
      EngineStats stats;
      CheckSame(RunAll(other, kRoomy, many, &stats), expected_many);
      CHECK(stats.generated_tokens > 100 * stats.forward_steps);
    }
  });
}
