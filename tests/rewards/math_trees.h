// What the parser tests share: an answer's tree as text, and rows of answers with their trees.
#ifndef HONE_TESTS_REWARDS_MATH_TREES_H_
#define HONE_TESTS_REWARDS_MATH_TREES_H_

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "rewards/math/parse.h"

namespace hone {

// Or "!! reason @offset".
inline std::string Tree(const std::string& text, const MathPolicy& policy = {}) {
  const ParseResult result = ParseMath(text, policy);
  return result.ok ? ToString(result.expr) : "!! " + result.reason + " @" + std::to_string(result.offset);
}

inline void CheckTrees(const std::vector<std::pair<std::string, std::string>>& rows) {
  for (const auto& [text, tree] : rows) {
    CAPTURE(text);
    CHECK(Tree(text) == tree);
  }
}

}  // namespace hone

#endif  // HONE_TESTS_REWARDS_MATH_TREES_H_
