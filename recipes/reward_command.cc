// hone reward: try a reward on a few rows, or find where two rewards disagree. Covered by
// tests/recipes/reward_command_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/utf8.h"
#include "recipes/commands.h"
#include "recipes/reward_rows.h"
#include "rewards/reward_config.h"
#include "rewards/runner.h"

namespace hone {
namespace {

struct RewardArguments {
  std::string reward;
  std::string data;
  std::vector<std::string> rewards;
  std::vector<std::string> options;
  int64_t limit = 20;
  bool json = false;
};

// One reward by itself, as a run would call it.
std::unique_ptr<RewardRunner> RunnerFor(const std::string& use, const std::vector<std::string>& options) {
  RunnerReward reward = MakeRewardFrom(use, options);
  reward.weight = 1.0;
  reward.on_fault = OnFault::kDrop;
  std::vector<RunnerReward> rewards;
  rewards.push_back(std::move(reward));
  return std::make_unique<RewardRunner>(std::move(rewards));
}

const char* StatusText(const Score& score) {
  switch (score.status) {
    case Score::Status::kValue:
      return "value";
    case Score::Status::kNotApplicable:
      return "not_applicable";
    case Score::Status::kFault:
      break;
  }
  return "fault";
}

std::string Said(const Score& score) {
  const std::string value = score.status == Score::Status::kValue ? fmt::format(" {:.6g}", score.value) : "";
  return StatusText(score) + value + "  " +
         (score.explanation.empty() ? "(no explanation)" : score.explanation);
}

// A traceback is shown at its first row; later ones point there.
class Faults {
 public:
  std::string Say(const Score& score, int64_t row) {
    const size_t line_end = score.explanation.find('\n');
    if (score.status != Score::Status::kFault || line_end == std::string::npos) return Said(score);
    const auto [entry, is_new] = first_rows_.emplace(score.explanation, row);
    if (is_new) return Said(score);
    return fmt::format("fault  {} (as in row {})", score.explanation.substr(0, line_end), entry->second);
  }

