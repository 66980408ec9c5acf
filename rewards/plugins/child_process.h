// A program that answers line by line: started, asked with a deadline, ended with all it started. Covered by
// tests/rewards/plugins_command_test.cc.
#ifndef HONE_REWARDS_PLUGINS_CHILD_PROCESS_H_
#define HONE_REWARDS_PLUGINS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// Not thread-safe. The child has a session of its own, so that Ctrl-C at the terminal does not reach it; it is
// killed with this object, and by the kernel when the thread that started it ends, however that comes about.
class ChildProcess {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts argv[0], searched for in PATH, in `directory` ("" is this process's). Error when it cannot be
  // started.
  ChildProcess(const std::vector<std::string>& argv, const std::string& directory);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  struct Answer {
    enum class Status { kLine, kTimeout, kEnded, kTooLong };
    Status status = Status::kLine;
    std::string line;  // without its end
  };
  // Writes `request` (which brings its own line ends; may be empty) and waits for one line. Meanwhile what the
  // child says on standard error is taken in.
  Answer Exchange(std::string_view request, Clock::time_point deadline);

  // Once an Exchange said kEnded: "exited with status 3" or "was killed by signal 11 (Segmentation fault)".
  std::string HowItEnded();
  // The end of what it wrote on standard error so far, at most a few thousand bytes.
  const std::string& errors() const { return errors_; }

 private:
  bool Pump(std::string_view& unsent, Clock::time_point deadline);
  bool TakeLine(Answer& answer);
  void DrainErrors();
  void CloseAll();

  pid_t pid_ = -1;
  int to_ = -1, from_ = -1, err_ = -1;
  std::string received_;  // of the lines that are not taken yet
  size_t searched_ = 0;   // bytes of received_ known to hold no line end
  std::string errors_;
  bool ended_ = false;  // standard output is at its end
};

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_CHILD_PROCESS_H_
