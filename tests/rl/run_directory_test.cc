// Run directories: one process at a time, checkpoints whole or not there, and a disk that refuses.
#include "rl/run_directory.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/rl/tiny.h"

using namespace hone;

namespace {

namespace fs = std::filesystem;

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

void Save(RunDirectory& run, int64_t step, int64_t keep = 2, int64_t bytes = 10) {
  run.SaveCheckpoint(step, keep, [&](const std::string& dir) {
    WriteFileAtomic(dir + "/a", std::string(bytes, static_cast<char>('a' + step)));
    WriteFileAtomic(dir + "/b", "b");
  });
}

std::vector<std::string> Names(const std::string& dir) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

int64_t Latest(const RunDirectory& run, std::string* warnings = nullptr) {
  const auto found = run.LatestCheckpoint([&](const std::string& line) {
    if (warnings != nullptr) *warnings += line + "\n";
  });
  return found ? found->step : 0;
}

// Runs `action` in a forked child and returns what it printed: its Error's message, or "".
std::string InChild(const std::function<void()>& action) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string error = ErrorOf(action);
    if (write(ends[1], error.data(), error.size()) < 0) _exit(1);
    _exit(0);
  }
  close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t size = read(ends[0], text.data(), text.size());
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  return text.substr(0, size);
}

}  // namespace

TEST_CASE("one run, one process: a second one is told so, and the lock goes with its holder") {
  TempDir dir;
  const std::string path = dir / "deep/er/run";
  CHECK_FALSE(RunDirectory::HoldsRun(path));
  CHECK(Mentions(ErrorOf([&] { RunDirectory::Open(path); }), "no run here"));
  {
    RunDirectory run = RunDirectory::Create(path, "name = \"x\"\n");
    CHECK(RunDirectory::HoldsRun(path));
    CHECK(run.ReadRecipe() == "name = \"x\"\n");
    run.store().PutMeta("k", "v");
    const std::string error = InChild([&] { RunDirectory::Open(path); });
    CHECK(Mentions(error, path));
    CHECK(Mentions(error, "another process is using"));
    const RunDirectory moved = std::move(run);
    CHECK(Mentions(ErrorOf([&] { RunDirectory::Open(path); }), "another process is using"));
  }
  CHECK(Mentions(ErrorOf([&] { RunDirectory::Create(path, ""); }), "there is a run already"));
  CHECK(RunDirectory::Open(path).store().Meta("k") == "v");
}

TEST_CASE("a directory that was killed before its recipe was written is no run and can be made one") {
  TempDir dir;
  { RunDirectory::Create(dir / "run", "x = 1\n").store().PutMeta("old", "1"); }
  fs::remove(dir / "run/recipe.toml");
  CHECK_FALSE(RunDirectory::HoldsRun(dir / "run"));
  RunDirectory again = RunDirectory::Create(dir / "run", "x = 2\n");
  CHECK_FALSE(again.store().Meta("old").has_value());
}

TEST_CASE("the newest checkpoints are kept, and model/ is replaced whole") {
  TempDir dir;
  RunDirectory run = RunDirectory::Create(dir / "run", "");
  CHECK(Latest(run) == 0);
  for (const int64_t step : {1, 5, 10, 20}) Save(run, step, 3);
  CHECK(Latest(run) == 20);
  CHECK(Names(dir / "run/checkpoints") ==
        std::vector<std::string>{"step_000005", "step_000010", "step_000020"});
  CHECK(Names(dir / "run/checkpoints/step_000020") == std::vector<std::string>{"a", "b", "manifest.json"});
  Save(run, 20, 1);  // again
  CHECK(Names(dir / "run/checkpoints") == std::vector<std::string>{"step_000020"});

  run.SaveModel([](const std::string& to) { Write(to + "/old", "1"); });
  run.SaveModel([](const std::string& to) { Write(to + "/new", "2"); });
  CHECK(Names(run.ModelPath()) == std::vector<std::string>{"new"});
}

TEST_CASE("a damaged checkpoint is passed over with a note, whatever the damage") {
  TempDir dir;
  RunDirectory run = RunDirectory::Create(dir / "run", "");
  const std::string damaged = dir / "run/checkpoints/step_000002";
  const std::function<void()> damages[] = {
      [&] { Write(damaged + "/a", "cccccccccd"); },     // a byte
      [&] { fs::resize_file(damaged + "/a", 9); },      // truncated
      [&] { fs::remove(damaged + "/b"); },              // missing
      [&] { Write(damaged + "/extra", ""); },           // one more
      [&] { fs::remove(damaged + "/manifest.json"); },  // no promise to hold it to
      [&] { Write(damaged + "/manifest.json", "{}"); },
      [&] {
        fs::remove(damaged + "/a");
        fs::create_directory(damaged + "/a");
      },
  };
  for (size_t i = 0; i < std::size(damages); ++i) {
    CAPTURE(i);
    Save(run, 1);
    Save(run, 2);
    REQUIRE(Latest(run) == 2);
    damages[i]();
    std::string warnings;
    CHECK(Latest(run, &warnings) == 1);
    CHECK(Mentions(warnings, damaged));
    Save(run, 2);  // the replayed step replaces it
    CHECK(Latest(run) == 2);
  }
}

