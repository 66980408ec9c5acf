#include "rewards/math/scale_words.h"

#include <algorithm>
#include <array>
#include <string>

namespace hone {
namespace {

using Kind = ScaleWord::Kind;

// Quarters are coins too, and seconds are seconds.
constexpr auto kScaleWords = std::to_array<ScaleWord>({{"billion", Kind::kTimes, 1000000000},
                                                       {"cubed", Kind::kPower, 3},
                                                       {"eighth", Kind::kOnePart, 8},
                                                       {"eighths", Kind::kPart, 8},
                                                       {"factorial", Kind::kFactorial, 1},
                                                       {"fifth", Kind::kOnePart, 5},
                                                       {"fifths", Kind::kPart, 5},
                                                       {"half", Kind::kOnePart, 2},
                                                       {"halves", Kind::kPart, 2},
                                                       {"hundred", Kind::kTimes, 100},
                                                       {"hundredth", Kind::kOnePart, 100},
                                                       {"hundredths", Kind::kPart, 100},
                                                       {"million", Kind::kTimes, 1000000},
                                                       {"millionth", Kind::kOnePart, 1000000},
                                                       {"millionths", Kind::kPart, 1000000},
                                                       {"ninth", Kind::kOnePart, 9},
                                                       {"ninths", Kind::kPart, 9},
                                                       {"seventh", Kind::kOnePart, 7},
                                                       {"sevenths", Kind::kPart, 7},
                                                       {"sixth", Kind::kOnePart, 6},
                                                       {"sixths", Kind::kPart, 6},
                                                       {"squared", Kind::kPower, 2},
                                                       {"tenth", Kind::kOnePart, 10},
                                                       {"tenths", Kind::kPart, 10},
                                                       {"third", Kind::kOnePart, 3},
                                                       {"thirds", Kind::kPart, 3},
                                                       {"thousand", Kind::kTimes, 1000},
                                                       {"thousandth", Kind::kOnePart, 1000},
                                                       {"thousandths", Kind::kPart, 1000},
                                                       {"trillion", Kind::kTimes, 1000000000000},
                                                       {"\u2030", Kind::kPart, 1000}});
static_assert(std::is_sorted(kScaleWords.begin(), kScaleWords.end(),
                             [](const ScaleWord& a, const ScaleWord& b) { return a.word < b.word; }));

}  // namespace

const ScaleWord* FindScaleWord(std::string_view word) {
  if (word.size() < 3 || word.size() > 11) return nullptr;
  std::string lower(word);
  if (lower[0] >= 'A' && lower[0] <= 'Z') lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
  const auto at = std::lower_bound(kScaleWords.begin(), kScaleWords.end(), lower,
                                   [](const ScaleWord& s, std::string_view w) { return s.word < w; });
  return at == kScaleWords.end() || at->word != lower ? nullptr : &*at;
}

}  // namespace hone
