// A persistent pool of threads that runs one loop at a time. Workers spin briefly between loops, so that the many short
// loops of a decode step cost about a microsecond each, then sleep. Covered by tests/kernels/thread_pool_test.cc.
#ifndef HONE_KERNELS_THREAD_POOL_H_
#define HONE_KERNELS_THREAD_POOL_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace hone::kernels {

// Loops on one pool must not overlap or nest. Which thread runs which task is not fixed: a task may depend on its number
// only, never on its thread, except for scratch space.
class ThreadPool {
 public:
  explicit ThreadPool(int num_threads);  // >= 1; the caller of ParallelFor counts as one
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Wall seconds spent so far: inside loops of this pool, and of those inside matrix products and attention.
  struct Times {
    double loops = 0.0;
    double gemm = 0.0;
    double attention = 0.0;

    void Add(const Times& other, double share) {
      loops += share * other.loops;
      gemm += share * other.gemm;
      attention += share * other.attention;
    }
  };
  Times& times() { return times_; }

  // At least `bytes` of 64-byte aligned memory for one kernel call at a time; grows and is kept.
  void* Scratch(int64_t bytes);

  // Calls fn(task, thread) once for each task in [0, num_tasks), thread in [0, num_threads), and returns when all are
  // done. Tasks must not throw.
  template <class F>
  void ParallelFor(int64_t num_tasks, F&& fn) {
    using Fn = std::remove_reference_t<F>;
    Run(
        num_tasks, [](void* f, int64_t task, int thread) { (*static_cast<Fn*>(f))(task, thread); },
        const_cast<void*>(static_cast<const void*>(&fn)));
  }

  // Splits [0, size) into ranges of at least `grain` items and calls fn(begin, end, thread) for each. The ranges do not
  // depend on the number of threads.
  template <class F>
  void ParallelRanges(int64_t size, int64_t grain, F&& fn) {
    ParallelFor((size + grain - 1) / grain, [&](int64_t task, int thread) {
      const int64_t begin = task * grain;
      fn(begin, begin + grain < size ? begin + grain : size, thread);
    });
  }

 private:
  using Call = void (*)(void*, int64_t, int);
  static constexpr uint64_t kClosed = 0xffffffffu;  // low half of the ticket while a loop is being set up
  void Run(int64_t num_tasks, Call call, void* context);
  void Work(int thread);
  void Drain(int thread);
  bool HasNews(uint32_t& seen) const;  // a loop after `seen`, which then is that one, or the end

  std::vector<std::thread> workers_;
  Times times_;
  std::vector<char> scratch_;
  // The loop in progress, in the high half, and its next unclaimed task, in the low half. A claim is a compare-and-swap
  // of both, so a worker that was held up on an old loop can never take a task of a new one.
  std::atomic<uint64_t> ticket_{kClosed};
  std::atomic<int64_t> num_done_{0};  // tasks of the loop that have returned
  std::atomic<int64_t> num_tasks_{0};
  std::atomic<Call> call_{nullptr};
  std::atomic<void*> context_{nullptr};
  std::atomic<bool> stop_{false};
  std::atomic<int> num_sleeping_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

// Adds the wall time of its own life to `total`.
class ScopedTimer {
 public:
  explicit ScopedTimer(double& total) : total_(total), start_(std::chrono::steady_clock::now()) {}
  ~ScopedTimer() {
    total_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  double& total_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace hone::kernels

#endif  // HONE_KERNELS_THREAD_POOL_H_
