// What compiling gave, kept by compiler, flags and code. Covered by tests/rewards/compile_cache_test.cc.
#ifndef HONE_REWARDS_CODE_COMPILE_CACHE_H_
#define HONE_REWARDS_CODE_COMPILE_CACHE_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "data/sqlite.h"

namespace hone {

struct Compiled {
  bool ok = false;
  std::string program;      // the file the compiler made
  std::string diagnostics;  // what it said
  double wall_ms = 0.0;     // of the compilation, also when it was taken from the cache
};

// A SQLite file that several processes may share. Thread-safe. Holds at most `capacity` bytes of keys and
// programs: when a new one does not fit, the oldest half goes. Throws Error as data/sqlite.h does.
class CompileCache {
 public:
  explicit CompileCache(const std::string& path, int64_t capacity = int64_t{512} << 20);

  std::optional<Compiled> Find(const std::string& key);
  void Store(const std::string& key, const Compiled& compiled);
  int64_t Bytes();

 private:
  std::mutex mutex_;
  sqlite::Database database_;
  const int64_t capacity_;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_COMPILE_CACHE_H_
