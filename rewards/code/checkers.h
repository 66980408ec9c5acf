// Whether an output is the expected one. Covered by tests/rewards/checkers_test.cc.
#ifndef HONE_REWARDS_CODE_CHECKERS_H_
#define HONE_REWARDS_CODE_CHECKERS_H_

#include <string>
#include <string_view>

#include "rewards/code/typed_value.h"

namespace hone {

struct CheckerSpec {
  // kToken    the same words; what blanks part them does not matter
  // kExact    the same bytes; PE when only blanks differ
  // kFloat    as kToken, but words that are both decimal numbers may differ by the tolerance
  // kUnordered  the same lines in any order; blanks inside and blank lines do not matter
  // kCustom   a program decides, see judge.h
  enum class Kind { kToken, kExact, kFloat, kUnordered, kCustom };
  Kind kind = Kind::kToken;
  double absolute = 1e-6, relative = 1e-6;  // of kFloat: |a - b| <= max(absolute, relative * |expected|)
  std::string language, code;               // of kCustom
};

// "token", "exact", "float", "unordered" or "custom". Error, with `where` and the nearest name, for any
// other.
CheckerSpec::Kind CheckerKindOf(std::string_view name, const std::string& where);

enum class Match { kAccepted, kWrong, kPresentation };

// Every kind but kCustom (a broken invariant). Time n log n at most.
Match CompareOutput(const CheckerSpec& checker, std::string_view expected, std::string_view actual);

// How the checker of a task compares returned values: kExact tells 42 from 42.0, kFloat has its tolerance,
// kUnordered takes the outermost list in any order; kToken and kCustom compare by value.
ValueRules RulesOf(const CheckerSpec& checker);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_CHECKERS_H_
