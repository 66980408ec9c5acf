/* A reward in C: 1 for a completion no longer than `most` bytes, else 0. Built as a module and loaded by
 * tests/rewards/plugins_library_test.cc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewards/hone_reward.h"

static void* Create(const char* options, char error[HONE_REWARD_TEXT]) {
  const char* key = strstr(options, "\"most\":");
  size_t* most = malloc(sizeof *most);
  if (most == NULL) return NULL;
  *most = key != NULL ? strtoul(key + 7, NULL, 10) : 80;
  if (*most > 0) return most;
  snprintf(error, HONE_REWARD_TEXT, "most must be above 0");
  free(most);
  return NULL;
}

static int ScoreGroup(void* self, const hone_group* group, hone_score* scores) {
  const size_t most = *(const size_t*)self;
  for (size_t i = 0; i < group->num_completions; ++i) {
    const size_t size = group->completions[i].text.size;
    scores[i].status = HONE_VALUE;
    scores[i].value = size <= most ? 1.0 : 0.0;
    snprintf(scores[i].explanation, HONE_REWARD_TEXT, "%zu of %zu bytes", size, most);
  }
  return 0;
}

static const hone_reward_api kApi = {HONE_REWARD_VERSION, Create, ScoreGroup, free};

const hone_reward_api* hone_reward(uint32_t host_version) {
  return host_version == HONE_REWARD_VERSION ? &kApi : NULL;
}
