// The sandbox where it has fewer rights: an ordinary user, root in a chroot, and a user whom the kernel gives nothing.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "data/error.h"
#include "rewards/code/box_group.h"
#include "rewards/code/box_image.h"
#include "rewards/code/box_process.h"
#include "rewards/code/root_plan.h"
#include "rewards/code/run_watch.h"
#include "rewards/code/sandbox.h"
#include "rewards/code/seccomp_filter.h"
#include "tests/rewards/sandbox_case.h"

namespace hone {
namespace {

using End = RunResult::End;

constexpr int kOrdinaryUser = 54321;

// Runs `body` in a child process, which may give up its rights, and returns what it says; "exit N" at the end when it failed.
std::string InChild(const std::function<std::string()>& body) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child != -1);
  if (child == 0) {
    std::string text;
    try {
      text = body();
    } catch (const std::exception& error) {
      text = std::string("Error: ") + error.what();
    }
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char bytes[4096];
  for (ssize_t size; (size = read(ends[0], bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) text += " exit " + std::to_string(status);
  return text;
}

void BecomeOrdinary() {
  if (geteuid() != 0) return;
  if (setgid(kOrdinaryUser) != 0 || setuid(kOrdinaryUser) != 0) throw std::runtime_error("setuid");
}

const char* Name(End end) {
  constexpr const char* kNames[] = {"exited", "signalled", "cpu", "wall", "memory", "output", "file"};
  return kNames[static_cast<int>(end)];
}

// One of each, as words.
std::string Scenario() {
  Sandbox sandbox(2);
  std::string text = sandbox.Run(Shell("echo x > kept; echo $(id -u | grep -c '^0$')")).out;
  text += sandbox.Run(Shell("ls -A")).out;
  RunRequest request = Shell("for i in 1 2 3; do (while :; do :; done) & done; wait");
  request.limits.cpu_s = 0.3;
  text += Name(sandbox.Run(request).end);
  request = Shell("a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done");
  request.limits.memory_mb = 64;
  text += std::string(" ") + Name(sandbox.Run(request).end);
  request = Shell("sleep 60 & sleep 60");
  request.limits.wall_s = 0.2;
  text += std::string(" ") + Name(sandbox.Run(request).end);
  request = Shell("head -c 9000000 /dev/urandom > big && echo all");
  request.limits.file_mb = 4;
  text += sandbox.Run(request).out;
  request = Shell("i=0; while [ $i -lt 60 ]; do sleep 20 & i=$((i+1)); done; echo all");
  request.limits.processes = 12;
  text += sandbox.Run(request).out;
  text += Compile(sandbox, "int main(){return 0;}").fetched.empty() ? " no compiler" : " compiles";
  text += "; " + sandbox.Describe()[0];
  return text;
}

constexpr char kExpected[] = "0\ncpu memory wall compiles; ";

// A system seen through bind mounts below `root`, in a mount namespace of this process's own.
void BuildChroot(const std::string& root, const std::function<void(const std::string&)>& before_binds = {}) {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", root.c_str(), "tmpfs", 0, nullptr) != 0) {
    throw std::runtime_error("no mount namespace");
  }
  if (before_binds) before_binds(root);
  const std::string system = root + "/system";  // not a mount point itself, as in a plain chroot
  mkdir(system.c_str(), 0755);
  for (const char* name : {"/usr", "/etc", "/dev", "/proc", "/sys"}) {
    mkdir((system + name).c_str(), 0755);
    if (mount(name, (system + name).c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      throw std::runtime_error(name);
  }
  mkdir((system + "/tmp").c_str(), 01777);
  for (const char* name : {"/bin", "/lib", "/lib64"}) {
    std::error_code none;
    const std::filesystem::path target = std::filesystem::read_symlink(name, none);
    if (!none) std::filesystem::create_symlink(target, system + name);
  }
  if (chroot(system.c_str()) != 0 || chdir("/") != 0) throw std::runtime_error("chroot");
}

struct TemporaryDirectory {
  std::string path = "/tmp/hone-modes-XXXXXX";
  TemporaryDirectory() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~TemporaryDirectory() { rmdir(path.c_str()); }
};

bool UserNamespacesForAll() {
  return InChild([] {
           BecomeOrdinary();
           return std::string(unshare(CLONE_NEWUSER) == 0 ? "yes" : "no");
         }) == "yes";
}

TEST_CASE("an ordinary user has a sandbox by user namespaces") {
  if (!UserNamespacesForAll()) {
    MESSAGE("skipped: this machine refuses user namespaces to ordinary users");
    return;
  }
  const std::string said = InChild([] {
    BecomeOrdinary();
    return Scenario();
  });
  CHECK(said == kExpected + std::string("user namespace of an ordinary user"));
}

TEST_CASE("root in a chroot has a sandbox without user namespaces") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can make a chroot");
    return;
  }
  const TemporaryDirectory root;
  const std::string said = InChild([&] {
    BuildChroot(root.path);
    return Scenario();
  });
  if (said == "Error: no mount namespace") {
    MESSAGE("skipped: this root may not make mount namespaces");
    return;
  }
  CHECK(said ==
        kExpected +
            std::string("no user namespace, as in any chroot: programs run as an unused id of the host"));
}

TEST_CASE("a chroot on a shared mount is refused, and its host keeps no mount of the attempt") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can make a chroot");
    return;
  }
  const TemporaryDirectory root;
  const std::string said = InChild([&] {
    BuildChroot(root.path, [](const std::string& mount_point) {
      if (mount(nullptr, mount_point.c_str(), nullptr, MS_SHARED, nullptr) != 0)
        throw std::runtime_error("no mount namespace");
    });
    const std::string mounts = TextOf("/proc/self/mountinfo");
    std::string error;
    try {
      Sandbox(1);
    } catch (const Error& refused) {
      error = refused.what();
    }
    return error + (TextOf("/proc/self/mountinfo") == mounts ? " and clean" : " and a mount is left");
  });
  if (said == "Error: no mount namespace") return;
  CHECK(said.find("the chroot lies on a shared mount") != std::string::npos);
  CHECK(said.find(" and clean") != std::string::npos);
}

