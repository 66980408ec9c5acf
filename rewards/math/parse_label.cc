// The words after a value that are no unit: what it counts. Covered by tests/rewards/math_label_test.cc.
#include <algorithm>
#include <array>
#include <string>

#include "rewards/math/parser.h"

namespace hone {
namespace {

constexpr size_t kMostLabelWords = 4;

// Where a label ends: what follows says no more about what was counted.
constexpr auto kStopWords =
    std::to_array<std::string_view>({"a",         "above",        "according", "after",     "again",
                                     "ago",       "all",          "already",   "also",      "altogether",
                                     "an",        "and",          "any",       "apiece",    "approximately",
                                     "are",       "as",           "at",        "because",   "before",
                                     "between",   "but",          "by",        "can",       "come",
                                     "could",     "did",          "do",        "does",      "due",
                                     "during",    "each",         "every",     "exactly",   "for",
                                     "from",      "given",        "had",       "has",       "have",
                                     "he",        "here",         "however",   "i",         "if",
                                     "in",        "including",    "is",        "it",        "its",
                                     "just",      "left",         "left-over", "leftover",  "more",
                                     "my",        "of",           "on",        "only",      "our",
                                     "over",      "overall",      "per",       "please",    "remain",
                                     "remaining", "respectively", "she",       "since",     "so",
                                     "still",     "such",         "than",      "that",      "the",
                                     "their",     "then",         "there",     "therefore", "these",
                                     "they",      "this",         "those",     "thus",      "to",
                                     "together",  "total",        "under",     "until",     "was",
                                     "we",        "were",         "when",      "where",     "which",
                                     "while",     "who",          "will",      "with",      "within",
                                     "without",   "would",        "yes",       "you",       "your"});
// The value is none, or not the only one: these words are never passed over.
constexpr auto kTwistWords =
    std::to_array<std::string_view>({"aren't", "can't", "cannot", "either", "isn't", "neither", "never", "no",
                                     "nor", "not", "or", "wasn't", "weren't", "won't", "wrong"});

// Words that say the opposite of one another: an axis and a side. They count wherever they stand in a label, and only
// against each other.
struct Sense {
  std::string_view word, code;
};
constexpr auto kSenses = std::to_array<Sense>(
    {{"above", "~a+"},    {"after", "~t+"},   {"afternoon", "~m3"}, {"backward", "~w-"},
     {"before", "~t-"},   {"below", "~a-"},   {"clockwise", "~c+"}, {"counterclockwise", "~c-"},
     {"decrease", "~g-"}, {"down", "~a-"},    {"east", "~e+"},      {"evening", "~m4"},
     {"fewer", "~g-"},    {"forward", "~w+"}, {"gain", "~g+"},      {"higher", "~a+"},
     {"increase", "~g+"}, {"left", "~l+"},    {"less", "~g-"},      {"loss", "~g-"},
     {"lower", "~a-"},    {"more", "~g+"},    {"morning", "~m1"},   {"night", "~m5"},
     {"noon", "~m2"},     {"north", "~n+"},   {"profit", "~g+"},    {"right", "~l-"},
     {"south", "~n-"},    {"up", "~a+"},      {"west", "~e-"}});

template <size_t n>
bool Contains(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::binary_search(words.begin(), words.end(), word);
}
static_assert(std::is_sorted(kStopWords.begin(), kStopWords.end()));
static_assert(std::is_sorted(kSenses.begin(), kSenses.end(),
                             [](const Sense& a, const Sense& b) { return a.word < b.word; }));
static_assert(std::is_sorted(kTwistWords.begin(), kTwistWords.end()));

bool IsWordToken(const Token& token) {
  return token.type == Tok::kWord || token.type == Tok::kText || token.type == Tok::kFunction ||
         (token.type == Tok::kLetter && token.value == kUpright);
}

bool IsWordByte(char c) {
  return IsLetter(c) || c == '\'' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

// cats -> cat, boxes -> box, cities -> city; only to compare with another word treated alike.
void MakeSingular(std::string& word) {
  const auto ends = [&](std::string_view tail) {
    return word.size() > tail.size() + 1 && word.ends_with(tail);
  };
  if (ends("ies")) {
    word.replace(word.size() - 3, 3, "y");
  } else if (ends("ses") || ends("xes") || ends("ches") || ends("shes")) {
    word.resize(word.size() - 2);
  } else if (ends("s") && !ends("ss") && !ends("us") && !ends("is")) {
    word.pop_back();
  }
}

}  // namespace

// Adds the words of one token; false where a word takes the value back or offers another.
bool MathParser::AddLabelWords(std::string_view said, Label& label) {
  for (size_t i = 0; i < said.size();) {
    if (!IsWordByte(said[i])) {
      label.aside |= said[i] == '(';
      label.closed |= said[i] == ',' || said[i] == '.' || said[i] == ';' || said[i] == '(';
      ++i;
      continue;
    }
    size_t end = i;
    while (end < said.size() && IsWordByte(said[end])) ++end;
    std::string word(said.substr(i, end - i));
    i = end;
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool heavy = word == "or" || word == "either" || word == "wrong";  // in an aside too
    if (Contains(kTwistWords, word) && (heavy || !label.aside)) return false;
    const bool unparted = std::any_of(word.begin(), word.end(), [](char c) {  // scripts without blanks
      return static_cast<unsigned char>(c) >= 0xE3;
    });
    const auto sense = std::lower_bound(kSenses.begin(), kSenses.end(), word,
                                        [](const Sense& s, const std::string& w) { return s.word < w; });
    if (sense != kSenses.end() && sense->word == word && !label.aside) {
      label.text += (label.text.empty() ? "" : " ") + std::string(sense->code);
    }
    label.closed |= unparted || Contains(kStopWords, word) || label.words >= kMostLabelWords;
    if (label.closed) continue;
    MakeSingular(word);
    ++label.words;
    label.text += (label.text.empty() ? "" : " ") + word;
  }
  return true;
}

// 9 apples, 19 points in all: the value with its label, or as it is when the words say nothing about it.
ExprId MathParser::ParseLabel(ExprId value) {
  const size_t begin = at_;
  Label label;
  while (IsWordToken(Now()) ||
         (Is(Tok::kLetter) && (Now().text == "a" || Now().text == "A") && IsWordToken(Ahead())) ||
         (Is(Tok::kSlash) && (Ahead().type == Tok::kWord || Ahead().type == Tok::kText))) {
    label.closed |= Is(Tok::kSlash);
    if (!AddLabelWords(Now().text, label))
      return FailAt("words that take the value back, or offer another", tokens_[begin].begin);
    ++at_;
  }
  every_word_counts_ &= at_ == begin;
  return label.text.empty() ? value : builder_.AddText(ExprKind::kLabeled, label.text, {value});
}

}  // namespace hone
