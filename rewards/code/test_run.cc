// The three kinds of test, from a request of the sandbox to a verdict. Covered by
// tests/rewards/judge_test.cc.
#include "rewards/code/test_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <optional>

#include "data/error.h"
#include "data/utf8.h"
#include "rewards/code/assert_proxy.h"
#include "rewards/code/call_harness.h"
#include "rewards/code/channel.h"

namespace hone {
namespace {

using End = RunResult::End;

std::string Shown(const std::string& text) {
  return ValidUtf8(std::string_view(text).substr(0, kShownBytes)) + (text.size() > kShownBytes ? "..." : "");
}

// What a run came to before its output is looked at: kAC when it ended by itself with code 0.
TestOutcome OutcomeOf(const RunResult& run) {
  TestOutcome outcome;
  outcome.cpu_ms = run.cpu_ms;
  outcome.wall_ms = run.wall_ms;
  outcome.memory_kb = run.memory_kb;
  outcome.out = Shown(run.out);
  outcome.err = Shown(run.err);
  switch (run.end) {
    case End::kExited:
      outcome.exit_code = run.exit_code;
      outcome.verdict = run.exit_code == 0 ? JudgeVerdict::kAC : JudgeVerdict::kRE;
      break;
    case End::kSignalled:
      outcome.signal = run.signal;
      outcome.verdict = JudgeVerdict::kRE;
      break;
    case End::kCpuLimit:
    case End::kWallLimit:
      outcome.verdict = JudgeVerdict::kTLE;
      break;
    case End::kMemoryLimit:
      outcome.verdict = JudgeVerdict::kMLE;
      break;
    case End::kOutputLimit:
    case End::kFileLimit:
      outcome.verdict = JudgeVerdict::kOLE;
      break;
  }
  return outcome;
}

RunRequest ProgramRequest(const TestContext& context) {
  RunRequest request;
  request.until = context.until;
  request.argv = context.language.run;
  request.environment = BoxEnvironment(context.language);
  request.limits = context.submission.task.limits;
  if (context.language.is_compiled()) {
    request.files = {{context.language.program, context.program.program, /*executable=*/true}};
  } else {
    request.files = {{context.language.source, context.submission.code}};
  }
  return request;
}

TestOutcome& Fail(TestOutcome& outcome, JudgeVerdict verdict, std::string note) {
  outcome.verdict = verdict;
  outcome.note = std::move(note);
  return outcome;
}

// Of a program that should have ended otherwise.
std::string HowItEnded(const RunResult& run) {
  switch (run.end) {
    case End::kExited:
      return fmt::format("ended with exit code {}", run.exit_code);
    case End::kSignalled:
      return fmt::format("was ended by signal {}", run.signal);
    case End::kCpuLimit:
    case End::kWallLimit:
      return "went over its time limit";
    case End::kMemoryLimit:
      return "went over its memory limit";
    case End::kOutputLimit:
    case End::kFileLimit:
      return "wrote more than its limit";
  }
  std::abort();
}

bool Crashed(const Language& language, const RunResult& run) {
  return std::any_of(language.crash_marks.begin(), language.crash_marks.end(),
                     [&](const std::string& mark) { return run.err.find(mark) != std::string::npos; });
}

RunResult RunChecker(const TestContext& context, const JudgeTest& test, const std::string& output) {
  const CheckerSpec& checker = context.submission.task.checker;
  const Language& language = FindLanguage(checker.language, "checker");
  RunRequest request;
  request.until = context.until;
  request.argv = language.run;
  request.argv.insert(request.argv.end(), {"input.txt", "output.txt", "expected.txt"});
  request.environment = BoxEnvironment(language);
  request.files = {
      {"input.txt", test.stdin_text}, {"output.txt", output}, {"expected.txt", test.stdout_text}};
  if (language.is_compiled()) {
    request.files.push_back({language.program, context.checker.program, /*executable=*/true});
  } else {
    request.files.push_back({language.source, checker.code});
  }
  request.limits.cpu_s = 10.0;
  request.limits.wall_s = 20.0;
  request.limits.memory_mb = 512;
  request.limits.file_mb = 256;
  return context.sandbox.Run(request);
}

// A checker's word: exit code 0 accepted, 1 wrong, 2 presentation; anything else is the checker's own failure. One that
// an exception ended fell over the output, which is then wrong, if it accepts the expected one; else it is broken.
JudgeVerdict AskChecker(const TestContext& context, const JudgeTest& test, const std::string& output,
                        std::string& note) {
  const RunResult run = RunChecker(context, test, output);
  note = Shown(run.err.empty() ? run.out : run.err);
  const bool exited = run.end == End::kExited;
  if (exited && run.exit_code == 0) return JudgeVerdict::kAC;
  if (Crashed(FindLanguage(context.submission.task.checker.language, "checker"), run)) {
    const RunResult expected = RunChecker(context, test, test.stdout_text);
    if (expected.end == End::kExited && expected.exit_code == 0) return JudgeVerdict::kWA;
    note = "the checker does not accept the expected output either: " + note;
    return JudgeVerdict::kIE;
  }
  if (exited && run.exit_code == 1) return JudgeVerdict::kWA;
  if (exited && run.exit_code == 2) return JudgeVerdict::kPE;
  note = "the checker " + HowItEnded(run) + (note.empty() ? "" : ": " + note);
  return JudgeVerdict::kIE;
}

// Adds the checker's word on a returned value to an outcome that ended well.
void JudgeReturned(const TestContext& context, const JudgeTest& test, const std::string& stream,
                   const std::string& nonce, TestOutcome& outcome) {
  const std::optional<std::string> payload = FramePayload(stream, nonce);
  if (!payload) {
    Fail(outcome, JudgeVerdict::kWA, "the function did not return");
    return;
  }
  const bool nothing = payload->starts_with(kNothing);
  const std::optional<TypedValue> value = ParseHarnessValue(std::string_view(*payload).substr(nothing));
  if (!value) {
    Fail(outcome, JudgeVerdict::kWA, "what the function returned cannot be read");
  } else if (nothing && test.returns.kind == TypedValue::Kind::kNull) {
    return;
  } else if (!SameValue(test.returns, *value, RulesOf(context.submission.task.checker))) {
    Fail(outcome, JudgeVerdict::kWA,
         (nothing ? "left its argument as " : "returned ") + Display(*value, 200));
  }
}

size_t ChannelLimit(const TestContext& context) {
  return static_cast<size_t>(context.submission.task.limits.output_kb) * 1024;
}

TestOutcome RunForgeableTest(const TestContext& context) {
  const std::string nonce = MakeNonce();
  Drain channel(ChannelLimit(context));
  RunRequest request = ProgramRequest(context);
  request.argv.push_back(nonce);
  request.channels = {channel.write_end()};
  TestOutcome outcome = OutcomeOf(context.sandbox.Run(request));
  const std::string stream = channel.Finish();
  outcome.forgeable = true;
  if (outcome.verdict == JudgeVerdict::kAC && !FramePayload(stream, nonce)) {
    Fail(outcome, JudgeVerdict::kWA, "the test's main did not return");
  } else if (outcome.signal == SIGABRT && outcome.err.find("Assertion `") != std::string::npos) {
    Fail(outcome, JudgeVerdict::kWA, "an assertion failed");
  }
  return outcome;
}

// What the two sides of a proxied test came to. `verdict` is what the test said, empty when it said nothing.
TestOutcome ProxiedOutcome(const RunResult& submission, const RunResult& test, const std::string& verdict) {
  TestOutcome outcome = OutcomeOf(submission);
  const std::string word = verdict.substr(0, verdict.find(' '));
  const std::string note = ValidUtf8(verdict.substr(std::min(verdict.size(), word.size() + 1)));
  if (word == "passed") return Fail(outcome, JudgeVerdict::kAC, "");
  if (word == "failed") return Fail(outcome, JudgeVerdict::kWA, note);
  if (word == "raised") return Fail(outcome, JudgeVerdict::kRE, note);
  if (word == "unusable") return Fail(outcome, JudgeVerdict::kIE, note);
  if (outcome.verdict != JudgeVerdict::kAC) return outcome;  // it ended by itself: its own verdict
  const JudgeVerdict of_test = OutcomeOf(test).verdict;
  if (of_test == JudgeVerdict::kTLE || of_test == JudgeVerdict::kMLE) {
    return Fail(outcome, of_test, "the test went over a limit with what the submission returned");
  }
  return Fail(outcome, JudgeVerdict::kWA, note.empty() ? "the submission ended before the test" : note);
}

TestOutcome RunProxiedTest(const TestContext& context, const JudgeTest& test) {
  auto [submission_end, test_end] = SocketPair();
  RunRequest submission;
  submission.until = context.until;
  submission.argv = SubmissionSideCommand();
  submission.environment = BoxEnvironment();
  submission.files = SubmissionSideFiles(context.submission.code);
  submission.limits = context.submission.task.limits;
  submission.channels = {submission_end.get()};
  // Our copy of an end closes when its box is done, so that the other side sees the end of the conversation.
  std::future<RunResult> submission_run = std::async(std::launch::async, [&] {
    const Descriptor ours = std::move(submission_end);
    return context.sandbox.Run(submission);
  });
  const std::string nonce = MakeNonce();
  Drain channel(1 << 16);
  RunRequest checker;
  checker.until = context.until;
  checker.argv = TestSideCommand();
  checker.environment = BoxEnvironment();
  checker.files = TestSideFiles(test.assertion);
  checker.stdin_text = nonce;
  checker.limits = submission.limits;
  checker.limits.cpu_s += 5.0;
  checker.limits.wall_s += 5.0;
  checker.limits.memory_mb = std::max<int64_t>(checker.limits.memory_mb, 512);
  checker.channels = {test_end.get(), channel.write_end()};
  std::optional<RunResult> test_run;
  std::exception_ptr failure;
  try {
    test_run = context.sandbox.Run(checker);
  } catch (...) {
    failure = std::current_exception();
  }
  test_end.Close();
  const RunResult submission_result = submission_run.get();
  if (failure) std::rethrow_exception(failure);
  return ProxiedOutcome(submission_result, *test_run, FramePayload(channel.Finish(), nonce).value_or(""));
}

// `f(2) == 3` alone becomes an assertion; statements stand in a main; a text with its own main is taken as it
// is.
std::string CompiledAssertion(const std::string& text) {
  if (text.find("main") != std::string::npos) return text;
  const bool is_expression = text.find("assert") == std::string::npos && text.find(';') == std::string::npos;
  return "\n#undef NDEBUG\n#include <assert.h>\nint main() {\n" +
         (is_expression ? "assert((" + text + "));" : text + "\n;") + "\nreturn 0;\n}\n";
}

}  // namespace

TestOutcome RunStdioTest(const TestContext& context, const JudgeTest& test) {
  RunRequest request = ProgramRequest(context);
  request.stdin_text = test.stdin_text;
  const RunResult run = context.sandbox.Run(request);
  TestOutcome outcome = OutcomeOf(run);
  if (outcome.verdict != JudgeVerdict::kAC) return outcome;
  const CheckerSpec& checker = context.submission.task.checker;
  if (checker.kind == CheckerSpec::Kind::kCustom) {
    outcome.verdict = AskChecker(context, test, run.out, outcome.note);
    return outcome;
  }
  switch (CompareOutput(checker, test.stdout_text, run.out)) {
    case Match::kAccepted:
      break;
    case Match::kWrong:
      outcome.verdict = JudgeVerdict::kWA;
      break;
    case Match::kPresentation:
      outcome.verdict = JudgeVerdict::kPE;
      break;
  }
  return outcome;
}

TestOutcome RunCallTest(const TestContext& context, const JudgeTest& test) {
  const std::string nonce = MakeNonce(), text = CallRequest(nonce, test.function, test.args);
  Drain channel(ChannelLimit(context));
  RunRequest request = ProgramRequest(context);
  if (context.language.harness == Language::Harness::kPython) {
    request.argv = PythonCallCommand();
    request.files = PythonCallFiles(context.submission.code);
  } else if (!context.language.is_compiled()) {
    request.files = {
        {context.language.source,
         MakeCallProgram(context.language, context.submission.code, {test.function, test.arguments}).code}};
  }
  request.stdin_text = text;
  request.channels = {channel.write_end()};
  TestOutcome outcome = OutcomeOf(context.sandbox.Run(request));
  const std::string stream = channel.Finish();
  if (outcome.verdict == JudgeVerdict::kAC || outcome.verdict == JudgeVerdict::kRE) {
    const std::optional<std::string> payload = FramePayload(stream, nonce);
    if (payload && payload->starts_with(kRefused))
      return Fail(outcome, JudgeVerdict::kRE, Shown(payload->substr(1)));
  }
  if (outcome.verdict != JudgeVerdict::kAC) return outcome;
  if (channel.overflowed())
    return Fail(outcome, JudgeVerdict::kOLE, "the result is longer than the output limit");
  JudgeReturned(context, test, stream, nonce, outcome);
  return outcome;
}

TestOutcome RunAssertTest(const TestContext& context, const JudgeTest& test) {
  return context.language.is_compiled() ? RunForgeableTest(context) : RunProxiedTest(context, test);
}

TestProgram ProgramOf(const Submission& submission, const Language& language, const JudgeTest& test,
                      const std::string& types) {
  switch (test.kind) {
    case JudgeTest::Kind::kStdio:
      return {submission.code, {}, ""};
    case JudgeTest::Kind::kCall: {
      CallProgram program =
          MakeCallProgram(language, submission.code, {test.function, test.arguments, types});
      return {std::move(program.code), CallFlags(language), std::move(program.fault)};
    }
    case JudgeTest::Kind::kAssert:
      break;
  }
  return {submission.code + "\n" + kUndefine + CompiledAssertion(test.assertion) + AssertTail(),
          AssertFlags(submission.code), ""};
}

}  // namespace hone
