// What this machine can do, measured in the same process as the kernels: the ceilings that the bench rows are
// held against.
#ifndef HONE_TESTS_BENCH_KERNELS_CEILINGS_H_
#define HONE_TESTS_BENCH_KERNELS_CEILINGS_H_

#include "kernels/gemm.h"

namespace hone::kernels {

// Seconds on the clock for work of `num_threads` threads. One thread: its own CPU time, which leaves out the
// time that other processes had its core. More: wall time.
double Now(int num_threads);

// Each is measured when first asked for, as the best of many short runs: other processes can only lower it.

// Bytes per second that `num_threads` threads read from a buffer far larger than any cache.
double StreamBandwidth(int num_threads);

// FLOP/s of multiply-adds on registers alone, in the instructions that Gemm uses here for `type`.
double PeakFlops(GemmType type, int num_threads);

}  // namespace hone::kernels

#endif  // HONE_TESTS_BENCH_KERNELS_CEILINGS_H_
