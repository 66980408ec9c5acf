// Extraction, and a group judged by several threads. Covered by tests/rewards/code_reward_test.cc.
#include "rewards/code/code_reward.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "data/error.h"

namespace hone {
namespace {

int Threads() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 64u)); }

// One line for a person: "AC, 3 of 3 tests", "WA in test 2: returned 41".
std::string Explain(const Outcome& outcome, size_t tests) {
  std::string line(NameOf(outcome.verdict));
  for (size_t i = 0; i < outcome.tests.size(); ++i) {
    if (outcome.tests[i].verdict == JudgeVerdict::kAC) continue;
    line += fmt::format(" in test {}", i + 1);
    break;
  }
  if (outcome.verdict == JudgeVerdict::kAC)
    line += fmt::format(", {} of {} tests", outcome.tests.size(), tests);
  const std::string& why = outcome.note.empty() ? outcome.diagnostics : outcome.note;
  if (!why.empty()) line += ": " + why.substr(0, std::min<size_t>(why.find('\n'), 200));
  return line;
}

bool IsForgeable(const JudgeTask& task) {
  return FindLanguage(task.language, "gold").is_compiled() &&
         std::any_of(task.tests.begin(), task.tests.end(),
                     [](const JudgeTest& test) { return test.kind == JudgeTest::Kind::kAssert; });
}

JudgeClock::time_point DeadlineIn(double seconds) {
  if (!std::isfinite(seconds)) return kNoDeadline;
  return JudgeClock::now() +
         std::chrono::duration_cast<JudgeClock::duration>(std::chrono::duration<double>(seconds));
}

JudgeTask TaskOf(const Prompt& prompt, const CodeReward::Options& options) {
  const std::string where = fmt::format("gold of prompt {}", prompt.index);
  JudgeTask task = ParseTask(prompt.gold, where);
  task.all_or_nothing = task.all_or_nothing || options.all_or_nothing;
  if (!task.allow_forgeable && !options.allow_forgeable && IsForgeable(task)) {
    throw Error("assertions compiled into the submission can be forged by it", where,
                "use call tests, or set \"allow_forgeable\": true");
  }
  return task;
}

}  // namespace

std::string_view ExtractCode(std::string_view completion) {
  constexpr std::string_view kOpen = "<answer>", kClose = "</answer>", kFence = "```";
  std::string_view text = completion;
  const size_t open = text.rfind(kOpen);
  if (open != std::string_view::npos) {
    text.remove_prefix(open + kOpen.size());
    text = text.substr(0, text.find(kClose));
  }
  std::vector<size_t> fences;  // at the beginning of a line, as Markdown has them
  for (size_t line = 0; line < text.size(); line = std::min(text.find('\n', line), text.size() - 1) + 1) {
    const size_t begin = text.find_first_not_of(" \t", line);
    if (begin != std::string_view::npos && text.substr(begin).starts_with(kFence)) fences.push_back(begin);
  }
  if (fences.empty()) return text;
  const size_t last = fences.size() % 2 == 0 ? fences.size() - 2 : fences.size() - 1;
  const size_t begin = std::min(text.find('\n', fences[last]), text.size() - 1) + 1;
  const size_t end = last + 1 < fences.size() ? fences[last + 1] : text.size();
  return text.substr(std::min(begin, end), end - std::min(begin, end));
}

CodeReward::CodeReward(const Options& options, double deadline) : options_(options), deadline_(deadline) {}
CodeReward::~CodeReward() = default;

Judge& CodeReward::judge() const {
  const std::lock_guard lock(mutex_);
  if (judge_ == nullptr) judge_ = std::make_unique<Judge>(JudgeOptions{Threads(), DefaultCacheDirectory()});
  return *judge_;
}

std::vector<hone::Score> CodeReward::Score(const Group& group) const {
  const JudgeClock::time_point until = DeadlineIn(deadline_);
  std::vector<hone::Score> scores(group.completions.size());
  Submission base;
  Judge* judge = nullptr;
  try {
    base.task = TaskOf(group.prompt, options_);
    judge = &this->judge();
  } catch (const Error& e) {
    scores.assign(scores.size(), FaultScore(e.what()));
    return scores;
  }
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < scores.size(); i = next++) {
      Submission submission = base;
      submission.code = ExtractCode(group.completions[i].text);
      const Outcome outcome = judge->Run(submission, until);
      const std::string why = Explain(outcome, base.task.tests.size());
      scores[i] =
          outcome.verdict == JudgeVerdict::kIE ? FaultScore(why) : ValueScore(name_, outcome.score, why);
    }
  };
  std::vector<std::thread> workers;
  const size_t count = std::min(scores.size(), static_cast<size_t>(Threads()));
  for (size_t i = 1; i < count; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return scores;
}

}  // namespace hone
