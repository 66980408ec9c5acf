// See batch_json.h. Covered by tests/rl/objective_test.cc and tests/recipes/loss_command_test.cc.
#include "rl/objective/batch_json.h"

#include <algorithm>
#include <cmath>

#include "data/edit_distance.h"
#include "data/error.h"
#include "data/json.h"
#include "data/types.h"

namespace hone {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kKeys[] = {"group_size",   "rewards",      "logprobs",
                                      "old_logprobs", "ref_logprobs", "sampler_logprobs",
                                      "entropies",    "mask",         "max_length"};

class Reader {
 public:
  explicit Reader(const std::string& where) : where_(where) {}

  ObjectiveBatch Read(const Json& json) const {
    if (!json.is_object())
      Fail("this is no object", "write {\"group_size\":..,\"rewards\":[..],\"logprobs\":[[..]],..}");
    for (const auto& [key, value] : json.items()) CheckKey(key);
    for (const char* key : {"group_size", "rewards", "logprobs"}) {
      if (!json.contains(key)) Fail("'" + std::string(key) + "' is missing", "every objective needs it");
    }
    ObjectiveBatch batch;
    batch.group_size = Count(json, "group_size");
    if (json.contains("max_length")) batch.max_length = Count(json, "max_length");
    const Json& rewards = Array(json["rewards"], "rewards");
    for (size_t i = 0; i < rewards.size(); ++i) {
      batch.rewards.push_back(rewards[i].is_null() ? std::nullopt
                                                   : std::optional(Number(rewards[i], At("rewards", i))));
      if (std::abs(batch.rewards.back().value_or(0.0)) > kLargestReward)
        Fail("'" + At("rewards", i) + "' is beyond 1e100", "its square would overflow: scale the rewards");
    }
    batch.logprobs = ReadRows(json, "logprobs");
    batch.old_logprobs = ReadRows(json, "old_logprobs");
    batch.ref_logprobs = ReadRows(json, "ref_logprobs");
    batch.sampler_logprobs = ReadRows(json, "sampler_logprobs");
    batch.entropies = ReadRows(json, "entropies");
    batch.mask = ReadMask(json);
    return batch;
  }

 private:
  [[noreturn]] void Fail(const std::string& what, const std::string& remedy) const {
    throw Error(what, where_, remedy);
  }
  static std::string At(const std::string& name, size_t i) { return name + "[" + std::to_string(i) + "]"; }

  void CheckKey(const std::string& key) const {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys)) return;
    const auto nearest = std::min_element(std::begin(kKeys), std::end(kKeys), [&](auto a, auto b) {
      return EditDistance(a, key) < EditDistance(b, key);
    });
    Fail("unknown key '" + key + "'", "did you mean '" + std::string(*nearest) + "'?");
  }
  int64_t Count(const Json& json, const char* key) const {
    const Json& value = json[key];
    if (!value.is_number_integer() || value.get<double>() < 1 || value.get<double>() > 1e9) {
      Fail("'" + std::string(key) + "' is " + value.dump(), "it must be an integer of at least 1");
    }
    return value.get<int64_t>();
  }
  const Json& Array(const Json& value, const std::string& name) const {
    if (!value.is_array()) Fail("'" + name + "' is no array", "write [..]");
    return value;
  }
  double Number(const Json& value, const std::string& name) const {
    if (!value.is_number()) Fail("'" + name + "' is " + value.dump(), "it must be a number");
    return value.get<double>();
  }

  Rows ReadRows(const Json& json, const std::string& key) const {
    Rows rows;
    if (!json.contains(key)) return rows;
    const Json& outer = Array(json[key], key);
    for (size_t i = 0; i < outer.size(); ++i) {
      const Json& row = Array(outer[i], At(key, i));
      rows.emplace_back();
      for (size_t t = 0; t < row.size(); ++t) rows.back().push_back(Number(row[t], At(At(key, i), t)));
    }
    return rows;
  }
  Masks ReadMask(const Json& json) const {
    Masks masks;
    if (!json.contains("mask")) return masks;
    const Json& outer = Array(json["mask"], "mask");
    for (size_t i = 0; i < outer.size(); ++i) {
      const Json& row = Array(outer[i], At("mask", i));
      masks.emplace_back();
      for (size_t t = 0; t < row.size(); ++t) {
        const bool on = row[t] == true || row[t] == 1, off = row[t] == false || row[t] == 0;
        if (!on && !off) Fail("'" + At(At("mask", i), t) + "' is " + row[t].dump(), "it must be 0 or 1");
        masks.back().push_back(on);
      }
    }
    return masks;
  }

  const std::string& where_;
};

bool IsFinite(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) {
    return std::all_of(row.begin(), row.end(), [](double v) { return std::isfinite(v); });
  });
}

}  // namespace

ObjectiveBatch ParseObjectiveBatch(std::string_view text, const std::string& where) {
  return Reader(where).Read(ParseStrictJson(text, where));
}

std::string ObjectiveResultJson(const ObjectiveResult& result) {
  if (!std::isfinite(result.loss) || !IsFinite(result.gradient)) {
    throw Error("the loss or its gradient is not finite", "",
                "look for log-probs that are far apart, or rewards beyond the range of numbers");
  }
  nlohmann::ordered_json json;
  if (result.token_advantages.empty()) {
    json["advantages"] = result.advantages;
  } else {
    json["advantages"] = result.token_advantages;
  }
  json["loss"] = result.loss;
  json["gradient"] = result.gradient;
  const auto has_slope = [](const auto& row) { return !row.empty(); };
  if (std::any_of(result.entropy_gradient.begin(), result.entropy_gradient.end(), has_slope)) {
    json["entropy_gradient"] = result.entropy_gradient;
  }
  return json.dump();
}

}  // namespace hone
