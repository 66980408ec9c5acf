// Recipes whose questions come from files: a run from start to end, resume, the order of rows, what is refused, and the leakage check.
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data/error.h"
#include "data/parquet.h"
#include "data/run_store.h"
#include "recipes/assembly.h"
#include "tests/recipes/binary.h"

using namespace hone;
using nlohmann::json;

namespace {

// Sums as a data set would have them, and a recipe of the bundled base over them.
struct Sums : Workplace {
  Sums() {
    std::string train, held_out;
    for (int i = 0; i < 12; ++i) train += Row(10 + i, 3 * i);
    train +=
        Row(10, 0) + "{\"q\":\"1+1\",\"a\":null,\"level\":1}\n" + Row(51, 2);  // repeated, no gold, held out
    for (int i = 0; i < 5; ++i) held_out += Row(50 + i, 2);
    Write("data/train.jsonl", train);
    Write("data/test.jsonl", held_out);
    Write("recipes/sums.toml", R"(
name = "sums"
[model]
path = ")" HONE_SOURCE_DIR R"(/data/tiny_base"
[task]
kind = "file"
data = ["../data/train.jsonl"]
held_out = ["../data/test.jsonl"]
columns = { prompt = "q", gold = "a", kind = "level", keep = ["level"] }
prompt = "<bos>Q:{question}=?A:"
[run]
threads = 1
checkpoint_every = 1
[grpo]
steps = 2
prompts_per_step = 4
group_size = 2
[rollout]
max_new_tokens = 8
[eval]
samples_per_prompt = 1
every = 0
)");
  }
  static std::string Row(int a, int b) {
    return json{{"q", std::to_string(a) + "+" + std::to_string(b)}, {"a", a + b}, {"level", b % 2}}.dump() +
           "\n";
  }
  Recipe Load(const std::vector<std::string>& overrides = {}) const {
    return LoadRecipe(*this / "recipes/sums.toml", overrides);
  }
};

std::vector<int64_t> Indices(const PromptSource& prompts, int64_t count) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) indices.push_back(prompts(i).index);
  return indices;
}

}  // namespace

TEST_CASE(
    "grpo over a file of JSON lines: counts are said, golds reach the rewards, and a resume goes on with the "
    "same rows") {
  const Sums at;
  const Said whole = at.Hone("run recipes/sums.toml --run-dir whole");
  CAPTURE(whole.err);
  REQUIRE(whole.status == 0);
  CHECK(whole.Says(
      "training questions: 15 rows: 12 used; left out: 1 without a gold, 1 repeated, 1 of the other split"));
  CHECK(whole.Says("held-out questions: 5 rows: 5 used"));
  CHECK(whole.Says("step=2 total=2"));
  const RunStore store = RunStore::OpenReadOnly(at / "whole/hone.db");
  std::set<int64_t> seen;
  for (const int64_t step : {1, 2}) {
    for (const ScoredGroup& group : store.Groups(step)) {
      const Prompt& prompt = group.group.prompt;
      seen.insert(prompt.index);
      CHECK(prompt.text ==
            "<bos>Q:" + std::to_string(10 + prompt.index) + "+" + std::to_string(3 * prompt.index) + "=?A:");
      CHECK(prompt.gold == std::to_string(10 + 4 * prompt.index));
      CHECK(prompt.kind == std::to_string(prompt.index % 2));
      for (const Score& score : group.scores) CHECK(score.status == Score::Status::kValue);
    }
  }
  CHECK(seen.size() == 8);  // within an epoch no row comes twice
  CHECK(at.Read("whole/model/README.md").find("data/train.jsonl") != std::string::npos);

  REQUIRE(at.Hone("run recipes/sums.toml --run-dir cut --set grpo.steps=1").status == 0);
  REQUIRE(at.Hone("run recipes/sums.toml --run-dir cut --resume --accept grpo.steps").status == 0);
  CHECK(at.Read("cut/model/model.safetensors") == at.Read("whole/model/model.safetensors"));

  at.Write("data/train.jsonl", at.Read("data/train.jsonl") + Sums::Row(90, 1));
  const Said changed =
      at.Hone("run recipes/sums.toml --run-dir cut --resume --set grpo.steps=3 --accept grpo.steps");
  CHECK(changed.status == 0);  // an accepted change voids what follows; without one:
  at.Write("data/train.jsonl", at.Read("data/train.jsonl") + Sums::Row(91, 1));
  const Said refused = at.Hone("run recipes/sums.toml --run-dir cut --resume --set grpo.steps=3");
  CheckOneLine({refused.status, "", refused.err.substr(refused.err.rfind("hone: "))});
  CHECK(refused.Says("task.data: the questions are not those this run was started with"));
}

