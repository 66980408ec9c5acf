// The program of rewards/code/box as an executable file in memory. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_IMAGE_H_
#define HONE_REWARDS_CODE_BOX_IMAGE_H_

#include <string_view>

#include "rewards/code/channel.h"

namespace hone {

std::string_view BoxProgram();

// Sealed against writing; for execveat. Throws Error when the kernel gives none.
Descriptor MakeBoxImage();

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_IMAGE_H_
