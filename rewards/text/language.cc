// See language.h. Covered by tests/rewards/language_test.cc.
#include "rewards/text/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "data/error.h"
#include "data/json.h"
#include "data/utf8.h"

namespace hone {
namespace {

enum Script : unsigned {
  kNone = 0,
  kLatin = 1,
  kGreek = 2,
  kCyrillic = 4,
  kHebrew = 8,
  kArabic = 16,
  kDevanagari = 32,
  kThai = 64,
  kHan = 128,
  kKana = 256,
  kHangul = 512,
  kOther = 1024,  // letters of any script that no language here uses
};
constexpr unsigned kWithoutBlanks = kThai | kHan | kKana;

struct Block {
  char32_t first, last;
  Script script;
};
// Letters and their marks, by Unicode block; ordered.
constexpr Block kBlocks[] = {
    {'A', 'Z', kLatin},
    {'a', 'z', kLatin},
    {0xAA, 0xAA, kLatin},
    {0xBA, 0xBA, kLatin},
    {0xC0, 0xD6, kLatin},
    {0xD8, 0xF6, kLatin},
    {0xF8, 0x24F, kLatin},
    {0x370, 0x373, kGreek},
    {0x376, 0x37D, kGreek},
    {0x386, 0x386, kGreek},
    {0x388, 0x3FF, kGreek},
    {0x400, 0x52F, kCyrillic},
    {0x531, 0x58F, kOther},
    {0x591, 0x5BD, kHebrew},
    {0x5D0, 0x5F2, kHebrew},
    {0x610, 0x61A, kArabic},
    {0x620, 0x65F, kArabic},
    {0x66E, 0x6D3, kArabic},
    {0x6D5, 0x6EF, kArabic},
    {0x6FA, 0x77F, kArabic},
    {0x780, 0x8FF, kOther},
    {0x900, 0x963, kDevanagari},
    {0x971, 0x97F, kDevanagari},
    {0x980, 0xDFF, kOther},
    {0xE01, 0xE3A, kThai},
    {0xE40, 0xE4E, kThai},
    {0xE80, 0x10FF, kOther},
    {0x1100, 0x11FF, kHangul},
    {0x1200, 0x1DFF, kOther},
    {0x1E00, 0x1EFF, kLatin},
    {0x1F00, 0x1FFF, kGreek},
    {0x2C00, 0x2DFF, kOther},
    {0x3005, 0x3007, kHan},
    {0x3041, 0x309F, kKana},
    {0x30A1, 0x30FF, kKana},
    {0x3131, 0x318E, kHangul},
    {0x31F0, 0x31FF, kKana},
    {0x3400, 0x4DBF, kHan},
    {0x4E00, 0x9FFF, kHan},
    {0xA000, 0xA8DF, kOther},
    {0xA8E0, 0xA8FF, kDevanagari},
    {0xAC00, 0xD7A3, kHangul},
    {0xF900, 0xFAFF, kHan},
    {0xFB50, 0xFDFF, kArabic},
    {0xFE70, 0xFEFC, kArabic},
    {0xFF66, 0xFF9D, kKana},
    {0x20000, 0x3FFFF, kHan},
};

Script ScriptOf(char32_t c) {
  const auto* const block = std::lower_bound(std::begin(kBlocks), std::end(kBlocks), c,
                                             [](const Block& b, char32_t wanted) { return b.last < wanted; });
  return block != std::end(kBlocks) && c >= block->first ? block->script : kNone;
}

struct Language {
  std::string_view name;
  unsigned scripts;
  std::string_view common;  // of a Latin language: its commonest words, each between blanks
};
constexpr Language kLanguages[] = {
    {"en", kLatin,
     " the of and to a in is that it was for on are as with his they at be this from have or by one had not "
     "but "
     "what all were when we there can an your which their said if do will each how them then so no he i you "
     "my "
     "me her has its more about would could who our let since because thus therefore answer "},
    {"de", kLatin,
     " der die das und ist nicht ein eine einen einem einer ich du er sie es wir ihr zu den dem des mit sich "
     "auf "
     "für als auch an nach wie im aus bei noch nur wenn aber oder wird sind war haben hat werden kann also "
     "daher "
     "dass von so in durch "},
    {"fr", kLatin,
     " le la les de des du un une et est en que qui dans pour pas sur au aux avec ce cette il elle nous vous "
     "ils "
     "elles je tu ne se plus par mais ou où donc sont être avoir fait comme si leur car on a y "},
    {"es", kLatin,
     " el la los las de del un una y es en que no por con para se su al lo como más pero sus le ya o este "
     "esta "
     "entonces porque cuando muy sin sobre también me hasta hay donde son está a si "},
    {"it", kLatin,
     " il lo la i gli le di del della dei un una e è in che non per con si su al come più ma sono da nel "
     "alla "
     "questo questa anche o quindi perché quando se ha ho a "},
    {"pt", kLatin,
     " o a os as de do da dos das um uma e é em que não por com para se no na mais como mas ao ele ela seu "
     "sua "
     "ou quando muito então porque são também já está isso "},
    {"zh", kHan, ""},
    {"ja", kHan | kKana, ""},
    {"ko", kHangul, ""},
    {"ru", kCyrillic, ""},
    {"el", kGreek, ""},
    {"he", kHebrew, ""},
    {"ar", kArabic, ""},
    {"hi", kDevanagari, ""},
    {"th", kThai, ""},
};

const Language* FindLanguage(std::string_view name) {
  for (const Language& language : kLanguages) {
    if (language.name == name) return &language;
  }
  return nullptr;
}

bool IsCommon(const Language& language, const std::string& blank_word_blank) {
  return language.common.find(blank_word_blank) != std::string_view::npos;
}

bool MayBelong(const Language& target, Script script, const std::string& word) {
  if ((target.scripts & script) == 0) return false;
  constexpr size_t kLongestCommon = 16;  // bytes; so that the search stays linear
  if (script != kLatin || word.size() > kLongestCommon) return true;
  const std::string spaced = " " + word + " ";
  if (IsCommon(target, spaced)) return true;
  return std::none_of(std::begin(kLanguages), std::end(kLanguages),
                      [&](const Language& other) { return IsCommon(other, spaced); });
}

// Capitals of ASCII and Latin-1 only: the word lists hold nothing else.
void AppendLower(std::string& word, char32_t c) {
  const bool capital = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
  word += EncodeUtf8(capital ? c + 0x20 : c);
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Copies a text without what no language is written in.
class Stripper {
 public:
  explicit Stripper(std::string_view text) : text_(text) {
    for (size_t i = 0; i < kSpans.size(); ++i) last_close_[i] = text.rfind(kSpans[i].close);
  }

  std::string Strip() {
    while (at_ < text_.size()) {
      if (SkipSpan() || SkipCommand() || SkipTag()) {
        out_ += ' ';
      } else {
        out_ += text_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  struct Span {
    std::string_view open, close;
    bool one_line;     // ends with its line
    bool open_to_end;  // unclosed it reaches to the end; otherwise it is no span
  };
  static constexpr std::array<Span, 7> kSpans = {{{"```", "```", false, true},
                                                  {"~~~", "~~~", false, true},
                                                  {"$$", "$$", false, true},
                                                  {"\\[", "\\]", false, true},
                                                  {"\\(", "\\)", false, true},
                                                  {"`", "`", true, false},
                                                  {"$", "$", true, false}}};

  bool SkipSpan() {
    for (size_t i = 0; i < kSpans.size(); ++i) {
      const Span& span = kSpans[i];
      if (text_.substr(at_, span.open.size()) != span.open) continue;
      const size_t begin = at_ + span.open.size();
      size_t end = std::string_view::npos;
      // Looks only when there is a close somewhere ahead: each look then moves on, or ends with its line.
      if (last_close_[i] != std::string_view::npos && last_close_[i] >= begin) {
        if (span.one_line && line_end_ < begin) line_end_ = std::min(text_.find('\n', begin), text_.size());
        const std::string_view where = span.one_line ? text_.substr(0, std::max(line_end_, begin)) : text_;
        end = where.find(span.close, begin);
      }
      if (end == std::string_view::npos && !span.open_to_end) continue;
      at_ = end == std::string_view::npos ? text_.size() : end + span.close.size();
      return true;
    }
    return false;
  }

  bool SkipCommand() {  // \frac, but not the text in its braces
    if (text_[at_] != '\\' || at_ + 1 >= text_.size() || !IsLetter(text_[at_ + 1])) return false;
    for (++at_; at_ < text_.size() && IsLetter(text_[at_]);) ++at_;
    return true;
  }

  bool SkipTag() {  // <think>, </answer>: letters and nothing else
    if (text_[at_] != '<') return false;
    size_t end = at_ + 1;
    if (end < text_.size() && text_[end] == '/') ++end;
    const size_t first = end;
    while (end < text_.size() && end < first + 32 && (IsLetter(text_[end]) || text_[end] == '_')) ++end;
    if (end == first || end >= text_.size() || text_[end] != '>') return false;
    at_ = end + 1;
    return true;
  }

  const std::string_view text_;
  std::array<size_t, kSpans.size()> last_close_{};
  size_t at_ = 0, line_end_ = 0;
  std::string out_;
};

}  // namespace

std::string WithoutCodeAndLatex(std::string_view text) { return Stripper(text).Strip(); }

WordCount CountWords(std::string_view text, std::string_view language) {
  const Language* target = FindLanguage(language);
  if (target == nullptr) std::abort();  // options are checked when they are read
  WordCount count;
  Script script = kNone;
  std::string word;
  const auto end_word = [&] {
    if (script != kNone) {
      ++count.all;
      count.target += MayBelong(*target, script, word);
    }
    script = kNone;
    word.clear();
  };
  const std::string plain = WithoutCodeAndLatex(text);
  for (size_t at = 0; at < plain.size();) {
    const Utf8Char c = NextUtf8(plain, at);
    at += c.size;
    const bool mark = c.code_point >= 0x300 && c.code_point <= 0x36F;  // goes with the letter before
    const Script its = mark ? script : ScriptOf(c.code_point);
    if (its != script || (its & kWithoutBlanks) != 0) end_word();
    script = its;
    if (its == kLatin && word.size() < 64) AppendLower(word, c.code_point);
  }
  end_word();
  return count;
}

std::vector<std::string> LanguageNames() {
  std::vector<std::string> names;
  for (const Language& language : kLanguages) names.emplace_back(language.name);
  return names;
}

std::string CheckLanguageOption(const std::string& option) {
  if (option == kLanguageOfPrompt || FindLanguage(option) != nullptr) return "";
  std::string all;
  for (const Language& known : kLanguages) all += std::string(known.name) + ", ";
  return "it must be one of " + all + kLanguageOfPrompt;
}

std::optional<std::string> LanguageFor(const std::string& option, const Prompt& prompt) {
  if (option != kLanguageOfPrompt) return option;
  if (prompt.columns.empty()) return std::nullopt;
  try {
    const nlohmann::json columns = ParseStrictJson(prompt.columns, "columns");
    const auto column = columns.is_object() ? columns.find("language") : columns.end();
    if (column == columns.end() || !column->is_string()) return std::nullopt;
    auto name = column->get<std::string>();
    return FindLanguage(name) == nullptr ? std::nullopt : std::optional(std::move(name));
  } catch (const Error&) {
    return std::nullopt;
  }
}

void LanguageReward::Options::Fields(FieldVisitor& v) {
  v.Field(
      "language", language, CheckLanguageOption,
      "language of the completion, as ISO 639-1 has it: en, de, zh, ...; prompt: what the prompt's column "
      "language says");
}

std::vector<hone::Score> LanguageReward::Score(const Group& group) const {
  const std::optional<std::string> language = LanguageFor(options_.language, group.prompt);
  std::vector<hone::Score> scores;
  for (const Completion& c : group.completions) {
    if (!language) {
      scores.push_back(FaultScore("the prompt's columns name no language that is known"));
      continue;
    }
    const WordCount count = CountWords(c.text, *language);
    if (count.all == 0) {
      scores.push_back({hone::Score::Status::kNotApplicable, 0.0, {}, "there are no words"});
      continue;
    }
    scores.push_back(ValueScore(name_, static_cast<double>(count.target) / static_cast<double>(count.all),
                                fmt::format("{} of {} words may be {}", count.target, count.all, *language)));
  }
  return scores;
}

}  // namespace hone
