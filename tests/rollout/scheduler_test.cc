// rollout/scheduler: whole simulated runs over random groups, limits and cache sizes; every plan is held to the rules by
// plain bookkeeping of who holds which pages.
#include "rollout/scheduler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "rollout/block_manager.h"

using hone::PagesFor;
using hone::Plan;
using hone::SchedulerLimits;
using hone::Work;
using hone::kernels::kPageSize;

namespace {

struct Simulation {
  std::vector<Work> work;
  std::vector<int32_t> target;  // length at which a completion is done; 0 for prompts
  SchedulerLimits limits;
  int64_t num_pages = 0;
  Plan plan;
  int64_t preemptions = 0;

  void Submit(int32_t prompt_length, const std::vector<int32_t>& new_tokens) {
    const auto prompt = static_cast<int32_t>(work.size());
    const auto count = static_cast<int32_t>(new_tokens.size());
    work.push_back({.prompt = prompt, .length = prompt_length, .followers = count});
    target.push_back(0);
    for (int32_t n : new_tokens) {
      work.push_back({.prompt = prompt, .begin = prompt_length, .length = prompt_length});
      target.push_back(prompt_length + n);
      const int64_t alone = PagesFor(prompt_length) + PagesFor(prompt_length + n) - prompt_length / kPageSize;
      num_pages = std::max(num_pages, alone);
    }
  }

  // Pages in use, counted anew: whole prompt pages once, everything else per holder.
  int64_t Used() const {
    int64_t used = 0;
    for (const Work& w : work) {
      if (w.cached > 0) used += PagesFor(w.cached) - w.begin / kPageSize;
    }
    return used;
  }
  bool Ready(const Work& w) const {
    if (w.cached >= w.length) return false;
    return w.begin == 0 || (w.length > w.begin && work[w.prompt].cached == w.begin);
  }
  int64_t Running() const {
    return std::count_if(work.begin(), work.end(),
                         [](const Work& w) { return w.cached > 0 && w.cached < w.length; });
  }

  void CheckPlan() const {
    int64_t tokens = 0, last = -1;
    std::set<int32_t> planned;
    for (const auto& [i, count] : plan.chunks) {
      REQUIRE(i > last);  // arrival order, nothing twice
      last = i;
      REQUIRE(Ready(work[i]));
      REQUIRE(count >= 1);
      REQUIRE(count <= work[i].length - std::max(work[i].cached, work[i].begin));
      tokens += count;
      planned.insert(i);
    }
    REQUIRE(tokens <= limits.max_tokens);
    // The oldest work that can run does.
    for (int32_t i = 0; i < std::ssize(work); ++i) {
      if (!Ready(work[i])) continue;
      REQUIRE(plan.chunks.at(0).work == i);
      break;
    }
    // The preempted are the newest that hold pages, newest first; nothing behind them runs.
    std::vector<int32_t> holders;
    for (int32_t i = 0; i < std::ssize(work); ++i) {
      if (work[i].cached > 0 && !planned.count(i)) holders.push_back(i);
    }
    REQUIRE(plan.preempted.size() <= holders.size());
    for (size_t k = 0; k < plan.preempted.size(); ++k) {
      REQUIRE(plan.preempted[k] == holders[holders.size() - 1 - k]);
      REQUIRE(plan.preempted[k] > last);
    }
    // Nothing starts in the place of the preempted but the oldest work; nothing overtakes older waiting work.
    const std::set<int32_t> preempted(plan.preempted.begin(), plan.preempted.end());
    bool waiting = false;
    for (int32_t i = 0; i < std::ssize(work); ++i) {
      const bool starts = planned.count(i) && work[i].cached == 0;
      if (starts && i != plan.chunks[0].work) REQUIRE((preempted.empty() && !waiting));
      if (work[i].cached == 0 && Ready(work[i]) && !starts) waiting = true;
      // Decode first: one that needs a single token is left out only if it lost its pages or is the newest with any.
      if (work[i].cached > 0 && work[i].cached + 1 == work[i].length && !planned.count(i) &&
          !preempted.count(i)) {
        REQUIRE(i > last);
        REQUIRE(i == holders[holders.size() - 1 - plan.preempted.size()]);
      }
    }
  }

  void Apply() {
    for (int32_t i : plan.preempted) work[i].cached = 0;
    preemptions += std::ssize(plan.preempted);
    for (const auto& [i, count] : plan.chunks) {
      work[i].cached = std::max(work[i].cached, work[i].begin) + count;
      REQUIRE(Used() <= num_pages);
    }
    REQUIRE(Running() <= std::min(limits.max_running, limits.max_tokens));
    for (const auto& [i, count] : plan.chunks) {
      if (work[i].cached < work[i].length) continue;
      if (work[i].begin > 0) {
        ++work[i].length;
      } else if (work[i + 1].prompt == i && work[i + 1].length == work[i + 1].begin) {
        for (int32_t c = i + 1; c < std::ssize(work) && work[c].prompt == i; ++c) ++work[c].length;
      }
    }
    Remove();
  }

