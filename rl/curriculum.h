// Which training prompts are taken and how often: by a measured pass rate, and by weights of their kinds. Covered by
// tests/rl/curriculum_test.cc.
#ifndef HONE_RL_CURRICULUM_H_
#define HONE_RL_CURRICULUM_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/fields.h"
#include "rl/grpo.h"

namespace hone {

struct KindWeight {
  double weight = 1.0;

  void SetName(const std::string&) {}
  template <class V>
  void Fields(V& v) {
    v.Field("weight", weight, Range{0, 1e6},
            "how often its prompts come, times as often as without (0: never)");
  }
};

struct CurriculumConfig {
  std::string pass_rates = "";
  double min_pass_rate = 0.01;
  double max_pass_rate = 0.99;
  std::map<std::string, KindWeight> kinds = {};

  template <class V>
  void Fields(V& v) {
    v.Field("pass_rates", pass_rates,
            "pass_rates.jsonl of a sample stage over the same task: only prompts it measured are trained on, "
            "in an "
            "order of its own each epoch; relative to the recipe (empty: all the task's prompts)");
    v.Field("min_pass_rate", min_pass_rate, Range{0, 1},
            "leave out prompts that fewer of their completions got right");
    v.Field("max_pass_rate", max_pass_rate, Range{0, 1},
            "leave out prompts that more of their completions got right");
    v.Field("kinds", kinds,
            "weights of the task's kinds of prompts: tables [curriculum.kinds.NAME]; others have 1");
  }
};

// What a sample stage measured of one prompt.
struct PassRate {
  int64_t index = 0;  // of the prompt
  std::string prompt;
  double pass_rate = 0.0;  // the share of its completions with a verdict that are right
};
inline constexpr char kPassRatesFile[] = "pass_rates.jsonl";

// One line a prompt that has completions with a verdict; in the order of the groups.
std::string PassRateLines(const std::vector<ScoredGroup>& groups);
// Error with file and line for a line that is none of them.
std::vector<PassRate> ReadPassRates(const std::string& path);

// Prompt #i of the curriculum is a function of (prompts, config, seed, i): nothing is kept, so that a resumed run goes on where it was.
// `prompts` is the task's source. Not thread-safe: remembers where earlier prompts were found. Error for pass rates of another
// task or between which nothing lies, for a kind the task has not, and where all weights are 0.
// A source that ends has `indices`, those of its prompts: they come in an order of their own each epoch.
PromptSource ApplyCurriculum(PromptSource prompts, const CurriculumConfig& config, uint64_t seed,
                             std::vector<int64_t> indices = {});

}  // namespace hone

#endif  // HONE_RL_CURRICULUM_H_
