// See reward_rows.h. Covered by tests/recipes/reward_command_test.cc.
#include "recipes/reward_rows.h"

#include <filesystem>
#include <sstream>
#include <utility>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/run_store.h"
#include "data/text_file.h"

namespace hone {
namespace {

using nlohmann::json;

constexpr const char* kExample = R"(write lines such as {"prompt":"2+2=","gold":"4","completion":"4"})";

std::string TakeText(json& row, const char* key, const std::string& where) {
  const auto found = row.find(key);
  if (found == row.end()) return "";
  if (!found->is_string()) throw Error(std::string("'") + key + "' is no string", where, kExample);
  std::string text = found->get<std::string>();
  row.erase(found);
  return text;
}

std::vector<int32_t> Ids(const json& list, const std::string& where) {
  if (!list.is_array()) throw Error("'completion_ids' is no list of ids", where, "write a list of integers");
  std::vector<int32_t> ids;
  for (const json& id : list) {
    if (!id.is_number_integer()) throw Error("id " + id.dump() + " is no integer", where, "write integers");
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

void TakeCompletions(json& row, const std::string& where, Group& group) {
  std::vector<json> texts;
  const bool one = row.contains("completion");
  if (one == row.contains("completions")) {
    throw Error("a row needs either 'completion' or 'completions'", where, kExample);
  }
  const char* key = one ? "completion" : "completions";
  if (one) {
    texts = {row[key]};
  } else if (row[key].is_array()) {
    texts = row[key].get<std::vector<json>>();
  }
  row.erase(key);
  for (const json& text : texts) {
    if (!text.is_string()) throw Error(std::string("'") + key + "' holds no string", where, kExample);
    group.completions.emplace_back().text = text.get<std::string>();
  }
  const auto ids = row.find("completion_ids");
  if (ids == row.end()) return;
  if (!one && (!ids->is_array() || ids->size() != group.completions.size())) {
    throw Error("'completion_ids' does not go with 'completions'", where, "write one list of ids for each");
  }
  for (size_t i = 0; i < group.completions.size(); ++i)
    group.completions[i].ids = Ids(one ? *ids : (*ids)[i], where);
  row.erase(ids);
}

void ForEachRunGroup(const std::string& path, const std::function<void(Group)>& each) {
  if (!std::filesystem::exists(path + "/hone.db")) {
    throw Error("this directory is no run's: it holds no hone.db", path,
                "name the directory of a run, or a JSONL file of rows");
  }
  const RunStore store = RunStore::OpenReadOnly(path + "/hone.db");
  int64_t slot = 0;
  for (const int64_t step : store.GroupSteps()) {
    for (ScoredGroup& scored : store.Groups(step)) {
      scored.group.slot = slot++;
      each(std::move(scored.group));
    }
  }
}

}  // namespace

Group ParseRewardRow(const std::string& line, const std::string& where) {
  json row = ParseStrictJson(line, where, kExample);
  if (!row.is_object()) throw Error("a row is a JSON object", where, kExample);
  Group group;
  group.prompt.text = TakeText(row, "prompt", where);
  group.prompt.gold = TakeText(row, "gold", where);
  group.prompt.kind = TakeText(row, "kind", where);
  TakeCompletions(row, where, group);
  if (!row.empty()) group.prompt.columns = row.dump();
  return group;
}

void ForEachGroup(const std::string& path, const std::function<void(Group)>& each) {
  if (std::filesystem::is_directory(path)) return ForEachRunGroup(path, each);
  std::istringstream lines(ReadFile(path));
  std::string line;
  int64_t slot = 0;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Group group = ParseRewardRow(line, path + ":" + std::to_string(number));
    group.prompt.index = group.slot = slot++;
    each(std::move(group));
  }
  if (slot == 0) throw Error("there are no rows", path, kExample);
}

}  // namespace hone
