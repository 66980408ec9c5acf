// The run's SQLite file (hone.db, WAL, synchronous=FULL): every prompt, completion, score, metric and event.
// A group is committed before it is trained on and marked consumed with the step that used it; going back to a
// checkpoint voids what came after without losing the stored groups. Covered by tests/data/run_store_test.cc.
#ifndef HONE_DATA_RUN_STORE_H_
#define HONE_DATA_RUN_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/types.h"

namespace hone {

using Metrics = std::vector<std::pair<std::string, double>>;  // name -> value, in order of first mention

struct StepMetrics {
  int64_t step = 0;
  Metrics values;
};

struct Event {
  int64_t step = 0;
  std::string kind;     // "start", "resume", "checkpoint", "eval", "fault", "not_applied", "finish", ...
  std::string message;  // one line
  double time = 0.0;    // seconds since the epoch
};

// Not thread-safe. Every failure of SQLite or the disk is an Error naming the file ("disk full" with its remedy), and
// leaves what was committed before intact.
class RunStore {
 public:
  static RunStore Create(const std::string& path);  // Error if it exists
  static RunStore Open(const std::string& path);    // read-write; Error if missing or not a run store
  static RunStore OpenReadOnly(
      const std::string& path);  // for report and watch: works while a run is writing
  RunStore(RunStore&&) noexcept;
  RunStore& operator=(RunStore&&) noexcept;
  ~RunStore();

  // One transaction: all groups with their scores or none. Storing the same (step, slot) twice is a broken invariant.
  void PutGroups(const std::vector<ScoredGroup>& groups);
  std::vector<ScoredGroup> Groups(
      int64_t step) const;                  // those stored for a step, in slot order; may be part of a step
  std::vector<int64_t> GroupSteps() const;  // steps with at least one stored group, ascending

  // One transaction: the step's metrics, and its groups marked consumed by it.
  void FinishStep(int64_t step, const Metrics& metrics);
  // Forgets metrics and consumed marks of steps >= `step` (groups stay and will be replayed). Events stay.
  void VoidFrom(int64_t step);
  // Forgets the groups of steps >= `step` too: a changed recipe must not replay them.
  void DropGroupsFrom(int64_t step);
  int64_t CountConsumed() const;  // completions marked consumed

  std::vector<StepMetrics> AllMetrics() const;  // ascending steps
  void PutEvent(const Event& event);
  std::vector<Event> Events() const;  // in order of insertion

  void PutMeta(const std::string& key, const std::string& value);  // insert or replace
  std::optional<std::string> Meta(const std::string& key) const;

  // FNV-1a over every stored group in (step, slot, completion) order: ids, log-prob bits, scores, finish, version.
  // Times and metrics are outside. Two runs of one recipe agree on it however often they were killed.
  uint64_t RolloutDigest() const;

 private:
  struct Impl;
  explicit RunStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hone

#endif  // HONE_DATA_RUN_STORE_H_
