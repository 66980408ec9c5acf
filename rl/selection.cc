// See selection.h. Covered by tests/rl/selection_test.cc.
#include "rl/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

namespace hone {
namespace {

const Completion& CompletionOf(const SelectedCompletion& s) {
  return s.group->group.completions[s.completion];
}

// The completions of one group that pass every condition, those to prefer first.
std::vector<int64_t> Candidates(const ScoredGroup& group, const std::vector<Condition>& keep,
                                Preference prefer, SelectionCounts& counts) {
  std::vector<int64_t> candidates;
  for (int64_t i = 0; i < static_cast<int64_t>(group.scores.size()); ++i) {
    ++counts.completions;
    if (group.scores[i].status != Score::Status::kValue) {
      ++counts.faults;
    } else if (!std::all_of(keep.begin(), keep.end(),
                            [&](const Condition& c) { return c.Holds(SelectionValue(group, i, c.name)); })) {
      ++counts.refused;
    } else {
      candidates.push_back(i);
    }
  }
  const auto& completions = group.group.completions;
  if (prefer == Preference::kShortest) {
    std::stable_sort(candidates.begin(), candidates.end(), [&](int64_t a, int64_t b) {
      return completions[a].ids.size() < completions[b].ids.size();
    });
  }
  return candidates;
}

// Leaves at most `ratio` times as many rows of each kind as the rarest kind has, the first of each.
void Balance(double ratio, std::vector<SelectedCompletion>& rows, SelectionCounts& counts) {
  std::map<std::string, int64_t> of_kind;
  for (const SelectedCompletion& row : rows) ++of_kind[row.group->group.prompt.kind];
  int64_t rarest = std::numeric_limits<int64_t>::max();
  for (const auto& [kind, count] : of_kind) rarest = std::min(rarest, count);
  std::map<std::string, int64_t> taken;
  std::erase_if(rows, [&](const SelectedCompletion& row) {
    const bool surplus =
        static_cast<double>(++taken[row.group->group.prompt.kind]) > ratio * static_cast<double>(rarest);
    counts.unbalanced += surplus;
    return surplus;
  });
}

}  // namespace

double SelectionValue(const ScoredGroup& group, int64_t completion, const std::string& name) {
  const Score& score = group.scores[completion];
  const Completion& c = group.group.completions[completion];
  if (name == "reward") return score.value;
  if (name == "length") return static_cast<double>(c.ids.size());
  if (name == "finished") return c.finish == FinishReason::kStop ? 1.0 : 0.0;
  const auto part =
      std::find_if(score.parts.begin(), score.parts.end(), [&](const auto& p) { return p.first == name; });
  return part == score.parts.end() ? std::numeric_limits<double>::quiet_NaN() : part->second;
}

std::vector<SelectedCompletion> SelectCompletions(const std::vector<ScoredGroup>& groups,
                                                  const SampleConfig& config, SelectionCounts& counts) {
  const std::vector<Condition> keep = ParseConditions(config.keep, "sample.keep");
  std::vector<SelectedCompletion> rows;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  std::map<std::string_view, int64_t> of_prompt;  // a prompt may come more than once
  for (const ScoredGroup& group : groups) {
    const std::string& prompt = group.group.prompt.text;
    for (const int64_t i : Candidates(group, keep, config.prefer, counts)) {
      if (!seen.emplace(prompt, group.group.completions[i].text).second) {
        ++counts.duplicates;
      } else if (of_prompt[prompt] >= config.most_per_prompt) {
        ++counts.surplus;
      } else {
        ++of_prompt[prompt];
        rows.push_back({&group, i});
      }
    }
  }
  if (config.balance > 0.0) Balance(config.balance, rows, counts);
  counts.kept = static_cast<int64_t>(rows.size());
  return rows;
}

std::string DatasetLine(const SelectedCompletion& selected, const std::string& model) {
  const Group& group = selected.group->group;
  const Score& score = selected.group->scores[selected.completion];
  nlohmann::ordered_json line;
  line["prompt"] = group.prompt.text;
  line["completion"] = CompletionOf(selected).text;
  line["kind"] = group.prompt.kind;
  line["gold"] = group.prompt.gold;
  line["reward"] = score.value;
  line["parts"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : score.parts) line["parts"][name] = value;  // NaN is written as null
  line["source"] = {{"model", model},
                    {"prompt_index", group.prompt.index},
                    {"step", group.step},
                    {"slot", group.slot},
                    {"completion", selected.completion}};
  // What is no UTF-8 in a completion is written as U+FFFD: the file must be one that every reader takes.
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace hone
