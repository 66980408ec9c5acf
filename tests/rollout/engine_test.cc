// rollout/engine: aborts midway, late submissions, what a group holds, which requests are refused, and the statistics.
// That its bits equal the learner's is tests/rollout/exactness_test.cc.
#include "rollout/engine.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "data/error.h"
#include "tests/rollout/random_requests.h"

using namespace hone;

namespace {

constexpr EngineOptions kTight = {.num_pages = 9, .max_batch_tokens = 40, .max_sequences = 12};

// A policy with its weights and threads.
struct Policy {
  explicit Policy(const ModelConfig& config)
      : weights(InitWeights(config, 5, 0.1)), model(config, weights, Precision::kFp32, pool) {}
  kernels::ThreadPool pool{1};
  Weights weights;
  Model model;
};

std::string ErrorOf(Engine& engine, const GroupRequest& request) {
  try {
    engine.Submit(request);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("aborts and late submissions leave the others' bits alone and give every page back") {
  for (const ModelConfig& config : {DenseConfig(), MoeConfig()}) {
    Policy policy(config);
    const auto requests = RandomRequests(config, 16, 31);
    const auto expected = RunAll(policy.model, kTight, requests);
    int64_t aborted_running = 0;
    for (uint32_t seed = 1; seed <= 6; ++seed) {
      CAPTURE(seed);
      std::mt19937 random(seed);
      Engine engine(policy.model, kTight);
      std::map<int64_t, size_t> ids;  // of requests neither aborted nor taken
      std::set<int64_t> aborted, seen;
      size_t next = 0;
      bool more = true;
      while (more || next < requests.size()) {
        if (next < requests.size() && random() % 4 == 0) ids[engine.Submit(requests[next])] = next, ++next;
        more = engine.Step();
        engine.Check();
        for (const Group& group : engine.TakeFinished()) {
          CheckSame(group, expected[group.slot]);
          CHECK(seen.insert(group.slot).second);
          std::erase_if(ids,
                        [&](const auto& entry) { return static_cast<int64_t>(entry.second) == group.slot; });
        }
        if (!ids.empty() && random() % 12 == 0) {
          const auto it = std::next(ids.begin(), random() % ids.size());
          const int64_t before = engine.num_free_pages();
          CHECK(engine.Abort(it->first));
          CHECK(!engine.Abort(it->first));
          aborted_running += engine.num_free_pages() > before;
          aborted.insert(static_cast<int64_t>(it->second));
          ids.erase(it);
          engine.Check();
        }
      }
      CHECK(ids.empty());
      CHECK(aborted.size() + seen.size() == requests.size());
      CHECK(engine.num_free_pages() == kTight.num_pages);
      CHECK(!engine.Abort(999));
    }
    CHECK(aborted_running > 0);
  }
}

TEST_CASE("a group comes back with its request's identity, each completion ended as asked") {
  Policy policy(DenseConfig());
  const auto requests = RandomRequests(policy.model.config(), 20, 32);
  EngineStats stats;
  const auto groups = RunAll(policy.model, {.num_pages = 400, .max_batch_tokens = 256, .max_sequences = 64},
                             requests, &stats);
  int64_t tokens = 0, prompt_tokens = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    const GroupRequest& r = requests[g];
    CHECK(groups[g].slot == r.slot);
    CHECK(groups[g].step == r.step);
    CHECK(groups[g].prompt.ids == r.prompt.ids);
    CHECK(std::ssize(groups[g].completions) == r.num_completions);
    prompt_tokens += std::ssize(r.prompt.ids);
    std::set<std::vector<int32_t>> different;
    for (const Completion& c : groups[g].completions) {
      REQUIRE(!c.ids.empty());
      CHECK(c.ids.size() == c.logprobs.size());
      CHECK(std::ssize(c.ids) <= r.max_new_tokens);
      const auto is_stop = [](int32_t id) { return id == 5; };
      CHECK(std::none_of(c.ids.begin(), c.ids.end() - 1, is_stop));
      CHECK(is_stop(c.ids.back()) == (c.finish == FinishReason::kStop));
      if (c.finish == FinishReason::kLength) CHECK(std::ssize(c.ids) == r.max_new_tokens);
      CHECK(c.policy_version == r.policy_version);
      CHECK(c.text.empty());
      tokens += std::ssize(c.ids);
      different.insert(c.ids);
    }
    if (r.max_new_tokens > 20) CHECK(std::ssize(different) == r.num_completions);  // their keys differ
  }
  CHECK(stats.generated_tokens == tokens);
  CHECK(stats.prompt_tokens == prompt_tokens);
  CHECK(stats.preemptions == 0);
  CHECK(stats.recomputed_tokens == 0);
  CHECK(stats.forward_steps < tokens / 4);
  CHECK(stats.peak_pages > 0);
  CHECK(stats.seconds >= stats.forward_seconds);
}

TEST_CASE("one seed more, one step more, one slot more: other draws") {
  Policy policy(DenseConfig());
  GroupRequest base = RandomRequests(policy.model.config(), 1, 33)[0];
  base.max_new_tokens = 40;
  base.sampling = {};
  std::set<std::vector<int32_t>> different;
  for (int change = 0; change < 4; ++change) {
    GroupRequest r = base;
    if (change == 1) ++r.seed;
    if (change == 2) ++r.step;
    if (change == 3) ++r.slot;
    different.insert(
        RunAll(policy.model, {.num_pages = 100, .max_batch_tokens = 64, .max_sequences = 8}, {r})[0]
            .completions[0]
            .ids);
  }
  CHECK(different.size() == 4);
}

TEST_CASE("temperature 0 takes the most likely token, the same in every completion") {
  Policy policy(MoeConfig());
  GroupRequest r = RandomRequests(policy.model.config(), 1, 34)[0];
  r.sampling.temperature = 0.0f;
  r.num_completions = 3;
  const auto groups = RunAll(policy.model, kTight, {r});
  CHECK(groups[0].completions[0].ids == groups[0].completions[1].ids);
  CHECK(groups[0].completions[0].ids == groups[0].completions[2].ids);
}

TEST_CASE("a group wider than the engine still ends") {
  Policy policy(DenseConfig());
  GroupRequest r = RandomRequests(policy.model.config(), 2, 35)[1];
  r.num_completions = 40;
  const EngineOptions roomy = {.num_pages = 400, .max_batch_tokens = 256, .max_sequences = 64};
  const auto expected = RunAll(policy.model, roomy, {r});
  CheckSame(RunAll(policy.model, {.num_pages = 12, .max_batch_tokens = 3, .max_sequences = 5}, {r}),
            expected);
}

TEST_CASE("what cannot run is refused at once, with the numbers") {
  Policy policy(DenseConfig());
  Engine engine(policy.model, {.num_pages = 5, .max_batch_tokens = 16, .max_sequences = 4});
  GroupRequest good;
  good.prompt.index = 7;
  good.prompt.ids.assign(20, 1);
  good.max_new_tokens = 45;  // 2 pages of prompt; 64 positions, 3 more pages behind its whole one
  CHECK(ErrorOf(engine, good) == "");
  const auto refused = [&](auto&& change) {
    GroupRequest r = good;
    change(r);
    return ErrorOf(engine, r);
  };
  CHECK(refused([](GroupRequest& r) { r.max_new_tokens = 46; }) ==
        "prompt 7: one completion of up to 46 tokens behind 20 needs 6 cache pages of 16 positions, but the "
        "cache has "
        "5; raise num_pages or lower max_new_tokens");
  CHECK(refused([](GroupRequest& r) { r.max_new_tokens = 141; }) ==
        "prompt 7: the prompt's 20 tokens and max_new_tokens 141 exceed the model's 160 positions; shorten "
        "the prompt "
        "or lower max_new_tokens");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(refused([](GroupRequest& r) { r.max_new_tokens = INT64_MAX; }) != "");
  CHECK(refused([](GroupRequest& r) { r.max_new_tokens = 0; }) != "");
  CHECK(refused([](GroupRequest& r) { r.num_completions = 0; }) != "");
  CHECK(refused([](GroupRequest& r) { r.num_completions = 1 << 21; }) != "");
  CHECK(refused([](GroupRequest& r) { r.prompt.ids.clear(); }) != "");
  CHECK(refused([](GroupRequest& r) { r.prompt.ids[3] = 67; }) != "");
  CHECK(refused([](GroupRequest& r) { r.stop_ids = {-1}; }) != "");
  CHECK(refused([](GroupRequest& r) { r.step = -1; }) != "");
  CHECK(refused([](GroupRequest& r) { r.slot = int64_t{1} << 32; }) != "");
  CHECK(refused([nan](GroupRequest& r) { r.sampling.temperature = nan; }) != "");
  CHECK(refused([](GroupRequest& r) { r.sampling.top_k = -1; }) != "");
  CHECK(refused([](GroupRequest& r) { r.sampling.top_p = 0.0f; }) != "");
  CHECK(refused([](GroupRequest& r) { r.sampling.min_p = 1.5f; }) != "");
  CHECK(engine.Run().size() == 1);
  CHECK_THROWS_AS(Engine(policy.model, {.num_pages = 0, .max_batch_tokens = 16, .max_sequences = 4}), Error);
  CHECK_THROWS_AS(Engine(policy.model, {.num_pages = 5, .max_batch_tokens = 0, .max_sequences = 4}), Error);
  CHECK_THROWS_AS(Engine(policy.model, {.num_pages = 5, .max_batch_tokens = 16, .max_sequences = 1LL << 40}),
                  Error);
}
