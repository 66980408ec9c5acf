// The languages of the judge: how each is compiled and run in the box. Covered by
// tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_LANGUAGES_H_
#define HONE_REWARDS_CODE_LANGUAGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/sandbox.h"

namespace hone {

struct Language {
  enum class Harness { kNone, kC, kCpp, kPython, kJavaScript };  // how functions are called

  std::string key;                   // as in a task
  std::string source;                // the file the code is put in
  std::vector<std::string> compile;  // makes `program` of `source`; empty when nothing is compiled
  std::string program;  // what the run needs beside the source: empty, or the file that compile makes
  std::vector<std::string> run;
  Harness harness = Harness::kNone;
  std::vector<std::string> environment = {};  // besides BoxEnvironment
  // What standard error holds (any of them) when an exception that nobody caught ended the program: its exit code is
  // then the interpreter's, 1 or 2, and says nothing. Empty where it ends by a signal or a code of its own.
  std::vector<std::string> crash_marks = {};

  bool has_calls() const { return harness != Harness::kNone; }
  bool has_asserts() const { return has_calls() && harness != Harness::kJavaScript; }
  bool is_compiled() const { return !compile.empty(); }
};

// Where boxes see the directory of precompiled headers: one folder per value of -std.
inline constexpr std::string_view kHeaderBox = "/opt/hone-headers";

// The row of a language that is installed here. Error, with `where` and the nearest key, when there is none,
// or when its tool is not installed.
const Language& FindLanguage(std::string_view key, const std::string& where);

// Keys of the languages that are installed here, in table order.
std::vector<std::string> InstalledLanguages();

// Toolchains outside /usr, which the boxes need to see.
std::vector<SharedDirectory> ToolDirectories();

// The whole environment of a program in the box, for a language or for a harness.
std::vector<std::string> BoxEnvironment();
std::vector<std::string> BoxEnvironment(const Language& language);

// f, ns_f2, or Solution.f: letters, digits and underscores, at most one point, at most 128 bytes.
bool IsFunctionName(std::string_view name);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_LANGUAGES_H_
