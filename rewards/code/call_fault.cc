// Reads gcc's messages. Covered by tests/rewards/judge_call_test.cc.
#include "rewards/code/call_fault.h"

#include <algorithm>

#include "data/utf8.h"

namespace hone {
namespace {

constexpr std::string_view kError = " error: ";

// The first line with an error.
std::string_view FirstError(std::string_view text) {
  size_t at = text.find(kError);
  const size_t fatal = text.find(" fatal error: ");
  at = std::min(at, fatal);
  if (at == std::string_view::npos) return text.substr(0, text.find('\n'));
  const size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Without gcc's quotation marks.
std::string Plain(std::string_view text) {
  std::string plain(text);
  for (const std::string_view mark : {"\u2018", "\u2019", "'"}) {
    for (size_t at; (at = plain.find(mark)) != std::string::npos;) plain.erase(at, mark.size());
  }
  return plain;
}

// What stands between two texts; empty when there is none.
std::string Between(std::string_view text, std::string_view begin, std::string_view end) {
  const size_t at = text.find(begin);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + begin.size());
  return std::string(text.substr(0, std::min(text.find(end), text.find('\n'))));
}

// "no JSON value fits an argument of the type Node*": the type is that of the instantiation before.
std::string Refusal(std::string_view diagnostics, std::string_view error) {
  const std::string reason = Plain(Between(error, "static assertion failed: ", "\n"));
  std::string_view before = diagnostics.substr(0, static_cast<size_t>(error.data() - diagnostics.data()));
  const size_t with = before.rfind("[with T = ");
  if (with == std::string_view::npos || !reason.ends_with("type")) return reason;
  before.remove_prefix(with);
  // The argument may hold brackets of its own; what ends it is "]", a quotation mark or the next argument.
  const std::string_view type =
      before.substr(10, std::min(before.find('\n'), before.rfind(']', before.find('\n'))) - 10);
  return reason + " " + std::string(type.substr(0, type.find(';')));
}

}  // namespace

bool NeedsArgumentTypes(std::string_view diagnostics) {
  return FirstError(diagnostics).starts_with("hone-call:") &&
         (Has(diagnostics, "unresolved overloaded function type") ||
          Has(diagnostics, "no matching function for call to") || Has(diagnostics, "no match for call to"));
}

std::string CallFault(const std::string& function, std::string_view diagnostics) {
  const std::string_view error = FirstError(diagnostics);
  const size_t at = error.find(kError);
  if (at == std::string_view::npos) return ValidUtf8(error);
  const std::string what = Plain(error.substr(at + kError.size()));
  if (Has(diagnostics, "static assertion failed: ") && Has(diagnostics, "hone-call:")) {
    const size_t refused = diagnostics.find(" error: static assertion failed: ");
    const size_t begin = diagnostics.rfind('\n', refused) + 1;
    if (refused != std::string_view::npos && diagnostics.substr(begin).starts_with("hone-call:"))
      return function + " cannot be called: " + Refusal(diagnostics, diagnostics.substr(refused));
  }
  if (!error.starts_with("hone-call:")) return ValidUtf8(error);
  if (what.starts_with(function + " was not declared") || Has(what, "has not been declared") ||
      Has(what, "is not a member of"))
    return "the submission defines no function " + function;
  const std::string selector = Between(what, "_Generic selector of type ", " is not compatible");
  const std::string why =
      !selector.empty()                                      ? "no JSON value fits the type " + selector
      : Has(what, "is private") || Has(what, "is protected") ? "it is not public"
      : Has(what, "unresolved overloaded function type")
          ? "it has overloads or is a template, and an argument is null or a list of mixed values"
      : Has(diagnostics, "hone_object()") && Has(what, "no matching function for call to")
          ? "its class needs arguments to be made"
          : ValidUtf8(what);
  return function + " cannot be called: " + why;
}

}  // namespace hone
