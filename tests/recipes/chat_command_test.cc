// hone template and hone chat as a person calls them, and conversations as training data.
#include <nlohmann/json.hpp>

#include "data/arithmetic.h"
#include "data/run_store.h"
#include "policy/checkpoint.h"
#include "recipes/schema.h"
#include "rl/policy.h"
#include "tests/recipes/binary.h"

using namespace hone;

namespace {

const char kTemplate[] =
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}Q:{{ m.content }}=?A:"
    "{% elif m.role == 'assistant' %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";

// model/ with random weights and a chat template.
struct Talker : Workplace {
  Talker() {
    std::filesystem::create_directories(*this / "tokenizer");
    WriteArithmeticTokenizer(*this / "tokenizer");
    Write("tokenizer/chat_template.jinja", kTemplate);
    const Recipe recipe = ResolveRecipeFile(TinyRecipe("sft"), "tiny.toml", {}).recipe;
    const ModelConfig config = recipe.model.shape->Resolve(Tokenizer::Load(*this / "tokenizer"), "tiny");
    SaveCheckpoint(*this / "model", config, InitWeights(config, 1, 1.0), WeightDtype::kFp32,
                   *this / "tokenizer");
  }
};

}  // namespace

TEST_CASE("template: a line of text for each conversation, errors by line") {
  const Talker at;
  at.Write("t.jinja",
           "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{{ tools | tojson }}{{ extra }}"
           "{% if add_generation_prompt %}>{% endif %}{% if messages | length > 2 %}{{ raise_exception('too "
           "long') }}{% endif %}");
  at.Write("in",
           "{\"messages\":[{\"role\":\"user\",\"content\":\"{{ a }} \xC3\xA9\"}]}\n\n"
           "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}],\"tools\":[{\"b\":1,\"a\":2}],"
           "\"add_generation_prompt\":true,\"chat_template_kwargs\":{\"extra\":7},\"other\":0}\n");
  const Said said = at.Hone("template t.jinja <in");
  CHECK(said.status == 0);
  CHECK(said.out ==
        "{\"text\":\"[user]{{ a }} \xC3\xA9null\"}\n{\"text\":\"[user][{\\\"b\\\": 1, \\\"a\\\": 2}]7>\"}\n");
  CHECK(at.Hone("template model <in").status == 0);
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "stdin:2: the line has no messages"},
      {"{\"messages\":[]}", "stdin:2: 'messages' is not a list"},
      {"{\"messages\":[1]}", "stdin:2: a message is not an object with a role"},
      {"{\"messages\":[{\"role\":\"a\"}],\"tools\":1}", "stdin:2: 'tools' is not a list"},
      {"{\"messages\":[{\"role\":\"a\"},{\"role\":\"a\"},{\"role\":\"a\"}]}", "stdin:2: t.jinja:1: too long"},
      {"{", "stdin:2: not valid JSON"},
  };
  for (const auto& [line, says] : cases) {
    CAPTURE(line);
    at.Write("in", std::string("{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}\n") + line + "\n");
    const Said refused = at.Hone("template t.jinja <in");
    CheckOneLine(refused);
    CHECK(refused.Says(says));
  }
  at.Write("bad.jinja", "\n{% nosuch %}");
  CHECK(at.Hone("template bad.jinja <in").Says("bad.jinja:2: the statement 'nosuch' is not supported"));
  CHECK(at.Hone("template nowhere <in").Says("nowhere: there is no such file"));
}

TEST_CASE("chat: the replies are those to the rendered conversation; /reset forgets it, /exit ends") {
  const Talker at;
  const auto generated = [&](const std::string& prompt, const std::string& more = "") {
    return at.Hone("generate model '" + prompt + "' --temperature 0 --max-new-tokens 6 " + more).out;
  };
  const std::string first = generated("<bos>Q:1+2=?A:");
  const auto row = nlohmann::json::parse(generated("<bos>Q:1+2=?A:", "--json"));
  const std::string text = row["text"], cut = row["finish_reason"] == "length" ? " [cut]" : "";
  CHECK(first == text + cut + "\n");  // what is shown as it is drawn is all of it
  const std::string second = generated("<bos>Q:1+2=?A:" + text + "<eos>Q:3=?A:"),
                    alone = generated("<bos>Q:3=?A:");
  at.Write("in", "1+2\n3\n\n/reset\n3\n/exit\n4\n");
  const Said said = at.Hone("chat model --temperature 0 --max-new-tokens 6 <in");
  CHECK(said.status == 0);
  CHECK(said.err == "");
  CHECK(said.out == first + second + alone);
  at.Write("in", "1+2");
  CHECK(at.Hone("chat model --seed 3 --max-new-tokens 6 <in").out ==
        at.Hone("chat model --seed 3 --max-new-tokens 6 <in").out);
}

