// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box/root.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "rewards/code/box/fail.h"

namespace hone {
namespace {

// Where the root is put together: a directory that every host has, covered in this mount namespace alone.
constexpr char kStage[] = "/tmp";

void MakeParents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (mkdir(path.substr(0, slash).c_str(), 0755) != 0 && errno != EEXIST) Fail("mkdir " + path);
  }
}

// A detached copy of what the host has at the path: taken before anything is covered.
int CopyOf(const BoxBind& bind) {
  const int fd = static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, bind.host.c_str(),
                                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  Must(fd, "open_tree " + bind.host);
  mount_attr attributes = {};
  attributes.attr_set =
      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | (bind.device ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV);
  attributes.propagation = MS_PRIVATE;
  Must(syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes),
       "mount_setattr " + bind.host);
  return fd;
}

void Attach(int copy, const std::string& path) {
  struct stat what;
  Must(fstat(copy, &what), "stat " + path);
  MakeParents(path);
  if (S_ISDIR(what.st_mode)) {
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) Fail("mkdir " + path);
  } else {
    close(static_cast<int>(Must(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644), "create " + path)));
  }
  Must(syscall(SYS_move_mount, copy, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH),
       "move_mount " + path);
  close(copy);
}

void Cover(const std::string& path) {
  if (mount("none", path.c_str(), "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV,
            "size=4k,nr_inodes=2,mode=755") != 0 &&
      errno != ENOENT) {
    Fail("cover " + path);
  }
}

void MakeLeaf(const std::string& path) { Must(mkdir(path.c_str(), 0755), "mkdir " + path); }

// In a chroot whose directory is no mount point, the mount it lies on cannot be made private: if that one is shared, the host has
// just seen ours.
void RefuseToShare() {
  FILE* const mounts = fopen("/proc/self/mountinfo", "re");
  if (mounts == nullptr) Fail("open /proc/self/mountinfo");
  bool shared = false;
  for (char line[4096]; fgets(line, sizeof line, mounts) != nullptr;) {
    if (strstr(line, (std::string(" ") + kStage + " ").c_str()) != nullptr)
      shared = strstr(line, " shared:") != nullptr;
  }
  fclose(mounts);
  if (!shared) return;
  umount2(kStage, MNT_DETACH);
  errno = EBUSY;
  Fail("the chroot lies on a shared mount: bind it onto itself and make that private");
}

void BuildRoot(const BoxSetup& setup) {
  const std::string stage = kStage;
  std::vector<int> copies;
  for (const BoxBind& bind : setup.binds) copies.push_back(CopyOf(bind));
  Must(mount("none", kStage, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=1024,mode=755"),
       "mount the root");
  if (setup.chrooted) RefuseToShare();
  Must(mount(nullptr, kStage, nullptr, MS_PRIVATE, nullptr), "make the root private");
  for (const char* name : {"/work", "/tmp", "/dev", "/etc", "/.writable"}) MakeLeaf(stage + name);
  for (size_t i = 0; i < copies.size(); ++i) Attach(copies[i], stage + setup.binds[i].box);
  for (const auto& [target, path] : setup.links) {
    MakeParents(stage + path);
    Must(symlink(target.c_str(), (stage + path).c_str()), "symlink " + path);
  }
  for (const std::string& path : setup.hidden) Cover(stage + path);
}

void SwitchRoot(bool chrooted) {
  Must(chdir(kStage), "chdir");
  if (chrooted) {
    Must(mount(".", "/", nullptr, MS_MOVE, nullptr), "move the root");
    Must(chroot("."), "chroot");
  } else {
    Must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    Must(umount2(".", MNT_DETACH), "leave the host's root");
  }
  Must(chdir("/"), "chdir");
  Must(mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr),
       "remount the root");
}

void Separate(int flags, const char* what) { Must(unshare(flags), what); }

void MakeMountsPrivate(bool chrooted) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && !(chrooted && errno == EINVAL)) {
    Fail("make the mounts private");
  }
}

// Removes the entries of a directory that holds only a few plain files. False when there is more.
bool RemoveFiles(const char* path) {
  DIR* directory = opendir(path);
  if (directory == nullptr) return false;
  bool all = true;
  int seen = 0;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    all = all && ++seen <= 64 && unlinkat(dirfd(directory), name.c_str(), 0) == 0;
    if (!all) break;
  }
  closedir(directory);
  return all;
}

}  // namespace

void EnterBox(const BoxSetup& setup, void (*map_ids)()) {
  constexpr int kOthers = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  // With rights over the host's mounts, the root is built before the user namespace: nothing in it can be undone from inside.
  const bool root_first = !setup.user_namespace || setup.several_ids;
  if (root_first) {
    Separate(CLONE_NEWNS, "a mount namespace");
  } else {
    Separate(CLONE_NEWUSER | CLONE_NEWNS | kOthers, "a user namespace");
    map_ids();
  }
  MakeMountsPrivate(setup.chrooted);
  BuildRoot(setup);
  SwitchRoot(setup.chrooted);
  if (root_first && setup.user_namespace) {
    Separate(CLONE_NEWUSER | CLONE_NEWNS | kOthers, "a user namespace");
    map_ids();
    Must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
    Must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
  } else if (root_first) {
    Separate(kOthers, "network, ipc, uts and cgroup namespaces");
  }
  Must(sethostname("box", 3), "sethostname");
}

void Writable::Mount() {
  Must(mount("none", "/.writable", "tmpfs", MS_NOSUID | MS_NODEV,
             ("mode=755,nr_inodes=16384,size=" + std::to_string(size_mb_) + "m").c_str()),
       "mount the writable file system");
  for (const char* name : {"/work", "/tmp"}) {
    const std::string path = std::string("/.writable") + name;
    Must(mkdir(path.c_str(), 0700), "mkdir " + path);
    Must(chown(path.c_str(), static_cast<uid_t>(uid_), static_cast<gid_t>(gid_)), "chown " + path);
    Must(mount(path.c_str(), name, nullptr, MS_BIND, nullptr), "bind " + path);
    Must(mount(nullptr, name, nullptr, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV, nullptr),
         "remount " + path);
  }
  Must(umount2("/.writable", MNT_DETACH), "umount /.writable");
  mounted_ = true;
}

void Writable::Unmount() {
  Must(umount2("/work", MNT_DETACH), "umount /work");
  Must(umount2("/tmp", MNT_DETACH), "umount /tmp");
  mounted_ = false;
}

bool Writable::Prepare(int64_t size_mb) {
  const bool resize = mounted_ && size_mb != size_mb_;
  size_mb_ = size_mb;
  if (resize) {
    Must(mount(nullptr, "/work", nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV,
               ("size=" + std::to_string(size_mb) + "m").c_str()),
         "resize the writable file system");
  }
  if (mounted_) return false;
  Mount();
  return true;
}

void Writable::Empty() {
  for (const char* path : {"/work", "/tmp"}) {
    if (!RemoveFiles(path) || chmod(path, 0700) != 0) return Unmount();
  }
}

int64_t Writable::WrittenKb() const {
  struct statfs sizes;
  Must(statfs("/work", &sizes), "statfs /work");
  return static_cast<int64_t>(sizes.f_blocks - sizes.f_bfree) * sizes.f_bsize / 1024;
}

}  // namespace hone
