// A reward in C++: 1 where the completion holds the gold, not applicable without a gold; its options pick ways to
// misbehave. Built as a module and loaded by tests/rewards/plugins_library_test.cc.
#include <cmath>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rewards/hone_reward.h"

namespace {

std::string_view View(const hone_text& text) { return {text.data, text.size}; }

class GoldInside {
 public:
  explicit GoldInside(std::string options) : options_(std::move(options)) {}

  void Score(const hone_group& group, hone_score* scores) const {
    if (Asked("throw")) throw std::runtime_error("thrown on request");
    for (size_t i = 0; i < group.num_completions; ++i) {
      if (Asked("forget") && i == 1) continue;
      const bool inside = View(group.completions[i].text).find(View(group.gold)) != std::string_view::npos;
      scores[i].status = group.gold.size == 0 ? HONE_NOT_APPLICABLE : HONE_VALUE;
      scores[i].value = Asked("nan") ? std::nan("") : inside ? 1.0 : 0.0;
      if (Asked("status")) scores[i].status = 77;
      if (Asked("fill")) std::memset(scores[i].explanation, 'x', HONE_REWARD_TEXT);  // without a final 0
    }
  }

 private:
  bool Asked(const char* mischief) const { return options_.find(mischief) != std::string::npos; }
  const std::string options_;
};

}  // namespace

extern "C" const hone_reward_api* hone_reward(uint32_t host_version) {
  static const hone_reward_api kApi = {
      HONE_REWARD_VERSION, [](const char* options, char*) -> void* { return new GoldInside(options); },
      [](void* self, const hone_group* group, hone_score* scores) {
        try {
          static_cast<const GoldInside*>(self)->Score(*group, scores);
          return 0;
        } catch (const std::exception& e) {
          std::strncpy(scores[0].explanation, e.what(), HONE_REWARD_TEXT - 1);
          return 1;
        }
      },
      [](void* self) { delete static_cast<GoldInside*>(self); }};
  return host_version == HONE_REWARD_VERSION ? &kApi : nullptr;
}
