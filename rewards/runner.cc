// See runner.h. Covered by tests/rewards/runner_test.cc.
#include "rewards/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <limits>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "data/error.h"
#include "rewards/combine.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMostWaiting = 64;                    // groups taken and not scored
constexpr int64_t kMostLost = 3;                       // threads of a reward left to themselves
constexpr auto kGoodbye = std::chrono::seconds(2);     // for calls that run when the runner goes
constexpr auto kLook = std::chrono::milliseconds(50);  // between looks at the deadlines

// A group on its way: each reward fills its own part.
struct Job {
  Group group;
  std::vector<WeightedScores> parts;
  size_t missing = 0;
};

struct Call {
  std::shared_ptr<Job> job;
  Clock::time_point start;
  std::thread::id thread;
  bool lost = false;
};

// One reward with its queue and threads.
struct Lane {
  RunnerReward reward;
  std::deque<std::shared_ptr<Job>> queue;
  std::vector<std::shared_ptr<Call>> running;
  std::vector<double> seconds;
  std::vector<std::thread> threads;
  int64_t lost = 0;
};

double Seconds(Clock::duration d) { return std::chrono::duration<double>(d).count(); }

std::vector<Score> Faults(size_t count, const std::string& why) {
  return std::vector<Score>(count, FaultScore(why));
}

std::vector<Score> ScoreOf(const RewardFn& reward, const Group& group) {
  try {
    return reward.Score(group);
  } catch (const std::exception& e) {
    return Faults(group.completions.size(), std::string("exception: ") + e.what());
  } catch (...) {
    return Faults(group.completions.size(), "exception");
  }
}

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

struct RewardRunner::State {
  std::mutex mutex;  // guards all of it but each lane's `reward`, which never changes
  std::condition_variable work, done;
  std::deque<Lane> lanes;
  std::vector<std::shared_ptr<Job>> finished;
  size_t waiting = 0;
  bool stop = false;

  void Deliver(const std::shared_ptr<Job>& job, size_t lane, std::vector<Score> scores) {
    job->parts[lane].scores = std::move(scores);
    if (--job->missing > 0) return;
    finished.push_back(job);
    --waiting;
  }

  // A thread of `lane`.
  static void Work(const std::shared_ptr<State>& state, size_t index) {
    std::unique_lock lock(state->mutex);
    Lane& lane = state->lanes[index];
    for (;;) {
      state->work.wait(lock, [&] { return state->stop || !lane.queue.empty(); });
      if (state->stop) return;
      const auto call = std::make_shared<Call>();
      call->job = std::move(lane.queue.front());
      lane.queue.pop_front();
      call->start = Clock::now();
      call->thread = std::this_thread::get_id();
      lane.running.push_back(call);
      lock.unlock();
      std::vector<Score> scores = ScoreOf(*lane.reward.reward, call->job->group);
      lock.lock();
      if (call->lost) return;  // too late: another thread has taken over
      std::erase(lane.running, call);
      lane.seconds.push_back(Seconds(Clock::now() - call->start));
      state->Deliver(call->job, index, std::move(scores));
      state->done.notify_all();
    }
  }

  static void Launch(const std::shared_ptr<State>& state, size_t lane) {
    state->lanes[lane].threads.emplace_back([state, lane] { Work(state, lane); });
  }

  // Gives up the calls that are overdue, or all; their threads are left to themselves.
  static void LoseOverdue(const std::shared_ptr<State>& state, bool all = false) {
    for (size_t i = 0; i < state->lanes.size(); ++i) {
      Lane& lane = state->lanes[i];
      if (!all && lane.reward.reward->KeepsDeadline()) continue;
      const auto running = lane.running;
      for (const auto& call : running) {
        const double seconds = Seconds(Clock::now() - call->start);
        if (!all && seconds <= lane.reward.deadline) continue;
        call->lost = true;
        ++lane.lost;
        std::erase(lane.running, call);
        lane.seconds.push_back(seconds);
        const auto thread = std::find_if(lane.threads.begin(), lane.threads.end(),
                                         [&](const std::thread& t) { return t.get_id() == call->thread; });
        thread->detach();
        lane.threads.erase(thread);
        state->Deliver(call->job, i,
                       Faults(call->job->group.completions.size(),
                              fmt::format("no answer within {} s", lane.reward.deadline)));
        if (!state->stop && lane.lost <= kMostLost) Launch(state, i);
      }
    }
  }

  void RefuseHanging() const {
    for (const Lane& lane : lanes) {
      if (lane.lost <= kMostLost) continue;
      throw Error(
          fmt::format("the reward hangs: {} calls took longer than {} s", lane.lost, lane.reward.deadline),
          "rewards." + lane.reward.name, "mend it, or raise its deadline; then continue with --resume");
    }
  }

