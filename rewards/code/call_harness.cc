// Putting programs together, and the one frame they write. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/call_harness.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "rewards/code/c_declaration.h"
#include "rewards/code/typed_value.h"

namespace hone {
namespace {

// What a call looks like in C++: the function's address, and an expression to put "(..)" behind.
struct CppName {
  std::string address, direct, object;
};

CppName NameInCpp(std::string_view code, const std::string& function) {
  const size_t point = function.find('.');
  if (point == std::string::npos) return {function, function, ""};
  const std::string outer = function.substr(0, point), inner = function.substr(point + 1);
  const std::string qualified = outer + "::" + inner;
  if (code.find("namespace " + outer) != std::string_view::npos) return {qualified, qualified, ""};
  return {qualified, "hone_object()." + inner,
          "static " + outer + "& hone_object() { static " + outer + " object; return object; }\n"};
}

CallProgram CppProgram(std::string_view code, const CallShape& shape) {
  const CppName name = NameInCpp(code, shape.function);
  const std::string call = name.direct + "(static_cast<decltype(hone_a)&&>(hone_a)...)";
  const std::string direct = "[](auto&&... hone_a) -> decltype(" + call + ") { return " + call + "; }";
  std::string program(code);
  program += "\n" + std::string(kCallPlace) + kUndefine;
  program += fmt::format("#define HONE_ARGUMENTS {}\n", shape.arguments);
  if (!shape.types.empty()) program += "#include <map>\n#include <string>\n#include <vector>\n";
  program += kCallReadCpp;
  program += kCallCallCpp;
  program += name.object;
  program += "extern \"C\" int __wrap_main(int, char**) { hone_call::";
  program += shape.types.empty() ? "Run(" + direct + ", &" + name.address + ");"
                                 : "RunAs(" + direct + ", " + shape.types + ");";
  return {program + " }\n", ""};
}

// "std::vector<int>", with `whole` for integers; empty when there is no such type.
std::string NaturalType(const TypedValue& value, const std::string& whole) {
  const auto common = [&](size_t first, size_t step) {
    std::string type = first < value.items.size() ? NaturalType(value.items[first], whole) : whole;
    for (size_t i = first; i < value.items.size(); i += step) {
      const std::string other = NaturalType(value.items[i], whole);
      const bool numbers = (type == whole || type == "double") && (other == whole || other == "double");
      if (numbers && type != other) type = "double";
      if (type != other && !numbers) return std::string();
    }
    return type;
  };
  switch (value.kind) {
    case TypedValue::Kind::kBool:
      return "bool";
    case TypedValue::Kind::kInt:
      return whole;
    case TypedValue::Kind::kFloat:
      return "double";
    case TypedValue::Kind::kString:
      return "std::string";
    case TypedValue::Kind::kList: {
      const std::string item = common(0, 1);
      return item.empty() ? "" : "std::vector<" + item + ">";
    }
    case TypedValue::Kind::kMap: {
      const std::string item = common(1, 2);
      return item.empty() ? "" : "std::map<std::string, " + item + ">";
    }
    default:
      return "";
  }
}

bool FitsInt(const TypedValue& value) {
  if (value.kind == TypedValue::Kind::kInt) {
    const double number = std::strtod(value.text.c_str(), nullptr);
    return number >= -2147483648.0 && number <= 2147483647.0;
  }
  return std::all_of(value.items.begin(), value.items.end(), FitsInt);
}

CallProgram JavaScriptProgram(std::string_view code, const std::string& function) {
  std::string program(code);
  const size_t point = function.find('.');
  program +=
      point == std::string::npos
          ? fmt::format("\n;const hone_function = typeof {0} === 'undefined' ? undefined : {0};", function)
          : fmt::format("\n;const hone_function = (...a) => (new {}()).{}(...a);", function.substr(0, point),
                        function.substr(point + 1));
  program += kCallTailJavaScript;
  return {program, ""};
}

}  // namespace

std::string ArgumentTypes(const std::string& args) {
  const TypedValue values = ParseJsonValue(args, "");
  std::string sets;
  for (const std::string whole : {"int", "long long", "double"}) {
    if (whole == "int" && !FitsInt(values)) continue;
    std::string set;
    for (const TypedValue& value : values.items) {
      const std::string type = NaturalType(value, whole);
      if (type.empty()) return "";
      set += (set.empty() ? "" : ", ") + type;
    }
    sets += (sets.empty() ? "" : ", ") + ("hone_call::Types<" + set + ">()");
  }
  return sets;
}

CallProgram MakeCallProgram(const Language& language, std::string_view code, const CallShape& shape) {
  switch (language.harness) {
    case Language::Harness::kC:
      return MakeCCallProgram(code, shape);
    case Language::Harness::kCpp:
      return CppProgram(code, shape);
    case Language::Harness::kJavaScript:
      return JavaScriptProgram(code, shape.function);
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
