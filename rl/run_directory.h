// The directory of a run: its lock, resolved recipe, store and checkpoints. A checkpoint appears under its name only when it is
// complete, on disk and read back. Covered by tests/rl/run_directory_test.cc.
#ifndef HONE_RL_RUN_DIRECTORY_H_
#define HONE_RL_RUN_DIRECTORY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "data/run_store.h"

namespace hone {

// Held while this object lives: a second process gets an Error that names the directory.
class RunDirectory {
 public:
  // Makes `path` (it must not hold a run) with recipe.toml and hone.db.
  static RunDirectory Create(const std::string& path, const std::string& recipe_toml);
  // For resuming. Error when it holds no run or another process uses it.
  static RunDirectory Open(const std::string& path);
  static bool HoldsRun(const std::string& path);

  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::string& path() const { return path_; }
  std::string ModelPath() const { return path_ + "/model"; }
  RunStore& store() { return store_; }
  std::string ReadRecipe() const;
  void WriteRecipe(const std::string& recipe_toml);

  struct CheckpointRef {
    int64_t step = 0;
    std::string path;
  };
  // The newest one whose files still have the bytes its manifest promises; damaged ones are skipped with a note to `warn`.
  std::optional<CheckpointRef> LatestCheckpoint(const std::function<void(const std::string&)>& warn) const;
  // That of the step, if its files have the bytes its manifest promises.
  std::optional<CheckpointRef> CheckpointOf(int64_t step) const;
  // `write` fills a fresh directory. Then: manifest of sizes and digests, fsync, rename, verification; only then are all but
  // the newest `keep` removed, and of the others all but the one of step `also`.
  void SaveCheckpoint(int64_t step, int64_t keep, const std::function<void(const std::string& dir)>& write,
                      std::optional<int64_t> also = std::nullopt);
  // Replaces model/ by what `write` puts into a fresh directory, by one rename.
  void SaveModel(const std::function<void(const std::string& dir)>& write);

 private:
  RunDirectory(std::string path, int lock, RunStore store);

  std::string path_;
  int lock_ = -1;
  RunStore store_;
};

// FNV-1a over a file's bytes. Error if it cannot be read.
uint64_t FileDigest(const std::string& path);

}  // namespace hone

#endif  // HONE_RL_RUN_DIRECTORY_H_