TEST_CASE("chat: what cannot be is one line") {
  const Talker at;
  at.Write("in", "1+2\n");
  CheckOneLine(at.Hone("chat nowhere <in"));
  at.Write("long", std::string(200, '1') + "\n");
  CHECK(at.Hone("chat model <long").Says("leaves no room for a reply"));
  at.Write("bytes", "\xff\n");
  CHECK(at.Hone("chat model <bytes").Says("not UTF-8"));
  std::filesystem::remove(at / "model/chat_template.jinja");
  const Said said = at.Hone("chat model <in");
  CheckOneLine(said);
  CHECK(said.Says("the model has no chat template"));
}

TEST_CASE("conversations train as the rows of prompt and completion that they render to") {
  const Talker at;
  at.Write("r.toml",
           "kind = \"sft\"\n[model]\npath = \"model\"\n[run]\nthreads = 1\n[sft]\nsteps = 3\nrows_per_step = "
           "2\nrow_tokens = 40\n"
           "loss_on = \"completion\"\n[optimizer]\nlearning_rate = 0.01\n[eval]\nprompts = 2\nevery = "
           "0\n[rollout]\nmax_new_tokens = 8\n");
  std::string rows, conversations;
  for (int i = 1; i < 9; ++i) {
    const std::string n = std::to_string(i);
    rows += "{\"prompt\":\"<bos>Q:" + n + "+1=?A:\",\"completion\":\"" + n + "2\"}\n";
    conversations += "{\"messages\":[{\"role\":\"user\",\"content\":\"" + n +
                     "+1\"},{\"role\":\"assistant\",\"content\":\"" + n + "2\"}]}\n";
  }
  at.Write("rows", rows);
  at.Write("conversations", conversations);
  const Said a = at.Hone("run r.toml --run-dir a --set sft.data='[\"rows\"]'");
  CAPTURE(a.err);
  REQUIRE(a.status == 0);
  REQUIRE(at.Hone("run r.toml --run-dir b --set sft.data='[\"conversations\"]'").status == 0);
  CHECK(at.Read("a/model/model.safetensors") == at.Read("b/model/model.safetensors"));
  CHECK(at.Read("a/model/model.safetensors") != at.Read("model/model.safetensors"));
  CHECK(at.Read("b/model/chat_template.jinja") == kTemplate);

  at.Write("conversations", "{\"messages\":[{\"role\":\"user\",\"content\":\"1\"}]}\n");
  const Said none = at.Hone("run r.toml --run-dir c --set sft.data='[\"conversations\"]'");
  CheckOneLine(none);
  CHECK(none.Says("conversations:1: the conversation has no assistant's turn"));
}

TEST_CASE("task.prompt = chat asks by the model's chat template; a model without one is refused") {
  const Talker at;
  at.Write("sums.jsonl", "{\"prompt\":\"1+2\",\"gold\":\"3\"}\n{\"prompt\":\"2+2\",\"gold\":\"4\"}\n");
  at.Write("held.jsonl", "{\"prompt\":\"3+2\",\"gold\":\"5\"}\n");
  at.Write("r.toml",
           "[model]\npath = \"model\"\n[task]\nkind = \"file\"\ndata = [\"sums.jsonl\"]\nheld_out = "
           "[\"held.jsonl\"]\n"
           "prompt = \"chat\"\n[run]\nthreads = 1\n[grpo]\nsteps = 1\nprompts_per_step = 2\ngroup_size = 2\n"
           "[rollout]\nmax_new_tokens = 8\n[eval]\nprompts = 1\nsamples_per_prompt = 1\n");
  const Said said = at.Hone("run r.toml --run-dir r");
  CAPTURE(said.err);
  REQUIRE(said.status == 0);
  for (const ScoredGroup& group : RunStore::OpenReadOnly(at / "r/hone.db").Groups(1)) {
    const std::string& text = group.group.prompt.text;
    CHECK((text == "<bos>Q:1+2=?A:" || text == "<bos>Q:2+2=?A:"));
  }
  std::filesystem::remove(at / "model/chat_template.jinja");
  const Said refused = at.Hone("run r.toml --run-dir other");
  CheckOneLine(refused);
  CHECK(refused.Says("the model has no chat template"));
}

TEST_CASE("a model's generation_config.json ends its completions too") {
  const Talker at;
  const auto ids = [&] {
    return nlohmann::json::parse(
        at.Hone("generate model '<bos>Q:1+2=?A:' --temperature 0 --max-new-tokens 6 --json").out)["ids"];
  };
  const auto whole = ids();
  REQUIRE(whole.size() >= 2);
  at.Write("model/generation_config.json", nlohmann::json({{"eos_token_id", {whole[0]}}}).dump());
  CHECK(ids() == nlohmann::json({whole[0]}));
  for (const char* bad : {"{", "[1]", "{\"eos_token_id\":[999]}", "{\"eos_token_id\":\"x\"}"}) {
    CAPTURE(bad);
    at.Write("model/generation_config.json", bad);
    const Said refused = at.Hone("generate model '<bos>Q:'");
    CheckOneLine(refused);
    CHECK(refused.Says("generation_config.json"));
  }
}
