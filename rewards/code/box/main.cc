// The program that holds one box: it enters the namespaces once and then starts run after run, as the sandbox tells it. It is
// linked statically and carried inside the library. Covered by tests/rewards/sandbox_test.cc.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "rewards/code/box/confine.h"
#include "rewards/code/box/fail.h"
#include "rewards/code/box/probe.h"
#include "rewards/code/box/protocol.h"
#include "rewards/code/box/root.h"
#include "rewards/code/box/run.h"
#include "rewards/code/box/sweep.h"

namespace hone {
namespace {

void Send(const BoxMessage& message) {
  if (send(kBoxSocket, &message, sizeof message, MSG_NOSIGNAL) != sizeof message) _exit(1);
}

// Ends the box when the sandbox is gone.
BoxMessage Receive(std::vector<int>& descriptors) {
  BoxMessage message;
  iovec part = {&message, sizeof message};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * (kMaxChannels + 3))];
  msghdr header = {};
  header.msg_iov = &part, header.msg_iovlen = 1;
  header.msg_control = control, header.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = recvmsg(kBoxSocket, &header, MSG_CMSG_CLOEXEC);
  } while (got == -1 && errno == EINTR);
  if (got != sizeof message || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) _exit(0);
  descriptors.clear();
  if (const cmsghdr* first = CMSG_FIRSTHDR(&header)) {
    descriptors.resize((first->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(descriptors.data(), CMSG_DATA(first), descriptors.size() * sizeof(int));
  }
  return message;
}

std::string ReadMailbox(int64_t size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    done += static_cast<size_t>(
        Must(pread(kBoxMailbox, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done)),
             "read the mailbox"));
  }
  return bytes;
}

// Copies from one file's position to another's.
void CopyBytes(int from, int to, int64_t size, const std::string& what) {
  while (size > 0) {
    const int64_t moved = Must(sendfile(to, from, nullptr, static_cast<size_t>(size)), what);
    if (moved == 0) Fail(what + ": too short");
    size -= moved;
  }
}

void AskForIds() {
  BoxMessage message;
  message.kind = BoxMessage::Kind::kMapIds;
  Send(message);
  std::vector<int> none;
  if (Receive(none).kind != BoxMessage::Kind::kMapped) _exit(1);
}

void WriteFiles(const BoxOrder& order, int64_t contents, int64_t uid, int64_t gid) {
  Must(lseek(kBoxMailbox, contents, SEEK_SET), "seek in the mailbox");
  for (const BoxOrder::File& file : order.files) {
    const std::string path = "/work/" + file.name;
    const int out =
        static_cast<int>(Must(open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
                                   file.executable ? 0755 : 0644),
                              path));
    CopyBytes(kBoxMailbox, out, file.size, path);
    Must(fchmod(out, file.executable ? 0755 : 0644), path);
    Must(fchown(out, static_cast<uid_t>(uid), static_cast<gid_t>(gid)), path);
    close(out);
  }
}

// Puts the files that are there, and are plain, into the mailbox: names and sizes, then the contents. Returns the size of the first part.
int64_t FetchFiles(const std::vector<std::string>& names) {
  if (names.empty()) return 0;
  std::vector<std::pair<int, int64_t>> open_files;
  Packer found;
  for (const std::string& name : names) {
    const int file = open(("/work/" + name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file == -1) continue;
    struct stat what;
    Must(fstat(file, &what), "stat");
    if (!S_ISREG(what.st_mode)) {
      close(file);
      continue;
    }
    open_files.emplace_back(file, what.st_size);
    found.Text(name), found.Number((what.st_mode & 0100) != 0), found.Number(what.st_size);
  }
  const auto size = static_cast<int64_t>(found.bytes().size());
  Must(pwrite(kBoxMailbox, found.bytes().data(), found.bytes().size(), 0), "write the mailbox");
  Must(lseek(kBoxMailbox, size, SEEK_SET), "seek in the mailbox");
  for (const auto& [file, bytes] : open_files) {
    CopyBytes(file, kBoxMailbox, bytes, "fetch");
    close(file);
  }
  return size;
}

// Until the first process ends; kills it when told so, or when the sandbox is gone.
void Watch(pid_t first, int pidfd, int64_t id) {
  pollfd watched[2] = {{pidfd, POLLIN, 0}, {kBoxSocket, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) == -1 && errno != EINTR) Fail("poll");
    if (watched[0].revents != 0) return;
    if (watched[1].revents == 0) continue;
    std::vector<int> none;
    const BoxMessage message =
        Receive(none);  // ends this process, and with it the first, when the sandbox is gone
    if (message.kind == BoxMessage::Kind::kKill && message.id == id) kill(first, SIGKILL);
  }
}

