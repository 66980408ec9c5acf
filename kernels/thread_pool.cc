// See thread_pool.h. Covered by tests/kernels/thread_pool_test.cc.
#include "kernels/thread_pool.h"

#include <chrono>

#include "hwy/highway.h"

namespace hone::kernels {
namespace {

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Long enough to cover the serial stretches of a decode step, short enough not to burn a core while rewards run.
constexpr auto kSpinTime = std::chrono::microseconds(200);

}  // namespace

ThreadPool::ThreadPool(int num_threads) {
  // Kernels take a function's address before their loops: it must be the chosen target's, not the one that chooses.
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  for (int i = 1; i < num_threads; ++i) workers_.emplace_back([this, i] { Work(i); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_.store(true);
    epoch_.fetch_add(1);
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::Run(int64_t num_tasks, Call call, void* context) {
  if (num_tasks <= 0) return;
  ScopedTimer timer(times_.loops);
  if (workers_.empty() || num_tasks == 1) {
    for (int64_t task = 0; task < num_tasks; ++task) call(context, task, 0);
    return;
  }
  num_tasks_ = num_tasks;
  call_ = call;
  context_ = context;
  next_task_.store(0, std::memory_order_relaxed);
  num_finished_.store(0, std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (num_sleeping_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
  Drain(0);
  // Every worker passes through every loop, so none can still read this loop's fields when the next one sets them.
  for (int spins = 0; num_finished_.load(std::memory_order_acquire) != static_cast<int>(workers_.size()); ++spins) {
    Pause();
    if (spins % 512 == 511) std::this_thread::yield();  // more threads than free cores
  }
}

void* ThreadPool::Scratch(int64_t bytes) {
  if (static_cast<int64_t>(scratch_.size()) < bytes + 64) scratch_.resize(bytes + 64);
  const auto address = reinterpret_cast<uintptr_t>(scratch_.data());
  return scratch_.data() + (64 - address % 64) % 64;
}

void ThreadPool::Drain(int thread) {
  for (;;) {
    const int64_t task = next_task_.fetch_add(1, std::memory_order_relaxed);
    if (task >= num_tasks_) return;
    call_(context_, task, thread);
  }
}

void ThreadPool::Work(int thread) {
  uint64_t seen = 0;
  for (;;) {
    auto give_up = std::chrono::steady_clock::now() + kSpinTime;
    for (int spins = 0; epoch_.load(std::memory_order_acquire) == seen;) {
      Pause();
      if (++spins % 64 != 0 || std::chrono::steady_clock::now() < give_up) continue;
      std::unique_lock lock(mutex_);
      num_sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return epoch_.load(std::memory_order_seq_cst) != seen; });
      num_sleeping_.fetch_sub(1, std::memory_order_relaxed);
    }
    ++seen;
    if (stop_.load()) return;
    Drain(thread);
    num_finished_.fetch_add(1, std::memory_order_release);
  }
}

}  // namespace hone::kernels
