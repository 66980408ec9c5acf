// A curriculum against counting: who is kept, in which order, how often; and that it is a function of its place alone.
#include "rl/curriculum.h"

#include <map>
#include <set>

#include "data/error.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

// Three kinds, 6 : 3 : 1, by place.
Prompt PlainPrompt(int64_t index) {
  Prompt prompt;
  prompt.index = index;
  prompt.text = "question " + std::to_string(index);
  prompt.kind = index % 10 < 6 ? "easy" : index % 10 < 9 ? "hard" : "rare";
  return prompt;
}

ScoredGroup Measured(int64_t index, int right, int wrong, int faults = 0) {
  ScoredGroup g;
  g.group.prompt = PlainPrompt(index);
  for (int i = 0; i < right + wrong + faults; ++i) {
    g.group.completions.emplace_back();
    g.scores.push_back(i < right + wrong ? ValueScore("answer", i < right ? 1.0 : 0.0, "") : FaultScore("x"));
    if (i < right + wrong) g.scores.back().parts = {{"answer", i < right ? 1.0 : 0.0}};
  }
  return g;
}

std::vector<int64_t> Taken(const PromptSource& prompts, int64_t count, int64_t from = 0) {
  std::vector<int64_t> indices;
  for (int64_t i = from; i < from + count; ++i) indices.push_back(prompts(i).index);
  return indices;
}

}  // namespace

TEST_CASE("without a curriculum prompts come as they are") {
  CHECK(Taken(ApplyCurriculum(PlainPrompt, {}, 1), 5) == std::vector<int64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("weights of kinds decide their shares, and place alone decides the prompt") {
  CurriculumConfig config;
  config.kinds = {{"hard", {4.0}}, {"rare", {0.0}}};
  const PromptSource prompts = ApplyCurriculum(PlainPrompt, config, 7);
  std::map<std::string, int> counts;
  std::set<int64_t> seen;
  for (int64_t i = 0; i < 6000; ++i) {
    const Prompt prompt = prompts(i);
    ++counts[prompt.kind];
    CHECK(seen.insert(prompt.index).second);
  }
  // 6 x 1 : 3 x 4, so a third is easy; three standard deviations of 6,000 draws are 110.
  CHECK(counts["rare"] == 0);
  CHECK(counts["easy"] > 2000 - 130);
  CHECK(counts["easy"] < 2000 + 130);
  // A resumed run begins in the middle.
  CHECK(Taken(ApplyCurriculum(PlainPrompt, config, 7), 50, 3000) == Taken(prompts, 50, 3000));
  CHECK(Taken(ApplyCurriculum(PlainPrompt, config, 8), 50) != Taken(prompts, 50));
  CurriculumConfig halved;
  halved.kinds = {{"easy", {0.5}}};  // below 1: the others stay as they are
  const PromptSource half = ApplyCurriculum(PlainPrompt, halved, 7);
  std::map<std::string, int> shares;
  for (int64_t i = 0; i < 7000; ++i) ++shares[half(i).kind];
  CHECK(shares["easy"] == doctest::Approx(3000).epsilon(0.05));
  CHECK(shares["rare"] == doctest::Approx(1000).epsilon(0.1));
}

TEST_CASE("pass rates decide who is trained on; each epoch has every one once, in an order of its own") {
  TempDir dir;
  const std::string path = dir / "pass_rates.jsonl";
  std::vector<ScoredGroup> groups;
  for (int64_t i = 0; i < 40; ++i)
    groups.push_back(Measured(i, static_cast<int>(i % 5), 4 - static_cast<int>(i % 5)));
  groups.push_back(Measured(40, 1, 1, 2));  // faults do not count
  groups.push_back(Measured(41, 0, 0, 4));  // nothing is known of it
  WriteFileAtomic(path, PassRateLines(groups));
  const auto rates = ReadPassRates(path);
  REQUIRE(rates.size() == 41);
  CHECK(rates[3].pass_rate == 0.75);
  CHECK(rates[40].pass_rate == 0.5);

  CurriculumConfig config;
  config.pass_rates = path;
  config.max_pass_rate = 0.5;
  const PromptSource prompts = ApplyCurriculum(PlainPrompt, config, 3);
  std::set<int64_t> want;
  for (int64_t i = 0; i < 40; ++i) {
    if (i % 5 == 1 || i % 5 == 2) want.insert(i);
  }
  want.insert(40);
  std::vector<std::vector<int64_t>> epochs;
  for (int epoch = 0; epoch < 3; ++epoch) {
    epochs.push_back(Taken(prompts, 17, 17 * epoch));
    CHECK(std::set<int64_t>(epochs.back().begin(), epochs.back().end()) == want);
  }
  CHECK(epochs[0] != epochs[1]);
  CHECK(epochs[1] != epochs[2]);
  CHECK(Taken(ApplyCurriculum(PlainPrompt, config, 3), 20, 25) == Taken(prompts, 20, 25));

  config.kinds = {{"easy", {0.0}}};
  for (const int64_t index : Taken(ApplyCurriculum(PlainPrompt, config, 3), 30))
    CHECK((want.contains(index) && PlainPrompt(index).kind != "easy"));
}

TEST_CASE("a curriculum that cannot be is refused by what is wrong with it") {
  TempDir dir;
  const auto fault = [](const CurriculumConfig& config) {
    return ErrorOf([&] { ApplyCurriculum(PlainPrompt, config, 1)(0); });
  };
  CHECK(Mentions(fault({.kinds = {{"eazy", {1.0}}}}), "no prompts of kind 'eazy'"));
  CHECK(Mentions(fault({.kinds = {{"eazy", {1.0}}}}), "easy, hard, rare"));
  CHECK(Mentions(fault({.kinds = {{"easy", {0}}, {"hard", {0}}, {"rare", {0}}}}), "every kind has weight 0"));
  CHECK(Mentions(fault({.pass_rates = dir / "none"}), dir / "none"));
  const std::string path = dir / "rates.jsonl";
  WriteFileAtomic(path, PassRateLines({Measured(1, 4, 0)}));
  CHECK(Mentions(fault({.pass_rates = path}), "no prompt has a pass rate between"));
  WriteFileAtomic(path, "{\"index\":1,\"pass_rate\":0.5,\"prompt\":\"question 2\"}\n");
  CHECK(Mentions(fault({.pass_rates = path}), "another than the task's"));
  for (const char* bad : {"{\"index\":1}\n", "[]\n", "{\"index\":\"1\",\"pass_rate\":1,\"prompt\":\"\"}\n"}) {
    WriteFileAtomic(path, bad);
    CHECK(Mentions(fault({.pass_rates = path}), path + ":1"));
  }
}
