// Typed reading of JSON objects with helpful errors. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/submission.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>

#include "data/edit_distance.h"
#include "data/error.h"
#include "rewards/code/languages.h"

namespace hone {
namespace {

using Kind = TypedValue::Kind;

// One JSON object being read: every access names what was wrong and where.
class Object {
 public:
  Object(const TypedValue& value, std::string where, std::initializer_list<const char*> keys)
      : value_(value), where_(std::move(where)) {
    if (value.kind != Kind::kMap) throw Error("not a JSON object", where_, "");
    for (size_t i = 0; i + 1 < value.items.size(); i += 2) CheckKey(value.items[i].text, keys);
  }

  const TypedValue* Find(const char* key) const { return value_.Find(key); }
  const TypedValue& Get(const char* key) const {
    const TypedValue* found = Find(key);
    if (found == nullptr) throw Error(fmt::format("'{}' is missing", key), where_, "");
    return *found;
  }
  const std::string& Text(const char* key) const {
    const TypedValue& value = Get(key);
    if (value.kind != Kind::kString) Wrong(key, "a string");
    return value.text;
  }
  bool Flag(const char* key) const {
    const TypedValue* value = Find(key);
    if (value == nullptr) return false;
    if (value->kind != Kind::kBool) Wrong(key, "true or false");
    return value->boolean;
  }
  void Real(const char* key, double low, double high, double& out) const {
    const TypedValue* value = Find(key);
    if (value == nullptr) return;
    if (value->kind != Kind::kInt && value->kind != Kind::kFloat) Wrong(key, "a number");
    const double number =
        value->kind == Kind::kInt ? std::strtod(value->text.c_str(), nullptr) : value->number;
    if (!(number >= low && number <= high)) Wrong(key, fmt::format("from {} to {}", low, high));
    out = number;
  }
  void Integer(const char* key, double low, double high, int64_t& out) const {
    double number = static_cast<double>(out);
    Real(key, low, high, number);
    if (number != std::floor(number)) Wrong(key, "an integer");
    out = static_cast<int64_t>(number);
  }
  [[noreturn]] void Wrong(const char* key, const std::string& expected) const {
    throw Error(fmt::format("'{}' must be {}", key, expected), where_, "");
  }
  const std::string& where() const { return where_; }

 private:
  void CheckKey(const std::string& key, std::initializer_list<const char*> keys) const {
    const char* nearest = *keys.begin();
    std::string all;
    for (const char* known : keys) {
      if (key == known) return;
      if (EditDistance(key, known) < EditDistance(key, nearest)) nearest = known;
      all += (all.empty() ? "" : ", ") + std::string(known);
    }
    throw Error("unknown key '" + key + "'", where_,
                fmt::format("{}There are: {}", DidYouMean(key, nearest), all));
  }

