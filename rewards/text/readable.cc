// See readable.h. Covered by tests/rewards/readable_test.cc.
#include "rewards/text/readable.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_set>

#include "rewards/tag_format.h"
#include "rewards/text/language.h"

namespace hone {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const size_t from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) + 1 - from);
}

// How many bytes at `at` end a sentence; 0 when it goes on.
size_t EndSize(std::string_view text, size_t at) {
  for (const std::string_view mark : {"\n", "。", "！", "？"}) {
    if (text.substr(at, mark.size()) == mark) return mark.size();
  }
  const bool stop = std::string_view(".!?;").find(text[at]) != std::string_view::npos;
  const bool ends = at + 1 == text.size() || kBlanks.find(text[at + 1]) != std::string_view::npos;
  return stop && ends ? 1 : 0;
}

bool IsPartOfWord(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u >= 0x80;
}

// Whether `sentence` ends with `answer`, not in the middle of a word or number.
bool EndsWith(std::string_view sentence, std::string_view answer) {
  if (answer.empty() || !sentence.ends_with(answer)) return false;
  const size_t before = sentence.size() - answer.size();
  if (before == 0) return true;
  const char last = sentence[before - 1];
  return !(IsPartOfWord(last) && IsPartOfWord(answer[0])) && last != '.' && last != ',' && last != '-';
}

// What makes the completion hard to read; empty when nothing does.
std::string Complaint(std::string_view completion, const std::string& language) {
  const TaggedText tags = ParseTags(completion);
  if (!tags.ok) return tags.fault;
  const WordCount words = CountWords(tags.think, language);
  if (words.all == 0) return "the thinking has no words";
  if (words.target < words.all)
    return fmt::format("only {} of {} words may be {}", words.target, words.all, language);
  const std::vector<std::string_view> sentences = SentencesOf(tags.think);
  std::unordered_set<std::string_view> seen;
  for (const std::string_view sentence : sentences) {
    if (!seen.insert(sentence).second) return fmt::format("it says twice: {}", sentence.substr(0, 60));
  }
  const bool restated =
      EndsWith(sentences.back(), Trim(tags.answer)) && CountWords(sentences.back(), language).all > 0;
  return restated ? "" : "its thinking does not end by saying the answer";
}

}  // namespace

std::vector<std::string_view> SentencesOf(std::string_view text) {
  std::vector<std::string_view> sentences;
  size_t from = 0;
  const auto end_at = [&](size_t end) {
    const std::string_view sentence = Trim(text.substr(from, end - from));
    if (!sentence.empty()) sentences.push_back(sentence);
  };
  for (size_t at = 0; at < text.size();) {
    const size_t size = EndSize(text, at);
    if (size > 0) {
      end_at(at);
      from = at + size;
    }
    at += size > 0 ? size : 1;
  }
  end_at(text.size());
  return sentences;
}

void ReadableReward::Options::Fields(FieldVisitor& v) {
  v.Field("language", language, CheckLanguageOption, "as of the reward language");
}

std::vector<hone::Score> ReadableReward::Score(const Group& group) const {
  const std::optional<std::string> language = LanguageFor(options_.language, group.prompt);
  std::vector<hone::Score> scores;
  for (const Completion& c : group.completions) {
    if (!language) {
      scores.push_back(FaultScore("the prompt's columns name no language that is known"));
      continue;
    }
    const std::string complaint = Complaint(c.text, *language);
    scores.push_back(
        ValueScore(name_, complaint.empty() ? 1.0 : 0.0, complaint.empty() ? "good to read" : complaint));
  }
  return scores;
}

}  // namespace hone
