// rewards/plugins/http_reward: both protocols against a server of our own, and servers that fail in every way.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "rewards/plugins/http_reward.h"
#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

// Answers each connection with what `answer` makes of the whole request, and closes it.
class Server {
 public:
  explicit Server(std::function<std::string(const std::string& request)> answer)
      : answer_(std::move(answer)) {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_, 8) == 0);
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/score"; }

 private:
  void Serve() {
    for (int fd; (fd = accept(socket_, nullptr, nullptr)) >= 0; close(fd)) {
      std::string request;
      char buffer[4096];
      for (ssize_t n; !Complete(request) && (n = read(fd, buffer, sizeof buffer)) > 0;)
        request.append(buffer, n);
      const std::string answer = answer_(request);
      (void)!send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  static bool Complete(const std::string& request) {
    const size_t head = request.find("\r\n\r\n"), length = request.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) return false;
    return request.size() >= head + 4 + std::stoul(request.substr(length + 16));
  }

  const std::function<std::string(const std::string&)> answer_;
  int socket_ = -1, port_ = 0;
  std::thread thread_;
};

std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string BodyOf(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("an endpoint that speaks hone's JSON") {
  const Server server([](const std::string& request) {
    const auto json = nlohmann::json::parse(BodyOf(request));
    nlohmann::json scores;
    for (const auto& c : json["completions"])
      scores.push_back({{"value", c["text"].get<std::string>().size()}});
    return Ok(nlohmann::json{{"id", json["id"]}, {"scores", scores}}.dump());
  });
  const std::vector<Score> scores =
      HttpReward(server.url(), HttpProtocol::kHone, 5.0).Score(GroupOfTexts("4", {"abc", ""}));
  CHECK(scores.at(0).value == 3.0);
  CHECK(scores.at(1).value == 0.0);
}

TEST_CASE("an endpoint that speaks OpenRLHF's JSON") {
  std::string seen;
  const Server server([&](const std::string& request) {
    seen = request;
    return Ok(R"({"rewards":[0.5,null],"scores":[1,0],"extra_logs":{"a":[1,2]}})");
  });
  const std::vector<Score> scores =
      HttpReward(server.url(), HttpProtocol::kOpenRlhf, 5.0).Score(GroupOfTexts("4", {"abc", "d"}));
  CHECK(scores.at(0).value == 0.5);
  CHECK(scores.at(1).status == Score::Status::kNotApplicable);
  CHECK(seen.find("POST /score HTTP/1.1\r\n") == 0);
  CHECK(
      nlohmann::json::parse(BodyOf(seen)) ==
      nlohmann::json::parse(R"({"query":["Q:4?abc","Q:4?d"],"prompts":["Q:4?","Q:4?"],"labels":["4","4"]})"));
  for (const auto& [text, why] : std::vector<std::pair<const char*, const char*>>{
           {"{}", "no list of rewards"},
           {"[1]", "no list of rewards"},
           {"{\"rewards\":[1,2]}", "2 rewards for 1 completions"},
           {"{\"rewards\":[\"1\"]}", "for a reward"},
           {"nonsense", "not valid JSON"}}) {
    CAPTURE(text);
    CHECK(Says(ParseOpenRlhfReply(text, 1, "http").at(0), why));
    CHECK(IsFault(ParseOpenRlhfReply(text, 1, "http").at(0)));
  }
}

TEST_CASE("an endpoint that fails is a fault for all, in time") {
  const Group group = GroupOfTexts("4", {"a", "b"});
  const auto fault = [&](const std::string& answer) {
    const Server server([&](const std::string&) { return answer; });
    const std::vector<Score> scores = HttpReward(server.url(), HttpProtocol::kHone, 1.0).Score(group);
    REQUIRE(scores.size() == 2);
    CHECK(IsFault(scores[0]));
    return scores[1].explanation;
  };
  CHECK(fault("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nbusy").find("status 500 Oops: busy") !=
        std::string::npos);
  CHECK(fault(Ok("nonsense")).find("not valid JSON") != std::string::npos);
  CHECK(fault(Ok("{\"id\":1,\"scores\":[1]}")).find("1 scores for 2") != std::string::npos);
  CHECK(fault("").find("cannot read the answer") != std::string::npos);
  CHECK(fault("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort").find("cannot read the answer") !=
        std::string::npos);
  CHECK(fault("SSH-2.0-x\r\n\r\n").find("cannot read the answer") != std::string::npos);
  const auto start = std::chrono::steady_clock::now();
  {
    const Server server([](const std::string&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(900));
      return Ok("late");
    });
    CHECK(Says(HttpReward(server.url(), HttpProtocol::kHone, 0.3).Score(group).at(0),
               "no answer within 0.3 s"));
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
  std::string closed;
  {
    closed = Server([](const std::string&) { return ""; }).url();
  }
  CHECK(Says(HttpReward(closed, HttpProtocol::kHone, 1.0).Score(group).at(0), "cannot connect"));
  for (const char* url :
       {"", "http://", "https://a/", "a:80", "http://a:port/", "http://u@a/", "http://:80/"}) {
    CAPTURE(url);
    CHECK_THROWS_AS(HttpReward(url, HttpProtocol::kHone, 1.0), Error);
  }
}
