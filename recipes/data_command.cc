// hone data check: whether held-out questions are in the training data, and what else is wrong with it. Covered by
// tests/recipes/data_command_test.cc.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/data_check.h"
#include "data/error.h"
#include "data/table_file.h"
#include "recipes/assembly.h"
#include "recipes/commands.h"
#include "recipes/schema.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

struct DataArguments {
  std::vector<std::string> sources;
  std::vector<std::string> overrides;
  std::string stage;
  int64_t rows = 20000;
  bool json = false;
};

struct NamedSet {
  std::string name;
  std::string files;  // of questions from files: which rows are used
  std::vector<CheckedRow> rows;
};

struct TwoSets {
  NamedSet train, held_out;  // held_out without rows: there is nothing to leak
};

TwoSets SetsOfFiles(const std::vector<std::string>& paths, const TextColumns& columns = {}) {
  TwoSets sets;
  const size_t training = paths.size() == 1 ? 1 : paths.size() - 1;
  for (size_t i = 0; i < paths.size(); ++i) {
    NamedSet& set = i < training ? sets.train : sets.held_out;
    std::vector<CheckedRow> rows = ReadCheckedRows(paths[i], columns);
    set.name += (set.name.empty() ? "" : ", ") + paths[i];
    set.rows.insert(set.rows.end(), std::make_move_iterator(rows.begin()),
                    std::make_move_iterator(rows.end()));
  }
  return sets;
}

// The files of rows that the stage takes from outside the chain. Error when it learns rows that another stage makes.
void AddChainData(const RecipeFile& file, const DataArguments& arguments, std::vector<std::string>& data) {
  const StageTable& stage = file.stages.at(arguments.stage);
  if (stage.recipe.kind != StageKind::kSft && stage.recipe.kind != StageKind::kDistill) return;
  for (const std::string& from : stage.from) {
    const auto other = file.stages.find(from);
    if (other != file.stages.end() && other->second.recipe.kind == StageKind::kSample) {
      throw Error("stage '" + arguments.stage + "' learns the rows of stage '" + from + "'",
                  arguments.sources[0],
                  "check the prompts of '" + from + "', or stages/" + from +
                      "/dataset.jsonl of a run against a file of held-out rows");
    }
    if (other == file.stages.end() && IsTableFile(from)) data.push_back(from);
  }
}

int64_t NumPromptsUsed(const Recipe& recipe) {
  if (recipe.kind == StageKind::kSample) return recipe.sample.prompts;
  if (recipe.kind == StageKind::kDistill) return recipe.distill.steps * recipe.distill.prompts_per_step;
  return recipe.grpo.steps * recipe.grpo.prompts_per_step;
}

// At most `most` prompts: of files each row once.
void AddPrompts(const Recipe& recipe, Split split, int64_t most, const std::string& what, NamedSet& set) {
  if (const auto rows = FileRowsOf(recipe, split)) {
    set.files = rows->Summary();
    most = std::min(most, std::ssize(rows->questions));
  }
  const PromptSource prompt = MakePromptTexts(recipe, split);
  for (int64_t i = 0; i < most; ++i) {
    Prompt one = prompt(i);
    set.rows.push_back({std::move(one.text), "", what + std::to_string(one.index)});
  }
}

