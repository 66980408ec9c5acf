// See chain.h. Covered by tests/recipes/chain_test.cc.
#include "recipes/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "data/edit_distance.h"
#include "data/error.h"
#include "data/table_file.h"
#include "recipes/stage_run.h"
#include "rl/sampling.h"

namespace hone {
namespace {

enum class Gives { kModel, kData, kNothing };

Gives GivenBy(const RecipeFile& file, const std::string& from) {
  const auto stage = file.stages.find(from);
  if (stage == file.stages.end()) return IsTableFile(from) ? Gives::kData : Gives::kModel;
  switch (stage->second.recipe.kind) {
    case StageKind::kGrpo:
    case StageKind::kSft:
    case StageKind::kDistill:
      return Gives::kModel;
    case StageKind::kSample:
      return Gives::kData;
    case StageKind::kEval:
      return Gives::kNothing;
  }
  std::abort();
}

// A path that `from` names may be a stage's name misspelt.
std::string NearestStage(const RecipeFile& file, const std::string& from) {
  const std::string word = from.substr(from.rfind('/') + 1);
  for (const auto& [name, stage] : file.stages) {
    if (EditDistance(word, name) <= std::max<size_t>(1, name.size() / 4)) return name;
  }
  return "";
}

// The sample stage that a stage starts from, or null.
const std::string* MeasuringStage(const RecipeFile& file, const StageTable& stage) {
  for (const std::string& from : stage.from) {
    const auto found = file.stages.find(from);
    if (found != file.stages.end() && found->second.recipe.kind == StageKind::kSample) return &found->first;
  }
  return nullptr;
}

void CheckSources(const RecipeFile& file, const std::string& name, const std::string& path) {
  const StageTable& stage = file.stages.at(name);
  const Recipe& recipe = stage.recipe;
  const std::string where = path + ": stages." + name + ".from";
  int64_t models = 0, data = 0;
  for (const std::string& from : stage.from) {
    const Gives gives = GivenBy(file, from);
    models += gives == Gives::kModel;
    data += gives == Gives::kData;
    if (gives == Gives::kNothing)
      throw Error("the stage '" + from + "' measures and gives nothing to start from", where,
                  "name another stage");
    const std::string nearest = file.stages.contains(from) ? "" : NearestStage(file, from);
    if (!nearest.empty() && !std::filesystem::exists(from))
      throw Error("there is no stage and no file '" + from + "'", where, "did you mean '" + nearest + "'?");
  }
  const bool distills = recipe.kind == StageKind::kDistill;
  const int64_t students = models - (distills && recipe.distill.teacher.empty() ? 1 : 0);
  const bool makes = recipe.model.shape.has_value(), has = !recipe.model.path.empty();
  if (recipe.kind == StageKind::kEval) {
    if (models == 0 && recipe.eval.models.empty())
      throw Error("there is no model to measure", where, "name the stages whose models are to be measured");
  } else if (students > 1) {
    throw Error("the stage starts from " + std::to_string(models) + " models", where,
                distills ? "name the student, then the teacher" : "name one");
  } else if (students < 0 || students + makes + (has && students == 0) != 1) {
    if (students + makes <= 0 && distills)
      throw Error("the stage needs a student and a teacher", where, "name the student, then the teacher");
    throw Error(students + makes == 0 ? "the stage has no model to start from"
                                      : "the stage has two models to start from",
                where, "name one stage or directory, or write [stages." + name + ".model.shape]");
  }
  const bool takes_rates =
      recipe.kind == StageKind::kGrpo && data == 1 && MeasuringStage(file, stage) != nullptr;
  const bool learns = recipe.kind == StageKind::kSft || recipe.kind == StageKind::kDistill;
  if (data > 0 && !learns && !takes_rates)
    throw Error("only sft and distill learn from data; grpo takes one sample stage, for its pass rates",
                where, "leave it away");
  for (const std::string& from : stage.from) {
    if (!file.stages.contains(from) && !std::filesystem::exists(from))
      throw Error("there is no stage and no file '" + from + "'", where, "name what there is");
  }
}

}  // namespace

std::vector<std::string> StageOrder(const RecipeFile& file, const std::string& path) {
  for (const auto& [name, stage] : file.stages) CheckSources(file, name, path);
  std::vector<std::string> order;
  std::set<std::string> placed;
  while (order.size() < file.stages.size()) {
    const auto next = std::find_if(file.stages.begin(), file.stages.end(), [&](const auto& entry) {
      return !placed.contains(entry.first) &&
             std::all_of(entry.second.from.begin(), entry.second.from.end(), [&](const std::string& from) {
               return !file.stages.contains(from) || placed.contains(from);
             });
    });
    if (next == file.stages.end()) {
      std::string circle;
      for (const auto& [name, stage] : file.stages) {
        if (!placed.contains(name)) circle += (circle.empty() ? "" : ", ") + name;
      }
      throw Error("stages wait for one another: " + circle, path,
                  "take one of them out of the other's `from`");
    }
    placed.insert(next->first);
    order.push_back(next->first);
  }
  return order;
}

Recipe ResolveStage(const RecipeFile& file, const std::string& name, const std::string& run_dir) {
  const StageTable& stage = file.stages.at(name);
  Recipe recipe = stage.recipe;
  const auto absolute = std::filesystem::absolute(run_dir).lexically_normal().string();
  // Of a distill stage the last model is the teacher.
  const auto teacher = std::find_if(stage.from.rbegin(), stage.from.rend(), [&](const std::string& from) {
    return recipe.kind == StageKind::kDistill && recipe.distill.teacher.empty() &&
           GivenBy(file, from) == Gives::kModel;
  });
  for (const std::string& from : stage.from) {
    const bool is_stage = file.stages.contains(from);
    const std::string base = is_stage ? absolute + "/stages/" + from : from;
    if (GivenBy(file, from) == Gives::kData && recipe.kind == StageKind::kGrpo) {
      recipe.curriculum.pass_rates = base + "/" + kPassRatesFile;
    } else if (GivenBy(file, from) == Gives::kData) {
      DocumentsConfig& documents =
          recipe.kind == StageKind::kDistill ? static_cast<DocumentsConfig&>(recipe.distill) : recipe.sft;
      documents.data.push_back(is_stage ? base + "/" + kDatasetFile : base);
    } else if (const std::string model = is_stage ? base + "/model" : base; recipe.kind == StageKind::kEval) {
      recipe.eval.models.push_back(model);
    } else if (teacher != stage.from.rend() && &from == &*teacher) {
      recipe.distill.teacher = model;
    } else {
      recipe.model.path = model;
    }
  }
  return recipe;
}

std::string DrawChain(const RecipeFile& file, const std::string& path) {
  const std::vector<std::string> order = StageOrder(file, path);
  size_t width = 0;
  for (const std::string& name : order) width = std::max(width, name.size());
  std::string out;
  for (const std::string& name : order) {
    const StageTable& stage = file.stages.at(name);
    std::string from;
    for (const std::string& source : stage.from) {
      const bool is_stage = file.stages.contains(source);
      from += (from.empty() ? "" : " + ") +
              (is_stage ? source : "(" + std::filesystem::path(source).filename().string() + ")");
    }
    if (stage.recipe.model.shape) from += from.empty() ? "(new model)" : " + (new model)";
    out += fmt::format("{:<{}}  <- {}\n{:<{}}     {}: {}\n", name, width, from, "", width,
                       NameOf(stage.recipe.kind), PlanOf(ResolveStage(file, name, ".")));
    for (const std::string& condition : stage.require)
      out += fmt::format("{:<{}}     requires {}\n", "", width, condition);
  }
  return out;
}

}  // namespace hone
