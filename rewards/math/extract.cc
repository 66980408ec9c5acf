#include "rewards/math/extract.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "data/utf8.h"
#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/parse.h"
#include "rewards/math/token.h"

namespace hone {
namespace {

constexpr size_t kMaxWords = 48;         // bytes of a bare answer in words that hold numbers
constexpr size_t kMaxBareAnswer = 1024;  // bytes of a completion that may be nothing but its answer

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// What a model wrote before the first mark that ends its turn, and after its thoughts if it says anything after them.
Part Spoken(std::string_view text) {
  static constexpr auto kMarks =
      std::to_array<std::string_view>({"<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|eot_id|>", "<|end|>",
                                       "</s>", "<\uFF5Cend\u2581of\u2581sentence\uFF5C>"});
  Part part{0, text.size()};
  for (size_t at = text.find('<', 1); at != text.npos; at = text.find('<', at + 1)) {
    const std::string_view rest = text.substr(at);
    if (std::none_of(kMarks.begin(), kMarks.end(), [&](std::string_view m) { return rest.starts_with(m); }))
      continue;
    part.end = at;
    break;
  }
  constexpr std::string_view kThought = "</think>";
  const size_t thought = FindLast(In(text, part), kThought);
  if (thought != text.npos) {
    const Part rest = Trimmed(text, {thought + kThought.size(), part.end});
    if (!rest.empty()) return rest;
  }
  return Trimmed(text, part);
}

Look FindTag(std::string_view text, Part part, Part& inside, Extraction& out) {
  constexpr std::string_view kOpen = "<answer>", kClose = "</answer>";
  const std::string_view in = In(text, part);
  const size_t open = FindLast(in, kOpen);
  if (open == in.npos) return Look::kAbsent;
  const size_t close = in.find(kClose, open);
  if (close == in.npos) {
    out.reason = "the last <answer> is not closed";
    return Look::kBroken;
  }
  inside = Trimmed(text, {part.begin + open + kOpen.size(), part.begin + close});
  if (!inside.empty()) return Look::kFound;
  out.reason = "the last <answer> is empty";
  return Look::kBroken;
}

// Whether a line is one formula, readable or not: no words but those of mathematics and those in \text{}.
bool IsFormula(std::string_view in) {
  bool sign = false;
  int text_depth = 0;  // of the braces of \text{}
  for (size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    if (c == '\n') return false;
    if (c == '\\') {
      size_t end = i + 1;
      while (end < in.size() && IsLetter(in[end])) ++end;
      const NamedToken* command = FindLatexCommand(in.substr(i + 1, end - i - 1));
      if (command != nullptr && command->type == Tok::kStyle && end < in.size() && in[end] == '{')
        text_depth = 1;
      i = std::max(end, i + 2) - 1 + (text_depth == 1 && end < in.size() && in[end] == '{');
      sign = true;
    } else if (text_depth > 0) {
      text_depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    } else if (IsLetter(c)) {
      size_t end = i;
      while (end < in.size() && IsLetter(in[end])) ++end;
      const std::string_view run = in.substr(i, end - i);
      if (run == "is" || (run.size() >= 3 && FindPlainWord(run) == nullptr && FindUnit(run) == nullptr))
        return false;
      i = end - 1;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const Utf8Char wide = NextUtf8(in, i);
      if (FindUnicode(wide.code_point) == nullptr) return false;
      i += wide.size - 1;
      sign = true;
    } else {
      sign |= c != ' ' && c != '.' && c != '\'' && c != '!' && c != '?' && c != ',';
    }
  }
  return sign;
}

// The whole part when it is an answer by itself.
bool FindBare(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  if (part.end - part.begin > kMaxBareAnswer) return false;
  const Part before = BeforeContrast(text, part);  // "B, not A"
  if (before.end - before.begin == 1 && IsLetter(text[before.begin])) part = before;
  const std::string_view in = In(text, part);
  const ParseResult parsed = ParseMath(in, policy);
  if (IsTwisted(in) && !parsed.every_word_counts) return false;
  if (!parsed.ok && !IsFormula(in) && NumberInWords(in).empty()) return false;
  if (parsed.ok && parsed.expr.kind(parsed.expr.root()) == ExprKind::kText && !IsDate(in)) {
    for (const char c : in) {
      if (IsDigit(c)) return false;
    }
  }
  Fill(text, part, "the whole text", out);
  out.anchor = Anchor::kExpression;
  return true;
}

using Finder = Look (*)(std::string_view, Part, const MathPolicy&, Extraction&);
struct Step {
  Anchor anchor;
  Finder find;
};

// In the order that the policy asks for. True when the search is over, whether or not there is an answer.
bool Search(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  const bool phrase_first = policy.box_or_phrase == BoxOrPhraseRule::kPhrase;
  const Step box{Anchor::kBox, FindBox}, phrase{Anchor::kPhrase, FindPhrase};
  std::array<Step, 3> steps = {box, Step{Anchor::kHash, FindHash}, phrase};
  if (phrase_first) steps = {phrase, box, Step{Anchor::kHash, FindHash}};
  for (const Step& step : steps) {
    if (policy.box_required == Switch::kOn && step.anchor != Anchor::kBox) continue;
    const Look look = step.find(text, part, policy, out);
    if (look == Look::kAbsent) continue;
    if (look == Look::kFound) out.anchor = step.anchor;
    return true;
  }
  if (policy.box_required == Switch::kOn) {
    out.reason = "there is no box";
    return true;
  }
  return false;
}

}  // namespace

const char* AnchorName(Anchor anchor) {
  static constexpr auto kNames =
      std::to_array<const char*>({"none", "answer tag", "box", "####", "phrase", "expression", "bracket"});
  return kNames[static_cast<size_t>(anchor)];
}

size_t FindLast(std::string_view text, std::string_view what, size_t from) {
  if (text.size() < what.size()) return text.npos;
  constexpr size_t kStretch = 1024;  // a sanitizer checks all the bytes that memrchr is given, each time
  size_t end = std::min(from, text.size() - what.size()) + 1;
  while (end > 0) {
    const size_t begin = end - std::min(end, kStretch);
    const void* at = memrchr(text.data() + begin, what[0], end - begin);
    end = at == nullptr ? begin : static_cast<size_t>(static_cast<const char*>(at) - text.data());
    if (at != nullptr && text.substr(end, what.size()) == what) return end;
  }
  return text.npos;
}

Part Trimmed(std::string_view text, Part part) {
  while (!part.empty() && IsBlank(text[part.begin])) ++part.begin;
  while (!part.empty() && IsBlank(text[part.end - 1])) --part.end;
  return part;
}

void Fill(std::string_view text, Part part, std::string reason, Extraction& out) {
  out.found = true;
  out.begin = part.begin;
  out.end = part.end;
  out.text = In(text, part);
  out.reason = std::move(reason);
}

Extraction ExtractAnswer(std::string_view completion, const MathPolicy& policy) {
  Extraction out;
  Part part = Spoken(completion);
  if (part.empty()) {
    out.reason = "nothing was said";
    return out;
  }
  Part inside;
  const Look tag = FindTag(completion, part, inside, out);
  if (tag == Look::kBroken) return out;
  if (tag == Look::kFound) part = inside;
  bool over = Search(completion, part, policy, out);
  if (!over) over = FindBare(completion, part, policy, out);
  if (!over && policy.bracket_answer == Switch::kOn) {
    over = FindBracket(completion, part, policy, out) == Look::kFound;
    if (over) out.anchor = Anchor::kBracket;
  }
  if (!over) {
    const bool denied = !out.reason.empty();  // by "the answer is not"
    const Look look = FindExpression(completion, part, policy, out);
    over = look != Look::kAbsent;
    const bool words = look == Look::kBroken && !denied && part.end - part.begin <= kMaxWords &&
                       tag != Look::kFound && ParseMath(In(completion, part), policy).ok;
    if (words) Fill(completion, part, "the words, for " + out.reason + " is no answer", out);  // "5 or more"
    if (out.found) out.anchor = Anchor::kExpression;
  }
  if (!over && tag == Look::kFound) {
    Fill(completion, part, "the words", out);
    over = true;
  }
  if (tag == Look::kFound && out.found) {
    out.anchor = Anchor::kAnswerTag;
    out.reason = "the last <answer>: " + out.reason;
  }
  if (!over) out.reason = "there is no formula and no number";
  out.words = out.found && IsTwisted(out.text) && !ParseMath(out.text, policy).every_word_counts;
  if (out.found && !out.words) ReadWords(completion, part, out);
  return out;
}

}  // namespace hone
