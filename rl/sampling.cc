// See sampling.h. Covered by tests/recipes/chain_test.cc.
#include "rl/sampling.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "data/error.h"
#include "data/text_file.h"
#include "rl/curriculum.h"
#include "rl/group_collector.h"
#include "rl/group_metrics.h"
#include "rl/metrics.h"

namespace hone {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// A step's groups: those stored already, and the rest sampled and scored.
std::vector<ScoredGroup> SampleStep(const SamplingParts& p, int64_t step) {
  const int64_t first = (step - 1) * p.config.prompts_per_step;
  const int64_t count = std::min(p.config.prompts_per_step, p.config.prompts - first);
  std::vector<ScoredGroup> groups(count);
  for (ScoredGroup& stored : p.directory.store().Groups(step)) {
    const int64_t slot = stored.group.slot;
    if (slot < count) groups[slot] = std::move(stored);
  }
  SampleRequest request;
  for (int64_t slot = 0; slot < count; ++slot) {
    if (!groups[slot].scores.empty()) continue;
    request.prompts.push_back(p.prompts(first + slot));
    request.slots.push_back(slot);
  }
  request.step = step;
  request.seed = p.seed;
  request.completions = p.config.completions;
  GroupCollector collector(p.rewards, &p.directory.store(), groups);
  p.sampler.Sample(std::move(request), static_cast<float>(p.temperature), [&](Group group) {
    RequireFiniteLogProbs(group);
    collector.Add(std::move(group));
  });
  collector.Finish();
  return groups;
}

Metrics Describe(const SamplingParts& p, const std::vector<ScoredGroup>& groups, double seconds) {
  Metrics metrics;
  DescribeGroups(groups, p.rewards.names(), metrics);
  DescribeLatencies(p.rewards.TakeLatencies(), metrics);
  metrics.emplace_back("seconds", seconds);
  return metrics;
}

void WriteDataset(const SamplingParts& p, const std::vector<ScoredGroup>& groups, Metrics& metrics) {
  SelectionCounts counts;
  std::string lines;
  for (const SelectedCompletion& row : SelectCompletions(groups, p.config, counts)) {
    lines += DatasetLine(row, p.model) + "\n";
  }
  const std::string summary =
      "kept " + std::to_string(counts.kept) + " of " + std::to_string(counts.completions) +
      " completions; left out: " + std::to_string(counts.faults) + " faults, " +
      std::to_string(counts.refused) + " by sample.keep, " + std::to_string(counts.duplicates) +
      " duplicates, " + std::to_string(counts.surplus) + " beyond sample.most_per_prompt, " +
      std::to_string(counts.unbalanced) + " by sample.balance";
  if (counts.kept == 0)
    throw Error("no completion passed the selection (" + summary + ")", p.directory.path(),
                "relax sample.keep, or sample from a better model");
  WriteFileAtomic(p.directory.path() + "/" + kDatasetFile, lines);
  p.directory.store().PutEvent({0, "dataset", summary, Now()});
  p.progress.Note(summary);
  metrics.emplace_back("kept", static_cast<double>(counts.kept) / static_cast<double>(counts.completions));
}

}  // namespace

RunEnd RunSampling(const SamplingParts& p) {
  RunStore& store = p.directory.store();
  store.VoidFrom(0);  // the groups stay
  const int64_t steps = (p.config.prompts + p.config.prompts_per_step - 1) / p.config.prompts_per_step;
  std::vector<ScoredGroup> all;
  double sampled_tokens = 0.0;
  for (int64_t step = 1; step <= steps; ++step) {
    if (p.stop_requested()) {
      WriteReport(store, p.directory.path());
      return RunEnd::kStopped;
    }
    const double start = Now();
    std::vector<ScoredGroup> groups = SampleStep(p, step);
    Metrics metrics = Describe(p, groups, Now() - start);
    sampled_tokens += MetricValue(metrics, "tokens");
    metrics.emplace_back("sampled_tokens", sampled_tokens);
    std::move(groups.begin(), groups.end(), std::back_inserter(all));
    if (step == steps) {
      WriteFileAtomic(p.directory.path() + "/" + kPassRatesFile, PassRateLines(all));
      WriteDataset(p, all, metrics);
    }
    store.FinishStep(step, metrics);
    p.progress.Step(step, metrics);
  }
  store.PutEvent({steps, "finish", "finished", Now()});
  WriteReport(store, p.directory.path());
  return RunEnd::kFinished;
}

}  // namespace hone
