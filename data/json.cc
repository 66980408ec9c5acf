// See json.h. nlohmann keeps the last of two equal keys; its parser callback lets us refuse the
// second.
#include "data/json.h"

#include <set>
#include <vector>

#include "data/error.h"

namespace hone {
namespace {

template <class json>
json Parse(std::string_view text, const std::string& where, const char* remedy) {
  constexpr int kMaxDepth = 64;
  std::vector<std::set<std::string>> keys;  // one set per open object
  const auto check = [&](int depth, typename json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) throw Error("JSON is nested too deeply", where, remedy);
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key) {
      const std::string& key = parsed.template get_ref<const std::string&>();
      if (!keys.back().insert(key).second)
        throw Error("duplicate key '" + key + "'", where, "keep one of them");
    }
    return true;
  };
  // The library takes a NUL for the end of the text.
  if (text.find('\0') != std::string_view::npos) throw Error("not valid JSON: a NUL byte", where, remedy);
  try {
    return json::parse(text.begin(), text.end(), check);
  } catch (const nlohmann::json::exception& e) {
    throw Error("not valid JSON: " + JsonFault(e), where, remedy);
  }
}

}  // namespace

nlohmann::json ParseStrictJson(std::string_view text, const std::string& where, const char* remedy) {
  return Parse<nlohmann::json>(text, where, remedy);
}

nlohmann::ordered_json ParseOrderedJson(std::string_view text, const std::string& where, const char* remedy) {
  return Parse<nlohmann::ordered_json>(text, where, remedy);
}

std::string JsonFault(const nlohmann::json::exception& fault) {
  const std::string text = fault.what();  // "[json.exception.parse_error.101] parse error at ..."
  const size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

}  // namespace hone
