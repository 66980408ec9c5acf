// See file_writer.h.
#include "policy/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "data/error.h"
#include "data/text_file.h"

namespace hone {
namespace {

// A descriptor of the new file `temporary`, which is to replace `path`: never anything but a file.
int OpenBeside(const std::string& path, const std::string& temporary) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    throw Error("not a regular file", path, "choose another path");
  }
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw SystemError("write", path, errno);
  return fd;
}

}  // namespace

FileWriter::FileWriter(const std::string& path)
    : path_(path),
      temporary_(path + ".tmp." + std::to_string(::getpid())),
      file_(OpenBeside(path, temporary_)) {}

FileWriter::~FileWriter() {
  ::close(file_);
  if (!finished_) ::unlink(temporary_.c_str());
}

void FileWriter::Write(const void* data, int64_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(file_, next, static_cast<size_t>(std::min<int64_t>(size, 1 << 30)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw SystemError("write", path_, errno);
    next += n;
    size -= n;
  }
}

void FileWriter::Finish() {
  if (::fsync(file_) != 0) throw SystemError("write", path_, errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) throw SystemError("write", path_, errno);
  finished_ = true;
}

}  // namespace hone
