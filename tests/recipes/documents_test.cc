// The tables of metrics and recipe keys in the folder pages are what the program prints from their declarations, and the tests that
// files say they are covered by exist.
#include <doctest/doctest.h>

#include <filesystem>
#include <regex>

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

TEST_CASE("the tests that a file says it is covered by exist") {
  namespace fs = std::filesystem;
  const fs::path root = HONE_SOURCE_DIR;
  const std::regex named("tests/[a-z_]+/[a-z0-9_]+_test\\.cc");
  int found = 0;
  for (const char* folder : {"kernels", "data", "policy", "rollout", "rewards", "rl", "recipes"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h") continue;
      const std::string text = ReadFile(entry.path());
      for (std::sregex_iterator at(text.begin(), text.end(), named), end; at != end; ++at, ++found)
        CHECK_MESSAGE(fs::exists(root / at->str()), entry.path().string(), " names ", at->str());
    }
  }
  CHECK(found > 100);
}

}  // namespace
}  // namespace hone
