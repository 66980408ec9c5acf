// Words that are the answer, or its sign: "negative 5", "five", "option B". Covered by
// tests/rewards/math_twist_test.cc.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/word_classes.h"

namespace hone {
namespace {

constexpr size_t kLongestWords =
    64;  // bytes of an answer that is looked at as a number, choice or sentence in words

// Without the braces of \text{...}, and a full stop.
std::string_view Bare(std::string_view text) {
  if (text.starts_with("\\text{") && text.ends_with('}')) text = text.substr(6, text.size() - 7);
  const size_t begin = text.find_first_not_of(" *$"), end = text.find_last_not_of(" *.!$");
  if (begin == text.npos || end == text.npos || begin > end) return {};
  text = text.substr(begin, end + 1 - begin);
  return text.starts_with("\\text{") && text.ends_with('}') ? text.substr(6, text.size() - 7) : text;
}

bool IsSign(std::string_view word) { return word == "negative" || word == "minus"; }

// "negative 5" and "\text{negative }5" lose the word.
bool DropSign(std::string& text) {
  const std::string_view all = text;
  const size_t from = all.starts_with("\\text{") ? 6 : 0;
  const size_t end = std::min(all.find_first_of(" }", from), all.size());
  if (!IsSign(LowerWord(all.substr(from, end - from)))) return false;
  size_t at = std::min(all.find_first_not_of(from == 0 ? " " : " }", end), all.size());
  const bool whole = from != 0 && all.find('}') == all.size() - 1;  // \text{negative 5}
  if (at == all.size() || !(IsDigit(all[at]) || all[at] == '$' || all[at] == '\\')) return false;
  text = std::string(all.substr(at, all.size() - at - (whole ? 1 : 0)));
  return true;
}

// Whether "negative" or "minus" stands before `begin`; "12 minus 5" is a difference.
bool SignBefore(std::string_view text, Part part, size_t begin) {
  std::string_view before = text.substr(part.begin, begin - part.begin);
  for (const std::string_view box : {"\\boxed{", "\\fbox{"}) {
    if (before.ends_with(box)) before.remove_suffix(box.size());
  }
  const size_t last = before.find_last_not_of(" $*");
  if (last == before.npos || last + 1 >= before.size()) return false;
  size_t word = last + 1;
  while (word > 0 && IsLetter(before[word - 1])) --word;
  if (!IsSign(LowerWord(before.substr(word, last + 1 - word)))) return false;
  const size_t left = word == 0 ? before.npos : before.find_last_not_of(' ', word - 1);
  if (left == before.npos || before[left] == '\n') return true;
  return !IsDigit(before[left]) && std::string_view("$)}").find(before[left]) == std::string_view::npos;
}

// The words of a short text in lower case, parted by blanks and hyphens; none if it has anything else.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && IsLetter(text[end])) ++end;
    if (end == at || (end < text.size() && text[end] != ' ' && text[end] != '-')) return {};
    words.push_back(LowerWord(text.substr(at, end - at)));
    at = end + 1;
  }
  return words;
}

// Numbers below 1,000 and fractions, word by word.
class NumberWords {
 public:
  explicit NumberWords(const std::vector<std::string>& words) : words_(words) {}

  // "five", "twenty-five apples", "two thirds", "three and a half"; empty if it is none of them.
  std::string Read() {
    const std::string sign = IsSign(Word()) ? "-" : "";
    at_ += sign.size();
    int whole = 0, numerator = 0, denominator = 1;
    if (!Fraction(numerator, denominator)) {
      if (!Whole(whole)) return {};
      const size_t here = at_;
      if (Word() == "and" && ++at_ != 0 && !Fraction(numerator, denominator)) at_ = here;
    }
    std::string text = sign + std::to_string(whole * denominator + numerator);
    if (denominator > 1) text += "/" + std::to_string(denominator);
    if (at_ == words_.size()) return text;
    // One word more is what is counted, unless it makes something of the number.
    const bool label = at_ + 1 == words_.size() && FindWord(Word()).classes == 0 && !IsScale(Word());
    return label ? text + " " + words_[at_] : std::string();
  }

 private:
  static bool IsScale(std::string_view word) {
    return word.ends_with("illion") || word == "thousand" || word == "hundred" || word == "dozen";
  }
  std::string_view Word(size_t on = 0) const {
    return at_ + on < words_.size() ? std::string_view(words_[at_ + on]) : std::string_view();
  }
  bool Below100(int& value) {
    if (!Is(Word(), kNumber)) return false;
    value = FindWord(words_[at_++]).number;
    const int unit = Is(Word(), kNumber) ? FindWord(Word()).number : 0;
    if (value >= 20 && unit > 0 && unit < 10) {
      value += unit;
      ++at_;
    }
    return true;
  }
  bool Whole(int& value) {
    if (Word() == "a" && Word(1) == "hundred") {
      value = 1;
      ++at_;
    } else if (!Below100(value)) {
      return false;
    }
    if (Word() != "hundred" || value == 0 || value > 9) return true;
    ++at_;
    const size_t here = at_;
    int rest = 0;
    if (Word() == "and") ++at_;
    if (!Below100(rest)) at_ = here;
    value = 100 * value + rest;
    return true;
  }
  // "half", "a third", "three quarters"
  bool Fraction(int& numerator, int& denominator) {
    const bool counted = Word() == "a" || Is(Word(), kNumber);
    const std::string_view of = Word(counted ? 1 : 0);
    if (!Is(of, kFraction) || (!counted && of != "half")) return false;
    numerator = Is(Word(), kNumber) ? FindWord(Word()).number : 1;
    denominator = FindWord(of).number;
    at_ += counted ? 2 : 1;
    return true;
  }

