// Putting programs together, and the one frame they write. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

#include <fmt/core.h>

#include <cstdlib>
#include <random>

#include "rewards/code/c_declaration.h"

namespace hone {
namespace {

// Class.method as C++ has it.
std::string Member(const std::string& function) {
  const size_t point = function.find('.');
  return point == std::string::npos ? function
                                    : function.substr(0, point) + "::" + function.substr(point + 1);
}

CallProgram CppProgram(std::string_view code, const std::string& function) {
  std::string program(code);
  program += "\n";
  program += kUndefine;
  program += kCallReadCpp;
  program += kCallCallCpp;
  program += "\nextern \"C\" int __wrap_main(int, char**) { hone_call::Run(&" + Member(function) + "); }\n";
  return {program, ""};
}

CallProgram JavaScriptProgram(std::string_view code, const std::string& function) {
  std::string program(code);
  const size_t point = function.find('.');
  program += point == std::string::npos
                 ? "\n;const hone_function = " + function + ";"
                 : fmt::format("\n;const hone_function = (...a) => (new {}()).{}(...a);",
                               function.substr(0, point), function.substr(point + 1));
  program += kCallTailJavaScript;
  return {program, ""};
}

}  // namespace

CallProgram MakeCallProgram(const Language& language, std::string_view code, const std::string& function) {
  switch (language.harness) {
    case Language::Harness::kC:
      return MakeCCallProgram(code, function);
    case Language::Harness::kCpp:
      return CppProgram(code, function);
    case Language::Harness::kJavaScript:
      return JavaScriptProgram(code, function);
    default:
      std::abort();  // nothing to put behind the others
  }
}

std::vector<std::string> CallFlags(const Language& language) {
  if (!language.is_compiled()) return {};
  return {"-Wl,--wrap=main"};
}

std::string CallRequest(const std::string& nonce, const std::string& function, const std::string& args) {
  return nonce + "\n" + function + "\n" + args;
}

std::string MakeNonce() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", source(), source(), source(), source());
}

std::optional<std::string> FramePayload(std::string_view stream, std::string_view nonce) {
  const auto take = [&](std::string_view text) {
    if (!stream.starts_with(text)) return false;
    stream.remove_prefix(text.size());
    return true;
  };
  if (!take(nonce) || !take(" ")) return std::nullopt;
  size_t size = 0, digits = 0;
  while (digits < stream.size() && digits < 10 && stream[digits] >= '0' && stream[digits] <= '9') {
    size = 10 * size + static_cast<size_t>(stream[digits++] - '0');
  }
  stream.remove_prefix(digits);
  if (digits == 0 || !take("\n") || stream.size() < size) return std::nullopt;
  const std::string payload(stream.substr(0, size));
  stream.remove_prefix(size);
  const bool ends = take("\n") && take(nonce) && take(" done\n") && stream.empty();
  return ends ? std::optional(payload) : std::nullopt;
}

// argv[1] is the nonce. A return from main is what counts: exit() in a constructor, or before the last
// assertion, never gets here.
std::string AssertTail() {
  return std::string("\n") + kUndefine + R"c(
#ifdef __cplusplus
extern "C" {
#endif
int __real_main(int, char**);
long hone_write(int, const void*, unsigned long) __asm__("__write");
int __wrap_main(int argc, char** argv) {
  int code = __real_main(argc, argv);
  if (code == 0) {
    hone_write(3, argv[1], 32);
    hone_write(3, " 0\n\n", 4);
    hone_write(3, argv[1], 32);
    hone_write(3, " done\n", 6);
  }
  return code;
}
#ifdef __cplusplus
}
#endif
)c";
}

std::vector<std::string> AssertFlags(std::string_view code) {
  std::vector<std::string> flags = {"-Wl,--wrap=main"};
  if (code.find("main") != std::string_view::npos) flags.push_back("-Dmain=hone_submission_main");
  return flags;
}

}  // namespace hone
