// The commands that read a model or a run, and everything a person can get wrong with them.
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/arithmetic.h"
#include "policy/checkpoint.h"
#include "policy/safetensors.h"
#include "recipes/schema.h"
#include "rl/policy.h"
#include "tests/recipes/binary.h"

using namespace hone;
using nlohmann::json;

namespace {

// tiny.toml, sft.toml, and model/ with random weights of the same shape.
struct Tiny : Workplace {
  Tiny() {
    Write("tiny.toml", TinyRecipe("grpo"));
    Write("sft.toml", TinyRecipe("sft"));
    std::filesystem::create_directories(*this / "tokenizer");
    WriteArithmeticTokenizer(*this / "tokenizer");
    const Recipe recipe = ResolveRecipeFile(TinyRecipe("grpo"), "tiny.toml", {}).recipe;
    const ModelConfig config = recipe.model.shape->Resolve(Tokenizer::Load(*this / "tokenizer"), "tiny");
    SaveCheckpoint(*this / "model", config, InitWeights(config, 1, 1.0), WeightDtype::kFp32,
                   *this / "tokenizer");
  }
};

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("arguments that make no command end with 2 and a hint; help and version with 0") {
  const Tiny at;
  for (const char* wrong :
       {"", "frobnicate", "run", "run a b c", "run tiny.toml --frobnicate",
        "run tiny.toml --accept grpo.steps", "eval model", "generate model", "generate model Q -n 0",
        "generate model Q --temperature -1", "generate model Q --dtype fp8", "logprobs model --threads -1",
        "verify-resume tiny.toml --kills x"}) {
    CAPTURE(wrong);
    const Said said = at.Hone(wrong);
    CHECK(said.status == 2);
    CHECK(said.out == "");
    CHECK(said.Says("--help"));
  }
  CHECK(at.Hone("frobnicate").Says("'frobnicate'"));
  CHECK(at.Hone("--version").Prints("hone "));
  for (const char* command : {"", "run", "logprobs", "tokenize", "detokenize", "verify-resume"}) {
    const Said said = at.Hone(std::string(command) + " --help");
    CHECK(said.status == 0);
    CHECK(said.Prints("Example"));
  }
}

TEST_CASE("what is missing or malformed is one line") {
  const Tiny at;
  at.Write("bad.toml", TinyRecipe("grpo") + "[grpo2]\n");
  at.Write("based.toml", "[model]\npath = \"nowhere\"\n");
  const std::pair<const char*, const char*> cases[] = {
      {"run nowhere.toml", "nowhere.toml: cannot read"},
      {"run bad.toml", "bad.toml:33: unknown key 'grpo2'; did you mean 'grpo'?"},
      {"run tiny.toml --set grpo.step=3", "did you mean 'grpo.steps'?"},
      {"run tiny.toml --set grpo.steps=three", "must be an integer"},
      {"run tiny.toml --set rewards.answr.weight=1", "did you mean 'answer'?"},
      {"run tiny.toml --set task.prompt=hello", "{question}"},
      {"run based.toml", "nowhere/config.json"},
      {"run tiny.toml --run-dir nowhere --resume", "nowhere: there is no run here"},
      {"run tiny.toml --run-dir tiny.toml", "tiny.toml"},
      {"run tiny.toml --set grpo.steps=99999999999999999999", "--set"},
      {"run tiny.toml --run-dir /proc/hone", "/proc/hone"},
      {"eval nowhere --recipe tiny.toml", "nowhere/config.json"},
      {"generate model ''", "the prompt is empty"},
      {"generate model 'h\u00e9'", "U+00E9"},
      {"generate model Q --max-new-tokens 999", "160 positions"},
      {"logprobs nowhere", "nowhere/config.json"},
      {"report nowhere", "nowhere/hone.db"},
      {"grade --flag foo=1", "--flag foo=1: unknown key 'foo'; known here: percent"},
      {"grade --flag precent=either", "did you mean 'percent'?"},
      {"verify-resume nowhere.toml", "nowhere.toml: cannot read"},
      {"verify-resume tiny.toml --work-dir model", "the directory exists"},
  };
  for (const auto& [arguments, part] : cases) {
    CAPTURE(arguments);
    const Said said = at.Hone(arguments);
    CheckOneLine(said);
    CHECK(said.Says(part));
    CHECK(said.out == "");
  }
  CHECK_FALSE(at.Has("runs"));  // none of them left anything behind
}

TEST_CASE("an empty --run-dir is refused as the usage error it is") {
  const Tiny at;
  const Said said = at.Hone("run tiny.toml --run-dir ''");
  CHECK(said.status == 2);
  CHECK(said.Says("name a directory"));
  CHECK_FALSE(at.Has("runs"));
}

TEST_CASE("output that cannot be written is an error") {
  const Tiny at;
  at.Write("in", "{\"ids\":[1,5,7,9]}\n");
  for (const char* arguments :
       {"recipe-keys", "run tiny.toml --dry-run", "generate model Q", "logprobs model <in"}) {
    CAPTURE(arguments);
    const Said said =
        at.Hone(std::string(arguments) + " >/dev/full 2>err #");  // `#` hides the usual redirections
    CHECK(said.status == 1);
    CHECK(said.Says("write"));
  }
}

TEST_CASE("a broken model is named by its file, and no run is started from it") {
  const Tiny at;
  at.Write("r.toml", "[model]\npath = \"model\"\n");
  const std::string good = at.Read("model/model.safetensors");
  std::string nan = good;
  for (int i = 0; i < 4; ++i) nan[nan.size() - 8 + i] = static_cast<char>(0xff);
  std::string oversize = good;
  oversize[7] = 0x7f;
  for (const std::string& bytes : {good.substr(0, good.size() - 5), std::string(), nan, oversize}) {
    at.Write("model/model.safetensors", bytes);
    for (const char* arguments : {"run r.toml", "logprobs model </dev/null"}) {
      const Said said = at.Hone(arguments);
      CheckOneLine(said);
      CHECK(said.Says("model/model.safetensors"));
    }
  }
  CHECK_FALSE(at.Has("runs"));
}

TEST_CASE(
    "logprobs: a line in, a line out, the model's own bits; a bad line is named and the good ones before it "
    "answered") {
  const Tiny at;
  at.Write("in", "{\"ids\":[1,5,7,9]}\n{\"ids\":[3]}\n{\"ids\":[2,2],\"more\":1}\n");
  const Said said = at.Hone("logprobs model <in");
  CHECK(said.status == 0);
  const auto lines = Lines(said.out);
  REQUIRE(lines.size() == 3);
  const auto policy = Policy::Load(at / "model", Precision::kFp32, 1);
  const std::vector<std::vector<int32_t>> inputs = {{1, 5, 7, 9}, {3}, {2, 2}};
  for (size_t l = 0; l < 3; ++l) {
    REQUIRE(lines[l]["logprobs"].size() == inputs[l].size());
    CHECK(lines[l]["logprobs"][0].is_null());
    TrainingBatch batch;
    batch.tokens = inputs[l];
    batch.sequence_begin = {0, static_cast<int32_t>(inputs[l].size())};
    for (size_t i = 1; i < inputs[l].size(); ++i) {
      batch.scored_rows.push_back(static_cast<int32_t>(i) - 1);
      batch.targets.push_back(inputs[l][i]);
    }
    std::vector<float> want(batch.targets.size());
    policy->model().LogProbs(batch, want, {});
    for (size_t i = 0; i < want.size(); ++i) CHECK(lines[l]["logprobs"][i + 1].get<float>() == want[i]);
  }
  CHECK(at.Hone("logprobs model --dtype bf16 <in").out != said.out);
  at.Write("gaps", "\n{\"ids\":[1,5]}\n \n");
  CHECK(Lines(at.Hone("logprobs model <gaps").out).size() == 1);

  for (const char* bad : {"nonsense", "[1,2]", "{}", "{\"ids\":[]}", "{\"ids\":7}", "{\"ids\":[1,999]}",
                          "{\"ids\":[-1]}", "{\"ids\":[1.5]}", "{\"ids\":[\"a\"]}",
                          "{\"ids\":[99999999999999999999]}", "{\"ids\":[1],\"ids\":[2]}"}) {
    CAPTURE(bad);
    at.Write("in", std::string("{\"ids\":[1,5]}\n") + bad + "\n");
    const Said refused = at.Hone("logprobs model <in");
    CheckOneLine(refused);
    CHECK(refused.Says("stdin:2: "));
    CHECK(Lines(refused.out).size() == 1);
  }
}

TEST_CASE(
    "gradients: of the mean over all lines, under the model's own names; a step along them lowers the loss "
    "by as much") {
  const Tiny at;
  at.Write("in", "{\"ids\":[1,5,7,9]}\n{\"ids\":[3]}\n{\"ids\":[2,2]}\n");
  const Said said = at.Hone("gradients model --out g.safetensors <in");
  REQUIRE(said.status == 0);
  const json summary = Lines(said.out).at(0);
  CHECK(summary["tokens"] == 4);
  const auto loss = [&] {
    double sum = 0.0;
    for (const json& line : Lines(at.Hone("logprobs model <in").out)) {
      for (const json& l : line["logprobs"]) sum -= l.is_null() ? 0.0 : l.get<double>();
    }
    return sum / 4.0;
  };
  CHECK(summary["loss"].get<double>() == doctest::Approx(loss()).epsilon(1e-7));

  const SafetensorsFile file = SafetensorsFile::Open(at / "g.safetensors");
  Checkpoint checkpoint = LoadCheckpoint(at / "model");
  double squares = 0.0;
  size_t tensors = 0;
  constexpr double kStep = 1e-2;
  for (Parameter& p : checkpoint.weights.parameters()) {
    if (p.role == ParameterRole::kRouterBias) continue;
    for (const Slice& slice : p.slices) {
      const TensorInfo* info = file.Find(slice.hf_name);
      REQUIRE(info != nullptr);
      REQUIRE(info->shape == slice.shape);
      std::vector<float> gradient(static_cast<size_t>(info->count));
      file.CopyTo(*info, gradient.data());
      ++tensors;
      for (size_t k = 0; k < gradient.size(); ++k) {
        const double g = static_cast<double>(gradient[k]);
        squares += g * g;
        p.value.data()[slice.offset + static_cast<int64_t>(k)] -= static_cast<float>(kStep * g);
      }
    }
  }
  CHECK(file.tensors().size() == tensors);
  CHECK(summary["gradient_norm"].get<double>() == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
  const double before = loss();
  SaveCheckpoint(at / "model", checkpoint.config, checkpoint.weights, WeightDtype::kFp32, "");
  CHECK((before - loss()) / (kStep * squares) == doctest::Approx(1.0).epsilon(0.1));

  const std::string refusals[][2] = {{"gradients model <in", "--out"},
                                     {"gradients model --out g </dev/null", "no token is scored"},
                                     {"gradients model --out nowhere/g <in", "nowhere/g"}};
  for (const auto& [arguments, says] : refusals) {
    CAPTURE(arguments);
    const Said refused = at.Hone(arguments);
    CHECK(refused.status != 0);
    CHECK(refused.Says(says));
  }
}

TEST_CASE("generate: the same seed says the same, greedy is greedy, JSON holds what was sampled") {
  const Tiny at;
  const std::string ask = "generate model '<bos>Q:1+2=?A:' --max-new-tokens 6 ";
  const Said one = at.Hone(ask + "-n 3 --json");
  CHECK(one.status == 0);
  CHECK(at.Hone(ask + "-n 3 --json --threads 2").out == one.out);
  CHECK(at.Hone(ask + "-n 3 --json --seed 2").out != one.out);
  const auto lines = Lines(one.out);
  REQUIRE(lines.size() == 3);
  for (const json& line : lines) {
    CHECK(line["ids"].size() == line["logprobs"].size());
    CHECK(line["ids"].size() <= 6);
    CHECK((line["finish_reason"] == "stop" || line["finish_reason"] == "length"));
  }
  const auto greedy = Lines(at.Hone(ask + "-n 2 --json --temperature 0").out);
  CHECK(greedy[0]["ids"] == greedy[1]["ids"]);
}

TEST_CASE("eval measures what the recipe says, the same each time") {
  const Tiny at;
  const Said said =
      at.Hone("eval model --recipe tiny.toml --json --set eval.prompts=5 --set eval.samples_per_prompt=4");
  CHECK(said.status == 0);
  const json e = json::parse(said.out);
  for (const char* key :
       {"pass@1", "pass@2", "pass@4", "pass@1_standard_error", "maj@4", "mean_length", "format", "truncated",
        "faults", "num_prompts", "num_completions", "pass@1_by_kind"}) {
    CAPTURE(key);
    CHECK(e.contains(key));
  }
  CHECK(e["num_prompts"] == 5);
  CHECK(e["num_completions"] == 20);
  CHECK(e["mean_length"].get<double>() <= 8.0);
  CHECK(at.Hone("eval model --recipe tiny.toml --set eval.prompts=5 --set eval.samples_per_prompt=4")
            .Prints("pass@1, %"));
  CHECK(at.Hone("eval model --recipe tiny.toml --json --set eval.prompts=5 --set eval.samples_per_prompt=4 "
                "--set run.seed=9")
            .out == said.out);
}

TEST_CASE("a dry run says what would happen and does nothing") {
  const Tiny at;
  const Said said = at.Hone("run tiny.toml --dry-run --set grpo.steps=11");
  CHECK(said.status == 0);
  for (const char* part : {"steps = 11", "# model: DeepseekV3ForCausalLM", "parameters",
                           "# memory:", "11 grpo steps", "# numerics:"}) {
    CHECK(said.Prints(part));
  }
  CHECK_FALSE(at.Has("runs"));
  at.Write("again.toml", said.out);  // what it prints is a recipe
  CHECK(at.Hone("run again.toml --dry-run").out == said.out);
  CHECK(at.Hone("run sft.toml --dry-run").Prints("6 sft steps"));
}

TEST_CASE("doctor judges the machine line by line and the directory it was asked about") {
  const Tiny at;
  const Said said = at.Hone("doctor");
  for (const char* part :
       {"CPU cores", "fp32", "GFLOP/s", "GB available", "GB free", "fsync", "open files", "code judge: "}) {
    CAPTURE(part);
    CHECK(said.Prints(part));
  }
  const Said bad = at.Hone("doctor nowhere");
  CHECK(bad.status == 1);
  CHECK(bad.Prints("BAD "));
}

TEST_CASE("recipe-keys lists every key") {
  const Tiny at;
  const Said plain = at.Hone("recipe-keys"), markdown = at.Hone("recipe-keys --markdown");
  for (const char* key :
       {"grpo.group_size", "optimizer.learning_rate", "model.shape.num_experts", "eval.every"}) {
    CHECK(plain.Prints(key));
    CHECK(markdown.Prints(key));
  }
}

TEST_CASE("tokenize and detokenize: a line in, a line out; a bad line is named") {
  const Tiny at;
  at.Write("in", "{\"text\":\"<bos>Q:1\"}\n\n{\"text\":\"\"}\n");
  CHECK(at.Hone("tokenize tokenizer <in").out == "{\"ids\":[1,25,24,8]}\n{\"ids\":[]}\n");
  CHECK(at.Hone("tokenize tokenizer/tokenizer.json --special <in").status == 0);
  at.Write("ids", "{\"ids\":[1,25,24,8,99]}\n");
  CHECK(at.Hone("detokenize tokenizer <ids").out == "{\"text\":\"<bos>Q:1\xEF\xBF\xBD\"}\n");
  CHECK(at.Hone("detokenize tokenizer --skip-special <ids").out == "{\"text\":\"Q:1\xEF\xBF\xBD\"}\n");
  for (const char* line : {"{\"text\":1}", "[]", "{", "{\"text\":\"X\"}"}) {
    CAPTURE(line);
    at.Write("in", std::string("{\"text\":\"1\"}\n") + line + "\n");
    const Said said = at.Hone("tokenize tokenizer <in");
    CHECK(said.status == 1);
    CHECK(said.Says("stdin:2"));
  }
  for (const char* line : {"{\"ids\":1}", "{\"ids\":[-1]}", "{\"ids\":[1.5]}", "{\"ids\":[4294967296]}"}) {
    CAPTURE(line);
    at.Write("in", std::string(line) + "\n");
    const Said said = at.Hone("detokenize tokenizer <in");
    CHECK(said.status == 1);
    CHECK(said.Says("stdin:1"));
  }
  CHECK(at.Hone("tokenize nowhere <in").Says("nowhere/tokenizer.json"));
}