  const std::vector<std::string>& words_;
  size_t at_ = 0;
};

// Past words such as "the correct option is", as far as `text` has them.
std::string_view PastFillers(std::string_view text, bool& named) {
  constexpr auto kFillers = std::to_array<std::string_view>(
      {"answer", "best", "choice", "correct", "is", "option", "right", "the"});
  while (true) {
    size_t size = 0;
    while (size < text.size() && IsLetter(text[size])) ++size;
    const std::string word = LowerWord(text.substr(0, size));
    if (std::find(kFillers.begin(), kFillers.end(), word) == kFillers.end()) return text;
    named |= word == "option" || word == "choice" || word == "correct" || word == "right" || word == "answer";
    text.remove_prefix(std::min(text.find_first_not_of(" :*", size), text.size()));
  }
}

// B of "Option B", "the correct choice is (B)", "B is the right answer"; 0 if it is no such text.
char ChoiceOf(std::string_view text) {
  bool named = false;
  text = PastFillers(text, named);
  if (text.starts_with('(') && text.find(')') == 2) text = std::string_view(text).substr(1);
  if (text.empty() || !IsLetter(text[0])) return 0;
  const char choice = text[0];
  text.remove_prefix(1);
  if (text.starts_with(')')) text.remove_prefix(1);
  if (text.starts_with(' ')) text = PastFillers(text.substr(1), named);
  return !named || !text.empty() ? 0 : choice >= 'a' ? static_cast<char>(choice - 'a' + 'A') : choice;
}

}  // namespace

std::string NumberInWords(std::string_view text) {
  if (text.size() > kLongestWords) return {};
  const std::vector<std::string> words = Words(Bare(text));
  return words.empty() ? std::string() : NumberWords(words).Read();
}

void ReadWords(std::string_view text, Part part, Extraction& out) {
  if (DropSign(out.text) || SignBefore(text, part, out.begin)) {
    if (out.text.starts_with('$') && out.text.ends_with('$') && out.text.size() > 2)
      out.text = out.text.substr(1, out.text.size() - 2);
    out.text = "-" + out.text;
    if (!out.alternative.empty()) out.alternative = "-" + out.alternative;
    return;
  }
  if (out.text.size() > kLongestWords) return;
  if (std::string number = NumberInWords(out.text); !number.empty()) {
    out.text = std::move(number);
  } else if (const char choice = ChoiceOf(Bare(out.text)); choice != 0) {
    out.text = choice;
  }
}

Part BeforeContrast(std::string_view text, Part part) {
  const std::string_view in = In(text, part);
  size_t end = in.size();
  const auto cut = [&](std::string_view at_word, bool reason) {
    const std::string_view said = in.substr(0, in.find(at_word));
    const bool value = !said.empty() && (!IsLetter(said[0]) || said.size() == 1 || said.find('=') == 2);
    if ((value || !reason) && std::count(said.begin(), said.end(), ' ') < 3) end = std::min(end, said.size());
  };
  for (const std::string_view contrast : {", not ", " (not ", " rather than ", " instead of "})
    cut(contrast, false);
  for (const std::string_view reason : {" because ", " since ", " as ", " at "}) cut(reason, true);
  if (end == 0) return part;
  if (end < in.size() && in[end - 1] == ',') --end;
  return {part.begin, part.begin + end};
}

std::string_view PredicateOf(std::string_view text) {
  const std::string_view said = Bare(text);
  if (said.size() > kLongestWords || said.find_first_of("\n?;:") != said.npos) return {};
  const size_t comma = said.find(',');
  if (comma != said.npos) {
    const std::string first = LowerWord(said.substr(0, comma));
    const bool verdict = first == "yes" || first == "no" || first == "true" || first == "false";
    return verdict ? said.substr(0, comma) : std::string_view();
  }
  size_t verb = said.npos;
  for (const std::string_view is : {" is ", " are "}) {
    const size_t at = said.rfind(is);
    if (at != said.npos && (verb == said.npos || at + is.size() > verb)) verb = at + is.size();
  }
  const std::vector<std::string> before = Words(said.substr(0, verb == said.npos ? 0 : verb));
  bool denied = false;  // "it is not true that it is even"; "the false statement is B" is none
  for (size_t i = 0; i < before.size(); ++i) {
    const bool adjective = i + 1 < before.size() && FindWord(before[i + 1]).classes == 0;
    denied |= IsNot(before[i]) || (Is(before[i], kDenial) && !adjective);
  }
  if (denied || (verb != said.npos && before.empty())) return {};
  std::string_view rest = verb == said.npos ? said : said.substr(verb);
  for (const std::string_view article : {"a ", "an ", "the ", "A ", "An ", "The ", "on ", "On "}) {
    if (rest.starts_with(article) && rest.size() > article.size() + 1) rest.remove_prefix(article.size());
  }
  return rest;
}

}  // namespace hone
