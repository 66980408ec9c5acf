// See engine.h. Covered by tests/rollout/engine_test.cc and tests/rollout/exactness_test.cc.
#include "rollout/engine.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "data/error.h"

namespace hone {
namespace {

using kernels::kPageSize;

constexpr float kMinTemperature = 1e-6f;  // logits divided by less may not be finite

EngineOptions Checked(const EngineOptions& options) {
  const auto check = [](int64_t value, const char* name) {
    constexpr int64_t max = std::numeric_limits<int32_t>::max() / kPageSize;  // cache rows are int32
    if (value >= 1 && value <= max) return;
    throw Error(std::string(name) + " is " + std::to_string(value), "engine",
                "set it between 1 and " + std::to_string(max));
  };
  check(options.num_pages, "num_pages");
  check(options.max_batch_tokens, "max_batch_tokens");
  check(options.max_sequences, "max_sequences");
  return options;
}

// Pages that one completion needs with its prompt, alone in the cache. The last token is drawn, never computed.
int64_t PagesAlone(const GroupRequest& request) {
  const auto prompt = static_cast<int64_t>(request.prompt.ids.size());
  const int64_t own = PagesFor(prompt + request.max_new_tokens - 1) - prompt / kPageSize;
  return PagesFor(prompt) + (request.max_new_tokens == 1 ? 0 : own);
}

void CheckSampling(const kernels::SamplingParams& s, const std::string& where) {
  if (!(s.temperature >= 0.0f) || !std::isfinite(s.temperature)) {
    throw Error("temperature is " + std::to_string(s.temperature), where, "use 0 or more");
  }
  if (s.temperature > 0.0f && s.temperature < kMinTemperature) {
    throw Error("the temperature is too small for fp32", where,
                "use 0 for the most likely token, or 1e-6 or more");
  }
  if (s.top_k < 0) throw Error("top_k is " + std::to_string(s.top_k), where, "use 0 (off) or more");
  if (!(s.top_p > 0.0f && s.top_p <= 1.0f)) {
    throw Error("top_p is " + std::to_string(s.top_p), where, "use more than 0, at most 1 (off)");
  }
  if (!(s.min_p >= 0.0f && s.min_p <= 1.0f)) {
    throw Error("min_p is " + std::to_string(s.min_p), where, "use 0 (off) to 1");
  }
}

void CheckTokens(const std::vector<int32_t>& ids, int64_t vocab_size, const char* what,
                 const std::string& where) {
  for (int32_t id : ids) {
    if (id >= 0 && id < vocab_size) continue;
    throw Error(std::string(what) + " holds token " + std::to_string(id) +
                    ", outside the model's vocabulary of " + std::to_string(vocab_size),
                where, "use the tokenizer of this model");
  }
}

void CheckRequest(const GroupRequest& request, const ModelConfig& config, int64_t num_pages) {
  const std::string where = "prompt " + std::to_string(request.prompt.index);
  const auto prompt = static_cast<int64_t>(request.prompt.ids.size());
  if (prompt == 0) throw Error("the prompt has no tokens", where, "give it at least one, e.g. bos");
  CheckTokens(request.prompt.ids, config.vocab_size, "the prompt", where);
  CheckTokens(request.stop_ids, config.vocab_size, "stop_ids", where);
  CheckSampling(request.sampling, where);
  for (const auto& [value, name] : {std::pair{request.step, "step"}, std::pair{request.slot, "slot"}}) {
    if (value >= 0 && value <= std::numeric_limits<uint32_t>::max()) continue;
    throw Error(std::string(name) + " is " + std::to_string(value), where, "use 0 to 4294967295");
  }
  constexpr int64_t max_completions = 1 << 20;
  if (request.num_completions < 1 || request.num_completions > max_completions) {
    throw Error("num_completions is " + std::to_string(request.num_completions), where,
                "use 1 to " + std::to_string(max_completions));
  }
  if (request.max_new_tokens < 1) {
    throw Error("max_new_tokens is " + std::to_string(request.max_new_tokens), where, "use 1 or more");
  }
  if (request.max_new_tokens > config.max_position_embeddings - prompt) {
    throw Error("the prompt's " + std::to_string(prompt) + " tokens and max_new_tokens " +
                    std::to_string(request.max_new_tokens) + " exceed the model's " +
                    std::to_string(config.max_position_embeddings) + " positions",
                where, "shorten the prompt or lower max_new_tokens");
  }
  if (const int64_t pages = PagesAlone(request); pages > num_pages) {
    throw Error("one completion of up to " + std::to_string(request.max_new_tokens) + " tokens behind " +
                    std::to_string(prompt) + " needs " + std::to_string(pages) + " cache pages of " +
                    std::to_string(kPageSize) + " positions, but the cache has " + std::to_string(num_pages),
                where, "raise num_pages or lower max_new_tokens");
  }
}

}  // namespace

Engine::Engine(Model& model, const EngineOptions& options)
    : model_(model),
      options_(Checked(options)),
      limits_{.max_tokens = options.max_batch_tokens, .max_running = options.max_sequences},
      blocks_(options.num_pages),
      cache_(model.config(), model.precision(), options.num_pages) {}

int64_t Engine::Submit(GroupRequest request) {
  CheckRequest(request, model_.config(), options_.num_pages);
  auto& queued = pending_.emplace_back(std::make_unique<Request>());
  queued->id = next_id_++;
  queued->unfinished = request.num_completions;
  queued->spec = std::move(request);
  return queued->id;
}

bool Engine::Abort(int64_t id) {
  const auto is_it = [id](const auto& request) { return request->id == id; };
  if (const auto it = std::find_if(pending_.begin(), pending_.end(), is_it); it != pending_.end()) {
    pending_.erase(it);
    return true;
  }
  const auto it = std::find_if(listed_.begin(), listed_.end(), is_it);
  if (it == listed_.end()) return false;
  for (Unit& unit : units_) {
    if (unit.request != it->get()) continue;
    blocks_.Free(unit.pages);
    unit.request = nullptr;
  }
  listed_.erase(it);
  RemoveDoneUnits();
  return true;
}

// The scheduler sees as many groups as could start soon, so that a step costs the same behind a queue of any length.
void Engine::ListPending() {
  while (!pending_.empty() && std::ssize(work_) < 2 * options_.max_sequences) {
    List(*listed_.emplace_back(std::move(pending_.front())));
    pending_.pop_front();
  }
}

void Engine::List(Request& request) {
  const auto prompt = static_cast<int32_t>(work_.size());
  const auto length = static_cast<int32_t>(request.spec.prompt.ids.size());
  const auto count = static_cast<int32_t>(request.spec.num_completions);
  work_.push_back({.prompt = prompt, .length = length, .followers = count});
  units_.push_back({.request = &request});
  for (int32_t c = 0; c < count; ++c) {
    work_.push_back({.prompt = prompt, .begin = length, .length = length});
    units_.push_back({.request = &request, .completion = c});
  }
}

bool Engine::Step() {
  ListPending();
  if (work_.empty()) return false;
  kernels::ScopedTimer timer(stats_.seconds);
  Schedule(work_, limits_, blocks_.num_free(), plan_);
  if (plan_.chunks.empty()) std::abort();  // the scheduler promises progress
  for (int32_t unit : plan_.preempted) Preempt(unit);
  BuildBatch();
  stats_.peak_pages = std::max(stats_.peak_pages, blocks_.num_pages() - blocks_.num_free());
  ++stats_.forward_steps;
  Draw();
  return true;
}

void Engine::Preempt(int64_t unit) {
  blocks_.Free(units_[unit].pages);
  stats_.recomputed_tokens += work_[unit].cached - work_[unit].begin;
  work_[unit].cached = 0;
  ++stats_.preemptions;
}

// Completions come before prompts, so that the rows of logits with one draw each lie together.
void Engine::BuildBatch() {
  batch_.tokens.clear();
  batch_.positions.clear();
  batch_.cache_rows.clear();
  batch_.tile_begin.clear();
  batch_.tiles.clear();
  batch_.logit_rows.clear();
  drawing_.clear();
  for (const Chunk& chunk : plan_.chunks) {
    if (units_[chunk.work].completion >= 0) AppendChunk(chunk);
  }
  for (const Chunk& chunk : plan_.chunks) {
    if (units_[chunk.work].completion < 0) AppendChunk(chunk);
  }
}

void Engine::AppendChunk(const Chunk& chunk) {
  Work& work = work_[chunk.work];
  Unit& unit = units_[chunk.work];
  const Request& request = *unit.request;
  if (work.cached == 0 && unit.completion >= 0) {
    const auto copy = blocks_.Fork(units_[work.prompt].pages, work.begin, unit.pages);
    if (copy.from >= 0) cache_.CopyPage(copy.from, copy.to);
    work.cached = work.begin;
  }
  const int32_t end = work.cached + chunk.tokens;
  blocks_.Extend(unit.pages, end);
  const auto tile_begin = static_cast<int32_t>(batch_.tiles.size());
  for (int32_t page : unit.pages) batch_.tiles.push_back(page * static_cast<int32_t>(kPageSize));
  const int32_t* known =
      unit.completion < 0 ? request.spec.prompt.ids.data() : request.completions[unit.completion].ids.data();
  for (int32_t position = work.cached; position < end; ++position) {
    batch_.tokens.push_back(known[position - work.begin]);
    batch_.positions.push_back(position);
    batch_.cache_rows.push_back(batch_.tiles[tile_begin + position / kPageSize] + position % kPageSize);
    batch_.tile_begin.push_back(tile_begin);
  }
  work.cached = end;
  const bool draws = end == work.length && (unit.completion >= 0 || request.completions.empty());
  if (!draws) return;
  batch_.logit_rows.push_back(static_cast<int32_t>(batch_.tokens.size()) - 1);
  drawing_.push_back(chunk.work);
}

kernels::DrawKey Engine::KeyOf(const Request& request, int64_t completion) const {
  const size_t position = request.completions[completion].ids.size();
  return {.seed = request.spec.seed,
          .step = static_cast<uint32_t>(request.spec.step),
          .slot = static_cast<uint32_t>(request.spec.slot),
          .completion = static_cast<uint32_t>(completion),
          .position = static_cast<uint32_t>(position)};
}

// One forward, then a token for each sequence that is wholly in the cache.
void Engine::Draw() {
  const int64_t vocab = model_.config().vocab_size;
  const auto rows = static_cast<int64_t>(drawing_.size());
  if (logits_.size() < rows * vocab) logits_ = FloatBuffer(std::max(rows * vocab, 2 * logits_.size()));
  int64_t decodes = 0;
  params_.clear();
  keys_.clear();
  for (; decodes < rows && units_[drawing_[decodes]].completion >= 0; ++decodes) {
    const Unit& unit = units_[drawing_[decodes]];
    params_.push_back(unit.request->spec.sampling);
    keys_.push_back(KeyOf(*unit.request, unit.completion));
  }
  drawn_.resize(decodes);
  {
    kernels::ScopedTimer timer(stats_.forward_seconds);
    model_.Forward(batch_, cache_, logits_.data());
    if (decodes > 0) {
      kernels::SampleTokens(model_.pool(), decodes, vocab, logits_.data(), vocab, params_.data(),
                            keys_.data(), drawn_.data());
    }
  }
  for (int64_t i = 0; i < decodes; ++i) Accept(drawing_[i], drawn_[i]);
  for (int64_t i = decodes; i < rows; ++i) StartCompletions(drawing_[i], logits_.data() + i * vocab);
  RemoveDoneUnits();
}

// The first token of every completion comes from the same row of logits, by its own key.
void Engine::StartCompletions(int64_t prompt, const float* logits) {
  Request& request = *units_[prompt].request;
  const int64_t count = request.spec.num_completions;
  request.completions.resize(count);
  for (Completion& completion : request.completions) completion.policy_version = request.spec.policy_version;
  stats_.prompt_tokens += work_[prompt].length;
  params_.assign(count, request.spec.sampling);
  keys_.clear();
  for (int64_t c = 0; c < count; ++c) keys_.push_back(KeyOf(request, c));
  drawn_.resize(count);
  kernels::SampleTokens(model_.pool(), count, model_.config().vocab_size, logits, /*stride=*/0,
                        params_.data(), keys_.data(), drawn_.data());
  for (int64_t c = 0; c < count; ++c) Accept(prompt + 1 + c, drawn_[c]);  // none has left the list yet
}

void Engine::Accept(int64_t index, const kernels::SampledToken& token) {
  Unit& unit = units_[index];
  Request& request = *unit.request;
  Completion& completion = request.completions[unit.completion];
  completion.ids.push_back(token.id);
  completion.logprobs.push_back(token.logprob);
  if (request.spec.drawn) request.spec.drawn(unit.completion, token.id);
  ++work_[index].length;
  ++stats_.generated_tokens;
  const auto& stops = request.spec.stop_ids;
  const bool stopped = std::find(stops.begin(), stops.end(), token.id) != stops.end();
  if (!stopped && std::ssize(completion.ids) < request.spec.max_new_tokens) return;
  completion.finish = stopped ? FinishReason::kStop : FinishReason::kLength;
  blocks_.Free(unit.pages);
  unit.request = nullptr;
  const int32_t prompt = work_[index].prompt;
  --work_[prompt].followers;
  if (--request.unfinished > 0) return;
  blocks_.Free(units_[prompt].pages);
  units_[prompt].request = nullptr;
  Retire(request);
}

void Engine::Retire(Request& request) {
  finished_.push_back({.step = request.spec.step,
                       .slot = request.spec.slot,
                       .prompt = std::move(request.spec.prompt),
                       .completions = std::move(request.completions)});
  std::erase_if(listed_, [&](const auto& listed) { return listed.get() == &request; });
}

void Engine::RemoveDoneUnits() {
  int32_t kept = 0, prompt = 0;
  for (int32_t i = 0; i < std::ssize(work_); ++i) {
    if (units_[i].request == nullptr) continue;
    if (units_[i].completion < 0) prompt = kept;
    if (kept != i) {
      work_[kept] = work_[i];
      std::swap(units_[kept], units_[i]);
    }
    work_[kept++].prompt = prompt;
  }
  work_.resize(kept);
  units_.resize(kept);
}

std::vector<Group> Engine::TakeFinished() { return std::exchange(finished_, {}); }

std::vector<Group> Engine::Run() {
  while (Step()) {
  }
  std::vector<Group> groups = TakeFinished();
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::pair(a.step, a.slot) < std::pair(b.step, b.slot);
  });
  return groups;
}

void Engine::Check() const {
  std::vector<const PageTable*> tables;
  for (size_t i = 0; i < units_.size(); ++i) {
    if (PagesFor(work_[i].cached) != std::ssize(units_[i].pages)) std::abort();
    tables.push_back(&units_[i].pages);
  }
  blocks_.Check(tables);
}

}  // namespace hone