 private:
  std::map<std::string, int64_t> first_rows_;
};

nlohmann::ordered_json ScoreJson(const Score& score) {
  nlohmann::ordered_json json = {{"status", StatusText(score)}};
  if (score.status == Score::Status::kValue) json["value"] = score.value;
  json["explanation"] = score.explanation;
  return json;
}

void PrintJson(const nlohmann::ordered_json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// `text` on one line, cut to what is worth a look.
std::string Shown(const std::string& text) {
  constexpr size_t kMostBytes = 400;
  std::string line = ValidUtf8(text.substr(0, kMostBytes));
  for (char& c : line) c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  return line + (text.size() > kMostBytes ? "..." : "");
}

// Scored groups in slot order.
std::map<int64_t, ScoredGroup> BySlot(std::vector<ScoredGroup> groups) {
  std::map<int64_t, ScoredGroup> by_slot;
  for (ScoredGroup& g : groups) {
    const int64_t slot = g.group.slot;
    by_slot.emplace(slot, std::move(g));
  }
  return by_slot;
}

// Calls `each` with groups and their scores in order, so many in memory at a time.
void ScoreInBatches(const std::string& path, const std::vector<RewardRunner*>& runners,
                    const std::function<void(const std::vector<const ScoredGroup*>&)>& each) {
  constexpr size_t kBatch = 256;
  std::vector<Group> batch;
  const auto flush = [&] {
    std::vector<std::map<int64_t, ScoredGroup>> scored;
    for (RewardRunner* runner : runners) {
      std::vector<ScoredGroup> groups;
      for (const Group& group : batch) {
        runner->Submit(group);
        for (ScoredGroup& g : runner->TakeFinished()) groups.push_back(std::move(g));
      }
      for (ScoredGroup& g : runner->WaitForAll()) groups.push_back(std::move(g));
      scored.push_back(BySlot(std::move(groups)));
    }
    for (const Group& group : batch) {
      std::vector<const ScoredGroup*> row;
      for (const auto& by_slot : scored) row.push_back(&by_slot.at(group.slot));
      each(row);
    }
    batch.clear();
  };
  ForEachGroup(path, [&](Group group) {
    batch.push_back(std::move(group));
    if (batch.size() == kBatch) flush();
  });
  flush();
}

int Try(const RewardArguments& a) {
  const auto runner = RunnerFor(a.reward, a.options);
  int64_t values = 0, not_applicable = 0, faults = 0;
  double sum = 0.0;
  Faults said;
  ScoreInBatches(a.data, {runner.get()}, [&](const std::vector<const ScoredGroup*>& row) {
    const ScoredGroup& scored = *row[0];
    for (size_t i = 0; i < scored.scores.size(); ++i) {
      const Score& score = scored.scores[i];
      values += score.status == Score::Status::kValue;
      not_applicable += score.status == Score::Status::kNotApplicable;
      faults += score.status == Score::Status::kFault;
      sum += score.value;
      if (a.json) {
        nlohmann::ordered_json json = {{"row", scored.group.slot + 1}, {"completion", i}};
        json.update(ScoreJson(score));
        PrintJson(json);
      } else if (values + not_applicable + faults <= a.limit || score.status == Score::Status::kFault) {
        fmt::print("{}  {}\n    {}\n", scored.group.slot + 1, Shown(scored.group.completions[i].text),
                   said.Say(score, scored.group.slot + 1));
      }
    }
  });
  const RewardLatency latency = runner->TakeLatencies().at(0);
  fmt::print(
      stderr,
      "{} values{}, {} not applicable, {} faults; time of a group: median {:.3g} ms, 99th percentile {:.3g} "
      "ms\n",
      values, values > 0 ? fmt::format(" (mean {:.6g})", sum / static_cast<double>(values)) : "",
      not_applicable, faults, latency.p50 * 1e3, latency.p99 * 1e3);
  return faults > 0 ? 1 : 0;
}

bool Disagree(const Score& a, const Score& b) {
  return a.status != b.status || (a.status == Score::Status::kValue && std::fabs(a.value - b.value) > 1e-9);
}

void PrintDisagreement(const RewardArguments& a, const std::vector<const ScoredGroup*>& row, size_t i,
                       std::vector<Faults>& said) {
  const Group& group = row[0]->group;
  if (a.json) {
    nlohmann::ordered_json json = {{"prompt", group.prompt.text},
                                   {"gold", group.prompt.gold},
                                   {"completion", group.completions[i].text}};
    for (size_t r = 0; r < row.size(); ++r) json["scores"][a.rewards[r]] = ScoreJson(row[r]->scores[i]);
    PrintJson(json);
    return;
  }
  fmt::print("prompt      {}\ngold        {}\ncompletion  {}\n", Shown(group.prompt.text),
             Shown(group.prompt.gold), Shown(group.completions[i].text));
  for (size_t r = 0; r < row.size(); ++r)
    fmt::print("  {}\n", said[r].Say(row[r]->scores[i], group.slot + 1));
  fmt::print("\n");
}

int Audit(const RewardArguments& a) {
  const auto first = RunnerFor(a.rewards.at(0), {}), second = RunnerFor(a.rewards.at(1), {});
  int64_t all = 0, differ = 0, faults = 0;
  std::vector<Faults> said(2);
  ScoreInBatches(a.data, {first.get(), second.get()}, [&](const std::vector<const ScoredGroup*>& row) {
    for (size_t i = 0; i < row[0]->scores.size(); ++i) {
      ++all;
      for (const ScoredGroup* scored : row) faults += scored->scores[i].status == Score::Status::kFault;
      if (!Disagree(row[0]->scores[i], row[1]->scores[i])) continue;
      if (differ++ < a.limit || a.json) PrintDisagreement(a, row, i, said);
    }
  });
  fmt::print(stderr, "{} completions, {} disagreement{}{}, {} faults\n", all, differ, differ == 1 ? "" : "s",
             !a.json && differ > a.limit ? fmt::format(" ({} shown)", a.limit) : "", faults);
  return faults > 0 ? 1 : 0;
}

void AddTry(CLI::App* parent, const std::shared_ptr<RewardArguments>& a) {
  auto* command = parent->add_subcommand("try", "Score a few rows with one reward, before a run does");
  command
      ->add_option("reward", a->reward,
                   "as `use` in a recipe: math, my.py:func, ./x.so, http://.., 'command: ..'")
      ->required();
  command
      ->add_option(
          "--data", a->data,
          "JSONL with prompt, gold, completion (or completions) and other columns; or a run's directory")
      ->required();
  command->add_option("--set", a->options, "KEY=VALUE of the reward's table, e.g. deadline=5")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--limit", a->limit, "completions to show (faults always are)")
      ->check(CLI::Range(0, 1 << 30));
  command->add_flag("--json", a->json, "one JSON object per completion");
  command->footer(
      "A row: {\"prompt\":\"2+2=\",\"gold\":\"4\",\"completion\":\"4\"}\n"
      "Exit code 1 when a score is a fault.\n"
      "Example:\n  hone reward try recipes/python_reward.py:answer --data runs/r1_zero");
}

void AddAudit(CLI::App* parent, const std::shared_ptr<RewardArguments>& a) {
  auto* command = parent->add_subcommand("audit", "Show where two rewards disagree, with what both say");
  command->add_option("data", a->data, "JSONL file as for `hone reward try`, or a run's directory")
      ->required();
  command->add_option("--rewards", a->rewards, "two rewards, e.g. answer,math")
      ->delimiter(',')
      ->expected(2)
      ->required();
  command->add_option("--limit", a->limit, "disagreements to show")->check(CLI::Range(0, 1 << 30));
  command->add_flag("--json", a->json, "every disagreement as one JSON object");
  command->footer(
      "Exit code 1 when a score is a fault.\nExample:\n  hone reward audit runs/r1_zero --rewards "
      "answer,math");
}

}  // namespace

Command AddRewardCommand(CLI::App& app) {
  auto* command = app.add_subcommand("reward", "Try a reward, or compare two");
  auto a = std::make_shared<RewardArguments>();
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  hone reward try math --data rows.jsonl\n"
      "  hone reward try my.py:func --data runs/r1_zero --set deadline=5\n"
      "  hone reward audit runs/r1_zero --rewards answer,math\n"
      "`hone reward try --help` says what rows look like.");
  AddTry(command, a);
  AddAudit(command, a);
  return [a, command] { return command->got_subcommand("try") ? Try(*a) : Audit(*a); };
}

}  // namespace hone
