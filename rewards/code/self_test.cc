// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/self_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

#include "data/error.h"
#include "rewards/code/box_image.h"
#include "rewards/code/channel.h"

namespace hone {
namespace {

using End = RunResult::End;

[[noreturn]] void Refuse(const std::string& what) {
  throw Error("the sandbox's self-test failed, nothing is judged here: a program in a box can " + what, "",
              "");
}

// What of the host no box may reach: a port, and a path that exists here.
class Bait {
 public:
  Bait() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/tmp", ignored)) path_ = entry.path();
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // A machine without a loopback has no port to offer: then the path alone is tried.
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        listen(listener_.get(), 1) == 0 &&
        getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0) {
      port_ = ntohs(address.sin_port);
    }
  }

  const std::string& path() const { return path_; }
  std::string port() const { return std::to_string(port_); }

 private:
  std::string path_ = "/etc/hostname";  // where /tmp is empty
  Descriptor listener_;
  int port_ = 1;
};

class Prober {
 public:
  explicit Prober(Sandbox& sandbox) : sandbox_(sandbox) {
    request_.files = {{"probe", std::string(BoxProgram()), true}};
  }

  RunRequest& request() { return request_; }

  RunResult Run(std::vector<std::string> arguments) {
    request_.argv = std::move(arguments);
    request_.argv.insert(request_.argv.begin(), "./probe");
    return sandbox_.Run(request_);
  }
  // Runs a probe that must find no breach.
  void Clean(std::vector<std::string> arguments) {
    const std::string breach = FirstBreach(Run(std::move(arguments)));
    if (!breach.empty()) Refuse(breach);
  }
  void Ends(std::vector<std::string> arguments, End end, const std::string& otherwise) {
    if (Run(std::move(arguments)).end != end) Refuse(otherwise);
  }

 private:
  Sandbox& sandbox_;
  RunRequest request_;
};

void TryLimits(Prober& prober) {
  RunLimits& limits = prober.request().limits;
  limits = {.memory_mb = 32, .file_mb = 2, .processes = 8};
  prober.Clean({"fork", "32"});
  prober.Clean({"write", "8"});
  prober.Clean({"look"});
  prober.Ends({"touch", "64"}, End::kMemoryLimit, "use more memory than its limit");
  limits.cpu_s = 0.02;
  prober.Ends({"spin"}, End::kCpuLimit, "use more CPU time than its limit");
  limits.wall_s = 0.02;
  prober.Ends({"sleep"}, End::kWallLimit, "outlast its time limit");
}

}  // namespace

std::string FirstBreach(const RunResult& result) {
  const bool finished = result.end == End::kExited && result.exit_code == 0 && result.out.ends_with("done\n");
  if (finished && result.out == "done\n") return "";
  if (result.out.empty() || result.out == "done\n")
    return "not be probed: exit " + std::to_string(result.exit_code) + " " + result.err;
  return result.out.substr(0, result.out.find('\n'));
}

void SelfTest(Sandbox& sandbox) {
  const Bait bait;
  Prober prober(sandbox);
  for (const bool compiling : {true, false}) {
    prober.request().compiling = compiling;
    prober.Clean({"everything", bait.port(), bait.path()});
    const RunResult other = prober.Run({"i386"});
    if (other.end != End::kSignalled || other.signal != SIGSYS)
      Refuse("make system calls of another architecture");
  }
  TryLimits(prober);
}

}  // namespace hone