int64_t OwnCpuUs() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec +
         used.ru_stime.tv_usec;
}

class Box {
 public:
  explicit Box(BoxSetup setup) : setup_(std::move(setup)) {
    context_.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    EnterBox(setup_, AskForIds);
    prctl(PR_SET_DUMPABLE, 1, 0, 0,
          0);  // its own oom_score_adj stays its own; programs are other users, or may not trace
    Must(pipe2(context_.report, O_CLOEXEC | O_NONBLOCK), "pipe");
    for (int* fd : {&context_.proc, &context_.report[0], &context_.report[1]}) {
      if (*fd != -1) *fd = MoveUp(*fd);
    }
    if (context_.proc == -1 && setup_.raise_oom_score) Fail("/proc");
  }

  void Run(const BoxMessage& message, std::vector<int>& descriptors) {
    const int64_t cpu_before = OwnCpuUs();
    const std::string bytes = ReadMailbox(message.size);
    BoxOrder order;
    if (!order.Unpack(bytes) || order.argv.empty()) Fail("a broken order");
    if (writable_.Prepare(order.file_mb) && setup_.landlock) {
      if (context_.landlock != -1) close(context_.landlock);
      context_.landlock = MakeLandlock();
      if (context_.landlock != -1) context_.landlock = MoveUp(context_.landlock);
    }
    WriteFiles(order, message.size, context_.uid, context_.gid);
    if (setup_.user_namespace && !setup_.several_ids)
      order.processes += 2;  // this process and the first have the same user
    int pidfd = -1;
    const pid_t first = StartRun(context_, order, descriptors, pidfd);
    for (const int descriptor : descriptors) close(descriptor);
    BoxMessage answer;
    answer.kind = BoxMessage::Kind::kStarted, answer.id = message.id, answer.pid = first;
    if (!setup_.group) answer.box_us = OwnCpuUs() - cpu_before;
    Send(answer);
    Watch(first, pidfd, message.id);
    FinishRun(context_, first, answer);
    close(pidfd);
    answer.kind = BoxMessage::Kind::kDone;
    answer.written_kb = writable_.WrittenKb();
    answer.size = FetchFiles(order.fetch);
    writable_.Empty();
    if (!setup_.group) answer.box_us = OwnCpuUs() - cpu_before;
    Send(answer);
  }

 private:
  static int MoveUp(int fd) {
    const int moved = static_cast<int>(Must(fcntl(fd, F_DUPFD_CLOEXEC, kBoxFirstFree), "fcntl"));
    close(fd);
    return moved;
  }

  static int64_t ProgramId(const BoxSetup& setup) { return setup.user_namespace ? kBoxUid : setup.outer_uid; }

  const BoxSetup setup_;
  RunContext context_{setup_, ProgramId(setup_), ProgramId(setup_)};
  Writable writable_{ProgramId(setup_), ProgramId(setup_)};
};

void Start() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_NAME, "hone-box", 0, 0, 0);
  setsid();
  umask(022);
  close(kBoxImage);
  for (const int fd : {kBoxSocket, kBoxMailbox, kBoxGroup}) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

void Fail(const std::string& what) {
  const std::string text = what + ": " + std::strerror(errno);
  BoxMessage message;
  message.kind = BoxMessage::Kind::kFailed;
  message.size = static_cast<int64_t>(text.size());
  if (pwrite(kBoxMailbox, text.data(), text.size(), 0) < 0) message.size = 0;
  send(kBoxSocket, &message, sizeof message, MSG_NOSIGNAL);
  _exit(1);
}

}  // namespace hone

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "sweep") == 0) return hone::RunSweep(argc, argv);
  if (argc > 1) return hone::RunProbe(argc, argv);
  using hone::BoxMessage;
  hone::Start();
  std::vector<int> descriptors;
  const BoxMessage first = hone::Receive(descriptors);
  hone::BoxSetup setup;
  if (!setup.Unpack(hone::ReadMailbox(first.size))) hone::Fail("a broken setup");
  hone::Box box(std::move(setup));
  BoxMessage ready;
  ready.kind = BoxMessage::Kind::kReady;
  ready.landlock = hone::LandlockVersion();
  hone::Send(ready);
  for (;;) {
    const BoxMessage message = hone::Receive(descriptors);
    if (message.kind == BoxMessage::Kind::kRun) box.Run(message, descriptors);
  }
}
