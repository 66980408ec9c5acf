// See pre_tokenizer.h. The behaviours are those of Hugging Face's `tokenizers`.
#include "data/pre_tokenizer.h"

#include <algorithm>

#include "data/pre_tokenizer_family.h"
#include "data/utf8.h"

namespace hone {

namespace {

constexpr std::string_view kDigit = R"(\p{N})";
constexpr std::string_view kDigits = R"(\p{N}+)";

}  // namespace

void PreTokenizer::Describe(const std::string& step) {
  description_ = description_ == "none" ? step : description_ + ", " + step;
}

void PreTokenizer::AddSplit(Pattern pattern, Behavior behavior, bool invert) {
  Step step{Kind::kSplit, std::make_shared<const Pattern>(std::move(pattern)), behavior, invert, "",
            Blank::kNever};
  steps_.push_back(std::move(step));
}

PreTokenizer PreTokenizer::Read(const TokenizerSection& section) {
  PreTokenizer out;
  const std::vector<TokenizerSection> steps = FlatSteps(section, "pretokenizers");
  for (const TokenizerSection& step : steps) {
    if (out.byte_level_) step.Refuse("a step behind ByteLevel");
    out.ReadStep(step);
  }
  out.family_ = PreTokenizerFamily(out.description_);
  return out;
}

void PreTokenizer::ReadStep(const TokenizerSection& section) {
  const std::string type = section.Type();
  if (type == "ByteLevel") return ReadByteLevel(section);
  if (type == "Metaspace") return ReadMetaspace(section);
  if (type == "Digits") {
    section.AllowOnly({"individual_digits"});
    const bool each = section.Flag("individual_digits", false);
    AddSplit(Pattern::Regex(each ? kDigit : kDigits, section.where), Behavior::kIsolated);
    return Describe(each ? "digits one by one" : "digits");
  }
  if (type != "Split") section.Refuse("the pre-tokenizer " + section.value.at("type").dump());
  section.AllowOnly({"pattern", "behavior", "invert"});
  const std::string behavior = section.Text("behavior");
  constexpr std::pair<std::string_view, Behavior> kBehaviors[] = {
      {"Isolated", Behavior::kIsolated},
      {"Removed", Behavior::kRemoved},
      {"Contiguous", Behavior::kContiguous},
      {"MergedWithPrevious", Behavior::kMergedWithPrevious},
      {"MergedWithNext", Behavior::kMergedWithNext}};
  const auto* const known = std::find_if(std::begin(kBehaviors), std::end(kBehaviors),
                                         [&](const auto& entry) { return entry.first == behavior; });
  if (known == std::end(kBehaviors)) section.Refuse("the behavior '" + behavior.substr(0, 60) + "'");
  const bool invert = section.Flag("invert", false);
  AddSplit(section.PatternAt("pattern"), known->second, invert);
  const bool regex = section.value.at("pattern").contains("Regex");
  Describe((regex ? "/" : "text /") + steps_.back().pattern->text() + "/ " + behavior +
           (invert ? " inverted" : ""));
}

void PreTokenizer::ReadByteLevel(const TokenizerSection& section) {
  section.AllowOnly({"add_prefix_space", "trim_offsets", "use_regex"});
  byte_level_ = true;
  if (section.Flag("add_prefix_space", true)) {
    steps_.push_back({Kind::kSpaceBefore, nullptr, Behavior::kIsolated, false, "", Blank::kAlways});
    Describe("a blank before");
  }
  if (section.Flag("use_regex", true)) {
    AddSplit(Pattern::Regex(kGpt2Pattern, section.where), Behavior::kIsolated);
    Describe("/" + std::string(kGpt2Pattern) + "/ Isolated");
  }
  Describe("bytes");
}

void PreTokenizer::ReadMetaspace(const TokenizerSection& section) {
  section.AllowOnly({"replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"});
  Step step{Kind::kMetaspace, nullptr, Behavior::kIsolated, false, section.Text("replacement"),
            Blank::kAlways};
  if (step.replacement.empty() || NextUtf8(step.replacement, 0).size != step.replacement.size())
    section.Refuse("a replacement that is not one character");
  const std::string scheme = section.Has("prepend_scheme") ? section.Text("prepend_scheme") : "always";
  if (scheme == "never")
    step.blank = Blank::kNever;
  else if (scheme == "first")
    step.blank = Blank::kFirst;
  else if (scheme != "always")
    section.Refuse("prepend_scheme '" + scheme.substr(0, 60) + "'");
  if (!section.Flag("add_prefix_space", true) && step.blank != Blank::kNever)
    section.Refuse("add_prefix_space = false with prepend_scheme '" + scheme + "'");
  if (step.blank == Blank::kFirst && !steps_.empty())
    section.Refuse("prepend_scheme 'first' behind another step");
  const std::string replacement = step.replacement;
  steps_.push_back(std::move(step));
  Describe("blanks as '" + replacement + "', one before: " + scheme);
  if (section.Flag("split", true)) {
    AddSplit(Pattern::Literal(replacement, section.where), Behavior::kMergedWithNext);
    Describe("cut before each");
  }
}

void PreTokenizer::Isolate(const std::vector<Span>& matches, std::string_view text,
                           std::vector<std::string_view>& out) {
  size_t done = 0;
  for (const auto& [begin, end] : matches) {
    if (begin > done) out.push_back(text.substr(done, begin - done));
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    done = end;
  }
  if (done < text.size()) out.push_back(text.substr(done));
}

// What matched and what lies between is a row of parts; the behaviour says which neighbours stay together.
void PreTokenizer::Cut(const Step& step, const std::vector<Span>& matches, std::string_view text,
                       std::vector<std::string_view>& out) {
  struct Part {
    size_t begin, end;
    bool match;
  };
  std::vector<Part> parts;
  size_t done = 0;
  for (const auto& [begin, end] : matches) {
    if (begin > done) parts.push_back({done, begin, step.invert});
    parts.push_back({begin, end, !step.invert});
    done = end;
  }
  if (done < text.size()) parts.push_back({done, text.size(), step.invert});

  const bool backwards = step.behavior == Behavior::kMergedWithNext;
  const bool merged = backwards || step.behavior == Behavior::kMergedWithPrevious;
  if (backwards) std::reverse(parts.begin(), parts.end());
  std::vector<Part> kept;
  bool before = false;  // whether the part before was a match
  for (const Part& part : parts) {
    if (step.behavior == Behavior::kRemoved && part.match) continue;
    const bool joins = merged                                   ? part.match && !before
                       : step.behavior == Behavior::kContiguous ? part.match == before
                                                                : false;
    before = part.match;
    if (joins && !kept.empty()) {
      kept.back().begin = std::min(kept.back().begin, part.begin);
      kept.back().end = std::max(kept.back().end, part.end);
    } else {
      kept.push_back(part);
    }
  }
  if (backwards) std::reverse(kept.begin(), kept.end());
  for (const Part& part : kept) {
    if (part.end > part.begin) out.push_back(text.substr(part.begin, part.end - part.begin));
  }
}

std::string PreTokenizer::WithBlanks(const Step& step, std::string_view text, bool at_start) {
  const std::string blank = step.kind == Kind::kMetaspace ? step.replacement : " ";
  std::string out;
  for (const char c : text) {
    if (c == ' ')
      out += blank;
    else
      out += c;
  }
  const bool wanted = step.blank == Blank::kAlways || (step.blank == Blank::kFirst && at_start);
  if (wanted && out.compare(0, blank.size(), blank) != 0) out.insert(0, blank);
  return out;
}

PreTokenizer::Pieces PreTokenizer::Split(std::string_view text, bool at_start) const {
  Pieces pieces;
  if (text.empty()) return pieces;
  pieces.list = {text};
  std::vector<std::string_view> next;
  std::vector<Span> matches;
  for (const Step& step : steps_) {
    next.clear();
    for (const std::string_view piece : pieces.list) {
      if (step.kind != Kind::kSplit) {
        next.push_back(pieces.changed.emplace_back(WithBlanks(step, piece, at_start)));
        continue;
      }
      step.pattern->Matches(piece, matches);
      if (step.behavior == Behavior::kIsolated)
        Isolate(matches, piece, next);
      else
        Cut(step, matches, piece, next);
    }
    pieces.list.swap(next);
  }
  return pieces;
}

}  // namespace hone