// The data that is learnt from, else the prompts that are sampled for; and the prompts evaluations use.
TwoSets SetsOfRecipe(const DataArguments& arguments) {
  const Recipe recipe = LoadRecipe(arguments.sources[0], arguments.overrides, arguments.stage);
  TwoSets sets;
  const std::string split = arguments.sources[0] + ": ";
  std::vector<std::string> data;
  if (recipe.kind == StageKind::kSft) data = recipe.sft.data;
  if (recipe.kind == StageKind::kDistill) data = recipe.distill.data;
  if (!arguments.stage.empty()) {
    const RecipeFile file = LoadRecipeFile(arguments.sources[0], arguments.overrides);
    AddChainData(file, arguments, data);
  }
  if (!data.empty()) {
    const TextColumns& columns =
        (recipe.kind == StageKind::kSft ? recipe.sft.columns : recipe.distill.columns);
    sets = SetsOfFiles({data[0]}, columns);
    for (size_t i = 1; i < data.size(); ++i) {
      const TwoSets more = SetsOfFiles({data[i]}, columns);
      sets.train.name += ", " + more.train.name;
      sets.train.rows.insert(sets.train.rows.end(), more.train.rows.begin(), more.train.rows.end());
    }
  } else if (recipe.kind == StageKind::kSft) {
    sets.train.name = split + "corpus";
    const auto document = MakeCorpus(recipe);
    for (int64_t i = 0; i < arguments.rows; ++i) {
      TextRow row = document(i);
      sets.train.rows.push_back(
          {std::move(row.prompt), std::move(row.completion), "document " + std::to_string(i)});
    }
  } else {
    sets.train.name = split + "training prompts";
    AddPrompts(recipe, Split::kTrain, std::min(NumPromptsUsed(recipe), arguments.rows), "training prompt ",
               sets.train);
  }
  sets.held_out.name = split + "held-out prompts";
  AddPrompts(recipe, Split::kHeldOut, recipe.eval.prompts, "held-out prompt ", sets.held_out);
  return sets;
}

TwoSets ReadSets(const DataArguments& arguments) {
  const auto recipe = std::find_if(arguments.sources.begin(), arguments.sources.end(),
                                   [](const std::string& source) { return source.ends_with(".toml"); });
  const bool is_recipe = recipe != arguments.sources.end();
  if (is_recipe && arguments.sources.size() > 1)
    throw Error("a recipe is checked alone", *recipe, "name files of JSON lines, or one recipe");
  if (!is_recipe && (!arguments.overrides.empty() || !arguments.stage.empty()))
    throw Error("--set and --stage are for a recipe", arguments.sources[0], "leave them away");
  return is_recipe ? SetsOfRecipe(arguments) : SetsOfFiles(arguments.sources);
}

const char* NameOfKind(Leak::Kind kind) {
  switch (kind) {
    case Leak::Kind::kExact:
      return "the same prompt";
    case Leak::Kind::kNormalized:
      return "the same words";
    case Leak::Kind::kGram:
      return "13 words in a row";
  }
  return "";
}

