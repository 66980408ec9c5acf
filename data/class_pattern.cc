// See class_pattern.h.
#include "data/class_pattern.h"

#include <algorithm>
#include <string>

#include "data/utf8.h"

namespace hone {

namespace {

constexpr std::string_view kContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
constexpr std::string_view kContractionEnds[] = {"s", "t", "re", "ve", "m", "ll", "d"};
constexpr size_t kMaxClasses = 32;
constexpr size_t kMaxItems = 8;
constexpr uint32_t kMaxCount = 64;

// A letter in either case. Of the letters above only s has a third form, the long s.
CodePoints EitherCase(char letter) {
  CodePoints set(static_cast<char32_t>(letter), static_cast<char32_t>(letter));
  set.Add(CodePoints(static_cast<char32_t>(letter - 32), static_cast<char32_t>(letter - 32)));
  if (letter == 's') set.Add(CodePoints(0x17f, 0x17f));
  return set;
}

}  // namespace

// One pass over the pattern. Every function returns false on what is not understood.
class ClassPatternParser {
 public:
  explicit ClassPatternParser(std::string_view pattern) : rest_(pattern) {}

  bool Parse(ClassPattern& out) {
    do {
      if (!(Take(kContractions) ? Contractions() : OneAlternative())) return false;
    } while (Take("|"));
    if (!rest_.empty() || sets_.size() > kMaxClasses) return false;
    for (ClassPattern::Alternative& alternative : alternatives_) {
      if (!Finish(alternative)) return false;
      out.space_ |= alternative.ending == ClassPattern::Ending::kBeforeSpace ? 1u << SpaceIndex() : 0;
    }
    if (sets_.size() > kMaxClasses) return false;
    out.alternatives_ = std::move(alternatives_);
    out.masks_ = CodePointMasks(sets_);
    return true;
  }