  const TypedValue& value_;
  std::string where_;
};

CheckerSpec ParseChecker(const TypedValue& value, const std::string& where) {
  CheckerSpec checker;
  if (value.kind == Kind::kString) {
    checker.kind = CheckerKindOf(value.text, where);
    if (checker.kind == CheckerSpec::Kind::kCustom) {
      throw Error("a custom checker needs its program", where,
                  "write {\"type\":\"custom\",\"lang\":\"cpp\",\"code\":\"..\"}");
    }
    return checker;
  }
  const Object object(value, where, {"type", "abs", "rel", "lang", "code"});
  checker.kind = CheckerKindOf(object.Text("type"), where);
  object.Real("abs", 0.0, 1e300, checker.absolute);
  object.Real("rel", 0.0, 1e300, checker.relative);
  if (checker.kind == CheckerSpec::Kind::kCustom) {
    checker.language = FindLanguage(object.Text("lang"), where).key;
    checker.code = object.Text("code");
  }
  return checker;
}

RunLimits ParseLimits(const TypedValue& value, const std::string& where) {
  const Object object(value, where,
                      {"cpu_s", "wall_s", "memory_mb", "output_kb", "file_mb", "processes", "open_files"});
  RunLimits limits;
  object.Real("cpu_s", 0.01, 3600.0, limits.cpu_s);
  limits.wall_s = std::max(limits.wall_s, limits.cpu_s + 2.0);
  object.Real("wall_s", 0.01, 7200.0, limits.wall_s);
  object.Integer("memory_mb", 1, 1 << 20, limits.memory_mb);
  object.Integer("output_kb", 1, 1 << 20, limits.output_kb);
  object.Integer("file_mb", 0, 1 << 20, limits.file_mb);
  object.Integer("processes", 1, 4096, limits.processes);
  object.Integer("open_files", 8, 65536, limits.open_files);
  return limits;
}

JudgeTest ParseTest(const TypedValue& value, const std::string& where) {
  const Object object(value, where, {"stdin", "stdout", "call", "args", "returns", "assert"});
  const auto has = [&](const char* key) { return object.Find(key) != nullptr; };
  if (has("stdin") + has("call") + has("assert") > 1 || (!has("call") && (has("args") || has("returns"))) ||
      (has("stdout") && (has("call") || has("assert")))) {
    throw Error("keys of more than one kind of test", where,
                "give stdin and stdout, or call, args and returns, or assert");
  }
  JudgeTest test;
  if (has("assert")) {
    test.kind = JudgeTest::Kind::kAssert;
    test.assertion = object.Text("assert");
  } else if (has("call")) {
    test.kind = JudgeTest::Kind::kCall;
    test.function = object.Text("call");
    if (!IsFunctionName(test.function)) object.Wrong("call", "a function's name, or Class.method");
    if (object.Get("args").kind != Kind::kList) object.Wrong("args", "a list");
    test.args = ToJson(object.Get("args"));
    test.arguments = object.Get("args").items.size();
    test.returns = object.Get("returns");
  } else {
    test.stdout_text = object.Text("stdout");
    if (has("stdin")) test.stdin_text = object.Text("stdin");
  }
  return test;
}

JudgeTask TaskOf(const Object& object) {
  JudgeTask task;
  const std::string& where = object.where();
  const Language& language = FindLanguage(object.Text("lang"), where);
  task.language = language.key;
  const TypedValue& tests = object.Get("tests");
  if (tests.kind != Kind::kList || tests.items.empty())
    object.Wrong("tests", "a list with at least one test");
  for (size_t i = 0; i < tests.items.size(); ++i) {
    const std::string at = fmt::format("{}: tests[{}]", where, i);
    task.tests.push_back(ParseTest(tests.items[i], at));
    const JudgeTest::Kind kind = task.tests.back().kind;
    if ((kind == JudgeTest::Kind::kCall && !language.has_calls()) ||
        (kind == JudgeTest::Kind::kAssert && !language.has_asserts())) {
      throw Error(fmt::format("there are no such tests for {}", language.key), at, "use stdin and stdout");
    }
  }
  if (object.Find("checker") != nullptr)
    task.checker = ParseChecker(object.Get("checker"), where + ": checker");
  if (object.Find("limits") != nullptr) task.limits = ParseLimits(object.Get("limits"), where + ": limits");
  if (object.Find("score") != nullptr) {
    const std::string& score = object.Text("score");
    if (score != "fraction" && score != "all") object.Wrong("score", "\"fraction\" or \"all\"");
    task.all_or_nothing = score == "all";
  }
  task.allow_forgeable = object.Flag("allow_forgeable");
  return task;
}

}  // namespace

JudgeTask ParseTask(std::string_view json, const std::string& where) {
  const TypedValue value = ParseJsonValue(json, where);
  return TaskOf(Object(value, where, {"lang", "tests", "checker", "limits", "score", "allow_forgeable"}));
}

Submission ParseSubmission(std::string_view json, const std::string& where) {
  const TypedValue value = ParseJsonValue(json, where);
  const Object object(value, where,
                      {"id", "lang", "code", "tests", "checker", "limits", "score", "allow_forgeable"});
  Submission submission;
  if (const TypedValue* id = object.Find("id")) {
    if (id->kind == Kind::kList || id->kind == Kind::kMap) object.Wrong("id", "a string or a number");
    submission.id = *id;
  }
  submission.task = TaskOf(object);
  submission.code = object.Text("code");
  return submission;
}

}  // namespace hone
