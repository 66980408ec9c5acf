// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/seccomp_filter.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "data/error.h"
#include "rewards/code/channel.h"

namespace hone {
namespace {

// Names that an architecture does not have are left out.
constexpr const char* kAllowed[] = {
    // Files.
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
    "open", "openat", "creat", "close", "close_range", "lseek", "stat", "fstat", "lstat", "newfstatat",
    "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
    "chdir", "fchdir", "getdents", "getdents64", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat",
    "fchmodat2", "chown", "fchown", "lchown", "fchownat", "umask", "truncate", "ftruncate", "fallocate",
    "fadvise64", "fsync", "fdatasync", "flock", "utime", "utimes", "utimensat", "futimesat", "mknod",
    "mknodat", "sendfile", "copy_file_range", "splice", "tee", "dup", "dup2", "dup3", "pipe", "pipe2",
    "fcntl", "readahead", "sync_file_range", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr",
    "flistxattr",
    // Waiting.
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
    "timerfd_settime", "timerfd_gettime", "inotify_init", "inotify_init1", "inotify_add_watch",
    "inotify_rm_watch", "pause", "nanosleep", "clock_nanosleep",
    // Memory.
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mincore", "msync", "mlock", "mlock2",
    "munlock", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect", "get_mempolicy",
    // Processes and threads.
    "execve", "execveat", "exit", "exit_group", "fork", "vfork", "wait4", "waitid", "getpid", "getppid",
    "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "kill", "tkill", "tgkill", "pidfd_open",
    "pidfd_send_signal", "futex", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue",
    "set_robust_list", "get_robust_list", "set_tid_address", "rseq", "arch_prctl", "sched_yield",
    "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getattr", "getpriority", "setpriority",
    "getcpu",
    // Signals and clocks.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaltstack", "restart_syscall", "alarm", "getitimer",
    "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "times",
    // Limits and identity.
    "getrlimit", "setrlimit", "getrusage", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid",
    "getresgid", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
    "capget", "uname", "sysinfo", "getrandom",
    // Sockets that lead nowhere else.
    "connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "sendto", "recvfrom",
    "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "getsockopt", "setsockopt"};

constexpr const char* kCompiling[] = {"memfd_create", "setxattr", "fsetxattr", "lsetxattr",
                                      "vmsplice",     "mbind",    "ioprio_get"};

// Escape hatches: programs look for a refusal, not for an old kernel.
constexpr const char* kRefused[] = {"ptrace",
                                    "process_vm_readv",
                                    "process_vm_writev",
                                    "kcmp",
                                    "pidfd_getfd",
                                    "unshare",
                                    "setns",
                                    "mount",
                                    "umount2",
                                    "pivot_root",
                                    "chroot",
                                    "swapon",
                                    "swapoff",
                                    "reboot",
                                    "sethostname",
                                    "setdomainname",
                                    "init_module",
                                    "finit_module",
                                    "delete_module",
                                    "kexec_load",
                                    "kexec_file_load",
                                    "bpf",
                                    "perf_event_open",
                                    "keyctl",
                                    "add_key",
                                    "request_key",
                                    "userfaultfd",
                                    "io_uring_setup",
                                    "io_uring_enter",
                                    "io_uring_register",
                                    "open_by_handle_at",
                                    "name_to_handle_at",
                                    "clock_settime",
                                    "settimeofday",
                                    "adjtimex",
                                    "clock_adjtime",
                                    "syslog",
                                    "acct",
                                    "quotactl",
                                    "iopl",
                                    "ioperm",
                                    "modify_ldt",
                                    "capset",
                                    "setgroups",
                                    "fanotify_init",
                                    "fsopen",
                                    "fsmount",
                                    "fspick",
                                    "fsconfig",
                                    "move_mount",
                                    "open_tree",
                                    "mount_setattr",
                                    "vhangup",
                                    "sched_setscheduler",
                                    "sched_setparam",
                                    "sched_setattr"};

constexpr uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

class Builder {
 public:
  Builder() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), seccomp_release) {
    if (context_ == nullptr) throw Error("libseccomp cannot start", "", "");
    Check(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "architecture");
    Check(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2),
          "optimize");  // a tree, not a chain: less per call
  }

  void Allow(const char* name, std::vector<scmp_arg_cmp> when = {}) { Add(SCMP_ACT_ALLOW, name, when); }
  void Refuse(const char* name, int error, std::vector<scmp_arg_cmp> when = {}) {
    Add(SCMP_ACT_ERRNO(static_cast<uint16_t>(error)), name, when);
  }

  std::string Export() const {
    const Descriptor file(memfd_create("filter", MFD_CLOEXEC));
    if (file.get() == -1) throw Error("no file in memory for the system call filter", "", "");
    Check(seccomp_export_bpf(context_.get(), file.get()), "export");
    std::string bytes(static_cast<size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
    if (pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      throw Error("the system call filter cannot be read", "", "");
    }
    return bytes;
  }

 private:
  void Add(uint32_t action, const char* name, const std::vector<scmp_arg_cmp>& when) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0)
      return;  // this architecture or this libseccomp has no such call
    Check(seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(when.size()),
                                 when.data()),
          name);
  }
  static void Check(int result, const char* what) {
    if (result != 0) throw Error(std::string("libseccomp: ") + what + ": " + std::strerror(-result), "", "");
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

void AddConditional(Builder& filter) {
  filter.Allow("clone", {SCMP_A0_64(SCMP_CMP_MASKED_EQ, kNewNamespaces,
                                    0)});  // clone3 hides its flags: ENOSYS, and libc falls back
  filter.Allow("socket", {SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX)});
  filter.Refuse("socket", EACCES, {SCMP_A0_32(SCMP_CMP_NE, AF_UNIX)});
  filter.Allow("socketpair", {SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX)});
  for (const unsigned long request : {TIOCGWINSZ, TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX}) {
    filter.Allow("ioctl", {SCMP_A1_32(SCMP_CMP_EQ, request)});
  }
  for (const int option :
       {PR_SET_NAME, PR_GET_NAME, PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE,
        PR_CAPBSET_READ, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK,
        PR_SET_VMA, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_SET_CHILD_SUBREAPER, PR_GET_SECCOMP}) {
    filter.Allow("prctl", {SCMP_A0_32(SCMP_CMP_EQ, static_cast<uint32_t>(option))});
  }
  filter.Allow("prlimit64",
               {SCMP_A0_32(SCMP_CMP_EQ,
                           0)});  // its own: in one with the same id it could end the run as no program may
  filter.Allow("personality", {SCMP_A0_32(SCMP_CMP_EQ, 0xffffffff)});
}

}  // namespace

std::string SeccompFilter(bool compiling) {
  Builder filter;
  for (const char* name : kAllowed) filter.Allow(name);
  if (compiling) {
    for (const char* name : kCompiling) filter.Allow(name);
  }
  for (const char* name : kRefused) filter.Refuse(name, EPERM);
  AddConditional(filter);
  return filter.Export();
}

}  // namespace hone
