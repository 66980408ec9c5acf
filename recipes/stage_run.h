// One stage from its recipe to its end: what `hone run` does with a recipe, and a chain with each of its stages. Covered by
// tests/recipes/run_command_test.cc.
#ifndef HONE_RECIPES_STAGE_RUN_H_
#define HONE_RECIPES_STAGE_RUN_H_

#include <string>
#include <vector>

#include "recipes/schema.h"
#include "rl/run.h"

namespace hone {

// The store's meta entry that says which recipe and inputs a stage of a chain was run with.
inline constexpr char kStageKey[] = "stage key";

struct StageRequest {
  const Recipe& recipe;
  std::string run_dir;
  std::string title;  // of the progress
  bool resume = false;
  std::vector<std::string> accepted;  // keys that may differ from the stored run's
  std::string stage_key = "";         // of a stage of a chain: kept in its store from the start
};

// Starts or resumes; a stop signal ends it with kStopped. Error for what is wrong with model, prompts, rewards or data, found before
// the directory is made or touched where that can be.
RunEnd RunStageRecipe(const StageRequest& request);

// Whether a change of that recipe key leaves every byte of the result as it was.
bool MovesNoBit(const std::string& key);

// What the stage does, in a line.
std::string PlanOf(const Recipe& recipe);
// Model size, memory and steps of a stage, as comment lines. Error as for a run.
void PrintStagePlan(const Recipe& recipe);

}  // namespace hone

#endif  // HONE_RECIPES_STAGE_RUN_H_
