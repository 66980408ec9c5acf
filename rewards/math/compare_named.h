// Values with names: x=1, y=2, or (x,y)=(1,2). Covered by tests/rewards/math_written_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_NAMED_H_
#define HONE_REWARDS_MATH_COMPARE_NAMED_H_

#include <optional>
#include <string>
#include <vector>

#include "rewards/math/compare_value.h"

namespace hone {

struct NamedValue {
  std::string name;
  Value equation;  // name = value
  Value value;
};

// Two or more equations, each of which gives another symbol its value, from a list or an equation of tuples; in the order
// written. None for anything else.
std::optional<std::vector<NamedValue>> NamedValues(const TermGraph& graph, const Value& value);

// In the order that coordinates have, where the names are such: x, y, z or a_1, a_2. Otherwise as written.
std::vector<NamedValue> InCoordinateOrder(std::vector<NamedValue> values);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_NAMED_H_
