// POSIX calls only, because std::ofstream can neither flush to the disk nor say why it failed.
#include "data/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

namespace hone {
namespace {

const char* Remedy(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return "check the spelling of the path";
    case EACCES:
    case EPERM:
      return "change its permissions or choose another path";
    case EROFS:
      return "choose a path on a writable disk";
    case EISDIR:
      return "name a file, not a directory";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "free some space (or raise the quota) and run it again";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    default:
      return "";
  }
}

// Closes a descriptor on every way out.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Removes the temporary file unless it has been renamed.
struct TemporaryFile {
  std::string path;
  bool renamed = false;
  ~TemporaryFile() {
    if (!renamed) ::unlink(path.c_str());
  }
};

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw SystemError("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

Error SystemError(const std::string& action, const std::string& path, int error_number) {
  return Error("cannot " + action + ": " + std::generic_category().message(error_number), path,
               Remedy(error_number));
}

std::string ReadFile(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) throw SystemError("read", path, errno);
  struct stat info = {};
  if (::fstat(file.get(), &info) != 0) throw SystemError("read", path, errno);
  if (S_ISDIR(info.st_mode)) throw SystemError("read", path, EISDIR);
  std::string bytes;
  size_t used = 0;
  bytes.resize(static_cast<size_t>(info.st_size) +
               1);  // one more byte than stated, to see the end without growing
  while (true) {
    const ssize_t n = ::read(file.get(), bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw SystemError("read", path, errno);
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used == bytes.size()) bytes.resize(2 * used + 4096);
  }
  bytes.resize(used);
  return bytes;
}

std::string ReadRegularFile(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_other(path, code))
    throw Error("not a regular file", path, "name a Hugging Face model directory");
  return ReadFile(path);
}

void ForEachLine(const std::string& path,
                 const std::function<void(std::string_view line, const std::string& where)>& visit) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr) throw SystemError("read", path, errno);
  char* buffer = nullptr;
  size_t capacity = 0;
  const auto next = [&] {
    errno = 0;
    return ::getline(&buffer, &capacity, file.get());
  };
  const std::unique_ptr<char*, void (*)(char**)> release(&buffer, [](char** kept) { std::free(*kept); });
  int64_t number = 0;
  for (ssize_t size = next(); size >= 0; size = next()) {
    ++number;
    std::string_view line(buffer, static_cast<size_t>(size));
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t\r\f\v") != std::string_view::npos)
      visit(line, path + ":" + std::to_string(number));
  }
  if (std::ferror(file.get()) || errno == ENOMEM) throw SystemError("read", path, errno);
}

void WriteFileAtomic(const std::string& path, std::string_view bytes) {
  TemporaryFile temporary{path + ".tmp." +
                          std::to_string(::gettid())};  // a thread id is unique on the machine
  {
    const Descriptor file(temporary.path, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.get() < 0) throw SystemError("write", path, errno);
    WriteAll(file.get(), bytes, path);
    if (::fsync(file.get()) != 0) throw SystemError("write", path, errno);
  }
  if (::rename(temporary.path.c_str(), path.c_str()) != 0) throw SystemError("write", path, errno);
  temporary.renamed = true;
  // Without this the rename itself can be lost with the power; some file systems cannot do it and say EINVAL.
  const Descriptor directory(DirectoryOf(path), O_RDONLY | O_DIRECTORY);
  if (directory.get() < 0 || (::fsync(directory.get()) != 0 && errno != EINVAL)) {
    throw SystemError("flush", path, errno);
  }
}

}  // namespace hone
