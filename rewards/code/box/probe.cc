// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box/probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace hone {
namespace {

void Breach(const std::string& what) { std::printf("%s\n", what.c_str()); }

void MustFail(long result, const std::string& what) {
  if (result != -1) Breach(what);
}

void TryFiles(const char* secret) {
  for (const char* path : {secret, "/etc/shadow", "/etc/passwd", "/proc/self", "/proc/1", "/sys/kernel",
                           "/dev/mem", "/dev/zero", "/dev/shm", "/.writable/work"}) {
    struct stat what;
    MustFail(stat(path, &what), std::string("see ") + path);
  }
  for (const char* path :
       {"/hone-probe", "/usr/bin/hone-probe", "/etc/hone-probe", "/dev/hone-probe", "/usr/lib/hone-probe"}) {
    MustFail(open(path, O_CREAT | O_WRONLY, 0600), std::string("write ") + path);
    MustFail(mkdir(path, 0700), std::string("make ") + path);
  }
  MustFail(chmod("/usr/bin", 0777), "chmod /usr/bin");
  MustFail(syscall(SYS_mknodat, AT_FDCWD, "device", S_IFBLK | 0600, 0x0800), "make a device");
}

void TryNetwork(int host_port) {
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 38 /* AF_ALG */, 40 /* AF_VSOCK */}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW}) {
      const int fd = socket(family, type, 0);
      if (fd == -1) continue;
      Breach("open a socket of family " + std::to_string(family));
      sockaddr_in host = {};
      host.sin_family = AF_INET, host.sin_port = htons(static_cast<uint16_t>(host_port));
      host.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (family == AF_INET && connect(fd, reinterpret_cast<sockaddr*>(&host), sizeof host) == 0)
        Breach("reach the host");
      close(fd);
    }
  }
}

void TryRights() {
  if (getuid() == 0 || geteuid() == 0 || getgid() == 0) Breach("be root");
  MustFail(syscall(SYS_setresuid, 0, 0, 0), "become root");
  MustFail(syscall(SYS_setresgid, 0, 0, 0), "become root's group");
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[2] = {};
  if (syscall(SYS_capget, &header, held) != 0 || held[0].permitted != 0 || held[1].permitted != 0 ||
      held[0].inheritable != 0) {
    Breach("hold capabilities");
  }
  for (int capability = 0; capability < 64; ++capability) {
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
      Breach("regain capability " + std::to_string(capability));
  }
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) Breach("gain privileges by a program");
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2) Breach("make any system call");
}

void TryCalls() {
  MustFail(unshare(CLONE_NEWUSER), "make a user namespace");
  MustFail(unshare(CLONE_NEWNS), "make a mount namespace");
  MustFail(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0),
           "clone into a user namespace");
  MustFail(syscall(SYS_clone3, nullptr, 0), "call clone3");
  MustFail(mount("none", "/tmp", "tmpfs", 0, nullptr), "mount");
  MustFail(mount(nullptr, "/usr/bin", nullptr, MS_REMOUNT | MS_BIND, nullptr), "remount");
  MustFail(umount2("/tmp", MNT_DETACH), "unmount");
  MustFail(chroot("/tmp"), "chroot");
  MustFail(syscall(SYS_pivot_root, "/tmp", "/tmp"), "pivot_root");
  MustFail(ptrace(PTRACE_ATTACH, 1, nullptr, nullptr), "trace the first process");
  char bytes[8] = {};
  const iovec here = {bytes, sizeof bytes}, there = {bytes, sizeof bytes};
  MustFail(process_vm_readv(1, &here, 1, &there, 1, 0), "read another process's memory");
  MustFail(sethostname("x", 1), "rename the host");
  for (const long call :
       {SYS_bpf, SYS_perf_event_open, SYS_keyctl, SYS_add_key, SYS_userfaultfd, SYS_io_uring_setup, SYS_setns,
        SYS_kexec_load, SYS_init_module, SYS_open_by_handle_at, SYS_shmget, SYS_msgget, SYS_semget,
        SYS_mq_open, SYS_syslog, SYS_clock_settime}) {
    MustFail(syscall(call, 0, 0, 0, 0, 0, 0), "make system call " + std::to_string(call));
  }
}

