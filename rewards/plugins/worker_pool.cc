// See worker_pool.h. Covered by tests/rewards/plugins_command_test.cc and tests/rewards/plugins_python_test.cc.
#include "rewards/plugins/worker_pool.h"

#include <fmt/format.h>

#include <utility>

#include "data/error.h"
#include "data/json.h"
#include "data/utf8.h"
#include "rewards/plugins/score_json.h"

namespace hone {
namespace {

ChildProcess::Clock::time_point In(double seconds) {
  return ChildProcess::Clock::now() +
         std::chrono::duration_cast<ChildProcess::Clock::duration>(std::chrono::duration<double>(seconds));
}

// What the worker said on standard error, to go behind a message.
std::string Behind(const std::string& errors) { return errors.empty() ? "" : "\n" + ValidUtf8(errors); }

bool IsReady(const std::string& line, std::string& error) {
  try {
    const auto json = ParseStrictJson(line, "");
    if (json.is_object() && json.value("ready", nlohmann::json()) == true) return true;
    if (json.is_object() && json.contains("error")) error = json["error"].get<std::string>();
  } catch (const std::exception&) {
    error = "its first line is " + Excerpt(line, 200);
  }
  return false;
}

}  // namespace

WorkerPool::WorkerPool(WorkerCommand command, std::string name)
    : command_(std::move(command)), name_(std::move(name)) {
  idle_.push_back(Start());
}

std::unique_ptr<ChildProcess> WorkerPool::Start() const {
  auto worker = std::make_unique<ChildProcess>(command_.argv, command_.directory);
  if (!command_.says_ready) return worker;
  const ChildProcess::Answer answer = worker->Exchange("", In(command_.start_seconds));
  std::string error;
  if (answer.status == ChildProcess::Answer::Status::kLine) {
    if (IsReady(answer.line, error)) return worker;
  } else if (answer.status == ChildProcess::Answer::Status::kTimeout) {
    error = fmt::format("it was not ready within {} s", command_.start_seconds) + Behind(worker->errors());
  } else {
    error = "the worker " + worker->HowItEnded() + Behind(worker->errors());
  }
  throw Error("the reward cannot start: " + error, name_, "");
}

std::unique_ptr<ChildProcess> WorkerPool::Take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      auto worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  return Start();
}

std::string WorkerPool::Failure(ChildProcess& worker, ChildProcess::Answer::Status status) const {
  switch (status) {
    case ChildProcess::Answer::Status::kTimeout:
      return fmt::format("no answer within {} s: the worker was killed", command_.deadline) +
             Behind(worker.errors());
    case ChildProcess::Answer::Status::kTooLong:
      return "the worker's answer is too long: it was killed";
    case ChildProcess::Answer::Status::kEnded: {
      const std::string how = worker.HowItEnded();  // first: it takes in the last of the errors
      return "the worker " + how + Behind(worker.errors());
    }
    case ChildProcess::Answer::Status::kLine:
      break;
  }
  return "";
}

std::vector<Score> WorkerPool::ScoreGroup(const Group& group) {
  const size_t count = group.completions.size();
  const int64_t id = next_id_++;
  std::unique_ptr<ChildProcess> worker;
  try {
    worker = Take();
  } catch (const Error& e) {
    return AllFaults(count, e.what());
  }
  const ChildProcess::Answer answer =
      worker->Exchange(ScoreRequestJson(group, id) + "\n", In(command_.deadline));
  if (answer.status != ChildProcess::Answer::Status::kLine) {
    return AllFaults(count, Failure(*worker, answer.status));
  }
  std::vector<Score> scores = ParseScoreReply(answer.line, id, count, name_);
  // After nonsense nobody knows what its next line belongs to: only an answer to this question keeps it.
  if (!AnswersQuestion(answer.line, id)) return scores;
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(worker));
  return scores;
}

}  // namespace hone
