// See http_reward.h. Covered by tests/rewards/plugins_http_test.cc.
#include "rewards/plugins/http_reward.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "data/error.h"
#include "data/json.h"
#include "rewards/plugins/score_json.h"

namespace hone {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr size_t kMostReplyBytes = size_t{64} << 20;

// One POST: each step starts the next, all under one deadline. `problem` is empty when `reply` holds status 200.
class Post {
 public:
  Post(std::string host, std::string port, const std::string& path, std::string body)
      : host_(std::move(host)), port_(std::move(port)), resolver_(io_), stream_(io_) {
    request_.method(http::verb::post);
    request_.target(path);
    request_.version(11);
    request_.set(http::field::host, host_ + ":" + port_);
    request_.set(http::field::user_agent, "hone/" HONE_VERSION);
    request_.set(http::field::content_type, "application/json");
    request_.keep_alive(false);
    request_.body() = std::move(body);
    request_.prepare_payload();
    reply_.body_limit(kMostReplyBytes);
  }

  // The problem, or "" and the body of the answer.
  std::string Run(double deadline, std::string& body) {
    resolver_.async_resolve(host_, port_, [this](auto error, auto found) {
      if (Failed(error, "find the host")) return;
      stream_.async_connect(found, [this](auto error, auto) {
        if (Failed(error, "connect")) return;
        http::async_write(stream_, request_, [this](auto error, size_t) {
          if (Failed(error, "send the question")) return;
          http::async_read(stream_, buffer_, reply_, [this](auto error, size_t) {
            if (!Failed(error, "read the answer")) done_ = true;
          });
        });
      });
    });
    io_.run_for(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(deadline)));
    if (!problem_.empty()) return problem_;
    if (!done_) return fmt::format("no answer within {} s", deadline);
    const auto& reply = reply_.get();
    body = reply.body();
    if (reply.result_int() == 200) return "";
    return fmt::format("status {} {}: {}", reply.result_int(), std::string(reply.reason()),
                       Excerpt(body, 200));
  }

 private:
  bool Failed(const beast::error_code& error, const char* action) {
    if (error) problem_ = std::string("cannot ") + action + ": " + error.message();
    return static_cast<bool>(error);
  }

  const std::string host_, port_;
  asio::io_context io_;
  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> reply_;
  beast::flat_buffer buffer_;
  std::string problem_;
  bool done_ = false;
};

std::string OpenRlhfRequest(const Group& group) {
  nlohmann::ordered_json request = {{"query", nlohmann::ordered_json::array()},
                                    {"prompts", nlohmann::ordered_json::array()},
                                    {"labels", nlohmann::ordered_json::array()}};
  for (const Completion& c : group.completions) {
    request["query"].push_back(group.prompt.text + c.text);
    request["prompts"].push_back(group.prompt.text);
    request["labels"].push_back(group.prompt.gold);
  }
  return request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::vector<Score> ParseOpenRlhfReply(std::string_view text, size_t count, const std::string& name) {
  nlohmann::json reply;
  try {
    reply = ParseStrictJson(text, "");
  } catch (const Error& e) {
    return AllFaults(count, "the answer is " + std::string(e.what()) + ": " + Excerpt(text, 200));
  }
  const nlohmann::json rewards =
      reply.is_object() ? reply.value("rewards", nlohmann::json()) : nlohmann::json();
  if (!rewards.is_array())
    return AllFaults(count, "the answer has no list of rewards: " + Excerpt(text, 200));
  if (rewards.size() != count) {
    return AllFaults(count, fmt::format("{} rewards for {} completions", rewards.size(), count));
  }
  std::vector<Score> scores;
  for (const nlohmann::json& reward : rewards) {
    if (reward.is_null()) {
      scores.push_back({Score::Status::kNotApplicable, 0.0, {}, "the endpoint has no opinion"});
    } else if (reward.is_number()) {
      scores.push_back(ScoreOfNumber(reward.get<double>(), name, ""));
    } else {
      scores.push_back(FaultScore("the endpoint answered " + Excerpt(reward.dump(), 80) + " for a reward"));
    }
  }
  return scores;
}

HttpReward::HttpReward(const std::string& url, HttpProtocol protocol, double deadline)
    : protocol_(protocol), deadline_(deadline) {
  constexpr std::string_view kScheme = "http://";
  const std::string rest = url.substr(0, kScheme.size()) == kScheme ? url.substr(kScheme.size()) : "";
  const std::string authority = rest.substr(0, rest.find('/'));
  const size_t colon = authority.rfind(':');
  host_ = authority.substr(0, colon);
  port_ = colon == std::string::npos ? "80" : authority.substr(colon + 1);
  path_ = authority.size() == rest.size() ? "/" : rest.substr(authority.size());
  const bool port_is_number =
      !port_.empty() && port_.size() <= 5 && port_.find_first_not_of("0123456789") == std::string::npos;
  if (!host_.empty() && port_is_number && host_.find_first_of("@[] ") == std::string::npos) return;
  throw Error("'" + url + "' is no address of a reward", "", "write http://host:port/path");
}

std::vector<hone::Score> HttpReward::Score(const Group& group) const {
  const size_t count = group.completions.size();
  constexpr int64_t kId = 1;  // one question per connection
  std::string body;
  Post post(host_, port_, path_,
            protocol_ == HttpProtocol::kHone ? ScoreRequestJson(group, kId) : OpenRlhfRequest(group));
  const std::string problem = post.Run(deadline_, body);
  if (!problem.empty()) return AllFaults(count, host_ + ":" + port_ + path_ + ": " + problem);
  return protocol_ == HttpProtocol::kHone ? ParseScoreReply(body, kId, count, name_)
                                          : ParseOpenRlhfReply(body, count, name_);
}

}  // namespace hone