void TryLeaks(char** environment) {
  for (int fd = 3; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) Breach("use descriptor " + std::to_string(fd));
  }
  for (char** text = environment; *text != nullptr; ++text) {
    const std::string entry = *text;
    if (entry.rfind("PATH=", 0) != 0 && entry.rfind("HOME=", 0) != 0 && entry.rfind("LANG=", 0) != 0) {
      Breach("see the host's environment");
    }
  }
  rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0) Breach("dump core");
}

void TryProcesses() {
  kill(1, SIGKILL);  // must do nothing: it would end this run
  for (int pid = 3; pid < 4096; ++pid) {
    if (kill(pid, 0) == 0) Breach("see process " + std::to_string(pid));
  }
}

int Everything(int host_port, const char* secret) {
  TryRights();
  TryFiles(secret);
  TryNetwork(host_port);
  TryCalls();
  TryLeaks(environ);
  TryProcesses();
  return 0;
}

// Never more than a bounded number, should no limit hold.
int Fork(int most) {
  int made = 0;
  while (made < most) {
    const pid_t child = fork();
    if (child == -1) break;
    if (child == 0) {
      for (;;) pause();
    }
    ++made;
  }
  if (made == most) Breach("start " + std::to_string(most) + " processes");
  return 0;
}

int Touch(size_t megabytes) {
  for (size_t i = 0; i < megabytes; ++i) {
    void* const memory = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    std::memset(memory, 1, 1 << 20);
  }
  usleep(200'000);  // where memory is sampled
  Breach("use " + std::to_string(megabytes) + " MB of memory");
  return 0;
}

int Write(int megabytes) {
  static char bytes[1 << 20];
  std::memset(bytes, 'x', sizeof bytes);
  signal(SIGXFSZ, SIG_IGN);
  for (int i = 0; i < megabytes; ++i) {
    const int file = open((i % 2 == 0 ? "/work/part" : "/tmp/part" + std::to_string(i)).c_str(),
                          O_CREAT | O_APPEND | O_WRONLY, 0600);
    if (file == -1 || write(file, bytes, sizeof bytes) < static_cast<ssize_t>(sizeof bytes)) return 0;
    close(file);
  }
  Breach("write " + std::to_string(megabytes) + " MB");
  return 0;
}

int Look() {
  for (const char* path : {"/work/part", "/tmp/part1", "/work/part1", "/tmp/part"}) {
    if (access(path, F_OK) == 0) Breach("see another run's files");
  }
  return 0;
}

[[noreturn]] void Spin() {
  for (volatile unsigned turn = 0;;) turn = turn + 1;
}

int OtherArchitecture() {
#ifdef __x86_64__
  long result = 20;  // getpid of i386
  asm volatile("int $0x80" : "+a"(result) : : "memory");
  Breach("make a system call of i386");
#else
  raise(SIGSYS);
#endif
  return 0;
}

}  // namespace

int RunProbe(int argc, char** argv) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  if (getpid() != 2 || getppid() != 1) {
    Breach("live outside a pid namespace of its own");
    return 1;
  }
  const std::string name = argv[1];
  const int amount = argc > 2 ? std::atoi(argv[2]) : 0;
  int code = 2;
  if (name == "everything") code = Everything(amount, argc > 3 ? argv[3] : "/etc/shadow");
  if (name == "fork") code = Fork(amount);
  if (name == "touch") code = Touch(static_cast<size_t>(amount));
  if (name == "write") code = Write(amount);
  if (name == "look") code = Look();
  if (name == "spin") Spin();
  if (name == "sleep") sleep(60);
  if (name == "i386") code = OtherArchitecture();
  std::printf("done\n");
  return code;
}

}  // namespace hone
