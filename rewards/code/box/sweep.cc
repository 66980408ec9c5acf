// Covered by tests/rewards/sandbox_modes_test.cc.
#include "rewards/code/box/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rewards/code/box/protocol.h"

namespace hone {
namespace {

// False while something with the prefix is left.
bool SweepOnce(const char* directory, const char* prefix) {
  DIR* entries = opendir(directory);
  if (entries == nullptr) return true;
  bool clean = true;
  while (const dirent* entry = readdir(entries)) {
    if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) continue;
    if (unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR) != 0 && errno != ENOENT) clean = false;
  }
  closedir(entries);
  return clean;
}

}  // namespace

int RunSweep(int argc, char** argv) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_IGN);
  setsid();  // what ends a terminal's or a shell's processes is not meant for this one
  prctl(PR_SET_NAME, "hone-sweep", 0, 0, 0);
  close(kBoxImage);
  if (chdir("/") != 0) return 1;
  char byte;
  for (ssize_t got = 1; got > 0 || (got == -1 && errno == EINTR);) got = read(kBoxSocket, &byte, 1);
  constexpr int kTries = 2000;  // the boxes end by themselves; 5 ms each
  for (int i = 0; i < kTries; ++i) {
    bool clean = true;
    for (int place = 3; place < argc; ++place) clean = SweepOnce(argv[place], argv[2]) && clean;
    if (clean) return 0;
    usleep(5000);
  }
  return 1;
}

}  // namespace hone
