// rewards/tag_format: the whole-output grammar against an automaton, and hostile texts in linear
// time.
#include "rewards/tag_format.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "data/random.h"

using namespace hone;

namespace {

// The grammar as an automaton that reads one tag or character at a time.
bool Reference(const std::string& text) {
  const std::vector<std::string> tags = {"<think>", "</think>", "<answer>", "</answer>"};
  size_t state = 0;    // tags read so far
  bool solid = false;  // something not blank since the last tag
  for (size_t at = 0; at < text.size();) {
    size_t tag = 0;
    while (tag < tags.size() && text.compare(at, tags[tag].size(), tags[tag]) != 0) ++tag;
    if (tag < tags.size()) {
      const bool inside = tag == 1 || tag == 3;  // a block's content must be solid, a gap must not
      if (tag != state || solid != inside) return false;
      ++state;
      solid = false;
      at += tags[tag].size();
    } else {
      if (state == 4) return false;
      solid = solid || std::string(" \t\r\n\f\v").find(text[at]) == std::string::npos;
      ++at;
    }
  }
  return state == 4;
}

}  // namespace

TEST_CASE("the format and each way to miss it") {
  const TaggedText good = ParseTags("<think>8+5=13</think><answer>13</answer>");
  CHECK(good.ok);
  CHECK(good.think == "8+5=13");
  CHECK(good.answer == "13");
  CHECK(ParseTags(" <think> a\nb </think>\n<answer> 1 </answer>").ok);
  const std::pair<const char*, const char*> refused[] = {
      {"", "no <think>"},
      {"13", "no <think>"},
      {"<think>a</think>", "no <answer>"},
      {"<think>a</think><answer>1", "no </answer>"},
      {"a<think>a</think><answer>1</answer>", "before <think>"},
      {"<think>a</think>b<answer>1</answer>", "text between"},
      {"<think>a</think><answer>1</answer> ", "after </answer>"},
      {"<think>a</think><answer>1</answer><eos>", "after </answer>"},
      {"<think></think><answer>1</answer>", "nothing between <think>"},
      {"<think> \n\t</think><answer>1</answer>", "nothing between <think>"},
      {"<think>a</think><answer> </answer>", "nothing between <answer>"},
      {"<think>a</think><think>b</think><answer>1</answer>", "<think> more than once"},
      {"<think>a</think><answer>1</answer><answer>2</answer>", "<answer> more than once"},
      {"<think><think>a</think></think><answer>1</answer>", "<think> more than once"},
      {"<think>a<answer>1</answer></think>", "<answer> before </think>"},
      {"<answer>1</answer><think>a</think>", "<answer> before </think>"},
      {"</think><think>a<answer>1</answer>", "</think> before <think>"},
      {"<THINK>a</THINK><answer>1</answer>", "no <think>"},
  };
  for (const auto& [text, why] : refused) {
    CAPTURE(text);
    const TaggedText tags = ParseTags(text);
    CHECK_FALSE(tags.ok);
    CHECK(tags.fault.find(why) != std::string::npos);
  }
}

TEST_CASE("random sequences of pieces agree with an automaton") {
  const uint64_t seed = 41;
  CAPTURE(seed);
  DataRandom random(seed);
  const std::vector<std::string> pieces = {"<think>", "</think>", "<answer>", "</answer>", " ",
                                           "7",       "<",        ">",        "\n"};
  const std::vector<std::string> plan = {"<think>", "7", "</think>", "<answer>", "7", "</answer>"};
  int accepted = 0, different = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (const std::string& piece : plan) {  // mostly the format, with pieces dropped, put in or exchanged
      if (!random.Chance(0.08)) text += piece;
      if (random.Chance(0.12)) text += pieces[random.Uniform(pieces.size())];
    }
    const bool ok = ParseTags(text).ok;
    accepted += ok;
    different += ok != Reference(text);
  }
  CHECK(different == 0);
  CHECK(accepted > 2000);
  CHECK(accepted < 18000);
}

TEST_CASE("scores: one per completion, in order, with a named part") {
  Group group;
  for (const char* text : {"<think>a</think><answer>1</answer>", "1", ""}) {
    group.completions.emplace_back();
    group.completions.back().text = text;
  }
  const std::vector<Score> scores = TagFormatReward().Score(group);
  REQUIRE(scores.size() == 3);
  CHECK(scores[0].value == 1.0);
  CHECK(scores[1].value == 0.0);
  CHECK(scores[1].status == Score::Status::kValue);
  CHECK(scores[1].explanation == "no <think>");
  CHECK(scores[0].parts == std::vector<std::pair<std::string, double>>{{"format", 1.0}});
  CHECK(TagFormatReward().Score(Group()).empty());
}

TEST_CASE("megabytes of half tags take linear time") {
  // Anything quadratic would take hours, and the test's time limit ends it.
  for (const char* unit :
       {"<", "<think", "</think", "<think>", "</answer>", "<think></think><answer></answer>", "</"}) {
    std::string text;
    while (text.size() < 4000000) text += unit;
    CHECK_FALSE(ParseTags(text).ok);
    CHECK(ParseTags("<think>" + std::string(4000000, '<') + "</think><answer>1</answer>").ok);
  }
}