  void Remove() {
    size_t kept = 0, prompt = 0;
    std::vector<int32_t> left(work.size(), 0);
    for (size_t i = 0; i < work.size(); ++i)
      left[work[i].prompt] += target[i] != 0 && work[i].length < target[i];
    for (size_t i = 0; i < work.size(); ++i) {
      if (target[i] == 0 ? left[i] == 0 : work[i].length >= target[i]) continue;
      if (target[i] == 0) prompt = kept;
      work[kept] = work[i];
      if (target[i] == 0) work[kept].followers = left[i];
      target[kept] = target[i];
      work[kept++].prompt = static_cast<int32_t>(prompt);
    }
    work.resize(kept);
    target.resize(kept);
  }
};

}  // namespace

TEST_CASE("random runs keep every rule and end") {
  int64_t preemptions = 0, tight_runs = 0;
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&](int64_t low, int64_t high) {
      return low + static_cast<int64_t>(random() % (high - low + 1));
    };
    Simulation sim;
    sim.limits = {.max_tokens = pick(0, 1) ? pick(1, 12) : pick(1, 200), .max_running = pick(1, 24)};
    int64_t bound = 0;
    const auto submit = [&] {
      const int64_t prompt = pick(1, 50);
      std::vector<int32_t> tokens(pick(1, 6));
      for (auto& t : tokens) t = static_cast<int32_t>(pick(1, 60));
      // The oldest work is never preempted and gets a token each step: a prompt at most again for each completion.
      for (int32_t t : tokens) bound += 2 * prompt + t;
      bound += prompt;
      sim.Submit(static_cast<int32_t>(prompt), tokens);
    };
    for (int64_t g = pick(1, 8); g > 0; --g) submit();
    const int64_t slack = pick(0, 2) == 0 ? 0 : pick(0, 40);
    sim.num_pages += slack;
    int64_t steps = 0, late = 3;
    while (!sim.work.empty()) {
      REQUIRE(++steps <= bound);
      hone::Schedule(sim.work, sim.limits, sim.num_pages - sim.Used(), sim.plan);
      sim.CheckPlan();
      sim.Apply();
      if (late > 0 && pick(0, 15) == 0) {
        --late;
        submit();
      }
    }
    preemptions += sim.preemptions;
    tight_runs += sim.preemptions > 0;
  }
  CHECK(preemptions > 1000);
  CHECK(tight_runs > 100);
}

TEST_CASE("decodes go first, then prompts in arrival order by chunks") {
  const std::vector<Work> work = {{.prompt = 0, .length = 16, .cached = 16, .followers = 2},
                                  {.prompt = 0, .begin = 16, .length = 20, .cached = 19},
                                  {.prompt = 0, .begin = 16, .length = 21, .cached = 20},
                                  {.prompt = 3, .length = 30, .cached = 5, .followers = 1},
                                  {.prompt = 3, .begin = 30, .length = 30},
                                  {.prompt = 5, .length = 9, .followers = 1},
                                  {.prompt = 5, .begin = 9, .length = 9}};
  Plan plan;
  hone::Schedule(work, {.max_tokens = 29, .max_running = 8}, 100, plan);
  REQUIRE(plan.chunks.size() == 4);
  CHECK((plan.chunks[0].work == 1 && plan.chunks[0].tokens == 1));
  CHECK((plan.chunks[1].work == 2 && plan.chunks[1].tokens == 1));
  CHECK((plan.chunks[2].work == 3 && plan.chunks[2].tokens == 25));
  CHECK((plan.chunks[3].work == 5 && plan.chunks[3].tokens == 2));
  hone::Schedule(work, {.max_tokens = 10, .max_running = 8}, 100, plan);
  REQUIRE(plan.chunks.size() == 3);
  CHECK(plan.chunks[2].tokens == 8);
}

TEST_CASE("without pages the newest sequence gives way to the oldest") {
  std::vector<Work> work = {{.prompt = 0, .length = 16, .cached = 16, .followers = 3}};
  for (int i = 0; i < 3; ++i) work.push_back({.prompt = 0, .begin = 16, .length = 33, .cached = 32});
  Plan plan;
  hone::Schedule(work, {.max_tokens = 64, .max_running = 8}, 0, plan);
  CHECK(plan.preempted == std::vector<int32_t>{3});
  REQUIRE(plan.chunks.size() == 1);  // the second one, now the newest, waits for a page
  CHECK(plan.chunks[0].work == 1);
}
