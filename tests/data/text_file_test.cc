// Reading and atomic writing of whole files, with the disk refusing at every size.
#include "data/text_file.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace {

namespace fs = std::filesystem;

struct TempDir {
  fs::path path;
  TempDir() {
    std::string name = (fs::temp_directory_path() / "hone_text_file_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TempDir() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  size_t NumFiles() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

std::string Message(const auto& action) {
  try {
    action();
  } catch (const hone::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("what is written is read back, and replaces what was there") {
  const TempDir dir;
  const uint32_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{100001}}) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    hone::WriteFileAtomic(dir / "file", bytes);
    CHECK(hone::ReadFile(dir / "file") == bytes);
    CHECK(dir.NumFiles() == 1);
  }
  CHECK(hone::ReadFile("/proc/self/stat").size() > 10);  // its stated size is 0
}

TEST_CASE("failures name the file and the remedy") {
  const TempDir dir;
  fs::create_directory(dir / "folder");
  CHECK(Message([&] { hone::ReadFile(dir / "no"); }) ==
        (dir / "no") + ": cannot read: No such file or directory; check the spelling of the path");
  CHECK(Message([&] { hone::ReadFile(dir / "folder"); }) ==
        (dir / "folder") + ": cannot read: Is a directory; name a file, not a directory");
  CHECK(Message([&] { hone::WriteFileAtomic(dir / "no/file", "x"); }).find("cannot write: No such file") !=
        std::string::npos);
  CHECK(Message([&] { hone::WriteFileAtomic(dir / "folder", "x"); }).find("Is a directory") !=
        std::string::npos);
  CHECK(dir.NumFiles() == 1);  // no temporary file is left
}

TEST_CASE("a full disk keeps the old file and leaves no temporary one") {
  const TempDir dir;
  hone::WriteFileAtomic(dir / "file", "old");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // a file size limit stands in for the full disk
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100000, 100000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message =
        Message([&] { hone::WriteFileAtomic(dir / "file", std::string(200000, 'x')); });
    ::_exit(message.find("free some space") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(hone::ReadFile(dir / "file") == "old");
  CHECK(dir.NumFiles() == 1);
  const std::string enospc = hone::SystemError("write", "f", ENOSPC).what();
  CHECK(enospc ==
        "f: cannot write: No space left on device; free some space (or raise the quota) and run it again");
}
