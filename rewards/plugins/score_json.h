// What hone and a scorer outside of it say to each other: one JSON object each way. Covered by
// tests/rewards/plugins_command_test.cc.
#ifndef HONE_REWARDS_PLUGINS_SCORE_JSON_H_
#define HONE_REWARDS_PLUGINS_SCORE_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/types.h"

namespace hone {

// {"id":7,"prompt":"..","gold":"..","kind":"..","columns":{..},
//  "completions":[{"text":"..","ids":[1,2],"finish":"stop"|"length"},..]}, on one line. Bytes that are not UTF-8
// become U+FFFD.
std::string ScoreRequestJson(const Group& group, int64_t id);

// The scores in {"id":7,"scores":[..]}, one per completion, each a number, null (not applicable) or one of
//   {"value":0.5,"explanation":".."}  {"not_applicable":".."}  {"fault":".."}
// {"id":7,"fault":".."} is a fault of all. Any other text, another id, another number of scores or a value
// that is not finite is a fault that says so. `name` names the part.
std::vector<Score> ParseScoreReply(std::string_view text, int64_t id, size_t count, const std::string& name);

// Whether `text` is a JSON object with that id, whatever else it says: the scorer is in step.
bool AnswersQuestion(std::string_view text, int64_t id);

// The same fault for each of `count` completions.
std::vector<Score> AllFaults(size_t count, const std::string& explanation);

// A value, or a fault where it is not finite.
Score ScoreOfNumber(double value, const std::string& name, const std::string& explanation);

// `text` cut to its first `most` bytes, for messages.
std::string Excerpt(std::string_view text, size_t most);

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_SCORE_JSON_H_
