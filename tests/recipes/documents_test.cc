// The tables of metrics and recipe keys in the folder pages are what the program prints from their declarations.
#include <doctest/doctest.h>

#include "data/fields.h"
#include "data/text_file.h"
#include "recipes/schema.h"
#include "rewards/reward_config.h"
#include "rl/metrics.h"

namespace hone {
namespace {

TEST_CASE("rl/README.md holds the metrics table as declared") {
  const std::string page = ReadFile(HONE_SOURCE_DIR "/rl/README.md");
  CHECK_MESSAGE(page.find(MetricsMarkdown()) != std::string::npos, "paste this table:\n", MetricsMarkdown());
}

TEST_CASE("recipes/README.md holds the table of recipe keys as declared") {
  const std::string page = ReadFile(HONE_SOURCE_DIR "/recipes/README.md");
  CHECK_MESSAGE(page.find(MarkdownTable(RecipeKeys())) != std::string::npos,
                "paste what `hone recipe-keys --markdown` prints");
}

TEST_CASE("rewards/README.md holds the table of rewards' options as declared") {
  const std::string page = ReadFile(HONE_SOURCE_DIR "/rewards/README.md");
  CHECK_MESSAGE(page.find(RewardOptionsMarkdown()) != std::string::npos, "paste this table:\n",
                RewardOptionsMarkdown());
}

}  // namespace
}  // namespace hone
