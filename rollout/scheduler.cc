// See scheduler.h. Covered by tests/rollout/scheduler_test.cc.
#include "rollout/scheduler.h"

#include <algorithm>

#include "rollout/block_manager.h"

namespace hone {
namespace {

// One walk over the work in arrival order. Everything listed behind `newest` holds no page, or has just lost them.
class Walk {
 public:
  Walk(std::span<const Work> work, const SchedulerLimits& limits, int64_t free_pages, Plan& plan)
      : work_(work),
        plan_(plan),
        slots_(std::min(limits.max_running, limits.max_tokens)),
        tokens_(limits.max_tokens),
        free_(free_pages) {
    plan.preempted.clear();
    plan.chunks.clear();
    for (int64_t i = 0; i < std::ssize(work); ++i) {
      if (work[i].cached > 0) newest_ = i;
      if (!work[i].Running()) continue;
      ++running_;
      if (Decodes(work[i])) --tokens_;  // set aside
    }
  }

  void Run() {
    for (int64_t i = 0; i < std::ssize(work_) && !(blocked_ && i > newest_); ++i) {
      const Work& work = work_[i];
      if (work.Running()) {
        if (Decodes(work)) ++tokens_;
        if (!Take(i)) blocked_ = true;
      } else if (work.cached == 0 && CanRun(work) && !blocked_) {
        if (!Start(i)) blocked_ = true;
      }
    }
  }

 private:
  static bool Decodes(const Work& work) { return work.Running() && work.cached + 1 == work.length; }

  // Completions wait for their prompt to be in the cache and for their first token, which is drawn from it.
  bool CanRun(const Work& work) const {
    return work.begin == 0 || (work.length > work.begin && work_[work.prompt].cached == work.begin);
  }

  // Plans the next tokens of work i if there are tokens left and, newer work preempted, pages.
  bool Take(int64_t i) {
    const Work& work = work_[i];
    const int64_t cached = std::max(work.cached, work.begin);
    const int64_t tokens = std::min<int64_t>(work.length - cached, tokens_);
    if (tokens <= 0) return false;
    const int64_t pages = work.OwnPages(cached + tokens) - work.OwnPages(work.cached);
    while (free_ < pages) {
      if (!PreemptNewest(i)) return false;
    }
    free_ -= pages;
    tokens_ -= tokens;
    plan_.chunks.push_back({.work = static_cast<int32_t>(i), .tokens = static_cast<int32_t>(tokens)});
    return true;
  }

  bool Start(int64_t i) {
    const Work& work = work_[i];
    if (plan_.chunks.empty() && running_ >= slots_) {  // the oldest work takes the place of the newest
      while (running_ >= slots_ && PreemptNewest(i)) {
      }
    }
    if (running_ >= slots_) return false;
    const int64_t followers = std::min<int64_t>(work.followers, slots_ - running_);
    const bool room = free_ - work.OwnPages(work.length) - followers >= running_;
    if ((!room && !plan_.chunks.empty()) || !Take(i)) return false;
    ++running_;
    return true;
  }

  bool PreemptNewest(int64_t than) {
    while (newest_ > than && work_[newest_].cached == 0) --newest_;
    if (newest_ <= than) return false;
    const Work& work = work_[newest_];
    free_ += work.OwnPages(work.cached);
    if (work.Running()) --running_;
    if (Decodes(work)) ++tokens_;
    plan_.preempted.push_back(static_cast<int32_t>(newest_--));
    blocked_ = true;
    return true;
  }

  std::span<const Work> work_;
  Plan& plan_;
  const int64_t slots_;
  int64_t tokens_;  // left, besides those set aside
  int64_t free_;
  int64_t running_ = 0;
  int64_t newest_ = -1;
  bool blocked_ = false;  // no waiting work may start any more
};

}  // namespace

int64_t Work::OwnPages(int64_t positions) const {
  return positions == 0 ? 0 : PagesFor(positions) - begin / kernels::kPageSize;
}

void Schedule(std::span<const Work> work, const SchedulerLimits& limits, int64_t free_pages, Plan& plan) {
  Walk(work, limits, free_pages, plan).Run();
}

}  // namespace hone
