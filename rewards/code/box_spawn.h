// Starts the program of rewards/code/box without copying this process. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_SPAWN_H_
#define HONE_REWARDS_CODE_BOX_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "rewards/code/channel.h"

namespace hone {

// The image (see box_image.h) as a child process with an empty environment, whatever this process's size and threads. It has /dev/null
// as 0, 1 and 2, of our descriptors those given as (ours, its own from kBoxSocket on), and the image as kBoxImage; no others, not even
// for a moment. Needs /proc. Throws Error.
pid_t SpawnBoxProgram(const Descriptor& image, const std::vector<std::string>& arguments,
                      const std::vector<std::pair<int, int>>& descriptors);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_SPAWN_H_
