// The cgroups of a box, v2 or v1, whichever this machine lets us make. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_GROUP_H_
#define HONE_REWARDS_CODE_BOX_GROUP_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rewards/code/channel.h"

namespace hone {

// Directories under which groups can be made; empty where there is none. In v2 all that are there are the same.
struct GroupPlaces {
  bool v2 = false;
  std::string memory, pids, cpu;
  int stale = 0;  // groups that were removed, left there by processes that were killed
};

// Tries: a place is named only when a group could be made in it. Removes groups left there by processes
// that are no more.
GroupPlaces FindGroupPlaces(const std::string& mounts = "/proc/self/mountinfo",
                            const std::string& own = "/proc/self/cgroup");

// One box's groups, removed with it. A measure is -1 where the machine has no such group.
class BoxGroup {
 public:
  // `name` must be a new one. Throws Error when a group cannot be made.
  BoxGroup(const GroupPlaces& places, const std::string& name);
  BoxGroup(const BoxGroup&) = delete;
  ~BoxGroup();

  bool memory() const { return !memory_.empty(); }
  bool pids() const { return !pids_.empty(); }
  bool cpu() const { return !cpu_.empty(); }
  int start() const { return start_.get(); }  // v2: the directory that runs are started in, or -1

  // v1: the box's process and all of its runs live in the group.
  void Enter(pid_t box);
  // Before each run; room for the box's own processes is added. Throws Error.
  void Limit(int64_t memory_mb, int64_t processes);

  // Since Limit.
  int64_t CpuUs() const;
  bool MemoryExceeded() const;
  int64_t PeakKb() const;  // where the kernel cannot tell, what is in use now: to be asked now and then

 private:
  bool ResetPeak() const;
  int64_t Kills() const;
  int64_t CpuNow() const;
  int64_t UsageNow() const;

  const bool v2_;
  std::string memory_, pids_, cpu_;
  Descriptor start_, kills_file_, cpu_file_, peak_file_, usage_file_;
  bool peak_resets_ = false;
  int64_t memory_mb_ = 0, processes_ = 0;
  int64_t kills_ = 0, cpu_us_ = 0, usage_kb_ = 0;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_GROUP_H_