// The descendants of a process, in any order.
void AddDescendants(pid_t pid, std::vector<pid_t>& all) {
  std::istringstream children(
      TextOf("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children"));
  for (pid_t child; children >> child;) {
    if (NameOf(child) == "hone-sweep\n") continue;
    all.push_back(child);
    AddDescendants(child, all);
  }
}

bool Alive(pid_t pid) {
  const std::string stat = TextOf("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat[name_end + 2] != 'Z';  // no one may be there to bury it
}

// The directory of a cgroup v2 in which this process may make groups; empty where there is none.
std::string SecondCgroup() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    const std::string probe = std::string(path) + "/hone-" + std::to_string(getpid()) + "-try";
    if (!std::filesystem::exists(std::string(path) + "/cgroup.controllers") ||
        mkdir(probe.c_str(), 0755) != 0)
      continue;
    rmdir(probe.c_str());
    return path;
  }
  return "";
}

TEST_CASE("with cgroup v2, runs are born in their group") {
  GroupPlaces places;
  places.v2 = true;
  places.cpu = SecondCgroup();
  if (places.cpu.empty()) {
    MESSAGE("skipped: no cgroup v2 to make groups in");
    return;
  }
  BoxGroup group(places, "hone-" + std::to_string(getpid()) + "-v2");
  BoxSetup setup;
  PlanRoot({}, false, setup);
  setup.run_filter = SeccompFilter(false);
  setup.group = true;
  REQUIRE(group.start() != -1);
  BoxProcess box(MakeBoxImage(), setup, group.start(), [](pid_t) {});
  bool failed = false;
  RunRequest request = Shell("while :; do :; done");
  request.limits.cpu_s = 0.2;
  request.limits.wall_s = 30;
  const RunResult result = RunInBox(box, group, request, failed);
  CHECK(result.end == End::kCpuLimit);
  CHECK(group.CpuUs() >= 150'000);  // what the group itself has counted
  CHECK_FALSE(failed);
}

TEST_CASE("a sandbox whose process is killed takes its boxes, runs and cgroups along") {
  int ready[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  const pid_t judge = fork();
  REQUIRE(judge != -1);
  if (judge == 0) {
    try {
      Sandbox sandbox(1);
      RunRequest request = Shell("sleep 300 & sleep 300");
      request.limits.wall_s = 300;
      if (write(ready[1], "r", 1) == 1) sandbox.Run(request);
    } catch (const std::exception&) {
    }
    _exit(1);
  }
  close(ready[1]);
  char byte;
  CHECK(read(ready[0], &byte, 1) == 1);
  close(ready[0]);
  std::vector<pid_t> all;
  for (int i = 0; i < 3000 && all.size() < 6;
       ++i) {  // two boxes, and in one the first process, the shell and two sleeps
    usleep(10'000);
    all.clear();
    AddDescendants(judge, all);
  }
  CHECK(all.size() == 6);
  kill(judge, SIGKILL);
  waitpid(judge, nullptr, 0);
  const auto left = [&] { return std::count_if(all.begin(), all.end(), Alive); };
  for (int i = 0; i < 3000 && left() > 0; ++i) usleep(10'000);
  CHECK(left() == 0);
  for (int i = 0; i < 3000 && !TracesNow(judge).groups.empty(); ++i) usleep(10'000);
  CHECK(TracesNow(judge).groups.empty());
}

TEST_CASE("where the kernel isolates nothing there is no sandbox") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can make the surroundings for it");
    return;
  }
  const TemporaryDirectory root;
  const std::string said = InChild([&] {
    BuildChroot(root.path);
    BecomeOrdinary();  // in a chroot, user namespaces are refused
    Sandbox sandbox(1);
    return sandbox.Run(Shell("echo judged")).out;
  });
  CHECK(said.find("this machine cannot isolate programs") != std::string::npos);
  CHECK(said.find("judged") == std::string::npos);
}

}  // namespace
}  // namespace hone
