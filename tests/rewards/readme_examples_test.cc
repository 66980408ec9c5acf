// The examples in rewards/README.md work as they stand there.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "data/text_file.h"
#include "rewards/plugins/child_process.h"
#include "rewards/plugins/command_reward.h"
#include "rewards/plugins/http_reward.h"
#include "rewards/plugins/python_host.h"
#include "rewards/plugins/shared_library.h"
#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

// The first indented block under a heading, without its indent; at most 19 lines, as promised.
std::string Example(const std::string& heading) {
  const std::string page = ReadFile(HONE_SOURCE_DIR "/rewards/README.md");
  size_t at = page.find("\n### " + heading + "\n");
  REQUIRE(at != std::string::npos);
  at = page.find("\n\n    ", at) + 2;
  std::string code;
  int lines = 0;
  for (; page.compare(at, 4, "    ") == 0; ++lines) {
    const size_t end = page.find('\n', at) + 1;
    code += page.substr(at + 4, end - at - 4);
    at = end;
  }
  CHECK((lines > 0 && lines < 20));
  return code;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

void CheckScores(const std::vector<Score>& scores) {
  REQUIRE(scores.size() == 2);
  CHECK(scores[0].explanation == "");
  CHECK(scores[0].value == 1.0);
  CHECK(scores[1].value == 0.0);
}

const Group kGroup = GroupOfTexts("4", {"it is 4", "no" + std::string(100, '.')});

}  // namespace

TEST_CASE("each way to plug in a reward, as rewards/README.md shows it") {
  const ScratchDir dir;
  CheckScores(PythonReward(dir.Write("my.py", Example("Python")), "reward", "python3", 10.0).Score(kGroup));

  dir.Write("score.py", Example("A command"));
  CheckScores(CommandReward("python3 score.py", dir.path(), 10.0).Score(kGroup));

  std::string server = Example("An HTTP endpoint");
  const std::string port = std::to_string(FreePort());
  server.replace(server.find("8000"), 4, port);
  const ChildProcess process({"python3", dir.Write("server.py", server)}, "");
  const HttpReward http("http://127.0.0.1:" + port + "/score", HttpProtocol::kHone, 5.0);
  std::vector<Score> scores = http.Score(kGroup);
  for (int i = 0; i < 100 && IsFault(scores[0]); ++i) {  // until it listens
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    scores = http.Score(kGroup);
  }
  CheckScores(scores);

  dir.Write("mine.c", Example("A shared library"));
  ChildProcess compiler(
      {"/bin/sh", "-c", "cc -shared -fPIC -I '" HONE_SOURCE_DIR "' mine.c -o mine.so >&2; echo $?"},
      dir.path());
  const auto compiled = compiler.Exchange("", ChildProcess::Clock::now() + std::chrono::seconds(60));
  CAPTURE(compiler.errors());
  REQUIRE(compiled.line == "0");
  CheckScores(SharedLibraryReward(dir.path() + "/mine.so", "{}").Score(kGroup));
}