 private:
  bool Take(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // Where an alternative may end: before another one or at the end of the pattern.
  bool AtEnd() const { return rest_.empty() || rest_[0] == '|'; }

  size_t Index(const CodePoints& set) {
    const size_t index = std::find(sets_.begin(), sets_.end(), set) - sets_.begin();
    if (index == sets_.size()) sets_.push_back(set);
    return std::min(index, kMaxClasses);
  }
  size_t SpaceIndex() { return Index(*CodePoints::Named("Space")) % kMaxClasses; }

  bool Contractions() {
    for (const std::string_view end : kContractionEnds) {
      ClassPattern::Alternative& alternative = alternatives_.emplace_back();
      Append(alternative, CodePoints(U'\'', U'\''));
      for (const char letter : end) Append(alternative, EitherCase(letter));
    }
    return AtEnd();
  }

  static constexpr uint32_t kTooMany = 0;
  void Append(ClassPattern::Alternative& alternative, const CodePoints& set) {
    const size_t index = Index(set);
    alternative.items.push_back({index < kMaxClasses ? 1u << index : kTooMany, 1, 1});
  }

  bool OneAlternative() {
    ClassPattern::Alternative alternative;
    while (!AtEnd()) {
      if (Take("(?!\\S)")) {
        alternative.ending = ClassPattern::Ending::kBeforeSpace;
        break;
      }
      if (Take("$")) {
        alternative.ending = ClassPattern::Ending::kLineEnd;
        break;
      }
      CodePoints set;
      if (!(rest_[0] == '[' ? Bracket(set) : Single(set, "^.*+?()[]{}|$"))) return false;
      Append(alternative, set);
      if (!Quantifier(alternative.items.back())) return false;
    }
    alternatives_.push_back(std::move(alternative));
    return AtEnd();
  }

  // A character or an escape; `special` holds what means something else here.
  bool Single(CodePoints& set, std::string_view special) {
    if (Take("\\")) return Escape(set);
    if (rest_.empty() || special.find(rest_[0]) != std::string_view::npos) return false;
    const Utf8Char c = NextUtf8(rest_, 0);
    rest_.remove_prefix(c.size);
    set = CodePoints(c.code_point, c.code_point);
    return c.valid;
  }

  bool Escape(CodePoints& set) {
    if (rest_.empty()) return false;
    const char c = rest_[0];
    rest_.remove_prefix(1);
    std::string name = c == 's' || c == 'S' ? "Space" : "Digit";
    if (c == 'p' || c == 'P') {
      const size_t close = rest_.find('}');
      if (!Take("{") || close == std::string_view::npos) return false;
      name = rest_.substr(0, close - 1);
      rest_.remove_prefix(close);
    } else if (std::string_view("sSdD").find(c) == std::string_view::npos) {
      const size_t control = std::string_view("rnt").find(c);
      if (control == std::string_view::npos && (c < '!' || c > '~' || std::isalnum(c))) return false;
      const char32_t meant =
          control == std::string_view::npos ? static_cast<char32_t>(c) : U"\r\n\t"[control];
      set = CodePoints(meant, meant);
      return true;
    }
    const std::optional<CodePoints> named = CodePoints::Named(name);
    if (!named) return false;
    set = c == 'S' || c == 'D' || c == 'P' ? named->Complement() : *named;
    return true;
  }

  bool Bracket(CodePoints& set) {
    rest_.remove_prefix(1);
    const bool negated = Take("^");
    if (Take("]")) return false;
    while (!Take("]")) {
      CodePoints item;
      if (rest_.substr(0, 2) == "&&" || !Single(item, "[-")) return false;
      if (Take("-")) {
        CodePoints last;
        if (!Single(last, "[]-") || item.ranges().size() != 1 || last.ranges().size() != 1) return false;
        const auto [low, low_end] = item.ranges()[0];
        const auto [high, high_end] = last.ranges()[0];
        if (low != low_end || high != high_end || high < low) return false;
        item = CodePoints(low, high);
      }
      set.Add(item);
    }
    if (negated) set = set.Complement();
    return true;
  }

  bool Number(uint32_t& value) {
    value = 0;
    const std::string_view before = rest_;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && value <= kMaxCount) {
      value = 10 * value + static_cast<uint32_t>(rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return rest_.size() < before.size() && value <= kMaxCount;
  }

  bool Quantifier(ClassPattern::Item& item) {
    if (Take("?")) {
      item.min = 0;
    } else if (Take("+")) {
      item.max = ClassPattern::kUnbounded;
    } else if (Take("*")) {
      item.min = 0;
      item.max = ClassPattern::kUnbounded;
    } else if (Take("{")) {
      if (!Number(item.min) || !Take(",") || !Number(item.max) || !Take("}") || item.min > item.max)
        return false;
    } else {
      return true;
    }
    return rest_.empty() || std::string_view("?+*{").find(rest_[0]) == std::string_view::npos;
  }

  // Its first classes; false if it can be empty or has so many open repeats that trying them could take long.
  bool Finish(ClassPattern::Alternative& alternative) {
    int open = 0;
    bool empty = true;
    for (const ClassPattern::Item& item : alternative.items) {
      open += item.max == ClassPattern::kUnbounded;
      if (empty) alternative.first |= item.bit;
      empty = empty && item.min == 0;
    }
    return !empty && open <= 2 && alternative.items.size() <= kMaxItems;
  }

  std::string_view rest_;
  std::vector<CodePoints> sets_;
  std::vector<ClassPattern::Alternative> alternatives_;
};

std::optional<ClassPattern> ClassPattern::Compile(std::string_view pattern) {
  ClassPattern out;
  if (!ClassPatternParser(pattern).Parse(out)) return std::nullopt;
  return out;
}

inline uint32_t ClassPattern::MaskAt(std::string_view text, size_t at, size_t& next) const {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    next = at + 1;
    return masks_.Ascii(lead);
  }
  if (lead < 0xe0) {
    next = at + 2;
    return masks_.Of((lead & 0x1fu) << 6 | (byte(1) & 0x3fu));
  }
  if (lead < 0xf0) {
    next = at + 3;
    return masks_.Of((lead & 0xfu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu));
  }
  next = at + 4;
  return masks_.Of((lead & 7u) << 18 | (byte(1) & 0x3fu) << 12 | (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu));
}

bool ClassPattern::EndingHolds(Ending ending, std::string_view text, size_t at) const {
  size_t next;
  switch (ending) {
    case Ending::kNone:
      return true;
    case Ending::kBeforeSpace:
      return at == text.size() || (MaskAt(text, at, next) & space_) != 0;
    case Ending::kLineEnd:
      return at == text.size() || text[at] == '\n';
  }
  return false;
}

// Takes as many characters as the item can have, then gives them back one by one until the rest matches.
size_t ClassPattern::MatchItems(const Alternative& alternative, size_t item, std::string_view text,
                                size_t at) const {
  if (item == alternative.items.size()) return EndingHolds(alternative.ending, text, at) ? at : kNoMatch;
  const auto [bit, min, max] = alternative.items[item];
  uint32_t count = 0;
  for (size_t next; count < max && at < text.size() && (MaskAt(text, at, next) & bit) != 0; ++count)
    at = next;
  for (;; --count) {
    if (count < min) return kNoMatch;
    const size_t end = MatchItems(alternative, item + 1, text, at);
    if (end != kNoMatch || count == 0) return end;
    do --at;
    while ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  }
}

size_t ClassPattern::MatchAt(std::string_view text, size_t at) const {
  size_t next;
  const uint32_t mask = MaskAt(text, at, next);
  for (const Alternative& alternative : alternatives_) {
    if ((mask & alternative.first) == 0) continue;
    const size_t end = MatchItems(alternative, 0, text, at);
    if (end != kNoMatch) return end;
  }
  return kNoMatch;
}

bool ClassPattern::Find(std::string_view text, size_t at, size_t& begin, size_t& end) const {
  // `\s+$` that fails at the beginning of a run fails in all of it.
  const bool one_run = alternatives_.size() == 1 && alternatives_[0].items.size() == 1 &&
                       alternatives_[0].items[0].max == kUnbounded;
  while (at < text.size()) {
    end = MatchAt(text, at);
    if (end != kNoMatch) {
      begin = at;
      return true;
    }
    size_t next;
    do {
      const bool inside = (MaskAt(text, at, next) & alternatives_[0].first) != 0;
      at = next;
      if (!inside) break;
    } while (one_run && at < text.size());
  }
  return false;
}

}  // namespace hone
