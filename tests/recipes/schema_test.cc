// Recipes: what the file may say, and how each mistake is named. The parser itself is tested in tests/data/fields_test.cc.
#include "recipes/schema.h"

#include <doctest/doctest.h>

#include "data/arithmetic.h"
#include "recipes/assembly.h"
#include "tests/policy/random_model.h"
#include "tests/recipes/binary.h"

using namespace hone;

namespace {

const std::string kModel = "[model]\npath = \"base\"\n";

Recipe ResolveRecipe(const std::string& toml, const std::string& path,
                     const std::vector<std::string>& overrides) {
  return ResolveRecipeFile(toml, path, overrides).recipe;
}

std::string Refusal(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  return ErrorOf([&] { ResolveRecipeFile(toml, "dir/r.toml", overrides); });
}

}  // namespace

TEST_CASE("a mistake is named by file, line, key and remedy") {
  CHECK(Refusal(kModel) == "");
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {kModel + "[grpo]\nsteps = \"many\"\n", {"dir/r.toml:4", "grpo.steps", "integer"}},
      {kModel + "[grpo]\nsteps = 1.5\n", {"dir/r.toml:4", "grpo.steps", "integer"}},
      {kModel + "[grpo]\nstep = 1\n", {"dir/r.toml:4", "grpo.step", "did you mean 'grpo.steps'"}},
      {kModel + "[gropo]\nsteps = 1\n", {"dir/r.toml:3", "gropo", "did you mean 'grpo'"}},
      {kModel + "[grpo]\nlearning_rate = 1\n", {"dir/r.toml:4", "did you mean 'optimizer.learning_rate'"}},
      {kModel + "[grpo]\ngroup_size = 1\n", {"dir/r.toml:4", "grpo.group_size"}},
      {kModel + "[run]\nprecision = \"fp8\"\n", {"dir/r.toml:4", "run.precision", "bf16"}},
      {kModel + "[optimizer]\nlearning_rate = nan\n", {"dir/r.toml:4", "optimizer.learning_rate"}},
      {kModel + "[grpo]\nsteps = 1\nsteps = 2\n", {"dir/r.toml:5", "steps"}},
      {kModel + "[grpo\n", {"dir/r.toml:3", "TOML"}},
      {"name = \"x\"\n", {"dir/r.toml", "model.path", "[model.shape]"}},
      {kModel + "[model.shape]\n", {"dir/r.toml", "either model.path or a [model.shape]"}},
      {"name = \"a/b\"\n" + kModel, {"dir/r.toml", "a/b", "directory name"}},
      {kModel + "[rewards]\n", {"dir/r.toml", "there is no reward"}},
      {kModel + "[rewards.answer]\nwieght = 1\n", {"dir/r.toml:4", "did you mean 'rewards.answer.weight'"}},
      {kModel + "[rewards.mine]\nuse = \"mine.py\"\n",
       {"dir/r.toml:4", "rewards.mine.use", "mine.py:reward"}},
      {kModel + "[memory]\ngradient_blocks = 6\n", {"dir/r.toml", "gradient_blocks = 6", "power of two"}},
      {kModel + "[task]\nkind = \"cod\"\n", {"dir/r.toml:4", "task.kind", "code"}},
      {kModel + "[grpo]\npreset = \"gspoo\"\n", {"dir/r.toml:4", "grpo.preset", "did you mean 'gspo'?"}},
      {kModel + "[grpo]\narguments = [\"beta=1\"]\n", {"grpo.arguments", "takes no arguments"}},
      {kModel + "[grpo]\npreset = \"trl\"\narguments = [\"betaa=1\"]\n", {"did you mean 'beta'?"}},
      {kModel + "[grpo]\npreset = \"trl\"\narguments = [\"num_generations=4\"]\n",
       {"dir/r.toml", "4 completions a prompt, grpo.group_size 16"}},
      {kModel + "[grpo]\npreset = \"trl\"\narguments = [\"num_iterations=2\"]\n",
       {"grpo.arguments", "learns from its completions once", "leave num_iterations out"}},
      {kModel + "[grpo]\npreset = \"trl\"\narguments = [\"max_completion_length=4\"]\n",
       {"dir/r.toml", "4 tokens at most, rollout.max_new_tokens 512"}},
      {"kind = \"distill\"\n" + kModel, {"dir/r.toml: distill.teacher", "needs a teacher"}},
      {kModel + "[distill]\nbeta = 1.5\n", {"dir/r.toml:4", "distill.beta", "0 to 1"}},
      {kModel + "[grpo]\nclip_hihg = 1\n", {"dir/r.toml:4", "did you mean 'grpo.clip_high'"}},
      {kModel + "[grpo]\nminibatches = 33\n",
       {"dir/r.toml", "grpo.minibatches = 33", "each minibatch needs a group"}},
  };
  for (const auto& [toml, parts] : cases) {
    CAPTURE(toml);
    const std::string error = Refusal(toml);
    CAPTURE(error);
    for (const std::string& part : parts) CHECK(Mentions(error, part));
  }
  CHECK(Mentions(Refusal(kModel, {"grpo.steps=x"}), "--set grpo.steps=x"));
  CHECK(Mentions(Refusal(kModel, {"nonsense"}), "key=value"));
  CHECK(Mentions(ErrorOf([] { LoadRecipe("/nowhere/r.toml", {}); }), "/nowhere/r.toml"));
}

