// What the sandbox and the small program that holds a box say to each other: short messages over a socket, and longer
// bytes in a file in memory that both have open (the mailbox). Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_PROTOCOL_H_
#define HONE_REWARDS_CODE_BOX_PROTOCOL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rewards/code/box/pack.h"

namespace hone {

// Descriptors that the box program starts with, above all that a run can be given; kBoxGroup may be absent, and
// kBoxImage, the program itself, is closed at once.
constexpr int kBoxSocket = 100, kBoxMailbox = 101, kBoxGroup = 102, kBoxImage = 103, kBoxFirstFree = 110;
constexpr size_t kMaxChannels = 61;

// One datagram. `size` bytes of the mailbox belong to it.
struct BoxMessage {
  enum class Kind : int32_t {
    kSetup,   // to the box: BoxSetup in the mailbox
    kMapIds,  // from the box: it is in its user namespace; answered by kMapped
    kMapped,
    kReady,    // from the box; no answer to kSetup but this or kFailed
    kRun,      // to the box: BoxOrder in the mailbox; descriptors: stdin, stdout, stderr, channels
    kStarted,  // from the box: `pid` is the first process of the run
    kKill,     // to the box: end run `id`; may come too late
    kDone,     // from the box
    kFailed,   // from the box: the reason in the mailbox; the box is of no further use
  };
  Kind kind = Kind::kSetup;
  int32_t pid = 0;
  int64_t id = 0, size = 0;
  // Of kDone. `ended` is false when the program did not end by itself.
  int32_t ended = 0, wait_status = 0, exec_errno = 0;
  int64_t cpu_us = 0, wall_us = 0, peak_kb = 0, written_kb = 0;
  int64_t box_us =
      0;  // of kStarted and kDone: CPU time of the box itself for this run, where its group counts it
  int32_t landlock = 0;  // of kReady: its version, 0 without
};

// A directory or file of the host at an absolute path of the box; always read-only, but for devices.
struct BoxBind {
  std::string host, box;
  bool device = false;
};

struct BoxSetup {
  bool user_namespace = true;
  bool chrooted = false;  // pivot_root cannot work
  int64_t outer_uid =
      0;  // without a user namespace: the unused id that programs run as; in one, they run as kBoxUid
  bool several_ids = false;  // in the user namespace 0 is mapped too
  bool group = false;        // descriptor kBoxGroup is a cgroup v2 directory to start runs in
  bool raise_oom_score = false;
  bool landlock = true;
  std::vector<BoxBind> binds;
  std::vector<std::pair<std::string, std::string>> links;  // target, path
  std::vector<std::string> hidden;                         // directories to cover with an empty one
  std::string run_filter, compile_filter;                  // arrays of sock_filter

  std::string Pack() const;
  bool Unpack(std::string_view bytes);
};

constexpr int64_t kBoxUid = 1000;  // in a user namespace

struct BoxOrder {
  bool compiling = false;
  double cpu_s = 0.0;
  int64_t memory_mb = 0, file_mb = 0, processes = 0, open_files = 0;
  std::vector<std::string> argv, environment, fetch;
  struct File {
    std::string name;
    bool executable = false;
    int64_t size = 0;
  };
  std::vector<File> files;  // their contents follow the order in the mailbox, in this order

  std::string Pack() const;
  bool Unpack(std::string_view bytes);
};

inline std::string BoxSetup::Pack() const {
  Packer p;
  for (const int64_t value : {int64_t{user_namespace}, int64_t{chrooted}, outer_uid, int64_t{several_ids},
                              int64_t{group}, int64_t{raise_oom_score}, int64_t{landlock}}) {
    p.Number(value);
  }
  p.Number(static_cast<int64_t>(binds.size()));
  for (const BoxBind& bind : binds) p.Text(bind.host), p.Text(bind.box), p.Number(bind.device);
  p.Number(static_cast<int64_t>(links.size()));
  for (const auto& [target, path] : links) p.Text(target), p.Text(path);
  p.Texts(hidden);
  p.Text(run_filter);
  p.Text(compile_filter);
  return p.bytes();
}

inline bool BoxSetup::Unpack(std::string_view bytes) {
  Unpacker u(bytes);
  user_namespace = u.Number(), chrooted = u.Number(), outer_uid = u.Number(), several_ids = u.Number(),
  group = u.Number();
  raise_oom_score = u.Number(), landlock = u.Number();
  for (int64_t count = u.Number(); u.ok() && count > 0; --count) {
    BoxBind& bind = binds.emplace_back();
    bind.host = u.Text(), bind.box = u.Text(), bind.device = u.Number();
  }
  for (int64_t count = u.Number(); u.ok() && count > 0; --count) {
    std::string target = u.Text(), path = u.Text();
    links.emplace_back(std::move(target), std::move(path));
  }
  hidden = u.Texts();
  run_filter = u.Text(), compile_filter = u.Text();
  return u.ok();
}

inline std::string BoxOrder::Pack() const {
  Packer p;
  p.Number(compiling);
  p.Number(static_cast<int64_t>(cpu_s * 1000));
  p.Number(memory_mb), p.Number(file_mb), p.Number(processes), p.Number(open_files);
  p.Texts(argv), p.Texts(environment), p.Texts(fetch);
  p.Number(static_cast<int64_t>(files.size()));
  for (const File& file : files) p.Text(file.name), p.Number(file.executable), p.Number(file.size);
  return p.bytes();
}

inline bool BoxOrder::Unpack(std::string_view bytes) {
  Unpacker u(bytes);
  compiling = u.Number();
  cpu_s = static_cast<double>(u.Number()) / 1000;
  memory_mb = u.Number(), file_mb = u.Number(), processes = u.Number(), open_files = u.Number();
  argv = u.Texts(), environment = u.Texts(), fetch = u.Texts();
  for (int64_t count = u.Number(); u.ok() && count > 0; --count) {
    File& file = files.emplace_back();
    file.name = u.Text(), file.executable = u.Number(), file.size = u.Number();
  }
  return u.ok();
}

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_PROTOCOL_H_
