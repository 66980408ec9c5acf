// The card beside a model: its head can be read back, its results are those of the weights it describes, and nobody's paths are in it.
#include "rl/model_card.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "data/text_file.h"
#include "tests/policy/random_model.h"

using namespace hone;

namespace {

StepMetrics Step(int64_t step, double pass, double low, double high) {
  return {step,
          {{"held_out/pass@1", pass},
           {"held_out_low/pass@1", low},
           {"held_out_high/pass@1", high},
           {"held_out/length", 10.0 * static_cast<double>(step)},
           {"held_out/kind/add", 0.125},
           {"reward", 0.777}}};
}

// Each step as the run loop reports it; step 1 is not evaluated.
const std::vector<StepMetrics> kHistory = {
    Step(0, 0.25, 0.2, 0.3), {1, {{"reward", 0.5}}}, Step(2, 0.75, 0.7, 0.8), Step(4, 0.5, 0.4, 0.6)};

std::string Card(const ModelCard& card, int64_t step) {
  ModelConfig config;
  config.architecture = "Qwen2ForCausalLM";
  return RenderModelCard(card, config, 1234567, kHistory, step);
}

std::string LicenseIn(const std::string& readme) {
  const TempDir dir;
  WriteFileAtomic(dir / "README.md", readme);
  return LicenseOf(dir / "");
}

}  // namespace

TEST_CASE("the card tells what the weights of its step reach, and how they were made") {
  const std::string here = std::filesystem::current_path().string();
  const std::string card = Card({.name = "mine",
                                 .license = "apache-2.0",
                                 .start = here + "/data/base",
                                 .method = "3 steps",
                                 .data = {"rows of `" + here + "/rows.jsonl`"},
                                 .recipe = "path = \"" + here + "/data/base\"\n"},
                                2);
  for (const char* part : {"# mine\n", "Qwen2ForCausalLM", "1.23M parameters", "started from `data/base`",
                           "3 steps.", "rows of `rows.jsonl`", "| pass@1 | 25 % | 75 % | 70 % to 80 % |",
                           "| length | 0 tokens | 20 tokens |", "path = \"data/base\"\n```"}) {
    CAPTURE(part);
    CHECK_MESSAGE(card.find(part) != std::string::npos, card);
  }
  CHECK(card.find(here) == std::string::npos);
  CHECK(card.find("50 %") == std::string::npos);   // a later step's
  CHECK(card.find("0.777") == std::string::npos);  // nothing of the training prompts
  CHECK(LicenseIn(card) == "apache-2.0");
  CHECK(Card({.name = "x", .license = "", .start = "", .method = "", .data = {}, .recipe = ""}, 0)
            .find("new weights") != std::string::npos);
}

TEST_CASE("a licence is read from the head of any card, and nowhere else") {
  CHECK(LicenseIn("---\nlicense: mit\n---\n") == "mit");
  CHECK(LicenseIn("---\ntags:\n- a\nlicense: 'mit'\r\nx: y\n---\ntext") == "mit");
  CHECK(LicenseIn("---\nlicense: \"other\"") == "other");
  CHECK(LicenseIn("---\nlicense_name: a\n---\nlicense: mit\n") == "");
  CHECK(LicenseIn("license: mit\n") == "");
  CHECK(LicenseIn("---\n---\nlicense: mit\n") == "");
  CHECK(LicenseIn("---\n") == "");
  CHECK(LicenseOf("/nowhere") == "");
  CHECK(LicenseIn(Card({.name = "x", .license = "", .start = "", .method = "", .data = {}, .recipe = ""},
                       0)) == "unknown");
  // A licence that would break the head does not.
  CHECK(LicenseIn(Card(
            {.name = "x", .license = "a\n---\nb", .start = "", .method = "", .data = {}, .recipe = ""}, 0)) ==
        "a---b");
}
