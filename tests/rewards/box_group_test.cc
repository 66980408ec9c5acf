// rewards/code/box_group: what is written into cgroup v2's files and in which order, and what is read there, over a made-up
// hierarchy; groups of processes that are gone.
#include "rewards/code/box_group.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/error.h"
#include "tests/rewards/sandbox_case.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// A directory that looks like a cgroup v2 hierarchy whose files are plain ones.
struct MadeUp {
  const fs::path root = fs::temp_directory_path() / ("hone-cgroup-test-" + std::to_string(getpid()));
  const std::string mounts = root / "mountinfo", own = root / "own";

  explicit MadeUp(const std::string& controllers = "memory pids") {
    fs::remove_all(root);
    fs::create_directories(root / "tree");
    // Wider than what is written in front of it.
    Write("tree/cgroup.subtree_control", std::string(16, ' ') + controllers);
    Write("tree/cgroup.procs", "");
    Write("mountinfo", "30 20 0:26 / " + (root / "tree").string() + " rw - cgroup2 cgroup2 rw\n");
    Write("own", "1:name=x:/elsewhere\n0::/\n");
  }
  ~MadeUp() { fs::remove_all(root); }

  void Write(const std::string& name, const std::string& text) const { std::ofstream(root / name) << text; }
  void MakeGroup(const std::string& name) const {
    fs::create_directories(root / "tree" / name);
    for (const char* file : {"memory.max", "memory.swap.max", "memory.oom.group", "pids.max"})
      Write("tree/" + name + "/" + file, "");
    Write("tree/" + name + "/memory.events", "low 0\noom 7\noom_kill 3\n");
    Write("tree/" + name + "/memory.peak", "9437184\n");
    Write("tree/" + name + "/memory.current", "1048576\n");
    Write("tree/" + name + "/cpu.stat", "usage_usec 5000\nuser_usec 1\n");
  }
  std::string Text(const std::string& name) const { return TextOf(root / "tree" / name); }
};

// Names of the files that were written to since this was made, in order.
class Writes {
 public:
  explicit Writes(const fs::path& directory) : fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    REQUIRE(inotify_add_watch(fd_, directory.c_str(), IN_MODIFY) != -1);
  }
  ~Writes() { close(fd_); }

  std::string Take() {
    alignas(inotify_event) char bytes[8192];
    std::string names;
    const ssize_t size = read(fd_, bytes, sizeof bytes);
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
      names += std::string(names.empty() ? "" : " ") + event->name;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    return names;
  }

 private:
  int fd_;
};

TEST_CASE("cgroup v2: limits are written before a run, in order and only when they change") {
  const MadeUp made;
  const GroupPlaces places = FindGroupPlaces(made.mounts, made.own);
  CHECK(places.v2);
  CHECK(places.memory == (made.root / "tree").string());
  CHECK(places.pids == places.memory);
  CHECK(places.cpu == places.memory);
  made.MakeGroup("g");
  Writes writes(made.root / "tree/g");
  BoxGroup group(places, "g");
  CHECK(group.start() != -1);
  CHECK(writes.Take() == "memory.swap.max memory.oom.group");
  CHECK(made.Text("g/memory.swap.max") == "0");
  CHECK(made.Text("g/memory.oom.group") == "1");
  group.Limit(64, 10);
  CHECK(writes.Take() == "memory.max pids.max memory.peak");
  CHECK(made.Text("g/memory.max") == "67108864");
  CHECK(made.Text("g/pids.max") == "11");  // and the first process of the run
  group.Limit(64, 10);
  CHECK(writes.Take() == "memory.peak");
  group.Limit(32, 10);
  CHECK(writes.Take() == "memory.max memory.peak");
  group.Enter(1);  // v2: runs are born in it
  CHECK(writes.Take() == "");
}

TEST_CASE("cgroup v2: use is what was counted since the limit was set") {
  const MadeUp made;
  made.MakeGroup("g");
  BoxGroup group(FindGroupPlaces(made.mounts, made.own), "g");
  group.Limit(64, 10);
  CHECK(group.CpuUs() == 0);
  CHECK_FALSE(group.MemoryExceeded());  // those before were others'
  made.Write("tree/g/cpu.stat", "usage_usec 25000\n");
  made.Write("tree/g/memory.peak", "5242880\n");
  made.Write("tree/g/memory.events", "low 0\noom 9\noom_kill 4\n");
  CHECK(group.CpuUs() == 20000);
  CHECK(group.PeakKb() == 4096);
  CHECK(group.MemoryExceeded());
}

TEST_CASE("cgroup v2: a controller that is not given is not counted on; a missing file is an Error") {
  const MadeUp made("pids");
  const GroupPlaces places = FindGroupPlaces(made.mounts, made.own);
  CHECK(places.memory.empty());
  CHECK_FALSE(places.pids.empty());
  made.MakeGroup("g");
  BoxGroup group(places, "g");
  CHECK_FALSE(group.memory());
  group.Limit(64, 10);
  CHECK(made.Text("g/memory.max").empty());
  CHECK(group.PeakKb() == -1);
  BoxGroup bare(places, "bare");
  CHECK_THROWS_WITH_AS(bare.Limit(64, 10), doctest::Contains("pids.max"), Error);
}

TEST_CASE("groups of killed judges are removed and counted, those of the living stay") {
  const MadeUp made;
  const pid_t gone = fork();
  if (gone == 0) _exit(0);
  waitpid(gone, nullptr, 0);
  const std::string dead = "tree/hone-" + std::to_string(gone) + "-1-",
                    living = "tree/hone-" + std::to_string(getpid()) + "-1-0";
  for (const std::string& name : {dead + "0", dead + "1", living}) fs::create_directory(made.root / name);
  CHECK(FindGroupPlaces(made.mounts, made.own).stale == 2);
  CHECK_FALSE(fs::exists(made.root / (dead + "0")));
  CHECK(fs::exists(made.root / living));
  CHECK(FindGroupPlaces(made.mounts, made.own).stale == 0);
}

}  // namespace
}  // namespace hone
