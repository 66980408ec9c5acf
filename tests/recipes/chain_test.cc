// Recipes of several stages: their order and mistakes, and a real chain from start to end: skipped, changed, stopped, gated.
#include "recipes/chain.h"

#include <csignal>

#include "data/run_store.h"
#include "rl/metrics.h"
#include "tests/policy/random_model.h"
#include "tests/recipes/binary.h"

using namespace hone;

namespace {

RecipeFile Parse(const std::string& toml) { return ResolveRecipeFile(toml, "/dir/r.toml", {}); }

std::string OrderFault(const std::string& toml) {
  return ErrorOf([&] { StageOrder(Parse(toml), "/dir/r.toml"); });
}

// base (sft from nothing) -> zero (grpo) -> data (sample) -> cold (sft of base on data) -> wise, own (base distilled from zero, on data
// and on completions of its own) -> table (eval).
std::string TinyChain() {
  std::string shared = TinyRecipe("sft");
  const size_t shape = shared.find("[model.shape]"), run = shared.find("[run]");
  const std::string table = shared.substr(shape, run - shape);
  shared.erase(shape, run - shape);
  return shared + R"(
[stages.base]
[stages.base.model.shape]
)" + table.substr(table.find('\n') + 1) +
         R"(
[stages.zero]
kind = "grpo"
from = "base"
require = "eval.length > 0"
[stages.data]
kind = "sample"
from = ["zero"]
[stages.data.sample]
prompts = 12
completions = 3
prompts_per_step = 4
[stages.cold]
from = ["base", "data"]
[stages.cold.sft]
epochs = 2
loss_on = "completion"
[stages.wise]
kind = "distill"
from = ["base", "zero", "data"]
[stages.wise.distill]
epochs = 1
[stages.own]
kind = "distill"
from = ["base", "zero"]
[stages.own.distill]
steps = 5
prompts_per_step = 4
completions = 2
[stages.table]
kind = "eval"
from = ["base", "zero", "cold", "wise", "own"]
)";
}

struct Chains : Workplace {
  Chains() { Write("chain.toml", TinyChain()); }
  std::string Model(const std::string& run) const { return Read(run + "/model/model.safetensors"); }
};

}  // namespace

TEST_CASE("stages come after what they start from; shared tables are theirs unless they write their own") {
  const RecipeFile file = Parse(TinyChain() + "[stages.zero.grpo]\nsteps = 3\n");
  CHECK(StageOrder(file, "r") ==
        std::vector<std::string>{"base", "zero", "data", "cold", "own", "wise", "table"});
  CHECK(file.stages.at("zero").recipe.grpo.steps == 3);
  CHECK(file.stages.at("zero").recipe.grpo.group_size == 4);
  CHECK(file.stages.at("zero").recipe.name == "zero");
  CHECK(ResolveStage(file, "zero", "/run").model.path == "/run/stages/base/model");
  const Recipe cold = ResolveStage(file, "cold", "/run");
  CHECK(cold.model.path == "/run/stages/base/model");
  CHECK(cold.sft.data == std::vector<std::string>{"/run/stages/data/dataset.jsonl"});
  CHECK(ResolveStage(file, "table", "/run").eval.models.size() == 5);
  const Recipe wise = ResolveStage(file, "wise", "/run"), own = ResolveStage(file, "own", "/run");
  for (const Recipe& distilled : {wise, own}) {
    CHECK(distilled.model.path == "/run/stages/base/model");
    CHECK(distilled.distill.teacher == "/run/stages/zero/model");
  }
  CHECK(wise.distill.data == cold.sft.data);
  CHECK(own.distill.OnPolicy());
  // A teacher that the recipe names leaves `from` to the student; a new student leaves it to the teacher.
  const RecipeFile named = Parse(
      "[stages.a]\nkind = \"distill\"\nfrom = \"/usr\"\n[stages.a.distill]\nteacher = \"/tmp\"\n"
      "[stages.b]\nkind = \"distill\"\nfrom = \"/tmp\"\n[stages.b.model.shape]\n");
  CHECK(StageOrder(named, "r") == std::vector<std::string>{"a", "b"});
  CHECK(ResolveStage(named, "a", "/run").model.path == "/usr");
  for (const char* stage : {"a", "b"}) CHECK(ResolveStage(named, stage, "/run").distill.teacher == "/tmp");
  // Written out and read again it is the same chain.
  const RecipeFile again = ResolveRecipeFile(DumpRecipe(file), "/elsewhere/recipe.toml", {});
  CHECK(FlattenRecipe(again) == FlattenRecipe(file));
  const std::string drawing = DrawChain(file, "r");
  for (const char* part :
       {"base   <- (new model)", "cold   <- base + data", "requires eval.length > 0", "sample 12 prompts",
        "wise   <- base + zero + data", "5 distill steps of 4 prompts x 2 completions"})
    CHECK(Mentions(drawing, part));
}

