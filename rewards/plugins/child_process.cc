// See child_process.h. Covered by tests/rewards/plugins_command_test.cc.
#include "rewards/plugins/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "data/error.h"
#include "data/text_file.h"

namespace hone {
namespace {

constexpr size_t kMostErrorBytes = 4096;
constexpr size_t kMostLineBytes = size_t{64} << 20;

// What runs between fork and exec: async-signal-safe calls alone. Reports a failure as errno on `status`.
[[noreturn]] void BecomeChild(char* const* argv, const char* directory, const int (&ends)[3], int status,
                              pid_t parent) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it ended before the request took effect
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int s : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) signal(s, SIG_DFL);
  for (int i = 0; i < 3; ++i) dup2(ends[i], i);
  if (*directory == '\0' || chdir(directory) == 0) execvp(argv[0], argv);
  const int error = errno;
  (void)!write(status, &error, sizeof error);
  _exit(127);
}

// The child's three ends and ours, closed in whatever way this is left.
struct Pipes {
  int ours[3] = {-1, -1, -1}, theirs[3] = {-1, -1, -1}, status[2] = {-1, -1};

  Pipes() {
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    // A socket for its input: writing to a child that is gone is then an error, not a signal.
    const bool made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == 0 &&
                      pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0 &&
                      pipe2(status, O_CLOEXEC) == 0;
    const int error = errno;
    const int pairs[3][2] = {{in[0], in[1]}, {out[0], out[1]}, {err[0], err[1]}};
    for (int i = 0; i < 3; ++i) ours[i] = pairs[i][0], theirs[i] = pairs[i][1];
    if (!made) throw SystemError("make pipes for", "a child process", error);
  }
  ~Pipes() {
    for (int fds : {ours[0], ours[1], ours[2], theirs[0], theirs[1], theirs[2], status[0], status[1]}) {
      if (fds >= 0) close(fds);
    }
  }
};

int MillisecondsUntil(ChildProcess::Clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - ChildProcess::Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
}

// Appends what is there to read; false at the end.
bool ReadSome(int fd, std::string& out) {
  char buffer[65536];
  const ssize_t n = read(fd, buffer, sizeof buffer);
  if (n > 0) out.append(buffer, static_cast<size_t>(n));
  return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const std::string& directory) {
  std::vector<char*> arguments;
  for (const std::string& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  Pipes pipes;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw SystemError("start", argv[0], errno);
  if (pid_ == 0) BecomeChild(arguments.data(), directory.c_str(), pipes.theirs, pipes.status[1], parent);
  close(std::exchange(pipes.status[1], -1));
  int error = 0;
  if (read(pipes.status[0], &error, sizeof error) == sizeof error) {
    waitpid(pid_, nullptr, 0);
    throw SystemError("start", argv[0], error);
  }
  to_ = std::exchange(pipes.ours[0], -1);
  from_ = std::exchange(pipes.ours[1], -1);
  err_ = std::exchange(pipes.ours[2], -1);
  for (const int fd : {to_, from_, err_}) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

ChildProcess::~ChildProcess() {
  CloseAll();
  if (pid_ < 0) return;
  kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::CloseAll() {
  for (int* fd : {&to_, &from_, &err_}) {
    if (*fd >= 0) close(std::exchange(*fd, -1));
  }
}

bool ChildProcess::TakeLine(Answer& answer) {
  const size_t end = received_.find('\n', searched_);
  searched_ = received_.size();
  if (end == std::string::npos) return false;
  answer.line = received_.substr(0, end);
  received_.erase(0, end + 1);
  searched_ = 0;
  return true;
}

// Waits for something to happen on the three ends and serves it. False when the deadline passed.
bool ChildProcess::Pump(std::string_view& unsent, Clock::time_point deadline) {
  pollfd ends[3] = {{from_, POLLIN, 0}, {err_, POLLIN, 0}, {unsent.empty() ? -1 : to_, POLLOUT, 0}};
  const int ready = poll(ends, 3, MillisecondsUntil(deadline));
  if (ready < 0 && errno == EINTR) return true;
  if (ready <= 0) return false;
  if (ends[0].revents != 0 && !ReadSome(from_, received_)) ended_ = true;
  if (ends[1].revents != 0) DrainErrors();
  if (ends[2].revents != 0) {
    const ssize_t n = send(to_, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (n > 0) unsent.remove_prefix(static_cast<size_t>(n));
    if (n < 0 && errno != EAGAIN && errno != EINTR) unsent = {};  // it no longer listens: its end tells why
  }
  return true;
}

ChildProcess::Answer ChildProcess::Exchange(std::string_view request, Clock::time_point deadline) {
  Answer answer;
  for (;;) {
    if (request.empty() && TakeLine(answer)) return answer;
    if (received_.size() > kMostLineBytes) return {Answer::Status::kTooLong, ""};
    if (ended_) return {Answer::Status::kEnded, ""};
    if (!Pump(request, deadline)) return {Answer::Status::kTimeout, ""};
  }
}

void ChildProcess::DrainErrors() {
  std::string text;
  if (!ReadSome(err_, text)) close(std::exchange(err_, -1));
  errors_ += text;
  if (errors_.size() > kMostErrorBytes) errors_.erase(0, errors_.size() - kMostErrorBytes);
}

std::string ChildProcess::HowItEnded() {
  int status = 0;
  // Its output may be at an end while it lives on.
  for (int i = 0; i < 50; ++i) {
    if (pid_ < 0) break;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      kill(-pid_, SIGKILL);  // what it left behind
      pid_ = -1;
      if (from_ >= 0) close(std::exchange(from_, -1));
      std::string_view nothing;
      while (err_ >= 0 && Pump(nothing, Clock::now())) {
      }
      if (WIFEXITED(status)) return "exited with status " + std::to_string(WEXITSTATUS(status));
      const int signal = WTERMSIG(status);
      return "was killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
    }
    usleep(10000);
  }
  return "closed its output";
}

}  // namespace hone
