// Decides what the next forward computes: a pure function of the work at hand, the free pages and the limits. No clock,
// no thread, no memory of its own. Covered by tests/rollout/scheduler_test.cc.
#ifndef HONE_ROLLOUT_SCHEDULER_H_
#define HONE_ROLLOUT_SCHEDULER_H_

#include <cstdint>
#include <span>
#include <vector>

namespace hone {

// A sequence as the scheduler sees it. Work is listed in arrival order: the prompt of each group, then its unfinished
// completions, which read the prompt's pages and go on behind it.
struct Work {
  int32_t prompt = 0;  // where the group's prompt is listed; a prompt names itself
  int32_t begin = 0;   // length of the prompt under a completion; 0 for a prompt
  int32_t length =
      0;  // positions whose tokens are known; a completion without a token yet has length == begin
  int32_t cached = 0;     // positions in the cache, counted from 0; 0: holds no page (waiting or preempted)
  int32_t followers = 0;  // prompts: unfinished completions

  // Prompts wholly in the cache have nothing to do until their completions are done; all other work with pages runs.
  bool Running() const { return cached > 0 && cached < length; }
  // Pages held when `positions` are cached, besides the whole pages that a completion shares with its prompt.
  int64_t OwnPages(int64_t positions) const;
};

struct SchedulerLimits {
  int64_t max_tokens = 0;   // rows of one forward
  int64_t max_running = 0;  // sequences running at once; never more than max_tokens of them
};

struct Chunk {
  int32_t work = 0;    // where it is listed
  int32_t tokens = 0;  // the next ones after `cached`; a completion that starts does so at `begin`
};

struct Plan {
  std::vector<int32_t> preempted;  // newest first; their pages are free before the chunks run
  std::vector<Chunk> chunks;       // in arrival order
};

// Running sequences that need one token come first within the token budget, then the others in arrival order, in chunks.
// A running sequence that needs a page takes it from the newest one behind it, or else waits a step. Waiting work starts
// in arrival order while slots and tokens last and its pages leave one for each running sequence. The oldest
// work that can run always does, if need be at the cost of newer work: so every plan makes progress and nothing starves,
// provided that each prompt with one of its completions fits into the cache alone.
void Schedule(std::span<const Work> work, const SchedulerLimits& limits, int64_t free_pages, Plan& plan);

}  // namespace hone

#endif  // HONE_ROLLOUT_SCHEDULER_H_
