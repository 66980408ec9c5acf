/* The C interface of a reward in a shared library: `use = "./mine.so"` in a recipe. Plain C; a C++ library keeps its
 * exceptions to itself. Covered by tests/rewards/plugins_library_test.cc, whose two libraries are examples.
 *
 * The library exports one function,
 *     const hone_reward_api* hone_reward(uint32_t host_version);
 * which returns its functions, or NULL when it does not know that version of this header.
 *
 * Memory: what the host passes is the host's and lives until the call returns; the library keeps no pointer to
 * it. Results go into memory the host passes. What `create` returns is the library's, until `destroy`. */
#ifndef HONE_REWARDS_HONE_REWARD_H_
#define HONE_REWARDS_HONE_REWARD_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HONE_REWARD_VERSION 1
#define HONE_REWARD_TEXT 512 /* bytes for an explanation or error, its final 0 included */

typedef struct {
  const char* data; /* UTF-8 as far as the model wrote it; data[size] is 0 */
  size_t size;      /* bytes; data may hold zeros before */
} hone_text;

typedef struct {
  hone_text text;     /* without special tokens */
  const int32_t* ids; /* its tokens, the final eos included */
  size_t num_ids;
  int truncated; /* 1: cut off at the length cap */
} hone_completion;

typedef struct {
  hone_text prompt;
  hone_text gold;    /* the reference answer */
  hone_text columns; /* the data set's other columns: a JSON object */
  const hone_completion* completions;
  size_t num_completions;
} hone_group;

enum { HONE_VALUE = 0, HONE_NOT_APPLICABLE = 1, HONE_FAULT = 2 };

typedef struct {
  int32_t status; /* one of the above; HONE_FAULT until the library says otherwise */
  double value;   /* finite; read only with HONE_VALUE */
  char explanation[HONE_REWARD_TEXT];
} hone_score;

typedef struct {
  uint32_t version; /* HONE_REWARD_VERSION of the header it was built with */
  /* `options` is a JSON object, 0-terminated. NULL is a failure that `error` describes. */
  void* (*create)(const char* options, char error[HONE_REWARD_TEXT]);
  /* Fills scores[0 .. num_completions). Another result than 0 makes all of them faults, described by
   * scores[0].explanation. Called from several threads at once when the recipe's `concurrency` is above 1. */
  int (*score)(void* self, const hone_group* group, hone_score* scores);
  void (*destroy)(void* self);
} hone_reward_api;

const hone_reward_api* hone_reward(uint32_t host_version);

#ifdef __cplusplus
}
#endif

#endif /* HONE_REWARDS_HONE_REWARD_H_ */
