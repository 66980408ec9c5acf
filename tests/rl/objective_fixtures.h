// Fixtures of the objective's tests: tests/parity/objective_trl.py and objective_formulas.py made them.
#ifndef HONE_TESTS_RL_OBJECTIVE_FIXTURES_H_
#define HONE_TESTS_RL_OBJECTIVE_FIXTURES_H_

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "rl/objective/batch_json.h"
#include "rl/objective/objective.h"
#include "rl/objective/presets.h"

namespace hone {

struct ObjectiveCase {
  std::string name, preset;
  std::vector<std::string> settings;
  ObjectiveBatch batch;
  nlohmann::json want;  // "advantages", "loss", "gradient", maybe "entropy_gradient"
};

inline std::vector<ObjectiveCase> LoadObjectiveCases(const std::string& file) {
  const auto json = ParseStrictJson(ReadFile(HONE_SOURCE_DIR "/tests/rl/fixtures/" + file), file);
  std::vector<ObjectiveBatch> batches;
  for (const auto& batch : json["batches"]) batches.push_back(ParseObjectiveBatch(batch.dump(), file));
  std::vector<ObjectiveCase> cases;
  for (const auto& c : json["cases"]) {
    cases.push_back({c["name"], c["preset"], c["settings"], batches.at(c["batch"].get<size_t>()), c});
  }
  return cases;
}

// Groups with varied rewards, a missing one, ragged completions and a masked token in each third one.
inline ObjectiveBatch RandomObjectiveBatch(unsigned seed, double spread, int64_t groups = 3,
                                           int64_t size = 4) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  ObjectiveBatch b;
  b.group_size = size;
  b.max_length = 9;
  for (int64_t i = 0; i < groups * size; ++i) {
    b.rewards.push_back(i == 1 ? std::nullopt : std::optional(0.25 * static_cast<double>(random() % 5)));
    const size_t length = 1 + random() % 7;
    Rows* const arrays[] = {&b.logprobs, &b.old_logprobs, &b.ref_logprobs, &b.sampler_logprobs, &b.entropies};
    for (Rows* rows : arrays) rows->emplace_back();
    b.mask.emplace_back(length, uint8_t{1});
    if (i % 3 == 0) b.mask.back()[random() % length] = 0;
    for (size_t t = 0; t < length; ++t) {
      const double logprob = -0.05 - 1.5 * std::fabs(normal(random));
      b.logprobs.back().push_back(logprob);
      for (Rows* rows : {&b.old_logprobs, &b.ref_logprobs, &b.sampler_logprobs}) {
        rows->back().push_back(logprob + spread * normal(random));
      }
      b.entropies.back().push_back(std::fabs(normal(random)));
    }
  }
  return b;
}

inline std::string ObjectiveErrorOf(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace hone

#endif  // HONE_TESTS_RL_OBJECTIVE_FIXTURES_H_
