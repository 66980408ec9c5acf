// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box/run.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "rewards/code/box/confine.h"
#include "rewards/code/box/fail.h"

namespace hone {
namespace {

// What the processes of a run write into the report pipe: at most one of each kind.
struct Report {
  enum class Kind : int32_t { kEnded, kNoExec };
  Kind kind;
  int32_t value;  // wait status, or errno
  int64_t wall_us;
};

int64_t MicrosNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Received descriptors are ascending and above their places, so that none is overwritten before it is moved.
void PlaceDescriptors(const std::vector<int>& descriptors) {
  int place = 0;
  for (const int descriptor : descriptors) Must(dup2(descriptor, place++), "dup2");
  Must(syscall(SYS_close_range, place, ~0u, CLOSE_RANGE_CLOEXEC), "close_range");
}

// The box's process is in the group too and must outlive the run: the out-of-memory killer is to take the program first.
void RaiseOomScore(int proc) {
  const int file = openat(proc, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  Must(file, "open oom_score_adj");
  Must(write(file, "1000", 4), "write oom_score_adj");
  close(file);
}

[[noreturn]] void BeProgram(const RunContext& context, const BoxOrder& order,
                            const std::vector<int>& descriptors) {
  if (context.setup.raise_oom_score) RaiseOomScore(context.proc);
  PlaceDescriptors(descriptors);
  setsid();
  Must(chdir("/work"), "chdir /work");
  const std::vector<char*> argv = Pointers(order.argv), environment = Pointers(order.environment);
  SetResourceLimits(order);
  DropRights(context.uid, context.gid);
  RestrictCalls(context.landlock, order.compiling ? context.setup.compile_filter : context.setup.run_filter);
  execve(argv[0], argv.data(), environment.data());
  const Report report = {Report::Kind::kNoExec, errno, 0};
  if (write(context.report[1], &report, sizeof report) < 0) _exit(126);
  _exit(127);
}

// The first process: reaps whatever the program leaves, and ends with it. Nothing inside can signal it.
[[noreturn]] void BeFirst(const RunContext& context, const BoxOrder& order,
                          const std::vector<int>& descriptors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  const int64_t start = MicrosNow();
  const pid_t program = static_cast<pid_t>(Must(fork(), "fork"));
  if (program == 0) BeProgram(context, order, descriptors);
  for (const int descriptor : descriptors)
    close(descriptor);  // whoever is at the other ends sees the program's own closing
  for (int status = 0;;) {
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended != program) continue;
    const Report report = {Report::Kind::kEnded, status, MicrosNow() - start};
    _exit(write(context.report[1], &report, sizeof report) == sizeof report ? 0 : 1);
  }
}

}  // namespace

pid_t StartRun(const RunContext& context, const BoxOrder& order, const std::vector<int>& descriptors,
               int& pidfd) {
  clone_args arguments = {};
  arguments.flags = CLONE_NEWPID | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (context.setup.group) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = kBoxGroup;
  }
  const pid_t first = static_cast<pid_t>(Must(syscall(SYS_clone3, &arguments, sizeof arguments), "clone3"));
  if (first == 0) BeFirst(context, order, descriptors);
  return first;
}

void FinishRun(const RunContext& context, pid_t first, BoxMessage& done) {
  int status = 0;
  rusage used;
  Must(wait4(first, &status, 0, &used), "wait4");
  done.cpu_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec +
                used.ru_stime.tv_usec;
  done.peak_kb = used.ru_maxrss;
  Report report;
  while (read(context.report[0], &report, sizeof report) == sizeof report) {
    if (report.kind == Report::Kind::kNoExec) {
      done.exec_errno = report.value;
    } else {
      done.ended = 1, done.wait_status = report.value, done.wall_us = report.wall_us;
    }
  }
}

}  // namespace hone