TEST_CASE("a chain that cannot be run says which stage is wrong") {
  const std::string zero = "[stages.zero]\nfrom = \"/\"\n";
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"[stages.a]\nfrom = \"b\"\n[stages.b]\nfrom = \"a\"\n", {"a, b", "wait for one another"}},
      {"[stages.a]\nfrom = \"a\"\n", {"wait for one another"}},
      {"[stages.a]\n", {"stages.a.from", "no model to start from"}},
      {zero + "[stages.b]\nfrom = [\"zero\", \"/\"]\n", {"stages.b.from", "2 models"}},
      {zero + "[stages.b]\nfrom = \"zeroo\"\n", {"stages.b.from", "did you mean 'zero'"}},
      {zero + "[stages.b]\nkind = \"eval\"\nfrom = \"zero\"\n[stages.c]\nfrom = \"b\"\n",
       {"stages.c.from", "measures"}},
      {zero + "[stages.b]\nfrom = [\"zero\", \"x.jsonl\"]\n",
       {"stages.b.from", "only sft and distill learn from data"}},
      {zero + "[stages.b]\nkind = \"distill\"\n", {"stages.b.from", "needs a student and a teacher"}},
      {zero + "[stages.b]\nkind = \"distill\"\nfrom = \"zero\"\n",
       {"stages.b.from", "name the student, then the teacher"}},
      {zero + "[stages.b]\nkind = \"distill\"\nfrom = [\"zero\", \"/\", \"/other\"]\n",
       {"stages.b.from", "starts from 3 models"}},
      {zero +
           "[stages.b]\nkind = \"distill\"\nfrom = [\"zero\", \"/\"]\n[stages.b.distill]\nteacher = \"/x\"\n",
       {"stages.b.from", "starts from 2 models"}},
      {zero + "[stages.b]\nkind = \"distill\"\nfrom = [\"zero\", \"/\"]\n[stages.b.model.shape]\n",
       {"stages.b.from", "two models"}},
      {zero + "[stages.b]\nfrom = \"zero\"\n[stages.b.model.shape]\n", {"stages.b.from", "two models"}},
      {"[stages.a]\nfrom = \"/nowhere/model\"\n", {"stages.a.from", "no file '/nowhere/model'"}},
      {"[stages.b]\nkind = \"eval\"\n", {"stages.b.from", "no model to measure"}}};
  for (const auto& [toml, parts] : cases) {
    CAPTURE(toml);
    const std::string fault = OrderFault(toml);
    CAPTURE(fault);
    for (const std::string& part : parts) CHECK(Mentions(fault, part));
  }
  const std::pair<std::string, std::vector<std::string>> unread[] = {
      {zero + "require = \"good\"\n", {"stages.zero.require", "no condition"}},
      {zero + "[stages.zero.grpo]\nstep = 1\n", {"did you mean 'stages.zero.grpo.steps'"}},
      {zero + "fron = \"x\"\n", {"did you mean 'stages.zero.from'"}},
      {zero + "name = \"x\"\n", {"unknown key 'stages.zero.name'"}},
      {zero + "[stages.zero.sample]\nkeep = \"answer\"\n", {"stages.zero", "sample.keep"}},
      {zero + "[stages.zero.sample]\nkeep = \"answr >= 1\"\n",
       {"sample.keep", "no completion has a 'answr'"}},
      {zero + "require = \"eval.pas@1 >= 0.2\"\n", {"stages.zero.require", "no metric 'eval.pas@1'"}}};
  for (const auto& [toml, parts] : unread) {
    CAPTURE(toml);
    const std::string fault = ErrorOf([&] { Parse(toml); });
    CAPTURE(fault);
    for (const std::string& part : parts) CHECK(Mentions(fault, part));
  }
}

