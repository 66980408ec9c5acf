// A tokenizer and a look for NAME ( .. ) after a type. Covered by tests/rewards/c_declaration_test.cc.
#include "rewards/code/c_declaration.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace hone {
namespace {

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The end of the comment, literal or preprocessor line that begins at `at`, or `at` when none does.
size_t SkipAside(std::string_view code, size_t at, bool line_start) {
  const auto after = [&](std::string_view end, size_t from) {
    const size_t found = code.find(end, from);
    return found == std::string_view::npos ? code.size() : found + end.size();
  };
  if (code.substr(at).starts_with("/*")) return after("*/", at + 2);
  if (code.substr(at).starts_with("//")) return after("\n", at);
  if (code[at] == '"' || code[at] == '\'') {
    const char quote = code[at];
    for (++at; at < code.size() && code[at] != quote; ++at) at += code[at] == '\\';
    return std::min(at + 1, code.size());
  }
  if (code[at] != '#' || !line_start) return at;
  size_t end = after("\n", at);
  while (end < code.size() && end >= 2 && code[end - 2] == '\\') end = after("\n", end);
  return end;
}

// Words and single signs of the top level; what is in braces is one "{".
std::vector<std::string_view> TopLevelTokens(std::string_view code) {
  std::vector<std::string_view> tokens;
  size_t depth = 0;
  bool line_start = true;
  for (size_t at = 0; at < code.size();) {
    const size_t skipped = SkipAside(code, at, line_start);
    if (skipped != at) {
      line_start = code[skipped - 1] == '\n';
      at = skipped;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(code[at]))) {
      line_start = line_start || code[at] == '\n';
      ++at;
      continue;
    }
    line_start = false;
    size_t end = at + 1;
    while (IsWord(code[at]) && end < code.size() && IsWord(code[end])) ++end;
    if (code[at] == '}' && depth > 0) --depth;
    if (depth == 0) tokens.push_back(code.substr(at, end - at));
    if (code[at] == '{') ++depth;
    at = end;
  }
  return tokens;
}

bool Among(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsTypeWord(std::string_view word) {
  return Among(word,
               {"void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "_Bool"});
}

// "const char*" of the tokens of one declaration, its words as they are: what an alias stands for, the compiler knows. `named` allows
// one last word that is a name.
std::optional<std::string> TypeOf(std::vector<std::string_view> tokens, bool named) {
  std::erase_if(tokens, [](std::string_view token) {
    return Among(token, {"static", "inline", "extern", "register", "volatile", "restrict", "__restrict"});
  });
  std::string words, stars;
  bool has_type = false, has_name = false, is_const = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view token = tokens[i];
    if (token == "const") {
      is_const = is_const || stars.empty();
    } else if (token == "*") {
      stars += '*';
    } else if (token == "[") {
      stars += '*';
      while (i < tokens.size() && tokens[i] != "]") ++i;
    } else if (!IsWord(token[0]) || has_name) {
      return std::nullopt;
    } else if (named && has_type && !IsTypeWord(token)) {
      has_name = true;
    } else if (has_type && !IsTypeWord(token)) {
      return std::nullopt;
    } else {
      words += (words.empty() ? "" : " ") + std::string(token);
      has_type = !Among(token, {"struct", "union", "enum"});
    }
  }
  if (!has_type) return std::nullopt;
  return (is_const && !stars.empty() ? "const " : "") + words + stars;
}

// The parameters in the parentheses that open at `at`.
std::optional<std::vector<std::string>> ParametersOf(const std::vector<std::string_view>& tokens, size_t at) {
  std::vector<std::string> parameters;
  std::vector<std::string_view> one;
  for (++at; at < tokens.size(); ++at) {
    if (tokens[at] != "," && tokens[at] != ")") {
      one.push_back(tokens[at]);
      continue;
    }
    const bool ends = tokens[at] == ")";
    if (ends && parameters.empty() && (one.empty() || (one.size() == 1 && one[0] == "void")))
      return parameters;
    const std::optional<std::string> type = TypeOf(one, /*named=*/true);
    if (!type || *type == "void") return std::nullopt;
    parameters.push_back(*type);
    one.clear();
    if (ends) return parameters;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CDeclaration> FindCDeclaration(std::string_view code, std::string_view function) {
  const std::vector<std::string_view> tokens = TopLevelTokens(code);
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    if (tokens[i] != function || tokens[i + 1] != "(") continue;
    size_t begin = i;
    while (begin > 0 && !Among(tokens[begin - 1], {";", "{", "}", ")"})) --begin;
    const std::optional<std::string> returns = TypeOf({tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                                                       tokens.begin() + static_cast<std::ptrdiff_t>(i)},
                                                      /*named=*/false);
    const std::optional<std::vector<std::string>> parameters = ParametersOf(tokens, i + 1);
    if (returns && parameters) return CDeclaration{*returns, *parameters};
  }
  return std::nullopt;
}

CallProgram MakeCCallProgram(std::string_view code, const CallShape& shape) {
  const std::string& function = shape.function;
  const std::optional<CDeclaration> declaration = FindCDeclaration(code, function);
  if (!declaration) {
    return {"", "the submission has no declaration of a function " + function +
                    " whose parameters are values, strings or arrays"};
  }
  std::string types, reads, args, changed;
  for (size_t i = 0; i < declaration->parameters.size(); ++i) {
    types += fmt::format("typedef __typeof__({}) hone_p{};\n", declaration->parameters[i], i);
    reads += fmt::format("  hone_p{0} hone_a{0} = HONE_READ(hone_p{0});\n", i);
    args += fmt::format("{}hone_a{}", i > 0 ? ", " : "", i);
    changed += fmt::format("  HONE_CHANGED(hone_a{});\n", i);
  }
  const std::string call = function + "(" + args + ")";
  std::string program(code);
  // A submission's macros are part of its types and end with them.
  program += "\n" + std::string(kCallPlace) + types + kUndefine;
  program += "#define bool _Bool\n";
  program += kCallTailC;
  program += "int __wrap_main(void) {\n  hone_begin();\n";
  if (shape.arguments != declaration->parameters.size())
    program += "  hone_refuse(\"the function takes another number of arguments\");\n";
  program += reads;
  program += declaration->returns == "void" ? "  " + call + ";\n  hone_add(\"~\", 1);\n" + changed +
                                                  "  if (!hone_changed) hone_add(\"null\", 4);\n"
                                            : "  HONE_WRITE((" + call + "));\n";
  return {program + "  hone_send();\n}\n", ""};
}

}  // namespace hone
