/* A library for a version of the interface that does not exist. */
#include "rewards/hone_reward.h"

static const hone_reward_api kApi = {99, 0, 0, 0};

const hone_reward_api* hone_reward(uint32_t host_version) {
  (void)host_version;
  return &kApi;
}
