// A pipe or socket whose other end a box gets, emptied by a thread of its own while the box runs. Covered by
// tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_CHANNEL_H_
#define HONE_REWARDS_CODE_CHANNEL_H_

#include <cstddef>
#include <string>
#include <thread>
#include <utility>

namespace hone {

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { Close(); }
  void Close();
  int get() const { return fd_; }

 private:
  int fd_;
};

// Two connected sockets. Throws Error when the process has no descriptors left.
std::pair<Descriptor, Descriptor> SocketPair();

// Reads all that is written to `write_end()`, keeps the first `limit` bytes and drops the rest.
class Drain {
 public:
  explicit Drain(size_t limit);  // Error as SocketPair
  ~Drain();

  int write_end() const { return write_.get(); }
  // Closes our copy of the write end and waits for the last byte: call when no other copy is left.
  std::string Finish();
  bool overflowed() const { return overflowed_; }  // after Finish

 private:
  void Read(size_t limit);

  Descriptor read_, write_;
  std::string text_;
  bool overflowed_ = false;
  std::thread thread_;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_CHANNEL_H_
