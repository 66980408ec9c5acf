// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/sandbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <utility>

#include "data/error.h"
#include "rewards/code/box_group.h"
#include "rewards/code/box_image.h"
#include "rewards/code/box_process.h"
#include "rewards/code/group_sweeper.h"
#include "rewards/code/root_plan.h"
#include "rewards/code/run_watch.h"
#include "rewards/code/seccomp_filter.h"
#include "rewards/code/self_test.h"

namespace hone {
namespace {

// A box and its groups, which outlive it.
struct ReadyBox {
  std::unique_ptr<BoxGroup> group;
  std::unique_ptr<BoxProcess> process;
};

// How strangers are kept apart on this machine; the first that works is taken.
struct Mode {
  bool user_namespace, several_ids, chrooted;
  const char* description;
};

constexpr Mode kModes[] = {
    {true, true, false, "user namespace with two unused ids of its own; root built by the host's root"},
    {false, false, false, "no user namespace: programs run as an unused id of the host"},
    {false, false, true, "no user namespace, as in any chroot: programs run as an unused id of the host"},
    {true, false, false, "user namespace of an ordinary user"},
};

// An id that no one has: past those of accounts and containers, apart for each process and box. Falls back to the end of the ids that
// this user namespace has.
int64_t UnusedIds(int64_t box) {
  const int64_t wanted = 1'879'048'192 + (getpid() % 65536) * 1024 + 2 * (box % 512);
  int64_t last = 65534;
  std::ifstream map("/proc/self/uid_map");
  for (int64_t inside, outside, count; map >> inside >> outside >> count;) {
    if (inside <= wanted && wanted + 1 < inside + count) return wanted;
    last = std::max(last, inside + count - 1);
  }
  return std::max<int64_t>(2, last - 2 * (box % 512) - 1);
}

}  // namespace

struct Sandbox::Impl {
  // Boxes of one kind.
  struct Pool {
    BoxSetup setup;
    std::vector<ReadyBox> free;
    int missing = 0;  // boxes that failed and were not replaced yet
  };

  Impl(int size, const std::vector<SharedDirectory>& shared, GroupPlaces places);
  ReadyBox MakeBox(const BoxSetup& plan);
  void ChooseMode();
  ReadyBox Acquire(Pool& pool, JudgeClock::time_point until);
  void Release(Pool& pool, ReadyBox box);
  RunResult Run(const RunRequest& request);

