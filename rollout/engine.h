// The rollout engine in process: groups go in, every forward runs a ragged batch of whatever can run (continuous
// batching, chunked prefill, preemption), finished groups come out. A completion's tokens and log-probs depend on its
// request and the weights alone. Covered by tests/rollout/engine_test.cc and tests/rollout/exactness_test.cc.
#ifndef HONE_ROLLOUT_ENGINE_H_
#define HONE_ROLLOUT_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "data/types.h"
#include "kernels/sampling.h"
#include "policy/model.h"
#include "rollout/block_manager.h"
#include "rollout/scheduler.h"

namespace hone {

// One prompt and how to complete it. The draw of a token is keyed by (seed, step, slot, completion, position).
struct GroupRequest {
  Prompt prompt;
  int64_t step = 0;  // sampling step, [0, 2^32)
  int64_t slot = 0;  // slot of the prompt in that step, [0, 2^32)
  uint64_t seed = 0;
  int64_t num_completions = 1;
  kernels::SamplingParams sampling;
  int64_t max_new_tokens = 0;                                      // per completion
  std::vector<int32_t> stop_ids;                                   // end a completion and stay in it
  int64_t policy_version = 0;                                      // copied into the completions
  std::function<void(int64_t completion, int32_t id)> drawn = {};  // if set: called as each token is drawn
};

struct EngineOptions {
  int64_t num_pages = 0;         // cache size in pages of kernels::kPageSize positions
  int64_t max_batch_tokens = 0;  // rows of one forward
  int64_t max_sequences = 0;     // sequences running at once
};

struct EngineStats {
  int64_t generated_tokens = 0;
  int64_t prompt_tokens = 0;      // of the prompts prefilled, each counted once
  int64_t recomputed_tokens = 0;  // computed again because of preemptions
  int64_t forward_steps = 0;
  int64_t preemptions = 0;  // sequences that lost their pages
  int64_t peak_pages = 0;
  double seconds = 0.0;          // inside Step
  double forward_seconds = 0.0;  // of those, inside Model::Forward and the sampling kernel
};

// Not thread-safe. Weights may change (Model::Refresh) only while the engine is idle.
class Engine {
 public:
  Engine(Model& model, const EngineOptions& options);  // Error on a size out of range

  // Queues a group and returns its id. Error if a value is out of range, prompt + max_new_tokens exceeds the model's
  // max_position_embeddings, or one completion would not fit into the whole cache.
  int64_t Submit(GroupRequest request);
  // Drops a group and frees its pages; false if no such group is queued or running.
  bool Abort(int64_t id);

  bool Step();                        // one forward; false when there is nothing to do
  std::vector<Group> TakeFinished();  // in the order in which they were done
  std::vector<Group> Run();           // steps until idle; all finished groups by slot

  const EngineStats& stats() const { return stats_; }
  int64_t num_free_pages() const { return blocks_.num_free(); }
  void Check() const;  // aborts if pages and page tables disagree

 private:
  struct Request {
    int64_t id = 0;
    GroupRequest spec;
    std::vector<Completion> completions;  // empty until the prompt is prefilled for the first time
    int64_t unfinished = 0;
  };
  // The engine's side of the Work listed at the same place.
  struct Unit {
    Request* request = nullptr;  // null: done, to be taken off the list
    int64_t completion = -1;     // -1: the prompt
    PageTable pages = {};
  };

  void List(Request& request);
  void ListPending();
  void Preempt(int64_t unit);
  void BuildBatch();
  void AppendChunk(const Chunk& chunk);
  void Draw();
  void StartCompletions(int64_t prompt, const float* logits);
  void Accept(int64_t unit, const kernels::SampledToken& token);
  kernels::DrawKey KeyOf(const Request& request, int64_t completion) const;
  void Retire(Request& request);
  void RemoveDoneUnits();

  Model& model_;
  const EngineOptions options_;
  const SchedulerLimits limits_;
  BlockManager blocks_;
  KvCache cache_;
  int64_t next_id_ = 0;
  std::deque<std::unique_ptr<Request>> pending_;
  std::vector<std::unique_ptr<Request>> listed_;
  std::vector<Work> work_;
  std::vector<Unit> units_;
  std::vector<Group> finished_;
  EngineStats stats_;

  // Kept between steps for their memory.
  Plan plan_;
  RaggedBatch batch_;
  FloatBuffer logits_;
  std::vector<int32_t> drawing_;  // the unit behind each row of logits, completions first
  std::vector<kernels::SamplingParams> params_;
  std::vector<kernels::DrawKey> keys_;
  std::vector<kernels::SampledToken> drawn_;
};

}  // namespace hone

#endif  // HONE_ROLLOUT_ENGINE_H_