TEST_CASE("a model's path starts at the recipe, and the resolved recipe says the same from anywhere") {
  const Recipe recipe =
      ResolveRecipe("[model]\npath = \"../base\"\n", "/a/recipes/r.toml", {"grpo.steps=7", "run.seed=9"});
  CHECK(recipe.model.path == "/a/base");
  CHECK(recipe.grpo.steps == 7);
  CHECK(ResolveRecipe("[model]\npath = \"/b\"\n", "/a/r.toml", {}).model.path == "/b");
  CHECK(ResolveRecipe(kModel + "[rewards.mine]\nuse = \"mine.py:f\"\n", "/a/r.toml", {})
            .rewards.at("mine")
            .use == "/a/mine.py:f");
  const Recipe distill = ResolveRecipe(kModel + "[distill]\nteacher = \"../wise\"\ndata = [\"rows.jsonl\"]\n",
                                       "/a/recipes/r.toml", {});
  CHECK(distill.distill.teacher == "/a/wise");
  CHECK(distill.distill.data == std::vector<std::string>{"/a/recipes/rows.jsonl"});
  const Recipe again = ResolveRecipe(DumpRecipe(recipe), "/elsewhere/recipe.toml", {});
  CHECK(FlattenRecipe(again) == FlattenRecipe(recipe));
  const Recipe shape = ResolveRecipe(TinyRecipe("sft"), "/a/r.toml", {});
  REQUIRE(shape.model.shape.has_value());
  CHECK(FlattenRecipe(ResolveRecipe(DumpRecipe(shape), "/b/r.toml", {})) == FlattenRecipe(shape));
}

TEST_CASE("every bundled recipe resolves") {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HONE_SOURCE_DIR "/recipes")) {
    if (entry.path().extension() != ".toml") continue;
    CAPTURE(entry.path().string());
    const std::string error = ErrorOf([&] { LoadRecipeFile(entry.path().string(), {}); });
    CHECK(error == "");
    ++found;
  }
  CHECK(found >= 3);
}

TEST_CASE("task.kind decides prompts, documents and the tokenizer of a new model") {
  const Recipe recipe = LoadRecipe(HONE_SOURCE_DIR "/recipes/code_base.toml", {});
  TempDir dir;
  const auto policy = MakePolicy(recipe, dir.path());
  CHECK_NOTHROW(CheckPrompts(recipe, *policy));
  for (const Split split : {Split::kTrain, Split::kHeldOut}) {
    const Prompt prompt = MakePrompts(recipe, split, policy->tokenizer())(3);
    CHECK(Mentions(prompt.text, "int f(int a"));
    CHECK(Mentions(prompt.gold, "\"lang\":\"cpp\""));
    CHECK(prompt.ids == policy->tokenizer().Encode(prompt.text));
  }
  const auto documents = MakeDocuments(recipe, *policy);
  CHECK(Mentions(policy->tokenizer().Decode(documents.at(0).ids, false), "return "));
}

TEST_CASE("shapes become complete configs of both families; those that cannot be are refused by key") {
  TempDir dir;
  WriteArithmeticTokenizer(dir.path());
  const Tokenizer tokenizer = Tokenizer::Load(dir.path());
  ShapeConfig shape;
  const ModelConfig mla = shape.Resolve(tokenizer, "r.toml");
  CHECK(mla.attention == AttentionKind::kMla);
  CHECK(mla.vocab_size == tokenizer.vocab_size());
  CHECK(mla.eos_token_ids == std::vector<int64_t>{*tokenizer.eos_id()});
  shape.architecture = "Qwen2ForCausalLM";
  const ModelConfig gqa = shape.Resolve(tokenizer, "r.toml");
  CHECK(gqa.attention == AttentionKind::kGqa);
  CHECK(gqa.qkv_bias);
  shape.config.num_kv_heads = 3;
  CHECK(Mentions(ErrorOf([&] { shape.Resolve(tokenizer, "r.toml"); }), "r.toml: model.shape"));
  shape.architecture = "Llama";
  CHECK(Mentions(ErrorOf([&] { shape.Resolve(tokenizer, "r.toml"); }), "Qwen2ForCausalLM"));
}

TEST_CASE("an objective is a preset and what the keys change; stages inherit it until they name another") {
  const auto resolve = [](const std::string& text, const std::vector<std::string>& overrides = {}) {
    return ResolveRecipe(kModel + text, "dir/r.toml", overrides);
  };
  const Recipe dapo = resolve("[grpo]\nclip_low = 0.1\npreset = \"dapo\"\n", {"grpo.top_entropy=0.2"});
  CHECK(dapo.grpo.objective.clip_low == 0.1);
  CHECK(dapo.grpo.objective.clip_high == 0.28);
  CHECK(dapo.grpo.objective.top_entropy == 0.2);
  CHECK(resolve("[grpo]\n").grpo.objective.clip_high == 0.2);
  const Recipe trl =
      resolve("[grpo]\npreset = \"trl\"\narguments = [\"loss_type=dr_grpo\", \"beta=0.04\"]\n");
  CHECK(trl.grpo.objective.aggregation == Aggregation::kConstant);
  CHECK(trl.grpo.objective.kl_coefficient == 0.04);
  // What is written beside a run is read back as it was.
  for (const Recipe& recipe : {dapo, trl}) {
    const std::string dump = DumpRecipe(recipe);
    CHECK(DumpRecipe(ParseRecipe<Recipe>(dump, "x", {})) == dump);
  }
  const RecipeFile file = ResolveRecipeFile(
      kModel + "[grpo]\npreset = \"dapo\"\nclip_low = 0.1\n[stages.a]\n[stages.b.grpo]\npreset = \"gspo\"\n",
      "dir/r.toml", {});
  CHECK(file.stages.at("a").recipe.grpo.objective.clip_low == 0.1);
  CHECK(file.stages.at("b").recipe.grpo.objective.clip_low == 3e-4);
}
