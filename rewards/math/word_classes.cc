// Covered by tests/rewards/math_twist_test.cc.
#include "rewards/math/word_classes.h"

#include <algorithm>
#include <array>

#include "rewards/math/number_literal.h"

namespace hone {
namespace {

// In the order of their bytes.
// clang-format off
constexpr auto kWords = std::to_array<WordEntry>({
    {"a", kLink | kGlue}, {"about", kLink | kAgain}, {"above", kBound | kBeyond}, {"absurd", kBad},
    {"acceptable", kGood}, {"actually", kGlue}, {"add", kSum}, {"adding", kSum}, {"adds", kSum},
    {"all", kAny}, {"allowed", kGood}, {"almost", kBound}, {"also", kGlue}, {"alternatively", kRival | kFar},
    {"always", kLink}, {"an", kLink | kGlue}, {"answer", kLink | kGood}, {"antwort", kGood},
    {"any", kLink | kAny}, {"anything", kAny}, {"approximately", kLink | kAgain}, {"are", kLink | kVerb},
    {"around", kLink | kAgain}, {"as", kLink}, {"at", kLink}, {"aucun", kNot}, {"be", kLink | kGlue},
    {"becomes", kVerb}, {"been", kLink | kGlue}, {"being", kLink}, {"believe", kLink},
    {"below", kBound | kBeyond}, {"beneath", kBound | kBeyond}, {"besides", kApart},
    {"beyond", kBound | kBeyond}, {"but", kLink | kGlue}, {"can", kCopula}, {"cannot", kNot}, {"cant", kNot},
    {"case", kLink}, {"close", kLink}, {"correct", kGood}, {"correcta", kGood}, {"correcte", kGood},
    {"correcto", kGood}, {"cosine", kPartOf}, {"could", kCopula}, {"count", kSum}, {"counting", kSum},
    {"counts", kSum}, {"cube", kPartOf}, {"cubed", kPostfix}, {"das", kLink | kGlue}, {"definitely", kLink},
    {"der", kLink}, {"did", kCopula}, {"die", kLink | kGlue}, {"different", kContrast}, {"discard", kApart},
    {"discarded", kApart | kBad}, {"discarding", kApart}, {"divided", kInfix}, {"divisor", kPartOf},
    {"does", kCopula}, {"doesnt", kNot}, {"dont", kNot}, {"double", kBound}, {"doubled", kPostfix},
    {"doubt", kDenial}, {"doubts", kDenial}, {"down", kBeyond}, {"eight", kNumber, 8},
    {"eighteen", kNumber, 18}, {"eighth", kPartOf | kFraction, 8}, {"eighths", kFraction, 8},
    {"eighty", kNumber, 80}, {"either", kLink}, {"el", kLink | kGlue}, {"eleven", kNumber, 11},
    {"eliminate", kApart}, {"eliminated", kApart | kBad}, {"eliminating", kApart}, {"else", kRival | kFar},
    {"equal", kLink}, {"equals", kLink | kVerb}, {"equivalently", kAgain}, {"es", kLink | kCopula},
    {"est", kLink | kCopula}, {"even", kLink}, {"everything", kAny}, {"exactly", kLink}, {"exceed", kBound},
    {"exceeded", kBound}, {"exceeding", kBound}, {"exceeds", kBound}, {"except", kApart}, {"excess", kPartOf},
    {"exclude", kApart}, {"excluded", kApart | kBad}, {"excluding", kApart}, {"extraneous", kBad},
    {"fact", kGlue}, {"factor", kPartOf}, {"factorial", kPartOf | kPostfix}, {"fails", kBad}, {"falsa", kBad},
    {"falsch", kDenial | kBad}, {"false", kDenial | kBad}, {"falso", kDenial | kBad},
    {"far", kContrast | kGlue}, {"fausse", kBad}, {"faux", kDenial | kBad}, {"few", kLink | kDegree},
    {"fewer", kBeyond}, {"fifteen", kNumber, 15}, {"fifth", kPartOf | kFraction, 5}, {"fifths", kFraction, 5},
    {"fifty", kNumber, 50}, {"final", kLink}, {"find", kLink}, {"fit", kGood}, {"fits", kGood},
    {"five", kNumber, 5}, {"for", kLink}, {"forty", kNumber, 40}, {"found", kGlue}, {"four", kNumber, 4},
    {"fourteen", kNumber, 14}, {"fourth", kPartOf | kFraction, 4}, {"fourths", kFraction, 4},
    {"from", kLink | kBound}, {"get", kLink}, {"give", kLink}, {"gives", kLink | kVerb}, {"going", kLink},
    {"good", kGood}, {"greater", kBeyond}, {"had", kCopula}, {"half", kBound | kPartOf | kFraction, 2},
    {"halved", kPostfix}, {"halves", kFraction, 2}, {"hardly", kApart}, {"has", kCopula}, {"have", kLink},
    {"higher", kBeyond}, {"hold", kGood}, {"holds", kGood}, {"however", kGlue}, {"if", kLink},
    {"impossible", kDenial | kBad}, {"in", kLink | kGlue | kAgain}, {"incorrect", kDenial | kBad},
    {"incorrecta", kBad}, {"incorrecte", kBad}, {"incorrecto", kBad}, {"instead", kContrast},
    {"integer", kAny}, {"integers", kAny}, {"invalid", kBad}, {"inverse", kPartOf},
    {"is", kLink | kVerb | kCopula}, {"isnt", kNot}, {"ist", kLink | kCopula}, {"it", kLink | kGlue},
    {"it's", kLink | kCopula}, {"its", kLink}, {"itself", kGlue}, {"jamais", kNot},
    {"just", kLink | kGlue | kAgain}, {"juste", kGood}, {"kein", kNot}, {"keine", kNot},
    {"la", kLink | kGlue}, {"larger", kBeyond}, {"le", kLink | kGlue}, {"least", kLink | kDegree},
    {"leaves", kVerb}, {"less", kBeyond}, {"likely", kLink}, {"log", kPartOf}, {"logarithm", kPartOf},
    {"longer", kLink}, {"looks", kCopula}, {"lower", kBeyond}, {"makes", kVerb}, {"many", kLink | kDegree},
    {"max", kLimit}, {"maximum", kLink | kDegree | kPartOf | kLimit}, {"may", kCopula}, {"maybe", kRival},
    {"means", kVerb}, {"might", kCopula}, {"minimum", kLink | kDegree | kPartOf | kLimit},
    {"minus", kLink | kInfix}, {"mistake", kBad}, {"mistaken", kBad}, {"more", kBeyond},
    {"most", kLink | kDegree}, {"much", kLink | kDegree}, {"multiple", kPartOf}, {"must", kCopula},
    {"n'est", kCopula}, {"near", kLink | kBound}, {"nearly", kBound}, {"necessarily", kLink},
    {"negative", kLink | kPartOf}, {"nein", kNot}, {"neither", kNot}, {"never", kNot}, {"nicht", kNot},
    {"niemals", kNot}, {"nine", kNumber, 9}, {"nineteen", kNumber, 19}, {"ninety", kNumber, 90},
    {"ninth", kPartOf | kFraction, 9}, {"ninths", kFraction, 9}, {"no", kNot}, {"nobody", kNot},
    {"non", kNot}, {"none", kNot}, {"nope", kNot}, {"nor", kNot}, {"not", kNot}, {"nowhere", kApart},
    {"number", kLink | kAny}, {"numbers", kAny}, {"nunca", kNot}, {"of", kLink}, {"one", kNumber, 1},
    {"only", kLink}, {"opposite", kPartOf}, {"or", kLink}, {"other", kContrast}, {"otherwise", kRival | kFar},
    {"out", kLink | kGlue | kBad}, {"over", kBound | kBeyond | kInfix}, {"pas", kNot}, {"percent", kPartOf},
    {"perhaps", kRival}, {"plus", kInfix}, {"point", kInfix}, {"possible", kGood},
    {"possibly", kLink | kRival}, {"power", kPartOf}, {"proved", kCopula}, {"proves", kCopula},
    {"quadruple", kBound}, {"quarter", kPartOf | kFraction, 4}, {"quarters", kPartOf | kFraction, 4},
    {"quite", kGlue}, {"r", kInfix}, {"raised", kPostfix}, {"rather", kContrast | kAgain}, {"really", kLink},
    {"reciprocal", kPartOf}, {"refuse", kDenial}, {"reject", kApart}, {"rejected", kApart | kBad},
    {"rejecting", kApart}, {"remainder", kPostfix}, {"respuesta", kGood}, {"result", kLink},
    {"richtig", kGood}, {"right", kLink | kGood}, {"root", kPartOf}, {"roughly", kLink | kAgain},
    {"rule", kContrast}, {"ruled", kContrast | kBad}, {"rules", kContrast}, {"r\u00E9ponse", kGood},
    {"satisfies", kGood}, {"satisfy", kGood}, {"say", kLink}, {"scarcely", kApart}, {"seems", kCopula},
    {"seven", kNumber, 7}, {"seventeen", kNumber, 17}, {"seventh", kPartOf | kFraction, 7},
    {"sevenths", kFraction, 7}, {"seventy", kNumber, 70}, {"should", kCopula}, {"shown", kGlue},
    {"simply", kLink | kAgain}, {"sine", kPartOf}, {"six", kNumber, 6}, {"sixteen", kNumber, 16},
    {"sixth", kPartOf | kFraction, 6}, {"sixths", kFraction, 6}, {"sixty", kNumber, 60}, {"smaller", kBeyond},
    {"so", kAgain}, {"solution", kLink | kGood}, {"square", kPartOf}, {"squared", kPostfix}, {"still", kGlue},
    {"sum", kSum}, {"summing", kSum}, {"sums", kSum}, {"suppose", kLink}, {"tangent", kPartOf},
    {"ten", kNumber, 10}, {"tenth", kPartOf | kFraction, 10}, {"tenths", kFraction, 10},
    {"than", kLink | kBound}, {"that", kLink | kGlue}, {"that's", kCopula}, {"the", kLink | kGlue},
    {"then", kGlue}, {"thereabouts", kAgain}, {"therefore", kLink | kGlue}, {"think", kLink},
    {"third", kPartOf | kFraction, 3}, {"thirds", kPartOf | kFraction, 3}, {"thirteen", kNumber, 13},
    {"thirty", kNumber, 30}, {"this", kGlue}, {"three", kNumber, 3}, {"thrice", kBound}, {"through", kRival},
    {"thus", kGlue}, {"times", kBound | kInfix}, {"to", kLink | kGlue | kRival}, {"too", kBad},
    {"tops", kLimit}, {"total", kSum}, {"totals", kSum}, {"triple", kBound}, {"tripled", kPostfix},
    {"true", kGood}, {"turned", kCopula}, {"turns", kCopula}, {"twelve", kNumber, 12},
    {"twenty", kNumber, 20}, {"twice", kBound}, {"two", kNumber, 2}, {"under", kBound | kBeyond},
    {"unless", kRival | kFar}, {"unlikely", kDenial | kBad}, {"untrue", kBad}, {"up", kLink | kBeyond},
    {"upwards", kBeyond}, {"valid", kGood}, {"value", kLink | kAny}, {"values", kAny}, {"versus", kRival},
    {"vs", kRival}, {"was", kLink | kVerb | kCopula}, {"were", kLink | kVerb}, {"which", kGlue},
    {"will", kLink | kCopula}, {"within", kBound}, {"without", kApart}, {"wont", kNot}, {"work", kGood},
    {"works", kGood}, {"would", kCopula}, {"wouldnt", kNot}, {"wrong", kDenial | kBad}, {"x", kLink},
    {"yield", kLink}, {"yields", kLink | kVerb}, {"zero", kNumber},
});
// clang-format on

constexpr bool IsBefore(const WordEntry& a, const WordEntry& b) { return a.word < b.word; }
static_assert(std::is_sorted(kWords.begin(), kWords.end(), IsBefore));
constexpr WordEntry kNone;

}  // namespace

const WordEntry& FindWord(std::string_view word) {
  const auto at = std::lower_bound(kWords.begin(), kWords.end(), WordEntry{word}, IsBefore);
  return at != kWords.end() && at->word == word ? *at : kNone;
}

bool IsNot(std::string_view word) {
  return Is(word, kNot) || word.ends_with("n't") || word.ends_with("\u4E0D\u662F") ||
         word.ends_with("\u5E76\u975E");
}

bool IsWordByte(char c) { return IsLetter(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80; }

std::string LowerWord(std::string_view word) {
  std::string out;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word.substr(i).starts_with("\u2019")) {
      out += '\'';
      i += 2;
    } else {
      out += word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] - 'A' + 'a') : word[i];
    }
  }
  return out;
}

}  // namespace hone
