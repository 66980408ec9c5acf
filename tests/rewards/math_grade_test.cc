// The grading loop: order on many threads, what one read brings, bad lines answered in their place; and the reward `math`.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rewards/math/grade_lines.h"
#include "rewards/math/math_reward.h"

namespace hone {
namespace {

// Reads `text` in pieces of `piece` bytes.
std::string Grade(std::string text, size_t piece, int threads, GradeSummary* summary = nullptr) {
  std::string out;
  size_t at = 0;
  const GradeSummary all = GradeLines({[&](char* into, size_t most) {
                                         const size_t size = std::min({most, piece, text.size() - at});
                                         std::memcpy(into, text.data() + at, size);
                                         at += size;
                                         return size;
                                       },
                                       [&](std::string_view lines) { out += lines; }},
                                      {}, threads);
  if (summary != nullptr) *summary = all;
  return out;
}

std::vector<nlohmann::json> Parsed(const std::string& text) {
  std::vector<nlohmann::json> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    out.push_back(nlohmann::json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

TEST_CASE("answers come back in order, whatever the threads and the reads") {
  std::string input;
  for (int i = 0; i < 500; ++i) {
    input += "{\"gold\":\"" + std::to_string(i) + "\",\"id\":7,\"pred\":\"so \\\\boxed{" +
             std::to_string(i % 3 == 0 ? i : i + 1) + "}\"}\n";
    if (i % 50 == 0) input += "  \r\n";
  }
  const auto rows = Parsed(Grade(input, 1 << 20, 1));
  REQUIRE(rows.size() == 500);
  for (int i = 0; i < 500; ++i) {
    CAPTURE(i);
    CHECK(rows[i]["reward"] == (i % 3 == 0 ? 1.0 : 0.0));
    CHECK(rows[i]["status"] == "ok");
    CHECK(rows[i]["extracted"] == std::to_string(i % 3 == 0 ? i : i + 1));
    CHECK(rows[i]["method"] == "rational");
    CHECK(rows[i]["span"].size() == 2);
    CHECK(rows[i]["micros"].get<double>() > 0);
  }
  const auto again = Parsed(Grade(input, 777, 4));
  REQUIRE(again.size() == rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK(again[i]["reward"] == rows[i]["reward"]);
    CHECK(again[i]["reason"] == rows[i]["reason"]);
  }
}

TEST_CASE("a fault is no number, a last line needs no end") {
  const auto rows = Parsed(Grade("{\"gold\":\"\",\"pred\":\"5\"}\n{\"gold\":\"5\",\"pred\":\"\"}", 100, 2));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["status"] == "fault");
  CHECK(rows[0]["reward"].is_null());
  CHECK_FALSE(rows[0]["reason"].get<std::string>().empty());
  CHECK(rows[1]["status"] == "ok");
  CHECK(rows[1]["reward"] == 0.0);
}

TEST_CASE("a line that is no pair is answered in its place, with its number") {
  const std::string good = "{\"gold\":\"5\",\"pred\":\"5\"}\n";
  for (const char* bad :
       {"{", "[1]", "{\"gold\":\"5\"}", "{\"gold\":5,\"pred\":\"5\"}", "null", "{}x",
        "{\"gold\":\"5\",\"gold\":\"5\",\"pred\":\"5\"}", "\xff", "{\"gold\":\"\xff\",\"pred\":\"5\"}"}) {
    CAPTURE(bad);
    for (const size_t piece : {size_t{1}, size_t{1000}}) {
      GradeSummary summary;
      const auto rows = Parsed(Grade(good + "\n" + good + bad + "\n" + good + bad, piece, 2, &summary));
      REQUIRE(rows.size() == 5);
      for (const int i : {2, 4}) {
        CHECK(rows[i]["status"] == "fault");
        CHECK(rows[i]["reward"].is_null());
        CHECK(rows[i]["span"] == nlohmann::json({0, 0}));
        const std::string reason = rows[i]["reason"];
        CAPTURE(reason);
        CHECK(reason.find(i == 2 ? "line 4: " : "line 6: ") == 0);
        CHECK(reason.find('\n') == std::string::npos);
        for (const char* noise : {"json.exception", "download", "at line 1"}) {
          CHECK(reason.find(noise) == std::string::npos);
        }
        CHECK(rows[i].size() == rows[0].size());
      }
      for (const int i : {0, 1, 3}) CHECK(rows[i]["reward"] == 1.0);
      CHECK(summary.lines == 5);
      CHECK(summary.unreadable == 2);
      CHECK(summary.faults == 2);
      CHECK(summary.first_error == rows[2]["reason"]);
    }
  }
}

TEST_CASE("a line that never ends is one fault, and the next one is graded") {
  size_t given = 0;
  constexpr size_t kLong = (size_t{64} << 20) + 5000000;
  const std::string tail = "\n{\"gold\":\"5\",\"pred\":\"5\"}";
  std::string out;
  const GradeSummary summary = GradeLines({[&](char* into, size_t most) {
                                             const size_t size = std::min(most, kLong + tail.size() - given);
                                             for (size_t i = 0; i < size; ++i, ++given)
                                               into[i] = given < kLong ? 'x' : tail[given - kLong];
                                             return size;
                                           },
                                           [&](std::string_view lines) { out += lines; }},
                                          {}, 1);
  const auto rows = Parsed(out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["reason"] == "line 1: longer than 64 MiB");
  CHECK(rows[1]["reward"] == 1.0);
  CHECK(summary.unreadable == 1);
}

TEST_CASE("the reward math scores a group, and a gold without an answer is its fault") {
  Group group;
  group.prompt.gold = "\\frac{3}{4}";
  for (const char* text : {"\\boxed{0.75}", "\\boxed{0.76}", "no idea", "\xff\xfe \\boxed{3/4}"}) {
    group.completions.emplace_back();
    group.completions.back().text = text;
  }
  const MathReward reward({});
  CHECK(reward.name() == "math");
  const std::vector<hone::Score> scores = reward.Score(group);
  REQUIRE(scores.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(scores[i].status == Score::Status::kValue);
    CHECK(scores[i].value == (i == 0 || i == 3 ? 1.0 : 0.0));
    CHECK_FALSE(scores[i].explanation.empty());
  }
  group.prompt.gold = "\\boxed{}";
  for (const hone::Score& score : reward.Score(group)) {
    CHECK(score.status == Score::Status::kFault);
    CHECK(score.explanation.find("gold") != std::string::npos);
  }
}

}  // namespace
}  // namespace hone
