// Child processes that score groups, one at a time each, replaced when they fail. Covered by
// tests/rewards/plugins_command_test.cc and tests/rewards/plugins_python_test.cc.
#ifndef HONE_REWARDS_PLUGINS_WORKER_POOL_H_
#define HONE_REWARDS_PLUGINS_WORKER_POOL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data/types.h"
#include "rewards/plugins/child_process.h"

namespace hone {

struct WorkerCommand {
  std::vector<std::string> argv;
  std::string directory;      // "" is this process's
  bool says_ready = false;    // its first line is {"ready":true} or {"error":".."}
  double start_seconds = 60;  // how long that line may take
  double deadline = 60;       // seconds for one group
};

// Thread-safe: each call takes an idle worker or starts one, so there are never more than calls at once.
class WorkerPool {
 public:
  // Starts the first worker. Error when that fails.
  WorkerPool(WorkerCommand command, std::string name);

  // A worker that ends, is late or answers nonsense makes faults for the whole group, and is killed; the next
  // call starts a new one.
  std::vector<Score> ScoreGroup(const Group& group);

 private:
  std::unique_ptr<ChildProcess> Start() const;  // Error
  std::unique_ptr<ChildProcess> Take();
  std::string Failure(ChildProcess& worker, ChildProcess::Answer::Status status) const;

  const WorkerCommand command_;
  const std::string name_;  // of the reward
  std::atomic<int64_t> next_id_ = 1;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ChildProcess>> idle_;  // guarded by mutex_
};

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_WORKER_POOL_H_
