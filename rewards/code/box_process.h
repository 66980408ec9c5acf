// A box as the sandbox sees it: a small process that holds the namespaces, and the way to speak with it. Covered by
// tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_PROCESS_H_
#define HONE_REWARDS_CODE_BOX_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/box/protocol.h"
#include "rewards/code/channel.h"

namespace hone {

// Not thread-safe. Every function throws Error when the box fails or does not answer; the box is then of no further use.
class BoxProcess {
 public:
  // Starts the program `image` without copying this process, whatever its size and threads. Between the start and the setup `prepare`
  // is called with the box's process. `group` may be -1.
  BoxProcess(const Descriptor& image, const BoxSetup& setup, int group,
             const std::function<void(pid_t)>& prepare);
  BoxProcess(const BoxProcess&) = delete;
  ~BoxProcess();  // ends the box and whatever runs in it

  // Starts a run. The contents are those of the order's files. The box gets its own copies of the descriptors.
  void Start(const BoxOrder& order, const std::vector<std::string_view>& contents,
             const std::vector<int>& descriptors);
  int landlock() const { return landlock_; }    // its version, 0 without
  void Kill();                                  // the run, if it still goes
  int socket() const { return socket_.get(); }  // readable when Next has something
  // The next message of the run. Waits `seconds` at most.
  BoxMessage Next(double seconds);
  std::string ReadMailbox(int64_t offset, int64_t size) const;
  void ShrinkMailbox();

 private:
  void SetUp(const BoxSetup& setup);
  void MapIds(const BoxSetup& setup);
  void Send(const BoxMessage& message, const std::vector<int>& descriptors = {});
  void WriteMailbox(std::string_view bytes, int64_t offset) const;

  pid_t pid_ = -1;
  int64_t run_ = 0;
  int landlock_ = 0;
  Descriptor socket_, mailbox_;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_PROCESS_H_
