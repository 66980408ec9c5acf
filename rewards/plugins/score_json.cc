// See score_json.h. Covered by tests/rewards/plugins_command_test.cc.
#include "rewards/plugins/score_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/error.h"
#include "data/json.h"
#include "data/utf8.h"
#include "rewards/reward.h"

namespace hone {
namespace {

using nlohmann::json;

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Score ParseScore(const json& value, const std::string& name) {
  if (value.is_null()) return {Score::Status::kNotApplicable, 0.0, {}, "the scorer has no opinion"};
  if (value.is_number()) return ScoreOfNumber(value.get<double>(), name, "");
  if (value.is_object()) {
    if (value.contains("fault")) return FaultScore(TextOf(value, "fault"));
    if (value.contains("not_applicable")) {
      return {Score::Status::kNotApplicable, 0.0, {}, TextOf(value, "not_applicable")};
    }
    if (value.contains("value") && value["value"].is_number()) {
      return ScoreOfNumber(value["value"].get<double>(), name, TextOf(value, "explanation"));
    }
  }
  return FaultScore("the scorer answered " + Excerpt(value.dump(), 80) + " for a score");
}

}  // namespace

std::string Excerpt(std::string_view text, size_t most) {
  return text.size() <= most ? ValidUtf8(text) : ValidUtf8(text.substr(0, most)) + "...";
}

std::vector<Score> AllFaults(size_t count, const std::string& explanation) {
  return std::vector<Score>(count, FaultScore(explanation));
}

Score ScoreOfNumber(double value, const std::string& name, const std::string& explanation) {
  if (!std::isfinite(value)) return FaultScore("the scorer's value is not finite");
  return ValueScore(name, value, explanation);
}

std::string ScoreRequestJson(const Group& group, int64_t id) {
  nlohmann::ordered_json request;
  request["id"] = id;
  request["prompt"] = group.prompt.text;
  request["gold"] = group.prompt.gold;
  request["kind"] = group.prompt.kind;
  request["columns"] = group.prompt.columns.empty() ? nlohmann::ordered_json::object()
                                                    : nlohmann::ordered_json::parse(group.prompt.columns);
  request["completions"] = nlohmann::ordered_json::array();
  for (const Completion& c : group.completions) {
    request["completions"].push_back(
        {{"text", c.text}, {"ids", c.ids}, {"finish", c.finish == FinishReason::kStop ? "stop" : "length"}});
  }
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool AnswersQuestion(std::string_view text, int64_t id) {
  try {
    const json reply = ParseStrictJson(text, "");
    return reply.is_object() && reply.value("id", json()) == id;
  } catch (const Error&) {
    return false;
  }
}

std::vector<Score> ParseScoreReply(std::string_view text, int64_t id, size_t count, const std::string& name) {
  json reply;
  try {
    reply = ParseStrictJson(text, "");
  } catch (const Error& e) {
    return AllFaults(count, "the scorer's answer is " + std::string(e.what()) + ": " + Excerpt(text, 200));
  }
  if (!reply.is_object()) return AllFaults(count, "the scorer's answer is no object: " + Excerpt(text, 200));
  if (reply.value("id", json()) != id) {
    return AllFaults(count, "the scorer's answer has another id than the question: " + Excerpt(text, 200));
  }
  if (reply.contains("fault")) return AllFaults(count, TextOf(reply, "fault"));
  const json scores = reply.value("scores", json());
  if (!scores.is_array()) return AllFaults(count, "the scorer's answer has no list of scores");
  if (scores.size() != count) {
    return AllFaults(count, "the scorer returned " + std::to_string(scores.size()) + " scores for " +
                                std::to_string(count) + " completions");
  }
  std::vector<Score> parsed;
  for (const json& score : scores) parsed.push_back(ParseScore(score, name));
  return parsed;
}

}  // namespace hone