TEST_CASE(
    "a chain runs, and is resumed without doing anything twice; a changed stage and what follows are done "
    "anew") {
  const Chains at;
  const Said first = at.Hone("run chain.toml --run-dir r");
  CAPTURE(first.err);
  REQUIRE(first.status == 0);
  CHECK(first.Says("model: r/model"));
  CHECK(at.Model("r") == at.Model("r/stages/wise"));
  CHECK(at.Has("r/stages/data/dataset.jsonl"));
  CHECK(at.Has("r/stages/zero/report.html"));
  const std::string page = at.Read("r/report.html");
  for (const char* part :
       {"stages/zero/report.html", "Measured in table", "pass@1", "sampled_tokens", "zero"})
    CHECK(page.find(part) != std::string::npos);
  // What each stage sampled is there to be compared: the sum over its groups.
  for (const char* stage : {"zero", "data", "own"}) {
    const RunStore store = RunStore::OpenReadOnly(at / ("r/stages/" + std::string(stage) + "/hone.db"));
    double tokens = 0.0;
    for (const int64_t step : store.GroupSteps()) {
      for (const ScoredGroup& g : store.Groups(step)) {
        for (const Completion& c : g.group.completions) tokens += static_cast<double>(c.ids.size());
      }
    }
    CHECK(tokens > 0.0);
    CHECK(MetricValue(store.AllMetrics().back().values, "sampled_tokens") == tokens);
  }
  REQUIRE(at.Hone("report r").status == 0);
  CHECK(at.Read("r/report.html") == page);

  const Said again = at.Hone("run chain.toml --run-dir r --resume --set run.threads=2");
  CHECK(again.status == 0);
  for (const char* stage : {"base", "zero", "data", "cold", "wise", "own", "table"})
    CHECK(again.Says(std::string("stage ") + stage + " is finished already"));

  const std::string zero = at.Model("r/stages/zero"), cold = at.Model("r/stages/cold");
  const Said changed =
      at.Hone("run chain.toml --run-dir r --resume --set stages.data.sample.most_per_prompt=2");
  CHECK(changed.status == 0);
  CHECK(changed.Says("stage zero is finished already"));
  for (const char* stage : {"data", "cold", "wise", "table"})
    CHECK(changed.Says(std::string("stage ") + stage + " is run anew"));
  CHECK(changed.Says("stage own is finished already"));
  CHECK(at.Model("r/stages/zero") == zero);
  CHECK(at.Model("r/stages/cold") != cold);
  CHECK(at.Model("r/stages/cold.old-1") == cold);
  // One stage of a finished chain, or a name that is none, leaves the page whole.
  const std::string whole = at.Read("r/report.html");
  const std::string same = " --run-dir r --resume --set stages.data.sample.most_per_prompt=2 --stage ";
  CheckOneLine(at.Hone("run chain.toml" + same + "none"));
  CHECK(at.Hone("run chain.toml" + same + "zero").status == 0);
  for (const char* part : {"stages/cold/report.html", "Measured in table"})
    CHECK(at.Read("r/report.html").find(part) != std::string::npos);
  CHECK(whole.find("Measured in table") != std::string::npos);
  CheckOneLine(at.Hone("run chain.toml --run-dir r"));
  CheckOneLine(at.Hone("run chain.toml --run-dir r --resume --accept run.seed"));
}

TEST_CASE("a chain stopped and killed in its stages ends with the same bytes") {
  const Chains at;
  REQUIRE(at.Hone("run chain.toml --run-dir calm").status == 0);
  for (const char* moment : {"base (1 of 7)", "step=2 total=6", "step=2 total=3", "step=3 total=5"}) {
    const bool started = at.Has("r/recipe.toml");
    at.Hone(std::string("run chain.toml --run-dir r") + (started ? " --resume" : ""), [&](pid_t process) {
      if (*moment == 's') at.AwaitErr(moment);
      kill(process, SIGKILL);
    });
  }
  const Said end =
      at.Hone(std::string("run chain.toml --run-dir r") + (at.Has("r/recipe.toml") ? " --resume" : ""));
  CAPTURE(end.err);
  CHECK(end.status == 0);
  CHECK(at.Model("r") == at.Model("calm"));
  const std::string rows = at.Read("r/stages/data/dataset.jsonl");
  CHECK(rows == at.Read("calm/stages/data/dataset.jsonl"));
  CHECK(rows.find("\"model\":\"../zero/model\"") != std::string::npos);
}

TEST_CASE("one stage and what it needs; requirements stop the chain and are asked again") {
  const Chains at;
  const Said one =
      at.Hone("run chain.toml --run-dir r --stage zero --set 'stages.zero.require=[\"eval.length > 1e6\"]'");
  CHECK(one.status == 1);
  CHECK(one.Says("\nhone: chain.toml: stages.zero.require: "));
  CHECK(one.Says("eval.length = "));
  CHECK_FALSE(at.Has("r/stages/data"));
  const Said unknown = at.Hone(
      "run chain.toml --run-dir r --resume --stage zero --set 'stages.zero.require=[\"eval.pass@64 > 1\"]'");
  CHECK(unknown.Says("reports no 'held_out/pass@64'"));
  const Said good = at.Hone("run chain.toml --run-dir r --resume --stage zero");
  CHECK(good.status == 0);
  CHECK(good.Says("stage zero is finished already"));
  CHECK_FALSE(at.Has("r/stages/data"));
  CheckOneLine(at.Hone("run chain.toml --run-dir q --stage none"));
  CHECK_FALSE(at.Has("q"));
  CheckOneLine(at.Hone("run chain.toml --dry-run --stage none"));
  CHECK(at.Hone("run chain.toml --dry-run").Prints("cold   <- base + data"));
}

TEST_CASE("verify-resume compares every stage of a chain") {
  const Chains at;
  const Said proof = at.Hone("verify-resume chain.toml --kills 3 --seed 2");
  CAPTURE(proof.err);
  CHECK(proof.status == 0);
  CHECK(proof.Prints("final weights identical; stored rollouts identical; completions trained on equal"));
}
