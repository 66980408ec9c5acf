// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box_group.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "data/error.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

bool Write(const std::string& path, const std::string& text) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.get() != -1 && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void MustWrite(const std::string& path, const std::string& text) {
  if (!Write(path, text)) {
    throw Error(std::string("cannot write ") + text + ": " + std::strerror(errno), path, "");
  }
}

Descriptor OpenToRead(const std::string& path) {
  return Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// The number after `key` in a file that is open, or its first number when the key is empty; -1 when there is none.
int64_t NumberIn(const Descriptor& file, std::string_view key) {
  char bytes[4096];
  const ssize_t size = pread(file.get(), bytes, sizeof bytes - 1, 0);
  if (size <= 0) return -1;
  bytes[size] = '\0';
  const char* at = bytes;
  if (!key.empty()) {
    at = std::strstr(bytes, std::string(key).c_str());
    if (at == nullptr) return -1;
    at += key.size();
  }
  return std::strtoll(at, nullptr, 10);
}

struct Mounted {
  std::string root, point, type, options;
};

std::vector<Mounted> CgroupMounts(const std::string& path) {
  std::vector<Mounted> mounts;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t dash = line.find(" - cgroup");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash)), after(line.substr(dash + 3));
    Mounted mount;
    std::string skip;
    before >> skip >> skip >> skip >> mount.root >> mount.point;
    after >> mount.type >> skip >> mount.options;
    mounts.push_back(mount);
  }
  return mounts;
}

bool Lists(const std::string& list, const std::string& name) {
  return ("," + list + ",").find("," + name + ",") != std::string::npos;
}

// The directory of this process's group of a v1 controller, or of v2 when the name is empty; empty when it cannot be seen.
std::string OwnGroup(const std::vector<Mounted>& mounts, const std::string& path,
                     const std::string& controller) {
  std::ifstream file(path);
  std::string own;
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? line.substr(0, first) == "0" : Lists(names, controller))
      own = line.substr(second + 1);
  }
  for (const Mounted& mount : mounts) {
    if (controller.empty() ? mount.type != "cgroup2"
                           : mount.type != "cgroup" || !Lists(mount.options, controller))
      continue;
    const std::string root = mount.root == "/" ? "" : mount.root;
    if (own.empty() || own.find("..") != std::string::npos || own.rfind(root, 0) != 0) continue;
    std::string place = mount.point + own.substr(root.size());
    if (place.ends_with('/')) place.pop_back();
    return place;
  }
  return "";
}

// "hone-PID-N" of a process that is gone: its groups are empty.
int RemoveStale(const std::string& place) {
  int removed = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(place, ignored)) {
    const std::string name = entry.path().filename();
    if (name.rfind("hone-", 0) != 0) continue;
    const int pid = std::atoi(name.c_str() + 5);
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) removed += rmdir(entry.path().c_str()) == 0;
  }
  return removed;
}

bool CanMakeGroup(const std::string& place, int& stale) {
  if (place.empty()) return false;
  stale += RemoveStale(place);
  const std::string probe = place + "/hone-" + std::to_string(getpid()) + "-probe";
  if (mkdir(probe.c_str(), 0755) != 0) return false;
  const bool usable = Write(probe + "/cgroup.procs", "") || errno != EACCES;
  rmdir(probe.c_str());
  return usable;
}

// In v2 a group with processes in it gives controllers to no child, unless it is the root: a sibling may serve as well.
GroupPlaces FindV2(const std::string& own) {
  GroupPlaces places;
  places.v2 = true;
  for (const std::string& place : {own, fs::path(own).parent_path().string()}) {
    if (place.empty() || !fs::exists(place + "/cgroup.procs")) continue;
    for (const char* controller : {"+memory", "+pids"}) Write(place + "/cgroup.subtree_control", controller);
    std::ifstream file(place + "/cgroup.subtree_control");
    const std::string given((std::istreambuf_iterator<char>(file)), {});
    const bool memory = given.find("memory") != std::string::npos,
               pids = given.find("pids") != std::string::npos;
    if (!(memory || pids) || !CanMakeGroup(place, places.stale)) continue;
    if (memory) places.memory = place;
    if (pids) places.pids = place;
    places.cpu = place;  // cpu.stat needs no controller
    return places;
  }
  return {};
}

void RemoveGroup(const std::string& path) {
  for (int attempt = 0; !path.empty() && rmdir(path.c_str()) != 0 && errno == EBUSY && attempt < 200;
       ++attempt) {
    usleep(1000);  // the last process is being buried
  }
}

}  // namespace

