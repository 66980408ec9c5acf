// posix_spawn and not clone: the library's own code shares our memory until the exec, and none of ours runs in the child, which would
// confuse ThreadSanitizer for good. Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box_spawn.h"

#include <fcntl.h>
#include <spawn.h>

#include <cerrno>

#include "data/error.h"
#include "data/text_file.h"
#include "rewards/code/box/protocol.h"

namespace hone {
namespace {

// posix_spawn's list of what the child does before the exec.
class Actions {
 public:
  Actions() { Check(posix_spawn_file_actions_init(&actions_)); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  void Place(int ours, int theirs) { Check(posix_spawn_file_actions_adddup2(&actions_, ours, theirs)); }
  void Close(int theirs) { Check(posix_spawn_file_actions_addclose(&actions_, theirs)); }
  void CloseFrom(int theirs) { Check(posix_spawn_file_actions_addclosefrom_np(&actions_, theirs)); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  static void Check(int error) {
    if (error != 0) throw SystemError("start", "a box", error);
  }
  posix_spawn_file_actions_t actions_;
};

}  // namespace

pid_t SpawnBoxProgram(const Descriptor& image, const std::vector<std::string>& arguments,
                      const std::vector<std::pair<int, int>>& descriptors) {
  // Above every place of the child's, so that no placing overwrites what is still to be placed.
  std::vector<Descriptor> high;
  const auto raise = [&](int fd) {
    high.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, kBoxFirstFree));
    if (high.back().get() == -1) throw SystemError("start", "a box", errno);
    return high.back().get();
  };
  Actions actions;
  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null.get() == -1) throw SystemError("open", "/dev/null", errno);
  const int null_copy = raise(null.get());
  for (const int place : {0, 1, 2}) actions.Place(null_copy, place);
  std::vector<bool> taken(kBoxFirstFree);
  for (const auto& [ours, theirs] : descriptors) {
    actions.Place(raise(ours), theirs);
    taken[static_cast<size_t>(theirs)] = true;
  }
  actions.Place(raise(image.get()), kBoxImage);
  taken[kBoxImage] = true;
  for (int place = 3; place < kBoxFirstFree; ++place) {
    if (!taken[static_cast<size_t>(place)]) actions.Close(place);
  }
  actions.CloseFrom(kBoxFirstFree);
  std::vector<std::string> words = {"hone-box"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* const environment[] = {nullptr};
  const std::string path = "/proc/self/fd/" + std::to_string(kBoxImage);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, path.c_str(), actions.get(), nullptr, argv.data(), environment);
  if (error == ENOENT) throw Error("a box cannot be started without /proc", "", "Mount it.");
  if (error != 0) throw SystemError("start", "a box", error);
  return pid;
}

}  // namespace hone
