// See channel.h. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "data/text_file.h"

namespace hone {

void Descriptor::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::pair<Descriptor, Descriptor> SocketPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw SystemError("make", "a socket", errno);
  }
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Drain::Drain(size_t limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw SystemError("make", "a pipe", errno);
  read_ = Descriptor(ends[0]);
  write_ = Descriptor(ends[1]);
  thread_ = std::thread([this, limit] { Read(limit); });
}

Drain::~Drain() {
  write_.Close();
  if (thread_.joinable()) thread_.join();
}

void Drain::Read(size_t limit) {
  std::array<char, 65536> chunk;
  while (true) {
    const ssize_t size = ::read(read_.get(), chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    const size_t kept = std::min(static_cast<size_t>(size), limit - text_.size());
    text_.append(chunk.data(), kept);
    overflowed_ = overflowed_ || kept < static_cast<size_t>(size);
  }
}

std::string Drain::Finish() {
  write_.Close();
  thread_.join();
  return std::move(text_);
}

}  // namespace hone
