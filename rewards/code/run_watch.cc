// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/run_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <optional>
#include <thread>

#include "data/error.h"
#include "data/text_file.h"
#include "rewards/code/process_tree.h"

namespace hone {
namespace {

using Clock = JudgeClock;
using End = RunResult::End;

constexpr double kGraceSeconds = 10.0;  // for a killed run to be buried, on a busy machine

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Pipe {
  Descriptor read, write;

  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw SystemError("make", "a pipe", errno);
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
};

void DoNotWait(const Descriptor& descriptor) { fcntl(descriptor.get(), F_SETFL, O_NONBLOCK); }

// A program may close its stdin: writing to it must not end us.
class IgnoreBrokenPipe {
 public:
  IgnoreBrokenPipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~IgnoreBrokenPipe() {
    const timespec now = {};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

// Stdout or stderr.
class Output {
 public:
  explicit Output(int64_t limit) : limit_(static_cast<size_t>(limit)) { DoNotWait(pipe_.read); }

  // To wait for; -1 when there is nothing more to read.
  int fd() const { return exceeded_ ? -1 : pipe_.read.get(); }
  Descriptor& write_end() { return pipe_.write; }
  bool exceeded() const { return exceeded_; }
  std::string Take() { return std::move(text_); }

  // What is there now. The descriptor is closed at the end.
  void Drain() {
    char bytes[65536];
    while (fd() != -1) {
      const ssize_t size = read(fd(), bytes, sizeof bytes);
      if (size == -1 && errno == EINTR) continue;
      if (size == -1) return;
      if (size == 0) return pipe_.read.Close();
      const size_t kept = std::min(static_cast<size_t>(size), limit_ - text_.size());
      text_.append(bytes, kept);
      exceeded_ = kept < static_cast<size_t>(size);
    }
  }

 private:
  Pipe pipe_;
  const size_t limit_;
  std::string text_;
  bool exceeded_ = false;
};

class Input {
 public:
  explicit Input(std::string_view text) : rest_(text) {
    DoNotWait(pipe_.write);
    Feed();
  }

  int fd() const { return pipe_.write.get(); }
  Descriptor& read_end() { return pipe_.read; }

  void Feed() {
    while (!rest_.empty()) {
      const ssize_t size = write(fd(), rest_.data(), rest_.size());
      if (size == -1 && errno == EINTR) continue;
      if (size == -1 && errno == EAGAIN) return;
      if (size == -1) break;  // no one reads any more
      rest_.remove_prefix(static_cast<size_t>(size));
    }
    pipe_.write.Close();
  }

 private:
  Pipe pipe_;
  std::string_view rest_;
};

class Watch {
 public:
  Watch(BoxProcess& box, BoxGroup& group, const RunRequest& request)
      : box_(box),
        group_(group),
        limits_(request.limits),
        until_(request.until),
        input_(request.stdin_text),
        out_(request.limits.output_kb << 10),
        err_(request.limits.output_kb << 10) {}

  std::vector<int> Descriptors(const std::vector<int>& channels) {
    std::vector<int> all = {input_.read_end().get(), out_.write_end().get(), err_.write_end().get()};
    all.insert(all.end(), channels.begin(), channels.end());
    return all;
  }

  // After the order was sent: our copies of the program's ends go, so that the ends of the streams can be seen.
  BoxMessage Until() {
    input_.read_end().Close();
    out_.write_end().Close();
    err_.write_end().Close();
    for (;;) {
      pollfd watched[4] = {{box_.socket(), POLLIN, 0},
                           {out_.fd(), POLLIN, 0},
                           {err_.fd(), POLLIN, 0},
                           {input_.fd(), POLLOUT, 0}};
      const int ready = poll(watched, 4, NextTick());
      if (ready == -1 && errno != EINTR) throw SystemError("wait for", "a box", errno);
      if (ready > 0) {
        if (watched[1].revents != 0) out_.Drain();
        if (watched[2].revents != 0) err_.Drain();
        if (watched[3].revents != 0) input_.Feed();
        if (watched[0].revents != 0) {
          const BoxMessage message = box_.Next(0);
          if (message.kind == BoxMessage::Kind::kDone) return message;
          if (message.kind == BoxMessage::Kind::kStarted) {
            first_ = message.pid;
            box_us_ = message.box_us;
          }
        }
      }
      CheckLimits();
    }
  }

  RunResult Conclude(const BoxMessage& done) {
    out_.Drain();
    err_.Drain();
    RunResult result;
    box_us_ = done.box_us;
    cpu_us_ = std::max({cpu_us_, done.cpu_us, group_.CpuUs() - box_us_ - kOverheadUs});
    result.cpu_ms = static_cast<double>(cpu_us_) / 1000;
    result.wall_ms = done.ended ? static_cast<double>(done.wall_us) / 1000 : Since(start_) * 1000;
    result.memory_kb = std::max({peak_kb_, done.peak_kb, group_.PeakKb()});
    if (out_.exceeded() || err_.exceeded()) Stop(End::kOutputLimit, false);
    if (static_cast<double>(cpu_us_) >= limits_.cpu_s * 1e6) Stop(End::kCpuLimit, false);
    if (group_.MemoryExceeded() || (!group_.memory() && result.memory_kb > limits_.memory_mb << 10)) {
      why_ = End::kMemoryLimit;
    }
    if (!why_) {
      Describe(done, result);
    } else {
      result.end = *why_;
    }
    result.out = out_.Take();
    result.err = err_.Take();
    return result;
  }

  bool late() const { return late_; }

 private:
  static constexpr int64_t kOverheadUs =
      1000;  // of a box's part in its group's CPU time that it cannot tell, at most

  void Describe(const BoxMessage& done, RunResult& result) const {
    if (!done.ended)
      throw Error("the sandbox's box failed: the run was killed by no limit of its own", "", "");
    if (WIFEXITED(done.wait_status)) {
      result.exit_code = WEXITSTATUS(done.wait_status);
      return;
    }
    result.end = End::kSignalled;
    result.signal = WTERMSIG(done.wait_status);
    if (result.signal == SIGXFSZ && done.written_kb >= (limits_.file_mb << 10) - 4)
      result.end = End::kFileLimit;
  }

  void Stop(End why, bool kill) {
    if (why_) return;
    why_ = why;
    stopped_ = Clock::now();
    if (kill) box_.Kill();
  }

  // Milliseconds until something may be due.
  int NextTick() const {
    if (why_) return 100;
    const double wall_left = std::min(limits_.wall_s - Since(start_), -Since(until_));
    const double parallel =
        std::min<double>(std::thread::hardware_concurrency(), static_cast<double>(limits_.processes));
    const double cpu_left = (limits_.cpu_s - static_cast<double>(cpu_us_) * 1e-6) / std::max(1.0, parallel);
    const double most = group_.memory() ? 0.02 : 0.004;  // a process touches a few MB in 4 ms
    return static_cast<int>(std::ceil(1000 * std::clamp(std::min(wall_left, cpu_left), 0.001, most)));
  }

  void CheckLimits() {
    if (why_) {
      if (Since(stopped_) > kGraceSeconds)
        throw Error("the sandbox's box failed: a killed run does not end", "", "");
      return;
    }
    if (out_.exceeded() || err_.exceeded()) return Stop(End::kOutputLimit, true);
    late_ = Clock::now() >= until_;
    if (late_ || Since(start_) >= limits_.wall_s) return Stop(End::kWallLimit, true);
    if (Since(checked_) < 0.001) return;
    checked_ = Clock::now();
    if (first_ != 0 && (!group_.memory() || !group_.cpu())) {
      const TreeUse use = MeasureTree(first_);
      cpu_us_ = std::max(cpu_us_, use.cpu_us);
      peak_kb_ = std::max(peak_kb_, group_.memory() ? 0 : use.resident_kb);
    }
    peak_kb_ = std::max(peak_kb_, group_.PeakKb());
    cpu_us_ = std::max(cpu_us_, group_.CpuUs() - box_us_ - kOverheadUs);
    if (group_.MemoryExceeded() || (!group_.memory() && peak_kb_ > limits_.memory_mb << 10)) {
      return Stop(End::kMemoryLimit, true);
    }
    if (static_cast<double>(cpu_us_) >= limits_.cpu_s * 1e6) Stop(End::kCpuLimit, true);
  }

  BoxProcess& box_;
  BoxGroup& group_;
  const RunLimits& limits_;
  const Clock::time_point until_;
  Input input_;
  Output out_, err_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point checked_ = start_, stopped_;
  std::optional<End> why_;
  bool late_ = false;  // stopped because `until_` has come
  pid_t first_ = 0;
  int64_t cpu_us_ = 0, peak_kb_ = 0, box_us_ = 0;
};

bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

bool Defines(const std::vector<std::string>& environment, std::string_view name) {
  return std::any_of(environment.begin(), environment.end(), [&](const std::string& text) {
    return text.size() > name.size() && text.compare(0, name.size(), name) == 0 && text[name.size()] == '=';
  });
}

BoxOrder OrderOf(const RunRequest& request) {
  if (request.argv.empty()) throw Error("a run without a program", "", "");
  if (request.channels.size() > kMaxChannels) throw Error("more channels than a run can have", "", "");
  BoxOrder order;
  order.compiling = request.compiling;
  order.cpu_s = request.limits.cpu_s;
  order.memory_mb = request.limits.memory_mb;
  order.processes = request.limits.processes;
  order.open_files =
      std::max<int64_t>(request.limits.open_files, 3 + static_cast<int64_t>(request.channels.size()));
  order.argv = request.argv;
  order.environment = request.environment;
  for (const auto& [name, value] :
       {std::pair{"PATH", "/usr/bin:/bin"}, {"HOME", "/work"}, {"LANG", "C.UTF-8"}}) {
    if (!Defines(order.environment, name)) order.environment.push_back(std::string(name) + "=" + value);
  }
  int64_t given = 0;
  for (const BoxFile& file : request.files) {
    if (!IsPlainName(file.name)) throw Error("not the name of a file in a box", file.name, "");
    order.files.push_back({file.name, file.executable, static_cast<int64_t>(file.content.size())});
    given += static_cast<int64_t>(file.content.size() + 4095) & ~int64_t{4095};
  }
  // Files live in memory: were they all of it, the box itself would have none left. Those it starts with do not count.
  order.file_mb = std::min(request.limits.file_mb, std::max<int64_t>(1, request.limits.memory_mb / 2)) +
                  ((given + (1 << 20) - 1) >> 20);
  for (const std::string& name : request.fetch) {
    if (!IsPlainName(name)) throw Error("not the name of a file in a box", name, "");
  }
  order.fetch = request.fetch;
  return order;
}

std::vector<BoxFile> ReadFetched(const BoxProcess& box, int64_t size) {
  std::vector<BoxFile> files;
  const std::string heads = box.ReadMailbox(0, size);
  int64_t offset = size, read = 0;
  for (Unpacker u(heads); read < size;) {
    BoxFile& file = files.emplace_back();
    file.name = u.Text();
    file.executable = u.Number() != 0;
    const int64_t bytes = u.Number();
    read += static_cast<int64_t>(3 * sizeof(int64_t) + file.name.size());
    file.content = box.ReadMailbox(offset, bytes);
    offset += bytes;
  }
  return files;
}

}  // namespace

RunResult RunInBox(BoxProcess& box, BoxGroup& group, const RunRequest& request, bool& box_failed) {
  const BoxOrder order = OrderOf(request);
  std::vector<std::string_view> contents;
  for (const BoxFile& file : request.files) contents.push_back(file.content);
  const IgnoreBrokenPipe ignore;
  Watch watch(box, group, request);
  box_failed = true;  // unless all goes well
  group.Limit(request.limits.memory_mb, request.limits.processes);
  box.Start(order, contents, watch.Descriptors(request.channels));
  const BoxMessage done = watch.Until();
  RunResult result = watch.Conclude(done);
  if (done.exec_errno != 0 && result.end == End::kExited) {
    box_failed = false;
    throw Error(std::string("cannot be started in the box: ") + std::strerror(done.exec_errno),
                request.argv[0], "");
  }
  result.fetched = ReadFetched(box, done.size);
  box.ShrinkMailbox();
  box_failed = false;
  if (watch.late()) throw Error(kDeadlinePassed, "", "");
  return result;
}

}  // namespace hone
