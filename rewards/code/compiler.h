// Compiles submissions in the box, once each, and makes the precompiled header of C++. Covered by
// tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_COMPILER_H_
#define HONE_REWARDS_CODE_COMPILER_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/compile_cache.h"
#include "rewards/code/languages.h"
#include "rewards/code/sandbox.h"

namespace hone {

// Limits of one compilation: CPU 10 s, wall 20 s, memory 1 GiB, diagnostics 1 MiB.
RunLimits CompileLimits();

// What boxes need to see for the languages and for the headers kept under `cache_directory` (made when
// missing; empty: no precompiled headers). Throws Error when the directory cannot be made.
std::vector<SharedDirectory> CompilerDirectories(const std::string& cache_directory);

// Thread-safe.
class Compiler {
 public:
  // `sandbox` was made with CompilerDirectories(cache_directory) and outlives this. An empty directory:
  // nothing is kept.
  Compiler(Sandbox& sandbox, const std::string& cache_directory);

  // `flags` go before the source's name. A program that does not compile, in whatever way, is a result; Error
  // when the box failed or it is not done by `until`.
  Compiled Compile(const Language& language, std::string_view code, const std::vector<std::string>& flags,
                   JudgeClock::time_point until = kNoDeadline);

 private:
  Compiled Run(const Language& language, std::string_view code, const std::vector<std::string>& argv,
               JudgeClock::time_point until, bool& lasting);
  void MakeHeaderOnce(const std::string& standard, JudgeClock::time_point until);
  void MakeHeader(const std::string& standard, JudgeClock::time_point until);

  Sandbox& sandbox_;
  const std::string headers_;      // host directory, or empty
  const std::string fingerprint_;  // of the tools: part of every key
  std::unique_ptr<CompileCache> cache_;
  std::mutex mutex_;
  std::condition_variable header_made_;
  std::map<std::string, bool> headers_made_;  // by standard, under mutex_; false: being made
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_COMPILER_H_
