// Calls a function of a submission inside the box and carries its result out, typed, on a channel of its own.
// The function's expected result never comes near. Covered by tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_CALL_HARNESS_H_
#define HONE_REWARDS_CODE_CALL_HARNESS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/languages.h"

namespace hone {

// A program that calls functions, or why there can be none (`fault`, which is the submission's: a declaration
// that is missing or has types that cannot be passed).
struct CallProgram {
  std::string code;
  std::string fault;
};

// `code` with a main of ours behind it that calls `function`, for C, C++ and JavaScript. The linker puts it
// in the place of any main of the submission (see CallFlags). Types come from the submission's own
// declaration: C++ lets the compiler deduce them; in C the words of its declaration are read, and the compiler
// knows what they stand for. Where C++ has overloads or a template, it chooses by arguments of `types`.
struct CallShape {
  std::string function;
  size_t arguments = 0;
  std::string types = {};  // see ArgumentTypes; empty: those of the only function of that name
};
CallProgram MakeCallProgram(const Language& language, std::string_view code, const CallShape& shape);

// The C++ types that a JSON array's values have by nature, in several widths; empty for null and lists of mixed values.
std::string ArgumentTypes(const std::string& args);

// Our part of a program begins with this line, so that the compiler's messages tell it from the submission.
inline constexpr std::string_view kCallPlace = "#line 1 \"hone-call\"\n";

// Extra compiler flags of programs made by MakeCallProgram.
std::vector<std::string> CallFlags(const Language& language);

// The files and the command that call functions of a Python submission.
std::vector<BoxFile> PythonCallFiles(std::string_view code);
std::vector<std::string> PythonCallCommand();

// What the program reads from its stdin: the nonce, the function, the arguments as a JSON array; a line each.
std::string CallRequest(const std::string& nonce, const std::string& function, const std::string& args);

// 32 random hexadecimal digits.
std::string MakeNonce();

// What begins a payload that is no plain result: kRefused and why the function was not called, or kNothing and, for a
// function that returns nothing, the first argument that it can change, or null.
inline constexpr char kRefused = '!', kNothing = '~';

// The payload of a channel that holds exactly one frame: "NONCE LENGTH\n", the payload, "\nNONCE done\n".
// Anything else, an unfinished frame or one more byte, is nullopt.
std::optional<std::string> FramePayload(std::string_view stream, std::string_view nonce);

// The end of a compiled program whose test brings its own main: reports on the channel when that main has
// returned. Link with AssertFlags, which also rename a main of the submission.
std::string AssertTail();
std::vector<std::string> AssertFlags(std::string_view code);

// The source of parts of the harness.
extern const char* const kCallTailC;
extern const char* const kCallReadCpp;
extern const char* const kCallCallCpp;
extern const char* const kCallTailJavaScript;
extern const char* const kCallHarnessPython;
extern const char* const kPlainValuesPython;
extern const char* const kUndefine;

}  // namespace hone

#endif  // HONE_REWARDS_CODE_CALL_HARNESS_H_
