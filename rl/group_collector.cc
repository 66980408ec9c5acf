// See group_collector.h. Covered by tests/rl/group_source_test.cc and tests/rl/evaluation_test.cc.
#include "rl/group_collector.h"

#include <utility>

namespace hone {
namespace {

constexpr double kCommitSeconds = 0.25;  // finished groups wait at most this long to be stored

using Clock = std::chrono::steady_clock;
double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

void GroupCollector::Add(Group group) {
  const auto start = Clock::now();
  rewards_.Submit(std::move(group));
  score_seconds_ += SecondsSince(start);
  Keep(rewards_.TakeFinished());
}

void GroupCollector::Finish() {
  const auto start = Clock::now();
  std::vector<ScoredGroup> scored = rewards_.WaitForAll();
  score_seconds_ += SecondsSince(start);
  Keep(std::move(scored));
  Commit();
}

void GroupCollector::Keep(std::vector<ScoredGroup> scored) {
  for (ScoredGroup& group : scored) {
    const int64_t slot = group.group.slot;
    groups_[slot] = std::move(group);
    pending_.push_back(slot);
  }
  if (SecondsSince(committed_) > kCommitSeconds) Commit();
}

void GroupCollector::Commit() {
  if (store_ == nullptr || pending_.empty()) return;
  const auto start = Clock::now();
  std::vector<ScoredGroup> batch;
  for (const int64_t slot : pending_) batch.push_back(groups_[slot]);
  store_->PutGroups(batch);
  pending_.clear();
  committed_ = Clock::now();
  store_seconds_ += SecondsSince(start);
}

}  // namespace hone
