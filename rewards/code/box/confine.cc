// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "rewards/code/box/fail.h"

namespace hone {
namespace {

// Headers of Debian 12 know Landlock up to its second version: what came later, by its numbers in the kernel's interface.
constexpr uint64_t kTruncate = 1u << 14, kIoctlDev = 1u << 15;
constexpr uint64_t kBindTcp = 1u << 0, kConnectTcp = 1u << 1;
constexpr uint64_t kScopeAbstractUnix = 1u << 0, kScopeSignal = 1u << 1;

struct RulesetAttributes {
  uint64_t files, network, scopes;
};

constexpr uint64_t kRead =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kFirstVersion = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // the highest bit of version 1

uint64_t FileRights(int version) {
  uint64_t rights = kFirstVersion;
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kIoctlDev;
  return rights;
}

void Allow(int ruleset, const char* path, uint64_t rights) {
  landlock_path_beneath_attr rule = {};
  rule.allowed_access = rights;
  rule.parent_fd = static_cast<int>(Must(open(path, O_PATH | O_CLOEXEC), std::string("open ") + path));
  Must(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0),
       std::string("landlock ") + path);
  close(rule.parent_fd);
}

void Limit(__rlimit_resource_t which, int64_t value) {
  rlimit limit;
  Must(getrlimit(which, &limit), "getrlimit");
  limit.rlim_max =
      std::min(limit.rlim_max, static_cast<rlim_t>(value));  // an ordinary user may not go above the host's
  limit.rlim_cur = limit.rlim_max;
  Must(setrlimit(which, &limit), "setrlimit");
}

}  // namespace

int LandlockVersion() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 1 ? 0 : static_cast<int>(version);
}

int MakeLandlock() {
  const int version = LandlockVersion();
  if (version < 1) return -1;
  RulesetAttributes attributes = {FileRights(version), 0, 0};
  if (version >= 4) attributes.network = kBindTcp | kConnectTcp;
  if (version >= 6) attributes.scopes = kScopeAbstractUnix | kScopeSignal;
  const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const int ruleset =
      static_cast<int>(Must(syscall(SYS_landlock_create_ruleset, &attributes, size, 0), "landlock"));
  Must(fcntl(ruleset, F_SETFD, FD_CLOEXEC), "fcntl");
  Allow(ruleset, "/", kRead);
  Allow(ruleset, "/work", attributes.files);
  Allow(ruleset, "/tmp", attributes.files);
  Allow(ruleset, "/dev/null",
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
            (attributes.files & (kTruncate | kIoctlDev)));
  return ruleset;
}

void SetResourceLimits(const BoxOrder& order) {
  // The sandbox is quicker: this one is for its absence.
  Limit(RLIMIT_CPU, static_cast<int64_t>(std::ceil(order.cpu_s)) + 1);
  Limit(RLIMIT_FSIZE, order.file_mb << 20);
  Limit(RLIMIT_NOFILE, order.open_files);
  Limit(RLIMIT_NPROC, order.processes);
  // Deep recursion is fine; endless recursion ends as a fault, before the memory does.
  Limit(RLIMIT_STACK, std::clamp<int64_t>(order.memory_mb / 2, 1, 64) << 20);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_MEMLOCK, 64 << 10);
  Limit(RLIMIT_MSGQUEUE, 0);
  Limit(RLIMIT_RTPRIO, 0);
  Limit(RLIMIT_NICE, 0);
}

void DropRights(int64_t uid, int64_t gid) {
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
  if (syscall(SYS_setgroups, 0, nullptr) != 0 && errno != EPERM)
    Fail("setgroups");  // EPERM: an unprivileged user namespace
  Must(syscall(SYS_setresgid, gid, gid, gid), "setresgid");
  Must(syscall(SYS_setresuid, uid, uid, uid), "setresuid");
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  Must(syscall(SYS_capset, &header, none), "capset");
  Must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

void RestrictCalls(int landlock, const std::string& filter) {
  if (landlock != -1) Must(syscall(SYS_landlock_restrict_self, landlock, 0), "landlock");
  sock_fprog program = {static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                        reinterpret_cast<sock_filter*>(const_cast<char*>(filter.data()))};
  Must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

}  // namespace hone
