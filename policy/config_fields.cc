// See config_fields.h.
#include "policy/config_fields.h"

#include <cstdio>
#include <utility>

#include "data/error.h"

namespace hone {

using nlohmann::json;

namespace {

std::string FormatNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

ConfigFields::ConfigFields(const json& object, const std::string& where, std::string prefix)
    : object_(object), where_(where), prefix_(std::move(prefix)) {
  if (!object.is_object()) {
    throw Error(
        prefix_.empty() ? "not a JSON object" : prefix_.substr(0, prefix_.size() - 1) + " is not an object",
        where, "take the file from the model's own repository");
  }
}

void ConfigFields::Fail(const std::string& what, const std::string& remedy) const {
  throw Error(prefix_ + what, where_,
              remedy.empty() ? "take the file from the model's own repository" : remedy);
}

const json* ConfigFields::Find(const std::string& key) const {
  asked_.insert(key);
  const auto it = object_.find(key);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

int64_t ConfigFields::Int(const std::string& key, int64_t low, int64_t high) const {
  if (Find(key) == nullptr) Fail(key + " is missing");
  return Int(key, low, high, 0);
}

int64_t ConfigFields::Int(const std::string& key, int64_t low, int64_t high, int64_t absent) const {
  const json* value = Find(key);
  if (value == nullptr) return absent;
  const bool small =
      value->is_number_integer() && !(value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX);
  if (!small || value->get<int64_t>() < low || value->get<int64_t>() > high)
    Fail(key + " is not an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return value->get<int64_t>();
}

double ConfigFields::Number(const std::string& key, double low, double high) const {
  if (Find(key) == nullptr) Fail(key + " is missing");
  return Number(key, low, high, 0.0);
}

double ConfigFields::Number(const std::string& key, double low, double high, double absent) const {
  const json* value = Find(key);
  if (value == nullptr) return absent;
  if (!value->is_number() || !(value->get<double>() >= low && value->get<double>() <= high))
    Fail(key + " is not a number from " + FormatNumber(low) + " to " + FormatNumber(high));
  return value->get<double>();
}

bool ConfigFields::Bool(const std::string& key, bool absent) const {
  const json* value = Find(key);
  if (value == nullptr) return absent;
  if (!value->is_boolean()) Fail(key + " is not true or false");
  return value->get<bool>();
}

void ConfigFields::Only(const std::string& key, const json& supported) const {
  const json* value = Find(key);
  if (value != nullptr && *value != supported) {
    Fail(key + " = " + value->dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60) +
             " is not supported",
         "use a model with " + supported.dump());
  }
}

void ConfigFields::RefuseUnknown(const std::set<std::string>& inert) const {
  for (const auto& [key, value] : object_.items()) {
    if (value.is_null() || asked_.contains(key) || inert.contains(key)) continue;
    Fail(key + " is not a key this architecture is known to have",
         "remove it if it does not change what the model computes");
  }
}

}  // namespace hone
