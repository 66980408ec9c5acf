// Finds a function's declaration in C code and writes the main that calls it. Covered by
// tests/rewards/c_declaration_test.cc.
#ifndef HONE_REWARDS_CODE_C_DECLARATION_H_
#define HONE_REWARDS_CODE_C_DECLARATION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/call_harness.h"

namespace hone {

// A function's type in words: names of parameters and storage classes dropped, arrays written as pointers.
// "const" stays where it qualifies what a pointer points to.
struct CDeclaration {
  std::string returns;                  // "unsigned long long", "const char*"
  std::vector<std::string> parameters;  // none for () and (void)
};

// The first definition or prototype of `function` at the top level of the code, comments, strings and
// preprocessor lines aside; nullopt when there is none that reads as one. Linear time.
std::optional<CDeclaration> FindCDeclaration(std::string_view code, std::string_view function);

// See MakeCallProgram.
CallProgram MakeCCallProgram(std::string_view code, const CallShape& shape);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_C_DECLARATION_H_
