// A requirement on named numbers, as recipes write them: "eval.pass@1 >= 0.8". Covered by tests/data/condition_test.cc.
#ifndef HONE_DATA_CONDITION_H_
#define HONE_DATA_CONDITION_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

struct Condition {
  std::string text;  // as written
  std::string name;
  std::string comparison;  // >= <= > < == !=
  double bound = 0.0;

  bool Holds(double value) const;  // never for a NaN
};

// "NAME COMPARISON NUMBER". Error naming `where` (a recipe key) for anything else.
Condition ParseCondition(std::string_view text, const std::string& where);
std::vector<Condition> ParseConditions(const std::vector<std::string>& texts, const std::string& where);

}  // namespace hone

#endif  // HONE_DATA_CONDITION_H_
