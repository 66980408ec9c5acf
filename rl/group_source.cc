// See group_source.h. Covered by tests/rl/group_source_test.cc and tests/rl/distill_test.cc.
#include "rl/group_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "data/error.h"
#include "policy/safetensors.h"
#include "rl/group_collector.h"
#include "rl/group_metrics.h"
#include "rl/metrics.h"
#include "rl/objective/advantages.h"
#include "rl/state_file.h"

namespace hone {
namespace {

constexpr char kStateFile[] = "/prompts.safetensors";

[[noreturn]] void RefuseStored(const Group& g) {
  throw Error("the group stored for step " + std::to_string(g.step) + ", slot " + std::to_string(g.slot) +
                  " is not one of this recipe",
              "hone.db", "the store is damaged: start a new run");
}

// A stored group must be one this step could have sampled.
void CheckReplay(const ScoredGroup& stored, const Prompt& prompt, int64_t group_size, int64_t vocab_size) {
  const Group& g = stored.group;
  bool fits = static_cast<int64_t>(g.completions.size()) == group_size &&
              stored.scores.size() == g.completions.size() && g.prompt.ids == prompt.ids;
  for (const Completion& c : g.completions) {
    fits = fits && !c.ids.empty() && c.ids.size() == c.logprobs.size() &&
           std::all_of(c.ids.begin(), c.ids.end(), [&](int32_t id) { return id >= 0 && id < vocab_size; });
  }
  if (!fits) RefuseStored(g);
}

bool HasSignal(const ScoredGroup& group) { return FactsOf(RewardsOf(group)).has_signal; }

}  // namespace

struct GroupSource::StepState {
  int64_t step = 0, policy_version = 0, first_prompt = 0;
  std::map<int64_t, ScoredGroup> stored;  // by slot
  std::vector<ScoredGroup> groups;
  double score_seconds = 0.0, store_seconds = 0.0;
};

double SampledTokensBefore(const RunStore& store, int64_t step) {
  double tokens = 0.0;
  for (const StepMetrics& past : store.AllMetrics()) {
    const double sampled = MetricValue(past.values, "tokens");
    if (past.step < step && std::isfinite(sampled)) tokens += sampled;
  }
  return tokens;
}

GroupSource::GroupSource(const Policy& policy, Sampler& sampler, RewardRunner& rewards, RunStore& store,
                         PromptSource prompts, const GroupPlan& plan)
    : policy_(policy),
      sampler_(sampler),
      rewards_(rewards),
      store_(store),
      prompts_(std::move(prompts)),
      plan_(plan) {}

std::vector<ScoredGroup> GroupSource::Next(int64_t step, int64_t policy_version, Metrics& metrics) {
  StepState state;
  state.step = step;
  state.policy_version = policy_version;
  state.first_prompt = plan_.refill_rounds > 0 ? next_prompt_ : (step - 1) * plan_.prompts_per_step;
  for (ScoredGroup& group : store_.Groups(step)) {
    const int64_t slot = group.group.slot;
    state.stored.emplace(slot, std::move(group));
  }
  rewards_.TakeLatencies();  // of an evaluation before
  const EngineStats before = sampler_.stats();
  int64_t missing = plan_.prompts_per_step;
  for (int64_t round = 0; round <= plan_.refill_rounds && missing > 0; ++round) {
    FillSlots(state, missing);
    missing = plan_.prompts_per_step - std::count_if(state.groups.begin(), state.groups.end(), HasSignal);
  }
  if (!state.stored.empty()) RefuseStored(state.stored.begin()->second.group);
  StopIfAllFaulted(state);
  next_prompt_ = state.first_prompt + static_cast<int64_t>(state.groups.size());

  const EngineStats& after = sampler_.stats();
  const double seconds = after.seconds - before.seconds;
  const auto sampled = static_cast<double>(after.generated_tokens - before.generated_tokens);
  metrics.insert(metrics.end(), {{"tokens_per_second",
                                  sampled > 0 ? sampled / seconds : std::numeric_limits<double>::quiet_NaN()},
                                 {"preemptions", static_cast<double>(after.preemptions - before.preemptions)},
                                 {"seconds_sample", seconds},
                                 {"seconds_score", state.score_seconds},
                                 {"seconds_store", state.store_seconds}});
  DescribeLatencies(rewards_.TakeLatencies(), metrics);
  DescribeGroups(state.groups, rewards_.names(), metrics);
  if (!sampled_tokens_) sampled_tokens_ = SampledTokensBefore(store_, step);
  *sampled_tokens_ += MetricValue(metrics, "tokens");
  metrics.emplace_back("sampled_tokens", *sampled_tokens_);
  if (plan_.refill_rounds > 0) KeepSignal(state.groups);
  return std::move(state.groups);
}

// Rewards that are faults throughout are a mistake in the recipe or around it. The groups are forgotten, so that a resumed run
// scores them anew once that is mended.
void GroupSource::StopIfAllFaulted(const StepState& state) {
  const Score* first = nullptr;
  for (const ScoredGroup& group : state.groups) {
    for (const Score& score : group.scores) {
      if (score.status != Score::Status::kFault) return;
      if (first == nullptr) first = &score;
    }
  }
  if (first == nullptr) return;
  store_.DropGroupsFrom(state.step);
  throw Error("every completion of step " + std::to_string(state.step) + " is a fault: " + first->explanation,
              "rewards", "mend the reward (`hone reward --help`), then resume");
}

// Appends `count` groups in the slots that follow.
void GroupSource::FillSlots(StepState& state, int64_t count) {
  const auto begin = static_cast<int64_t>(state.groups.size());
  state.groups.resize(begin + count);
  SampleRequest request;
  for (int64_t slot = begin; slot < begin + count; ++slot) {
    Prompt prompt = prompts_(state.first_prompt + slot);
    if (auto node = state.stored.extract(slot)) {
      CheckReplay(node.mapped(), prompt, plan_.completions, policy_.config().vocab_size);
      state.groups[slot] = std::move(node.mapped());
      continue;
    }
    request.prompts.push_back(std::move(prompt));
    request.slots.push_back(slot);
  }
  request.step = state.step;
  request.seed = plan_.seed;
  request.completions = plan_.completions;
  request.policy_version = state.policy_version;
  GroupCollector collector(rewards_, &store_, state.groups);
  sampler_.Sample(std::move(request), static_cast<float>(plan_.temperature),
                  [&](Group group) { collector.Add(std::move(group)); });
  collector.Finish();
  state.score_seconds += collector.score_seconds();
  state.store_seconds += collector.store_seconds();
}

// Dynamic sampling: the groups that there is something to learn from, in slot order; all, if none is.
void GroupSource::KeepSignal(std::vector<ScoredGroup>& groups) const {
  if (std::none_of(groups.begin(), groups.end(), HasSignal)) return;
  std::erase_if(groups, [](const ScoredGroup& group) { return !HasSignal(group); });
  if (static_cast<int64_t>(groups.size()) > plan_.prompts_per_step) groups.resize(plan_.prompts_per_step);
}

void GroupSource::Save(const std::string& dir) const {
  if (plan_.refill_rounds == 0) return;  // where a step's prompts start follows from its number
  WriteSafetensors(dir + kStateFile, {{"next_prompt", TensorDtype::kI64, {1}, &next_prompt_}});
}

void GroupSource::Load(const std::string& dir) {
  if (plan_.refill_rounds == 0) return;
  ReadState(SafetensorsFile::Open(dir + kStateFile), "next_prompt", 1, &next_prompt_);
}

}  // namespace hone
