// Covers kernels/thread_pool.h: every task once, ranges, reuse, sleeping workers, scratch memory.
#include "kernels/thread_pool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace hone::kernels {
namespace {

TEST_CASE("every task runs once, on a thread of the pool, and is seen by the caller") {
  for (const int num_threads : {1, 2, 4}) {
    CAPTURE(num_threads);
    ThreadPool pool(num_threads);
    CHECK(pool.num_threads() == num_threads);
    for (const int64_t num_tasks : {0, 1, 2, 3, 17, 1000}) {
      std::vector<int> runs(num_tasks, 0);  // plain ints: the pool must order them before the return
      std::atomic<bool> bad_thread{false};
      pool.ParallelFor(num_tasks, [&](int64_t task, int thread) {
        ++runs[task];
        if (thread < 0 || thread >= num_threads) bad_thread = true;
      });
      CHECK(runs == std::vector<int>(num_tasks, 1));
      CHECK_FALSE(bad_thread);
    }
  }
}

TEST_CASE("ranges cover the whole and do not depend on the number of threads") {
  for (const int64_t size : {0, 1, 9, 10, 11, 95}) {
    for (const int num_threads : {1, 3}) {
      ThreadPool pool(num_threads);
      std::vector<int64_t> end_of(size, -1);
      pool.ParallelRanges(size, 10, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i) end_of[i] = end;
      });
      for (int64_t i = 0; i < size; ++i) CHECK(end_of[i] == std::min<int64_t>(size, (i / 10 + 1) * 10));
    }
  }
}

TEST_CASE("many short loops in a row, with sleeps between some, lose nothing") {
  ThreadPool pool(4);
  std::vector<int64_t> sums(8, 0);
  for (int loop = 0; loop < 3000; ++loop) {
    pool.ParallelFor(8, [&](int64_t task, int) { sums[task] += loop; });
    if (loop % 1000 == 999)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the workers go to sleep
  }
  CHECK(sums == std::vector<int64_t>(8, 3000 * 2999 / 2));
}

TEST_CASE("a pool that never ran a loop can be destroyed, asleep or spinning") {
  { ThreadPool pool(4); }
  ThreadPool pool(4);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

TEST_CASE("scratch is aligned and keeps its size; loops are timed") {
  ThreadPool pool(2);
  for (const int64_t bytes : {1, 100, 10000, 10}) {
    auto* p = static_cast<char*>(pool.Scratch(bytes));
    CHECK(reinterpret_cast<uintptr_t>(p) % 64 == 0);
    p[0] = p[bytes - 1] = 1;
  }
  pool.ParallelFor(2, [](int64_t, int) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); });
  CHECK(pool.times().loops >= 0.002);
}

}  // namespace
}  // namespace hone::kernels