// On one line, cut where it is long.
std::string Shown(std::string text) {
  constexpr size_t kMost = 90;
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  if (text.size() <= kMost) return text;
  size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

void PrintLengths(const char* what, const Lengths& characters, const Lengths& words) {
  fmt::print("  {:<11} characters {} / {} / {} / {}, words {} / {} / {} / {}\n", what, characters.least,
             characters.median, characters.p90, characters.most, words.least, words.median, words.p90,
             words.most);
}

void PrintSet(const char* role, const NamedSet& set) {
  const SetReport report = DescribeSet(set.rows);
  fmt::print("{}: {}\n  {} rows, {} duplicates, {} with an earlier row's prompt and another completion\n",
             role, set.name, report.rows, report.duplicates, report.repeated_prompts);
  if (!set.files.empty()) fmt::print("  of the files' {}\n", set.files);
  if (report.empty_prompts + report.empty_completions > 0)
    fmt::print("  empty: {} prompts, {} completions\n", report.empty_prompts, report.empty_completions);
  fmt::print("  lengths (shortest / median / 90 % / longest)\n");
  PrintLengths("prompts:", report.prompt_characters, report.prompt_words);
  if (report.has_completions)
    PrintLengths("completions:", report.completion_characters, report.completion_words);
  for (const std::string& example : report.examples) fmt::print("  e.g. {}\n", Shown(example));
}

void PrintLeaks(const LeakReport& leaks, int64_t held_out) {
  if (leaks.Count() == 0) {
    fmt::print("no leakage: none of {} held-out rows is in the training data\n", held_out);
  } else {
    fmt::print(
        "LEAKAGE: {} of {} held-out rows are in the training data: {} with the same prompt, {} with the same "
        "words, {} "
        "with 13 words in a row\n",
        leaks.Count(), held_out, leaks.exact, leaks.normalized, leaks.gram);
  }
  for (const Leak& leak : leaks.examples)
    fmt::print("  {}: {} as {}: {}\n", leak.held_out, NameOfKind(leak.kind), leak.train, Shown(leak.shared));
  if (leaks.boilerplate > 0)
    fmt::print("  {} runs of 13 words in many rows were taken for a template's and left out\n",
               leaks.boilerplate);
}

Json ToJson(const Lengths& l) {
  return {{"min", l.least}, {"median", l.median}, {"p90", l.p90}, {"max", l.most}};
}

Json ToJson(const NamedSet& set) {
  const SetReport r = DescribeSet(set.rows);
  Json json = {{"name", set.name},
               {"rows", r.rows},
               {"duplicates", r.duplicates},
               {"repeated_prompts", r.repeated_prompts},
               {"empty_prompts", r.empty_prompts},
               {"empty_completions", r.empty_completions},
               {"prompt_characters", ToJson(r.prompt_characters)},
               {"prompt_words", ToJson(r.prompt_words)}};
  if (!set.files.empty()) json["files"] = set.files;
  if (r.has_completions) {
    json["completion_characters"] = ToJson(r.completion_characters);
    json["completion_words"] = ToJson(r.completion_words);
  }
  return json;
}

void PrintJson(const TwoSets& sets, const LeakReport& leaks) {
  Json json = {{"train", ToJson(sets.train)}};
  if (!sets.held_out.rows.empty()) {
    json["held_out"] = ToJson(sets.held_out);
    json["leakage"] = {{"exact", leaks.exact},
                       {"normalized", leaks.normalized},
                       {"13_gram", leaks.gram},
                       {"template_13_grams", leaks.boilerplate}};
    for (const Leak& leak : leaks.examples)
      json["leakage"]["examples"].push_back({{"held_out", leak.held_out},
                                             {"train", leak.train},
                                             {"kind", NameOfKind(leak.kind)},
                                             {"shared", leak.shared}});
  }
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

int CheckData(const DataArguments& arguments) {
  const TwoSets sets = ReadSets(arguments);
  const LeakReport leaks = FindLeaks(sets.train.rows, sets.held_out.rows);
  if (arguments.json) {
    PrintJson(sets, leaks);
  } else {
    PrintSet("training data", sets.train);
    if (!sets.held_out.rows.empty()) {
      PrintSet("held-out data", sets.held_out);
      PrintLeaks(leaks, std::ssize(sets.held_out.rows));
    }
  }
  return leaks.Count() > 0 ? 1 : 0;
}

}  // namespace

Command AddDataCommand(CLI::App& app) {
  auto* command = app.add_subcommand("data", "Look at data before learning from it");
  command->require_subcommand(1);
  auto* check = command->add_subcommand(
      "check", "Find held-out questions in training data, duplicates and empty rows; exit code 1 on leakage");
  auto a = std::make_shared<DataArguments>();
  check
      ->add_option("sources", a->sources,
                   "files of JSON lines, the last of several held out and the others for training; or a "
                   "recipe (.toml)")
      ->required();
  check->add_option("--set", a->overrides, "KEY=VALUE in place of the recipe's")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  check->add_option("--stage", a->stage, "of a recipe with stages: the one to check");
  check
      ->add_option("--rows", a->rows,
                   "of a recipe whose data has no end: how many rows of it (default 20000)")
      ->check(CLI::Range(1, 100000000));
  check->add_flag("--json", a->json, "one JSON object on stdout");
  const char* examples =
      "A held-out row leaks when a training row has its prompt, has it up to case, blanks and punctuation, "
      "or shares\n"
      "13 words in a row with it (unless those are a template's: in several held-out rows and in more than "
      "ten "
      "rows).\n"
      "Rows are JSON objects with prompt, question, problem, instruction or text, and perhaps completion, "
      "response,\n"
      "answer, solution or output.\n"
      "Examples:\n"
      "  hone data check train.jsonl held_out.jsonl\n"
      "  hone data check more.jsonl train.jsonl held_out.jsonl --json\n"
      "  hone data check recipes/r1_zero.toml";
  check->footer(examples);
  command->footer(
      "Examples:\n  hone data check train.jsonl held_out.jsonl\n`hone data check --help` says more.");
  return [a] { return CheckData(*a); };
}

}  // namespace hone