GroupPlaces FindGroupPlaces(const std::string& mounts_file, const std::string& own_file) {
  const std::vector<Mounted> mounts = CgroupMounts(mounts_file);
  const GroupPlaces second = FindV2(OwnGroup(mounts, own_file, ""));
  if (!second.memory.empty()) return second;
  GroupPlaces first;
  for (const auto& [controller, place] :
       {std::pair{"memory", &first.memory}, {"pids", &first.pids}, {"cpuacct", &first.cpu}}) {
    const std::string own = OwnGroup(mounts, own_file, controller);
    if (CanMakeGroup(own, first.stale)) *place = own;
  }
  return first.memory.empty() && !second.pids.empty() ? second : first;
}

BoxGroup::BoxGroup(const GroupPlaces& places, const std::string& name) : v2_(places.v2) {
  for (const auto& [place, path] :
       {std::pair{&places.memory, &memory_}, {&places.pids, &pids_}, {&places.cpu, &cpu_}}) {
    if (place->empty()) continue;
    *path = *place + "/" + name;
    if (mkdir(path->c_str(), 0755) != 0 && errno != EEXIST) {
      throw Error(std::string("cannot make a cgroup: ") + std::strerror(errno), *path, "");
    }
  }
  if (v2_ && cpu()) start_ = Descriptor(open(cpu_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (memory()) {
    kills_file_ = OpenToRead(memory_ + (v2_ ? "/memory.events" : "/memory.oom_control"));
    peak_file_ = Descriptor(
        open((memory_ + (v2_ ? "/memory.peak" : "/memory.max_usage_in_bytes")).c_str(), O_RDWR | O_CLOEXEC));
    usage_file_ = OpenToRead(memory_ + (v2_ ? "/memory.current" : "/memory.usage_in_bytes"));
    if (v2_) {
      Write(memory_ + "/memory.swap.max", "0");
      Write(memory_ + "/memory.oom.group", "1");
    } else {
      Write(memory_ + "/memory.swappiness", "0");
    }
  }
  if (cpu()) cpu_file_ = OpenToRead(cpu_ + (v2_ ? "/cpu.stat" : "/cpuacct.usage"));
}

BoxGroup::~BoxGroup() {
  RemoveGroup(memory_);
  if (!v2_) {
    RemoveGroup(pids_);
    RemoveGroup(cpu_);
  } else if (!memory()) {
    RemoveGroup(cpu_);
  }
}

void BoxGroup::Enter(pid_t box) {
  if (v2_) return;
  for (const std::string* path : {&memory_, &pids_, &cpu_}) {
    if (!path->empty()) MustWrite(*path + "/cgroup.procs", std::to_string(box));
  }
}

void BoxGroup::Limit(int64_t memory_mb, int64_t processes) {
  if (memory() && memory_mb != memory_mb_) {
    const std::string bytes = std::to_string(memory_mb << 20);
    if (v2_) {
      MustWrite(memory_ + "/memory.max", bytes);
    } else {
      // With swap accounting the sum may not be below the part, in whichever direction the limit moves.
      const std::string part = memory_ + "/memory.limit_in_bytes",
                        sum = memory_ + "/memory.memsw.limit_in_bytes";
      if (!Write(part, bytes)) {
        Write(sum, bytes);
        if (!Write(part, bytes)) Write(memory_ + "/memory.force_empty", "0");
        MustWrite(part, bytes);
      }
      Write(sum, bytes);
    }
    memory_mb_ = memory_mb;
  }
  if (pids() && processes != processes_) {
    // The run's first process; in v1 also the one that holds the box.
    MustWrite(pids_ + "/pids.max", std::to_string(processes + (v2_ ? 1 : 2)));
    processes_ = processes;
  }
  if (memory()) peak_resets_ = ResetPeak();
  kills_ = Kills();
  cpu_us_ = CpuNow();
  usage_kb_ = UsageNow();
}

// In v2 from Linux 6.12 on, for the descriptor that is written to.
bool BoxGroup::ResetPeak() const { return pwrite(peak_file_.get(), "0", 1, 0) == 1; }

int64_t BoxGroup::Kills() const { return memory() ? NumberIn(kills_file_, "oom_kill ") : 0; }

int64_t BoxGroup::CpuNow() const {
  if (!cpu()) return -1;
  return v2_ ? NumberIn(cpu_file_, "usage_usec ") : NumberIn(cpu_file_, "") / 1000;
}

int64_t BoxGroup::UsageNow() const { return memory() ? NumberIn(usage_file_, "") / 1024 : -1; }

int64_t BoxGroup::CpuUs() const { return cpu() ? CpuNow() - cpu_us_ : -1; }
bool BoxGroup::MemoryExceeded() const { return memory() && Kills() > kills_; }

int64_t BoxGroup::PeakKb() const {
  if (!memory()) return -1;
  const int64_t peak = peak_resets_ ? NumberIn(peak_file_, "") / 1024 : UsageNow();
  return std::max<int64_t>(0, peak - usage_kb_);
}

}  // namespace hone
