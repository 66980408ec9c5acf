// See thread_pool.h. Covered by tests/kernels/thread_pool_test.cc.
#include "kernels/thread_pool.h"

#include <chrono>
#include <cstdlib>

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
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::Run(int64_t num_tasks, Call call, void* context) {
  if (num_tasks <= 0) return;
  if (num_tasks >= static_cast<int64_t>(kClosed)) std::abort();
  ScopedTimer timer(times_.loops);
  if (workers_.empty() || num_tasks == 1) {
    for (int64_t task = 0; task < num_tasks; ++task) call(context, task, 0);
    return;
  }
  const uint64_t loop = ((ticket_.load(std::memory_order_relaxed) >> 32) + 1) << 32;
  // Closed first: whoever reads one of the new fields below then fails to claim with the old ticket.
  ticket_.store(loop | kClosed, std::memory_order_relaxed);
  num_done_.store(0, std::memory_order_release);
  num_tasks_.store(num_tasks, std::memory_order_release);
  call_.store(call, std::memory_order_release);
  context_.store(context, std::memory_order_release);
  ticket_.store(loop, std::memory_order_seq_cst);
  if (num_sleeping_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
  Drain(0);
  // The loop is over when its tasks are, whether or not every worker came by: one that has no core delays nobody.
  for (int spins = 0; num_done_.load(std::memory_order_acquire) != num_tasks; ++spins) {
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
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  for (;;) {
    const Call call = call_.load(std::memory_order_acquire);
    void* context = context_.load(std::memory_order_acquire);
    const uint64_t task = ticket & kClosed;
    if (task >= static_cast<uint64_t>(num_tasks_.load(std::memory_order_acquire))) return;
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
      continue;
    call(context, static_cast<int64_t>(task), thread);
    num_done_.fetch_add(1, std::memory_order_release);
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

bool ThreadPool::HasNews(uint32_t& seen) const {
  const uint64_t ticket = ticket_.load(std::memory_order_seq_cst);
  if (static_cast<uint32_t>(ticket >> 32) == seen || (ticket & kClosed) == kClosed) return stop_.load();
  seen = static_cast<uint32_t>(ticket >> 32);
  return true;
}

void ThreadPool::Work(int thread) {
  uint32_t seen = 0;
  for (;;) {
    auto give_up = std::chrono::steady_clock::now() + kSpinTime;
    for (int spins = 0; !HasNews(seen);) {
      Pause();
      if (++spins % 64 != 0 || std::chrono::steady_clock::now() < give_up) continue;
      std::unique_lock lock(mutex_);
      num_sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return HasNews(seen); });
      num_sleeping_.fetch_sub(1, std::memory_order_relaxed);
    }
    if (stop_.load()) return;
    Drain(thread);
  }
}

}  // namespace hone::kernels
