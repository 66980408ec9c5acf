// A recipe of several stages: their order, what each starts from, and running them one after another in one run directory. Covered by
// tests/recipes/chain_test.cc.
#ifndef HONE_RECIPES_CHAIN_H_
#define HONE_RECIPES_CHAIN_H_

#include <string>
#include <vector>

#include "recipes/schema.h"
#include "rl/run.h"

namespace hone {

// Earlier stages first; those without an order between them by name. Error for a circle and for a `from` that fits no stage:
// sft takes a model and data, distill a student, then its teacher, and perhaps data, grpo and sample one model, eval models.
std::vector<std::string> StageOrder(const RecipeFile& file, const std::string& path);

// The stage as a recipe of its own, its model and data those that `from` names; stages are in `run_dir`/stages.
Recipe ResolveStage(const RecipeFile& file, const std::string& stage, const std::string& run_dir);

// The order as a drawing, a line a stage with what it takes and does.
std::string DrawChain(const RecipeFile& file, const std::string& path);

struct ChainRequest {
  const RecipeFile& file;
  std::string path;  // of the recipe, for errors
  std::string run_dir;
  bool resume = false;
  std::string only;  // this stage and those it needs; empty: all
};

// Each stage is a run of its own in stages/NAME. A finished one is skipped unless its recipe or what it starts from changed; then its
// directory is put aside as NAME.old-N and it is run anew, as is what follows. Error when a stage's `require` does not hold.
// At the end model/ is a copy of the last trained stage's, and report.html shows all stages.
RunEnd RunChain(const ChainRequest& request);

}  // namespace hone

#endif  // HONE_RECIPES_CHAIN_H_
