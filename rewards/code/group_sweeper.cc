// Covered by tests/rewards/sandbox_modes_test.cc.
#include "rewards/code/group_sweeper.h"

#include <sys/wait.h>

#include <cerrno>
#include <set>
#include <vector>

#include "rewards/code/box/protocol.h"
#include "rewards/code/box_spawn.h"

namespace hone {

GroupSweeper::GroupSweeper(const Descriptor& image, const GroupPlaces& places, const std::string& prefix) {
  std::vector<std::string> arguments = {"sweep", prefix};
  for (const std::string& place : std::set<std::string>{places.memory, places.pids, places.cpu}) {
    if (!place.empty()) arguments.push_back(place);
  }
  if (arguments.size() == 2) return;
  auto [ours, theirs] = SocketPair();
  pid_ = SpawnBoxProgram(image, arguments, {{theirs.get(), kBoxSocket}});
  ours_ = std::move(ours);
}

GroupSweeper::~GroupSweeper() {
  ours_.Close();
  while (pid_ != -1 && waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

}  // namespace hone
