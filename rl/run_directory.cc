// See run_directory.h. Covered by tests/rl/run_directory_test.cc.
#include "rl/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
constexpr char kManifest[] = "manifest.json";
constexpr char kStepPrefix[] = "step_";
constexpr char kTemporaryPrefix[] = "tmp_";

void MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw SystemError("create the directory", path, error.value());
}

void SyncDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) {
    const int error = errno;
    if (fd >= 0) close(fd);
    throw SystemError("sync the directory", path, error);
  }
  close(fd);
}

void Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) throw SystemError("rename", from, errno);
}

int Lock(const std::string& path) {
  const std::string file = path + "/lock";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) throw SystemError("open", file, errno);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int error = errno;
  close(fd);
  if (error != EWOULDBLOCK) throw SystemError("lock", file, error);
  throw Error("another process is using this run directory", path,
              "wait for it, stop it, or choose another --run-dir");
}

std::vector<std::string> FilesIn(const std::string& dir) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// {"file": [size, digest], ...}
std::string ManifestOf(const std::string& dir) {
  nlohmann::json manifest = nlohmann::json::object();
  for (const std::string& name : FilesIn(dir)) {
    if (name == kManifest) continue;
    manifest[name] = {fs::file_size(dir + "/" + name), FileDigest(dir + "/" + name)};
  }
  return manifest.dump(1) + "\n";
}

bool MatchesManifest(const std::string& dir) {
  try {
    return ReadFile(dir + "/" + kManifest) == ManifestOf(dir);
  } catch (const std::exception&) {
    return false;  // unreadable is damaged
  }
}

// step -> path, newest first.
std::vector<RunDirectory::CheckpointRef> ListCheckpoints(const std::string& dir) {
  std::vector<RunDirectory::CheckpointRef> found;
  if (!fs::exists(dir)) return found;
  for (const std::string& name : FilesIn(dir)) {
    const std::string digits = name.rfind(kStepPrefix, 0) == 0 ? name.substr(std::strlen(kStepPrefix)) : "";
    if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos)
      continue;
    found.push_back({std::stoll(digits), dir + "/" + name});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.step > b.step; });
  return found;
}

// What a killed process or a full disk left half written.
void RemoveUnfinished(const std::string& dir) {
  for (const std::string& name : FilesIn(dir)) {
    if (name.rfind(kTemporaryPrefix, 0) == 0) fs::remove_all(dir + "/" + name);
  }
}

// Fills `temporary` and makes its content durable.
void FillDirectory(const std::string& temporary, const std::function<void(const std::string&)>& write) {
  std::error_code ignored;
  fs::remove_all(temporary,
                 ignored);  // left by a killed process; creating it again reports what is really wrong
  MakeDirectories(temporary);
  write(temporary);
}

// A directory without recipe.toml may hold what a killed start left, an empty store at most: anything else is someone's work.
void RefuseRemains(const std::string& path, int lock) {
  bool work = fs::exists(path + "/checkpoints") || fs::exists(path + "/model");
  if (!work && fs::exists(path + "/hone.db")) {
    const RunStore store = RunStore::OpenReadOnly(path + "/hone.db");
    work = !store.GroupSteps().empty() || !store.AllMetrics().empty();
  }
  if (!work) return;
  close(lock);
  throw Error("it holds parts of a run but no recipe.toml", path,
              "choose another --run-dir, or remove the directory");
}

}  // namespace

uint64_t FileDigest(const std::string& path) {
  const std::string bytes = ReadFile(path);
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

RunDirectory::RunDirectory(std::string path, int lock, RunStore store)
    : path_(std::move(path)), lock_(lock), store_(std::move(store)) {}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)), store_(std::move(other.store_)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) close(lock_);
}

bool RunDirectory::HoldsRun(const std::string& path) {
  std::error_code unreadable;  // whoever then makes or opens the run learns why
  return fs::exists(path + "/recipe.toml", unreadable);
}

