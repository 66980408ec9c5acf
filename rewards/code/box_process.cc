// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/box_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "data/error.h"
#include "data/text_file.h"
#include "rewards/code/box_spawn.h"

namespace hone {
namespace {

constexpr double kSetupSeconds = 30.0;
constexpr int64_t kMailboxKept = 4 << 20;

[[noreturn]] void Lost(const std::string& what) { throw Error("the sandbox's box failed: " + what, "", ""); }

}  // namespace

BoxProcess::BoxProcess(const Descriptor& image, const BoxSetup& setup, int group,
                       const std::function<void(pid_t)>& prepare)
    : mailbox_(memfd_create("hone-mailbox", MFD_CLOEXEC)) {
  int ends[2];
  if (mailbox_.get() == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw SystemError("make", "a socket", errno);
  }
  socket_ = Descriptor(ends[0]);
  {
    const Descriptor theirs(ends[1]);
    std::vector<std::pair<int, int>> descriptors = {{theirs.get(), kBoxSocket},
                                                    {mailbox_.get(), kBoxMailbox}};
    if (group != -1) descriptors.emplace_back(group, kBoxGroup);
    pid_ = SpawnBoxProgram(image, {}, descriptors);
  }
  try {
    prepare(pid_);
    SetUp(setup);
  } catch (...) {
    socket_.Close();
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw;
  }
}

BoxProcess::~BoxProcess() {
  socket_.Close();
  kill(pid_, SIGKILL);  // its runs die with it
  while (waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

void BoxProcess::SetUp(const BoxSetup& setup) {
  BoxMessage message;
  const std::string bytes = setup.Pack();
  WriteMailbox(bytes, 0);
  message.size = static_cast<int64_t>(bytes.size());
  Send(message);
  for (;;) {
    const BoxMessage answer = Next(kSetupSeconds);
    if (answer.kind == BoxMessage::Kind::kReady) {
      landlock_ = answer.landlock;
      return;
    }
    if (answer.kind != BoxMessage::Kind::kMapIds) Lost("an unexpected answer to its setup");
    MapIds(setup);
    message.kind = BoxMessage::Kind::kMapped;
    Send(message);
  }
}

void BoxProcess::MapIds(const BoxSetup& setup) {
  const std::string directory = "/proc/" + std::to_string(pid_) + "/";
  const auto write_map = [&](const char* name, const std::string& text) {
    const Descriptor file(open((directory + name).c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() == -1 ||
        write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw SystemError("write", directory + name, errno);
    }
  };
  const std::string inside = std::to_string(kBoxUid) + " ";
  if (setup.several_ids) {
    const std::string map = "0 " + std::to_string(setup.outer_uid) + " 1\n" + inside +
                            std::to_string(setup.outer_uid + 1) + " 1\n";
    write_map("uid_map", map);
    write_map("gid_map", map);
  } else {
    write_map("setgroups", "deny");
    write_map("uid_map", inside + std::to_string(geteuid()) + " 1\n");
    write_map("gid_map", inside + std::to_string(getegid()) + " 1\n");
  }
}

void BoxProcess::Start(const BoxOrder& order, const std::vector<std::string_view>& contents,
                       const std::vector<int>& descriptors) {
  const std::string bytes = order.Pack();
  int64_t offset = 0;
  const auto append = [&](std::string_view part) {
    WriteMailbox(part, offset);
    offset += static_cast<int64_t>(part.size());
  };
  append(bytes);
  for (const std::string_view content : contents) append(content);
  BoxMessage message;
  message.kind = BoxMessage::Kind::kRun;
  message.id = ++run_;
  message.size = static_cast<int64_t>(bytes.size());
  Send(message, descriptors);
}

void BoxProcess::Kill() {
  BoxMessage message;
  message.kind = BoxMessage::Kind::kKill;
  message.id = run_;
  Send(message);
}

BoxMessage BoxProcess::Next(double seconds) {
  pollfd watched = {socket_.get(), POLLIN, 0};
  int ready;
  do {
    ready = poll(&watched, 1, static_cast<int>(seconds * 1000));
  } while (ready == -1 && errno == EINTR);
  if (ready == 0) Lost("no answer in " + std::to_string(static_cast<int>(seconds)) + " s");
  BoxMessage message;
  const ssize_t got = recv(socket_.get(), &message, sizeof message, 0);
  if (got != sizeof message) Lost("its process ended");
  if (message.kind == BoxMessage::Kind::kFailed) Lost(ReadMailbox(0, message.size));
  return message;
}

void BoxProcess::Send(const BoxMessage& message, const std::vector<int>& descriptors) {
  iovec part = {const_cast<BoxMessage*>(&message), sizeof message};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * (kMaxChannels + 3))];
  msghdr header = {};
  header.msg_iov = &part, header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    const size_t bytes = descriptors.size() * sizeof(int);
    std::memset(control, 0, sizeof control);
    header.msg_control = control, header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET, first->cmsg_type = SCM_RIGHTS, first->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(first), descriptors.data(), bytes);
  }
  // A box that failed has said why: Next tells.
  if (sendmsg(socket_.get(), &header, MSG_NOSIGNAL) == -1 && errno != EPIPE && errno != ECONNRESET) {
    throw SystemError("write to", "a box", errno);
  }
}

void BoxProcess::WriteMailbox(std::string_view bytes, int64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t wrote = pwrite(mailbox_.get(), bytes.data(), bytes.size(), offset);
    if (wrote <= 0) throw SystemError("write", "a box's mailbox", errno);
    bytes.remove_prefix(static_cast<size_t>(wrote));
    offset += wrote;
  }
}

std::string BoxProcess::ReadMailbox(int64_t offset, int64_t size) const {
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        pread(mailbox_.get(), bytes.data() + done, bytes.size() - done, offset + static_cast<int64_t>(done));
    if (got <= 0) Lost("a mailbox cut short");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

void BoxProcess::ShrinkMailbox() {
  const off_t size = lseek(mailbox_.get(), 0, SEEK_END);
  if (size > kMailboxKept && ftruncate(mailbox_.get(), kMailboxKept) != 0)
    throw SystemError("truncate", "a mailbox", errno);
}

}  // namespace hone