TEST_CASE(
    "rows come once an epoch in an order of the seed; held-out ones in one of task.seed; pass rates and "
    "kinds thin them") {
  const Sums at;
  const auto train = Indices(MakePromptTexts(at.Load(), Split::kTrain), 36);
  for (int epoch = 0; epoch < 3; ++epoch) {
    const std::set<int64_t> rows(train.begin() + 12 * epoch, train.begin() + 12 * (epoch + 1));
    CHECK(rows.size() == 12);
    CHECK(*rows.begin() == 0);
    CHECK(*rows.rbegin() == 11);
  }
  CHECK(Indices(MakePromptTexts(at.Load({"run.seed=2"}), Split::kTrain), 36) != train);
  CHECK(Indices(MakePromptTexts(at.Load({"task.seed=2"}), Split::kTrain), 36) == train);
  const Tokenizer tokenizer = Tokenizer::Load(HONE_SOURCE_DIR "/data/tiny_base");
  CHECK(HeldOutPrompts(at.Load(), tokenizer).size() == 5);
  CHECK(HeldOutPrompts(at.Load({"eval.prompts=2"}), tokenizer).size() == 2);
  std::set<int64_t> firsts;
  for (int seed = 0; seed < 20; ++seed)
    firsts.insert(
        HeldOutPrompts(at.Load({"eval.prompts=1", "task.seed=" + std::to_string(seed)}), tokenizer)[0].index);
  CHECK(firsts.size() > 2);

  std::string rates;
  for (const int64_t index : {3, 5}) {
    const std::string text =
        "<bos>Q:" + std::to_string(10 + index) + "+" + std::to_string(3 * index) + "=?A:";
    rates += json{{"index", index}, {"pass_rate", 0.5}, {"prompt", text}}.dump() + "\n";
  }
  at.Write("recipes/rates.jsonl", rates);
  const auto kept =
      Indices(MakePromptTexts(at.Load({"curriculum.pass_rates=rates.jsonl"}), Split::kTrain), 6);
  CHECK(std::set<int64_t>(kept.begin(), kept.end()) == std::set<int64_t>{3, 5});
  for (const int64_t index :
       Indices(MakePromptTexts(at.Load({"curriculum.kinds={\"1\"={weight=0}}"}), Split::kTrain), 12))
    CHECK(index % 2 == 0);
}

TEST_CASE(
    "long prompts are refused, or left out where the recipe says so; what cannot be is said in one line") {
  const Sums at;
  at.Write("data/long.jsonl",
           Sums::Row(7, 1) + "{\"q\":\"" + std::string(300, '7') + "\",\"a\":1,\"level\":0}\n");
  const std::string run = "run recipes/sums.toml --run-dir r --set 'task.data=[\"../data/long.jsonl\"]'";
  const Said refused = at.Hone(run + " --dry-run");
  CheckOneLine(refused);
  CHECK(refused.Says("prompts of 308 tokens exceed the model's 256 positions"));
  CHECK(refused.Says("task.max_prompt_tokens"));
  const Said planned = at.Hone(run + " --dry-run --set task.max_prompt_tokens=200");
  CHECK(planned.status == 0);
  CHECK(planned.Prints("# training questions: 2 rows: 2 used"));
  CHECK(planned.Prints("but 1 of these are longer than task.max_prompt_tokens"));

  const std::pair<const char*, const char*> cases[] = {
      {"--set task.max_prompt_tokens=3", "every prompt is longer than 3 tokens"},
      {"--set 'task.data=[\"nowhere.jsonl\"]'", "recipes/nowhere.jsonl: cannot read"},
      {"--set task.columns.gold=answer",
       "train.jsonl:1: the row has no column 'answer' (it has: q, a, level)"},
      {"--set task.adapter=gsm8k --set task.columns={}", "no column 'question'"},
      {"--set task.kind=words", "task.data and task.held_out are not used"},
      {"--set task.data=[]", "task.data: task.kind = file needs files"},
      {"--set kind=sft", "task.kind = file has no documents to learn"},
      {"--set task.adapter=code_contests --set task.language=pyhton", "task.language"},
      {"--set 'task.prompt=Say {question}'", "the model's tokenizer cannot write prompt"}};
  for (const auto& [arguments, says] : cases) {
    CAPTURE(arguments);
    const Said said = at.Hone(std::string("run recipes/sums.toml --run-dir refused ") + arguments);
    CAPTURE(said.err);
    CHECK(said.status == 1);
    CHECK(said.Says(says));
    CHECK_FALSE(at.Has("refused/hone.db"));
  }
}

TEST_CASE("hone data check looks at a recipe's questions") {
  const Sums at;
  const Said clean = at.Hone("data check recipes/sums.toml --set grpo.steps=100");
  CAPTURE(clean.out);
  CHECK(clean.status == 0);
  CHECK(clean.Prints("of the files' 15 rows: 12 used"));
  CHECK(clean.Prints("12 rows, 0 duplicates"));
  CHECK(clean.Prints("none of 5 held-out rows"));
  const std::string words = "what is the sum of one and two and three and four and five and six and so on";
  at.Write("data/train.jsonl", json{{"q", words + " today"}, {"a", 1}, {"level", 0}}.dump() + "\n");
  at.Write("data/test.jsonl", json{{"q", "so " + words}, {"a", 1}, {"level", 0}}.dump() + "\n");
  const Said leak = at.Hone("data check recipes/sums.toml");
  CHECK(leak.status == 1);
  CHECK(leak.Prints("1 with 13 words in a row"));
}

TEST_CASE(
    "rows of prompt and completion come from Parquet too, by the columns named; without Arrow the remedy is "
    "said") {
  const Sums at;
  at.Write("sft.toml", TinyRecipe("sft"));
  const std::string data = "'sft.data=[\"" HONE_SOURCE_DIR "/tests/data/parquet/snappy.parquet\"]'";
  const Said said = at.Hone("run sft.toml --run-dir r --set " + data +
                            " --set sft.columns={prompt=\\\"level\\\",completion=\\\"level\\\"}");
  CAPTURE(said.err);
  if (HasParquet()) {
    CHECK(said.status == 0);
    CHECK(said.Says("step=6 total=6"));
  } else {
    CheckOneLine(said);
    CHECK(said.Says("pip install --no-deps pyarrow"));
  }
}
