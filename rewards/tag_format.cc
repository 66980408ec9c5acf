// Four finds and a look at the gaps. Covered by tests/rewards/tag_format_test.cc.
#include "rewards/tag_format.h"

#include <array>

namespace hone {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool Blank(std::string_view text) { return text.find_first_not_of(kBlanks) == std::string_view::npos; }

TaggedText Refused(std::string fault) { return {false, {}, {}, std::move(fault)}; }

}  // namespace

TaggedText ParseTags(std::string_view text) {
  constexpr std::array<std::string_view, 4> kTags = {"<think>", "</think>", "<answer>", "</answer>"};
  std::array<size_t, 4> begin, end;
  for (size_t i = 0; i < kTags.size(); ++i) {
    begin[i] = text.find(kTags[i]);
    if (begin[i] == std::string_view::npos) return Refused("no " + std::string(kTags[i]));
    end[i] = begin[i] + kTags[i].size();
    if (text.find(kTags[i], end[i]) != std::string_view::npos) {
      return Refused(std::string(kTags[i]) + " more than once");
    }
    if (i > 0 && begin[i] < end[i - 1]) {
      return Refused(std::string(kTags[i]) + " before " + std::string(kTags[i - 1]));
    }
  }
  const std::string_view think = text.substr(end[0], begin[1] - end[0]);
  const std::string_view answer = text.substr(end[2], begin[3] - end[2]);
  if (!Blank(text.substr(0, begin[0]))) return Refused("text before <think>");
  if (Blank(think)) return Refused("nothing between <think> and </think>");
  if (!Blank(text.substr(end[1], begin[2] - end[1]))) return Refused("text between </think> and <answer>");
  if (Blank(answer)) return Refused("nothing between <answer> and </answer>");
  if (end[3] != text.size()) return Refused("text after </answer>");
  return {true, think, answer, ""};
}

std::vector<hone::Score> TagFormatReward::Score(const Group& group) const {
  std::vector<hone::Score> scores;
  for (const Completion& completion : group.completions) {
    const TaggedText tags = ParseTags(completion.text);
    scores.push_back(ValueScore(name_, tags.ok ? 1.0 : 0.0, tags.ok ? "the format is kept" : tags.fault));
  }
  return scores;
}

}  // namespace hone