// recipe.toml comes last: its presence says that the run can be resumed.
RunDirectory RunDirectory::Create(const std::string& path, const std::string& recipe_toml) {
  if (HoldsRun(path))
    throw Error("there is a run already", path, "continue it with --resume or choose another --run-dir");
  MakeDirectories(path);
  const int lock = Lock(path);
  if (HoldsRun(path)) {  // another process made one meanwhile
    close(lock);
    throw Error("there is a run already", path, "continue it with --resume or choose another --run-dir");
  }
  RefuseRemains(path, lock);
  for (const char* rest : {"/hone.db", "/hone.db-wal", "/hone.db-shm"}) fs::remove(path + rest);
  RunDirectory run(path, lock, RunStore::Create(path + "/hone.db"));
  run.WriteRecipe(recipe_toml);
  return run;
}

RunDirectory RunDirectory::Open(const std::string& path) {
  if (!HoldsRun(path)) throw Error("there is no run here", path, "start one without --resume");
  const int lock = Lock(path);
  return RunDirectory(path, lock, RunStore::Open(path + "/hone.db"));
}

std::string RunDirectory::ReadRecipe() const { return ReadFile(path_ + "/recipe.toml"); }

void RunDirectory::WriteRecipe(const std::string& recipe_toml) {
  WriteFileAtomic(path_ + "/recipe.toml", recipe_toml);
}

std::optional<RunDirectory::CheckpointRef> RunDirectory::LatestCheckpoint(
    const std::function<void(const std::string&)>& warn) const {
  for (const CheckpointRef& checkpoint : ListCheckpoints(path_ + "/checkpoints")) {
    if (MatchesManifest(checkpoint.path)) return checkpoint;
    warn("checkpoint " + checkpoint.path + " is damaged: going back to the one before");
  }
  return std::nullopt;
}

std::optional<RunDirectory::CheckpointRef> RunDirectory::CheckpointOf(int64_t step) const {
  for (const CheckpointRef& checkpoint : ListCheckpoints(path_ + "/checkpoints")) {
    if (checkpoint.step == step && MatchesManifest(checkpoint.path)) return checkpoint;
  }
  return std::nullopt;
}

void RunDirectory::SaveCheckpoint(int64_t step, int64_t keep,
                                  const std::function<void(const std::string& dir)>& write,
                                  std::optional<int64_t> also) {
  const std::string dir = path_ + "/checkpoints";
  MakeDirectories(dir);
  RemoveUnfinished(dir);
  std::string digits = std::to_string(step);
  digits.insert(0, 6 - std::min<size_t>(6, digits.size()), '0');
  const std::string name = dir + "/" + kStepPrefix + digits,
                    temporary = dir + "/" + kTemporaryPrefix + digits;
  FillDirectory(temporary, write);
  WriteFileAtomic(temporary + "/" + kManifest, ManifestOf(temporary));
  SyncDirectory(temporary);
  fs::remove_all(name);  // a damaged one of the same step
  Rename(temporary, name);
  SyncDirectory(dir);
  if (!MatchesManifest(name))
    throw Error("the checkpoint does not read back as written", name, "check the disk");
  // Later steps than this one's are damaged or of a future that was undone; of the others the newest stay.
  int64_t kept = 0;
  for (const CheckpointRef& checkpoint : ListCheckpoints(dir)) {
    const bool stays = checkpoint.step <= step && (++kept <= keep || checkpoint.step == also);
    if (!stays) fs::remove_all(checkpoint.path);
  }
}

void RunDirectory::SaveModel(const std::function<void(const std::string& dir)>& write) {
  const std::string temporary = path_ + "/tmp_model";
  FillDirectory(temporary, write);
  SyncDirectory(temporary);
  fs::remove_all(ModelPath());
  Rename(temporary, ModelPath());
  SyncDirectory(path_);
}

}  // namespace hone