TEST_CASE("a checkpoint of a step that was undone goes with the next one, and never in its place") {
  const TempDir at;
  RunDirectory run = RunDirectory::Create(at / "r", "x");
  Save(run, 4, 1);
  Save(run, 9, 1);
  Write(at / "r/checkpoints/step_000009/a", "damaged");
  fs::create_directory(at / "r/checkpoints/step_99999999999999999999");  // no step at all
  CHECK(Latest(run) == 0);
  Save(run, 6, 1);
  CHECK(Latest(run) == 6);
  CHECK_FALSE(fs::exists(at / "r/checkpoints/step_000009"));
}

TEST_CASE("a directory with parts of a run is not made into another one") {
  const TempDir at;
  {
    RunDirectory run = RunDirectory::Create(at / "r", "x");
    Save(run, 4);
  }
  fs::remove(at / "r/recipe.toml");
  CHECK(ErrorOf([&] { RunDirectory::Create(at / "r", "y"); }).find("no recipe.toml") != std::string::npos);
}

TEST_CASE("half-written checkpoints are never taken for whole ones, and go with the next checkpoint") {
  TempDir dir;
  RunDirectory run = RunDirectory::Create(dir / "run", "");
  Save(run, 1);
  CHECK(ErrorOf([&] {
          run.SaveCheckpoint(2, 2, [](const std::string& to) {
            Write(to + "/a", "half");
            throw Error("interrupted", "", "");
          });
        }) == "interrupted");
  fs::create_directories(dir / "run/checkpoints/tmp_000007");
  fs::create_directories(dir / "run/checkpoints/step_x");
  CHECK(Latest(run) == 1);
  Save(run, 3);
  CHECK(Latest(run) == 3);
  CHECK(Names(dir / "run/checkpoints") == std::vector<std::string>{"step_000001", "step_000003", "step_x"});
}

// A limit on the size of a file stands for a full disk where no small file system can be mounted.
TEST_CASE("a disk without room keeps the checkpoint before and says so") {
  TempDir dir;
  {
    RunDirectory run = RunDirectory::Create(dir / "run", "");
    Save(run, 1);
  }
  const std::string error = InChild([&] {
    RunDirectory run = RunDirectory::Open(dir / "run");
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {1 << 16, 1 << 16};
    setrlimit(RLIMIT_FSIZE, &limit);
    Save(run, 2, 2, 1 << 20);
  });
  CHECK(Mentions(error, "checkpoints/tmp_000002/a"));
  RunDirectory run = RunDirectory::Open(dir / "run");
  CHECK(Latest(run) == 1);
  Save(run, 2, 2, 1 << 20);
  CHECK(Latest(run) == 2);
}

TEST_CASE("a full file system keeps the checkpoint before and says so") {
  TempDir dir;
  if (mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    MESSAGE("left out: no right to mount a small file system");
    return;
  }
  {
    RunDirectory run = RunDirectory::Create(dir / "run", "");
    Save(run, 1);
    const std::string error = ErrorOf([&] { Save(run, 2, 2, 2 << 20); });
    CHECK(Mentions(error, "No space left"));
    CHECK(Latest(run) == 1);
    Save(run, 2, 2, 1000);
    CHECK(Latest(run) == 2);
  }
  CHECK(umount2(dir.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a directory that cannot be made or written is named") {
  TempDir dir;
  Write(dir / "file", "");
  CHECK(Mentions(ErrorOf([&] { RunDirectory::Create(dir / "file/run", ""); }), dir / "file/run"));
  CHECK(Mentions(ErrorOf([&] { RunDirectory::Create("/proc/hone", ""); }), "/proc/hone"));
  fs::permissions(dir.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const std::string error = InChild([&] {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
      std::abort();  // root may write anywhere
    RunDirectory::Create(dir / "run", "");
  });
  fs::permissions(dir.path(), fs::perms::owner_all);
  CHECK(Mentions(error, dir / "run"));
}

TEST_CASE("digests tell files apart by any byte") {
  TempDir dir;
  Write(dir / "f", std::string("a\0b", 3));
  const uint64_t digest = FileDigest(dir / "f");
  CHECK(digest == FileDigest(dir / "f"));
  Write(dir / "f", std::string("a\0c", 3));
  CHECK(digest != FileDigest(dir / "f"));
  Write(dir / "f", "");
  CHECK(FileDigest(dir / "f") == 0xcbf29ce484222325u);
  CHECK(ErrorOf([&] { FileDigest(dir / "none"); }) != "");
}
