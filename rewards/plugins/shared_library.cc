// See shared_library.h. Covered by tests/rewards/plugins_library_test.cc.
#include "rewards/plugins/shared_library.h"

#include <dlfcn.h>

#include <cmath>
#include <cstring>

#include "data/error.h"
#include "data/json.h"
#include "data/utf8.h"
#include "rewards/plugins/score_json.h"

namespace hone {
namespace {

hone_text View(const std::string& text) { return {text.c_str(), text.size()}; }

// What stands in a buffer that the library may have left without a final 0.
template <size_t N>
std::string TextIn(const char (&buffer)[N]) {
  return ValidUtf8({buffer, strnlen(buffer, N)});
}

std::vector<hone_completion> ViewsOf(const Group& group) {
  std::vector<hone_completion> views;
  for (const Completion& c : group.completions) {
    views.push_back({View(c.text), c.ids.data(), c.ids.size(), c.finish == FinishReason::kLength});
  }
  return views;
}

Score ToScore(const hone_score& score, const std::string& name) {
  std::string explanation = TextIn(score.explanation);
  switch (score.status) {
    case HONE_VALUE:
      return ScoreOfNumber(score.value, name, explanation);
    case HONE_NOT_APPLICABLE:
      return {Score::Status::kNotApplicable, 0.0, {}, std::move(explanation)};
    case HONE_FAULT:
      return FaultScore(explanation.empty() ? "the library did not score it" : explanation);
    default:
      return FaultScore("the library returned the unknown status " + std::to_string(score.status));
  }
}

}  // namespace

void SharedLibraryReward::Unloader::operator()(void* library) const { dlclose(library); }

SharedLibraryReward::SharedLibraryReward(const std::string& path, const std::string& options) {
  if (!ParseStrictJson(options, "options").is_object()) {
    throw Error("the options are no JSON object: " + options, path, "write options = '{\"key\":1}'");
  }
  library_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library_ == nullptr) {
    const char* why = dlerror();
    throw Error(std::string("cannot load the library: ") + (why != nullptr ? why : "no reason given"), path,
                "build it as a shared library (cc -shared -fPIC)");
  }
  using Entry = const hone_reward_api* (*)(uint32_t);
  const auto entry = reinterpret_cast<Entry>(dlsym(library_.get(), "hone_reward"));
  if (entry == nullptr) {
    throw Error("the library has no function hone_reward", path, "see rewards/hone_reward.h");
  }
  api_ = entry(HONE_REWARD_VERSION);
  if (api_ == nullptr || api_->version != HONE_REWARD_VERSION) {
    throw Error(
        "the library is for " +
            (api_ == nullptr ? std::string("another version") : "version " + std::to_string(api_->version)) +
            " of hone_reward.h, this hone has version " + std::to_string(HONE_REWARD_VERSION),
        path, "build it again with this hone's header");
  }
  char error[HONE_REWARD_TEXT] = "";
  self_ = api_->create(options.c_str(), error);
  if (self_ == nullptr) throw Error("the library's reward cannot start: " + TextIn(error), path, "");
}

SharedLibraryReward::~SharedLibraryReward() {
  if (self_ != nullptr) api_->destroy(self_);
}

std::vector<hone::Score> SharedLibraryReward::Score(const Group& group) const {
  const std::vector<hone_completion> completions = ViewsOf(group);
  const std::string columns = group.prompt.columns.empty() ? "{}" : group.prompt.columns;
  const hone_group view = {View(group.prompt.text), View(group.prompt.gold), View(columns),
                           completions.data(), completions.size()};
  std::vector<hone_score> results(completions.size());
  for (hone_score& result : results) result.status = HONE_FAULT;
  if (results.empty()) return {};
  if (const int code = api_->score(self_, &view, results.data()); code != 0) {
    return AllFaults(results.size(), "the library failed with " + std::to_string(code) + ": " +
                                         TextIn(results[0].explanation));
  }
  std::vector<hone::Score> scores;
  for (const hone_score& result : results) scores.push_back(ToScore(result, name_));
  return scores;
}

}  // namespace hone