  const Descriptor image = MakeBoxImage();
  const GroupPlaces places;
  // Two sandboxes of one process must not share a name.
  const std::string name =
      "hone-" + std::to_string(getpid()) + "-" + std::to_string(reinterpret_cast<uintptr_t>(this)) + "-";
  const GroupSweeper sweeper{image, places, name};
  std::string group_fault;  // why cgroups that seemed to be there are not used
  const Mode* mode = nullptr;
  int landlock = 0;
  std::mutex mutex;
  std::condition_variable freed;
  int64_t boxes = 0;  // made so far
  Pool running, compiling;
};

Sandbox::Impl::Impl(int size, const std::vector<SharedDirectory>& shared, GroupPlaces places)
    : places(std::move(places)) {
  for (Pool* pool : {&running, &compiling}) {
    PlanRoot(shared, pool == &compiling, pool->setup);
    pool->setup.run_filter = SeccompFilter(false);
    pool->setup.compile_filter = SeccompFilter(true);
  }
  ChooseMode();
  for (Pool* pool : {&running, &compiling}) {
    while (static_cast<int>(pool->free.size()) < size) pool->free.push_back(MakeBox(pool->setup));
  }
}

void Sandbox::Impl::ChooseMode() {
  std::string reasons;
  for (const Mode& candidate : kModes) {
    if (geteuid() != 0 && (!candidate.user_namespace || candidate.several_ids)) continue;
    for (Pool* pool : {&running, &compiling}) {
      pool->setup.user_namespace = candidate.user_namespace;
      pool->setup.several_ids = candidate.several_ids;
      pool->setup.chrooted = candidate.chrooted;
    }
    try {
      const ReadyBox box = MakeBox(running.setup);
      landlock = box.process->landlock();
      mode = &candidate;
      return;
    } catch (const Error& error) {
      reasons +=
          std::string(reasons.empty() ? "" : "; ") + "with " + candidate.description + ": " + error.what();
    }
  }
  throw Error("this machine cannot isolate programs: " + reasons, "",
              "Run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
              "user.max_user_namespaces>0).");
}

ReadyBox Sandbox::Impl::MakeBox(const BoxSetup& plan) {
  int64_t number;
  {
    const std::lock_guard lock(mutex);
    number = boxes++;
  }
  ReadyBox box;
  box.group = std::make_unique<BoxGroup>(places, name + std::to_string(number));
  BoxSetup setup = plan;
  setup.outer_uid = UnusedIds(number);
  setup.group = box.group->start() != -1;
  setup.raise_oom_score = !places.v2 && box.group->memory();
  box.process = std::make_unique<BoxProcess>(image, setup, box.group->start(),
                                             [&](pid_t pid) { box.group->Enter(pid); });
  return box;
}

ReadyBox Sandbox::Impl::Acquire(Pool& pool, JudgeClock::time_point until) {
  {
    std::unique_lock lock(mutex);
    const auto ready = [&] { return !pool.free.empty() || pool.missing > 0; };
    if (until == kNoDeadline) {
      freed.wait(lock, ready);
    } else if (!freed.wait_until(lock, until, ready)) {
      throw Error(kDeadlinePassed, "", "");
    }
    if (!pool.free.empty()) {
      ReadyBox box = std::move(pool.free.back());
      pool.free.pop_back();
      return box;
    }
    --pool.missing;
  }
  try {
    return MakeBox(pool.setup);
  } catch (...) {
    Release(pool, {});
    throw;
  }
}

void Sandbox::Impl::Release(Pool& pool, ReadyBox box) {
  {
    const std::lock_guard lock(mutex);
    if (box.process == nullptr) {
      ++pool.missing;
    } else {
      pool.free.push_back(std::move(box));
    }
  }
  freed.notify_all();
}

RunResult Sandbox::Impl::Run(const RunRequest& request) {
  Pool& pool = request.compiling ? compiling : running;
  ReadyBox box = Acquire(pool, request.until);
  bool failed = false;
  try {
    RunResult result = RunInBox(*box.process, *box.group, request, failed);
    Release(pool, std::move(box));
    return result;
  } catch (...) {
    if (failed) {
      box.process.reset();
      box.group.reset();
    }
    Release(pool, std::move(box));
    throw;
  }
}

Sandbox::Sandbox(int size, std::vector<SharedDirectory> shared) {
  const GroupPlaces places = FindGroupPlaces();
  try {
    impl_ = std::make_unique<Impl>(std::max(1, size), shared, places);
    SelfTest(*this);
  } catch (const Error& error) {
    // A cgroup that can be made may still be of no use, in a container say: what stands in for it must then pass the same test.
    if (places.memory.empty() && places.pids.empty() && places.cpu.empty()) throw;
    const std::string fault = error.what();
    impl_ = std::make_unique<Impl>(std::max(1, size), shared, GroupPlaces());
    impl_->group_fault = fault;
    SelfTest(*this);
  }
}

Sandbox::~Sandbox() = default;

RunResult Sandbox::Run(const RunRequest& request) { return impl_->Run(request); }

std::string Sandbox::Summary() const {
  const GroupPlaces& places = impl_->places;
  std::string counted, sampled;
  for (const auto& [place, what] :
       {std::pair{&places.memory, "memory"}, {&places.pids, "processes"}, {&places.cpu, "CPU time"}}) {
    std::string& list = place->empty() ? sampled : counted;
    list += (list.empty() ? "" : ", ") + std::string(what);
  }
  std::string text = impl_->mode->user_namespace ? "user and other namespaces" : "namespaces but for users";
  text += impl_->landlock > 0 ? ", seccomp, Landlock" : ", seccomp, no Landlock";
  if (!counted.empty()) text += std::string(", cgroup ") + (places.v2 ? "v2" : "v1") + " (" + counted + ")";
  if (!sampled.empty()) text += ", no cgroup for " + sampled;
  if (places.stale > 0) text += "; " + std::to_string(places.stale) + " cgroups of a killed judge removed";
  return text;
}

std::vector<std::string> Sandbox::Describe() const {
  const GroupPlaces& places = impl_->places;
  const std::string version = places.v2 ? "cgroup v2: " : "cgroup v1: ";
  std::vector<std::string> lines = {impl_->mode->description};
  lines.push_back("namespaces: mount, pid, net, ipc, uts, cgroup; read-only root of the host's toolchain");
  lines.push_back("seccomp: allow-lists for running and for compiling");
  lines.push_back(impl_->landlock > 0 ? "Landlock: version " + std::to_string(impl_->landlock)
                                      : "no Landlock: the read-only root alone guards files");
  lines.push_back(!places.memory.empty() ? version + "memory"
                                         : "no cgroup for memory: the tree's memory is sampled every 4 ms");
  lines.push_back(!places.pids.empty() ? version + "processes"
                                       : "no cgroup for processes: RLIMIT_NPROC of an id of the box's own");
  lines.push_back(!places.cpu.empty() ? version + "CPU time"
                                      : "no cgroup for CPU time: the tree's time is sampled");
  if (places.stale > 0)
    lines.push_back(std::to_string(places.stale) + " cgroups removed that a killed judge had left");
  if (!impl_->group_fault.empty()) lines.push_back("cgroups are not used: " + impl_->group_fault);
  return lines;
}

}  // namespace hone
