// The vocabulary every layer shares: a prompt, its completions as one group, and their scores.
// Plain values: each arrow of a step makes a new complete one, nothing is half-filled and mutated later.
#ifndef HONE_DATA_TYPES_H_
#define HONE_DATA_TYPES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hone {

struct Prompt {
  int64_t index = 0;         // position in its data set; the identity of the prompt
  std::string text;          // after the template
  std::vector<int32_t> ids;  // what the model sees, bos included
  std::string gold;          // the reference answer
  std::string kind;          // e.g. "sum2"; for accuracy by kind
  std::string columns = "";  // the data set's other columns as one JSON object; empty if it has none
};

enum class FinishReason { kStop, kLength };  // end-of-sequence token, or the completion cap

struct Completion {
  std::vector<int32_t> ids;     // without the prompt; ends with eos when finish == kStop
  std::vector<float> logprobs;  // one per id: log softmax(logits / temperature) before any truncation
  FinishReason finish = FinishReason::kStop;
  int64_t policy_version = 0;  // the number of weight updates behind the weights that wrote it
  std::string text;            // decoded ids, without special tokens that end it
};

// One prompt and its G completions, in completion order.
struct Group {
  int64_t step = 0;  // sampling step
  int64_t slot = 0;  // slot of the prompt in that step; with the seed these key the random draws
  Prompt prompt;
  std::vector<Completion> completions;
};

// The largest size of a reward: the squares of a group's rewards must add up within a double.
inline constexpr double kLargestReward = 1e100;

// What a reward says of one completion. A fault is never a number.
struct Score {
  enum class Status { kValue, kNotApplicable, kFault };
  Status status = Status::kValue;
  double value = 0.0;                                 // meaningful only for kValue
  std::vector<std::pair<std::string, double>> parts;  // named parts, e.g. {"answer", 1.0}, {"format", 1.0}
  std::string explanation;                            // one line a person can read; names the fault if one
};

struct ScoredGroup {
  Group group;
  std::vector<Score> scores;  // one per completion
};

}  // namespace hone

#endif  // HONE_DATA_TYPES_H_
