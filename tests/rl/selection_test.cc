// Which completions become rows: against a plain count over random groups, and by hand.
#include "rl/selection.h"

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

using namespace hone;

namespace {

Completion Written(const std::string& text, size_t length, FinishReason finish = FinishReason::kStop) {
  Completion c;
  c.ids.assign(length, 3);
  c.logprobs.assign(length, -1.0f);
  c.text = text;
  c.finish = finish;
  return c;
}

Score Parts(double answer, double format) {
  return {Score::Status::kValue, answer + format, {{"answer", answer}, {"format", format}}, ""};
}

ScoredGroup GroupOf(const std::string& prompt, const std::string& kind,
                    std::vector<std::pair<Completion, Score>> rows) {
  ScoredGroup g;
  g.group.prompt.text = prompt;
  g.group.prompt.kind = kind;
  for (auto& [completion, score] : rows) {
    g.group.completions.push_back(completion);
    g.scores.push_back(score);
  }
  return g;
}

}  // namespace

TEST_CASE("conditions, duplicates, the most per prompt and preference, counted") {
  const Score fault{Score::Status::kFault, 0.0, {}, "broken"};
  const std::vector<ScoredGroup> groups = {
      GroupOf("p", "a",
              {{Written("long", 9), Parts(1, 1)},
               {Written("short", 4), Parts(1, 1)},
               {Written("wrong", 2), Parts(0, 1)},
               {Written("short", 4), Parts(1, 1)},
               {Written("x", 1), fault},
               {Written("cut", 12, FinishReason::kLength), Parts(1, 1)}}),
      GroupOf("p", "a", {{Written("short", 4), Parts(1, 1)}, {Written("other", 5), Parts(1, 1)}})};
  SampleConfig config;
  config.keep = {"answer >= 1", "finished == 1"};
  config.most_per_prompt = 2;
  SelectionCounts counts;
  auto rows = SelectCompletions(groups, config, counts);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].completion == 0);
  CHECK(rows[1].completion == 1);
  CHECK(counts.completions == 8);
  CHECK(counts.faults == 1);
  CHECK(counts.refused == 2);
  CHECK(counts.duplicates == 2);
  CHECK(counts.surplus == 1);
  CHECK(counts.kept == 2);
  config.prefer = Preference::kShortest;
  config.most_per_prompt = 1;
  counts = {};
  rows = SelectCompletions(groups, config, counts);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].completion == 1);
  config.keep = {"no_such_part > -1e9"};  // a part nobody gave meets no condition
  counts = {};
  CHECK(SelectCompletions(groups, config, counts).empty());
  CHECK(counts.refused == 7);
}

TEST_CASE("random groups: counts add up, balance holds, and what is kept meets the rules") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<ScoredGroup> groups;
    for (int g = 0; g < 30; ++g) {
      std::vector<std::pair<Completion, Score>> rows;
      for (int i = 0; i < 4; ++i) {
        rows.emplace_back(Written(std::to_string(random() % 6), 1 + random() % 9),
                          Parts(random() % 2, random() % 2));
      }
      groups.push_back(
          GroupOf("p" + std::to_string(random() % 12), std::string(1, 'a' + random() % 3), std::move(rows)));
    }
    SampleConfig config;
    config.keep = {"answer >= 1"};
    config.most_per_prompt = 1 + static_cast<int64_t>(random() % 3);
    config.balance = random() % 2 ? 1.5 : 0.0;
    SelectionCounts c;
    const auto rows = SelectCompletions(groups, config, c);
    CHECK(c.kept == static_cast<int64_t>(rows.size()));
    CHECK(c.completions == c.faults + c.refused + c.duplicates + c.surplus + c.unbalanced + c.kept);
    std::map<std::string, int64_t> of_prompt, of_kind;
    std::set<std::string> texts;
    for (const auto& row : rows) {
      const Group& group = row.group->group;
      CHECK(row.group->scores[row.completion].parts[0].second == 1.0);
      CHECK(++of_prompt[group.prompt.text] <= config.most_per_prompt);
      CHECK(texts.insert(group.prompt.text + "|" + group.completions[row.completion].text).second);
      ++of_kind[group.prompt.kind];
    }
    if (config.balance == 0.0) continue;
    int64_t least = 1 << 30;
    for (const auto& [kind, count] : of_kind) least = std::min(least, count);
    for (const auto& [kind, count] : of_kind)
      CHECK(static_cast<double>(count) <= config.balance * static_cast<double>(least) + 1e-9);
  }
}

TEST_CASE("a row says what was written, what it earned and where it comes from") {
  ScoredGroup g = GroupOf("Q:1+1=?A:", "sum2",
                          {{Written("a\xff"
                                    "b",
                                    3),
                            Parts(1, 0)}});
  g.group.step = 3;
  g.group.slot = 5;
  g.group.prompt.gold = "2";
  const auto row = nlohmann::json::parse(DatasetLine({&g, 0}, "/runs/zero/model"));
  CHECK(row["prompt"] == "Q:1+1=?A:");
  CHECK(row["completion"] ==
        "a\xef\xbf\xbd"
        "b");  // broken UTF-8 is shown as such
  CHECK(row["gold"] == "2");
  CHECK(row["reward"] == 1.0);
  CHECK(row["parts"]["answer"] == 1.0);
  CHECK(row["source"]["model"] == "/runs/zero/model");
  CHECK(row["source"]["step"] == 3);
  CHECK(row["source"]["slot"] == 5);
}
