// The order of things: compile what the tests need, run them, sum up. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/judge.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "data/error.h"
#include "data/utf8.h"
#include "rewards/code/call_fault.h"
#include "rewards/code/call_harness.h"
#include "rewards/code/test_run.h"

namespace hone {
namespace {

// The programs of one submission: each text is compiled once, whatever number of tests need it.
class Programs {
 public:
  Programs(Compiler& compiler, const Submission& submission, const Language& language,
           JudgeClock::time_point until)
      : compiler_(compiler), submission_(submission), language_(language), until_(until) {}

  const Compiled& For(const JudgeTest& test) {
    if (!language_.is_compiled()) return none_;
    const Compiled& program = ForKey(test, KeyOf(test), "");
    if (program.ok || test.kind != JudgeTest::Kind::kCall || !NeedsArgumentTypes(program.diagnostics)) {
      return program;
    }
    const std::string types = ArgumentTypes(test.args);
    return types.empty() ? program : ForKey(test, KeyOf(test) + " " + types, types);
  }

 private:
  static std::string KeyOf(const JudgeTest& test) {
    if (test.kind == JudgeTest::Kind::kStdio) return "";
    if (test.kind == JudgeTest::Kind::kAssert) return "assert " + test.assertion;
    return "call " + test.function + " " + std::to_string(test.arguments);
  }
  const Compiled& ForKey(const JudgeTest& test, const std::string& key, const std::string& types) {
    const auto [entry, is_new] = compiled_.try_emplace(key);
    if (is_new) entry->second = Compile(test, types);
    return entry->second;
  }
  Compiled Compile(const JudgeTest& test, const std::string& types) {
    const TestProgram program = ProgramOf(submission_, language_, test, types);
    if (!program.fault.empty()) return {false, "", program.fault};
    return compiler_.Compile(language_, program.code, program.flags, until_);
  }

  Compiler& compiler_;
  const Submission& submission_;
  const Language& language_;
  const JudgeClock::time_point until_;
  const Compiled none_ = {true, "", ""};
  std::map<std::string, Compiled> compiled_;
};

TestOutcome RunTest(const TestContext& context, const JudgeTest& test) {
  switch (test.kind) {
    case JudgeTest::Kind::kStdio:
      return RunStdioTest(context, test);
    case JudgeTest::Kind::kCall:
      return RunCallTest(context, test);
    case JudgeTest::Kind::kAssert:
      return RunAssertTest(context, test);
  }
  std::abort();
}

std::string Cut(const std::string& text) {
  return text.size() <= kShownBytes ? text : ValidUtf8(text.substr(0, kShownBytes)) + "...";
}

Compiled CompileChecker(Compiler& compiler, const CheckerSpec& checker, JudgeClock::time_point until) {
  if (checker.kind != CheckerSpec::Kind::kCustom) return {true, "", ""};
  const Language& language = FindLanguage(checker.language, "checker");
  if (!language.is_compiled()) return {true, "", ""};
  Compiled compiled = compiler.Compile(language, checker.code, {}, until);
  if (!compiled.ok) throw Error("the checker does not compile: " + Cut(compiled.diagnostics), "", "");
  return compiled;
}

void SumUp(const JudgeTask& task, Outcome& outcome) {
  size_t accepted = 0;
  outcome.verdict = JudgeVerdict::kAC;
  for (const TestOutcome& test : outcome.tests) {
    accepted += test.verdict == JudgeVerdict::kAC;
    outcome.forgeable = outcome.forgeable || test.forgeable;
    if (outcome.verdict == JudgeVerdict::kAC || test.verdict == JudgeVerdict::kIE) {
      outcome.verdict = test.verdict;
      outcome.note = test.note;
    }
  }
  const double share = static_cast<double>(accepted) / static_cast<double>(task.tests.size());
  outcome.score = task.all_or_nothing ? (accepted == task.tests.size() ? 1.0 : 0.0) : share;
}

void Run(Sandbox& sandbox, Compiler& compiler, const Submission& submission, JudgeClock::time_point until,
         Outcome& outcome) {
  const JudgeTask& task = submission.task;
  const Language& language = FindLanguage(task.language, "");
  if (submission.code.size() > kMaxCodeBytes) {
    outcome.verdict = JudgeVerdict::kCE;
    outcome.note = "the program is longer than 1 MiB";
    return;
  }
  const Compiled checker = CompileChecker(compiler, task.checker, until);
  Programs programs(compiler, submission, language, until);
  for (const JudgeTest& test : task.tests) {
    const Compiled& program = programs.For(test);
    outcome.compile_ms = std::max(outcome.compile_ms, program.wall_ms);
    outcome.diagnostics = Cut(program.diagnostics);
    if (!program.ok) {
      outcome.verdict = JudgeVerdict::kCE;
      if (test.kind == JudgeTest::Kind::kCall) outcome.note = CallFault(test.function, program.diagnostics);
      outcome.tests.clear();
      return;
    }
    outcome.tests.push_back(RunTest({sandbox, submission, language, program, checker, until}, test));
    if (task.all_or_nothing && outcome.tests.back().verdict != JudgeVerdict::kAC) break;
  }
  SumUp(task, outcome);
}

}  // namespace

std::string_view NameOf(JudgeVerdict verdict) {
  constexpr const char* kNames[] = {"AC", "WA", "PE", "CE", "TLE", "MLE", "OLE", "RE", "IE"};
  return kNames[static_cast<size_t>(verdict)];
}

std::string DefaultCacheDirectory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::string(cache) + "/hone/judge";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string(home) + "/.cache/hone/judge" : "";
}

Judge::Judge(const JudgeOptions& options)
    : sandbox_(2 * options.threads, CompilerDirectories(options.cache_directory)),
      compiler_(sandbox_, options.cache_directory),
      slots_(options.threads) {}

Judge::~Judge() = default;

Outcome Judge::Run(const Submission& submission, JudgeClock::time_point until) {
  Outcome outcome;
  outcome.note = kDeadlinePassed;
  if (until == kNoDeadline) {
    slots_.acquire();
  } else if (!slots_.try_acquire_until(until)) {
    return outcome;
  }
  outcome.note.clear();
  try {
    hone::Run(sandbox_, compiler_, submission, until, outcome);
  } catch (const std::exception& e) {  // the box, the cache or the checker failed, or memory ran out here
    outcome.verdict = JudgeVerdict::kIE;
    outcome.note = e.what();
  }
  slots_.release();
  return outcome;
}

}  // namespace hone