  // Waits until `ready` holds, keeping the deadlines meanwhile.
  template <class Ready>
  static void Wait(const std::shared_ptr<State>& state, std::unique_lock<std::mutex>& lock,
                   const Ready& ready) {
    while (!ready()) {
      state->done.wait_for(lock, kLook);
      LoseOverdue(state);
      state->RefuseHanging();
    }
  }

  ScoredGroup Combine(Job& job) const {
    std::vector<Score> scores = CombineScores(job.parts, job.group.completions.size());
    for (const Lane& lane : lanes) {
      if (lane.reward.on_fault != OnFault::kStop) continue;
      for (const Score& score : scores) {
        for (const auto& [name, value] : score.parts) {
          if (name == lane.reward.name && std::isnan(value)) StopFor(job.group, score);
        }
      }
    }
    return {std::move(job.group), std::move(scores)};
  }

  [[noreturn]] static void StopFor(const Group& group, const Score& score) {
    throw Error(fmt::format("a reward with on_fault = stop has a fault at step {}, prompt {}: {}", group.step,
                            group.prompt.index, score.explanation.substr(0, score.explanation.find('\n'))),
                "rewards", "mend it and continue with --resume");
  }
};

RewardRunner::RewardRunner(std::vector<RunnerReward> rewards) : state_(std::make_shared<State>()) {
  if (rewards.empty()) throw Error("no reward is given", "rewards", "name at least one, as [rewards.answer]");
  std::set<std::string> names;
  for (RunnerReward& reward : rewards) {
    if (!names.insert(reward.name).second) {
      throw Error("'" + reward.name + "' is listed twice", "rewards", "name each reward once");
    }
    state_->lanes.emplace_back().reward = std::move(reward);
  }
  const std::scoped_lock lock(state_->mutex);
  for (size_t i = 0; i < state_->lanes.size(); ++i) {
    for (int64_t t = 0; t < state_->lanes[i].reward.concurrency; ++t) State::Launch(state_, i);
  }
}

RewardRunner::~RewardRunner() {
  std::vector<std::thread> threads;
  {
    std::unique_lock lock(state_->mutex);
    state_->stop = true;
    state_->work.notify_all();
    const auto idle = [&] {
      return std::all_of(state_->lanes.begin(), state_->lanes.end(),
                         [](const Lane& lane) { return lane.running.empty(); });
    };
    const auto last = Clock::now() + kGoodbye;
    while (!idle()) {
      state_->done.wait_for(lock, kLook);
      State::LoseOverdue(state_, /*all=*/Clock::now() > last);
    }
    for (Lane& lane : state_->lanes) {
      std::move(lane.threads.begin(), lane.threads.end(), std::back_inserter(threads));
    }
  }
  for (std::thread& thread : threads) thread.join();
}

void RewardRunner::Submit(Group group) {
  const auto job = std::make_shared<Job>();
  job->group = std::move(group);
  std::unique_lock lock(state_->mutex);
  State::Wait(state_, lock, [&] { return state_->waiting < kMostWaiting; });
  ++state_->waiting;
  job->missing = state_->lanes.size();
  for (Lane& lane : state_->lanes) {
    job->parts.push_back({lane.reward.name, lane.reward.weight, {}});
    lane.queue.push_back(job);
  }
  state_->work.notify_all();
}

std::vector<ScoredGroup> RewardRunner::TakeFinished() {
  std::vector<std::shared_ptr<Job>> jobs;
  {
    const std::scoped_lock lock(state_->mutex);
    State::LoseOverdue(state_);
    state_->RefuseHanging();
    jobs.swap(state_->finished);
  }
  std::vector<ScoredGroup> groups;
  for (const auto& job : jobs) groups.push_back(state_->Combine(*job));
  return groups;
}

std::vector<ScoredGroup> RewardRunner::WaitForAll() {
  {
    std::unique_lock lock(state_->mutex);
    State::Wait(state_, lock, [&] { return state_->waiting == 0; });
  }
  return TakeFinished();
}

std::vector<std::string> RewardRunner::names() const {
  std::vector<std::string> names;
  for (const Lane& lane : state_->lanes) names.push_back(lane.reward.name);
  return names;
}

std::vector<RewardLatency> RewardRunner::TakeLatencies() {
  const std::scoped_lock lock(state_->mutex);
  std::vector<RewardLatency> latencies;
  for (Lane& lane : state_->lanes) {
    latencies.push_back({lane.reward.name, static_cast<int64_t>(lane.seconds.size()),
                         Quantile(lane.seconds, 0.5), Quantile(lane.seconds, 0.99)});
    lane.seconds.clear();
  }
  return latencies;
}

}  // namespace hone
