// The README.md beside an exported model: what it is, what it was made from and how, and what it reaches. Covered by
// tests/rl/model_card_test.cc.
#ifndef HONE_RL_MODEL_CARD_H_
#define HONE_RL_MODEL_CARD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "policy/config.h"

namespace hone {

// What the run knows beside its store.
struct ModelCard {
  std::string name;
  std::string license;            // an identifier of the hub, such as "mit"; empty: unknown
  std::string start;              // the model it started from; empty: new weights
  std::string method;             // what was done, in a line
  std::vector<std::string> data;  // a line for each source
  std::string recipe;             // TOML, shown as it is
};

// Markdown under a YAML head that the Hugging Face hub reads (license, library_name, pipeline_tag, tags). The results are those of
// the first evaluation in `history` and of the last one up to `step`, whose weights the model has. Paths below the working directory
// are shown without it.
std::string RenderModelCard(const ModelCard& card, const ModelConfig& config, int64_t num_parameters,
                            const std::vector<StepMetrics>& history, int64_t step);

// The `license` in the head of the README.md of a model's directory; "" where there is none.
std::string LicenseOf(const std::string& model_dir);

}  // namespace hone

#endif  // HONE_RL_MODEL_CARD_H_
