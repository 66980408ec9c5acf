// A reward that is an HTTP endpoint. Covered by tests/rewards/plugins_http_test.cc.
#ifndef HONE_REWARDS_PLUGINS_HTTP_REWARD_H_
#define HONE_REWARDS_PLUGINS_HTTP_REWARD_H_

#include <array>
#include <string>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// hone: the objects of score_json.h. openrlhf: {"query":[prompt + completion, ..],"prompts":[..],"labels":[gold, ..]}
// is answered by {"rewards":[..],"scores":[..],"extra_logs":{..}}, of which the rewards count; null is not applicable.
enum class HttpProtocol { kHone, kOpenRlhf };
template <>
inline constexpr auto kEnumNames<HttpProtocol> = std::to_array<EnumName<HttpProtocol>>(
    {{HttpProtocol::kHone, "hone"}, {HttpProtocol::kOpenRlhf, "openrlhf"}});

// POSTs one request per group, on a connection of its own. Another status than 200, an answer that is not as above, a
// broken connection and a missed deadline are faults. Looking up the host's name may overrun the deadline.
class HttpReward : public RewardFn {
 public:
  // `url` is http://host[:port][/path]. Error for any other. Nothing is sent yet.
  HttpReward(const std::string& url, HttpProtocol protocol, double deadline);

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;
  bool KeepsDeadline() const override { return true; }

 private:
  const std::string name_ = "http";
  std::string host_, port_, path_;
  const HttpProtocol protocol_;
  const double deadline_;
};

// The scores in an answer of the openrlhf protocol, as described above.
std::vector<Score> ParseOpenRlhfReply(std::string_view text, size_t count, const std::string& name);

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_HTTP_REWARD_H_
