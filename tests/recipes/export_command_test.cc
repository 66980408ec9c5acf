// hone export on the bundled model: what it writes loads again, scores the same and holds what came with the model; what it
// refuses stays as it was.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "tests/recipes/binary.h"

using namespace hone;
using nlohmann::json;

namespace {

const std::string kBase = HONE_SOURCE_DIR "/data/tiny_base";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Entries(const Workplace& at) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(at / "."))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("a model exported as it is has the bytes it had, tokenizer and generation settings among them") {
  const Workplace at;
  const Said said = at.Hone("export '" + kBase + "' --out copy/");
  CAPTURE(said.err);
  REQUIRE(said.status == 0);
  CHECK(said.Prints("fp32"));
  CHECK(said.Prints("log-probs are the model's to the bit"));
  for (const char* file :
       {"model.safetensors", "tokenizer.json", "tokenizer_config.json", "generation_config.json"}) {
    CAPTURE(file);
    CHECK(at.Read(std::string("copy/") + file) == ReadAll(kBase + "/" + file));
  }
  CHECK(Entries(at) == std::vector<std::string>{"copy", "err", "out"});
}

TEST_CASE("in another type and in shards a model scores as the original rounded, and generates from there") {
  const Workplace at;
  at.Write("in", "{\"ids\":[1,16,17,20,5,7,30]}\n{\"ids\":[1,40,41,8]}\n");
  std::filesystem::create_directories(at / "half");  // empty: may be filled
  const Said said = at.Hone("export '" + kBase + "' --out half --dtype bf16 --shard-size 300KB --threads 1");
  CAPTURE(said.err);
  REQUIRE(said.status == 0);
  const json index = json::parse(at.Read("half/model.safetensors.index.json"));
  CHECK_FALSE(at.Has("half/model.safetensors"));
  std::set<std::string> files;
  for (const auto& [name, file] : index["weight_map"].items()) files.insert(file);
  CHECK(files.size() > 2);
  for (const std::string& file : files) CHECK(std::filesystem::file_size(at / ("half/" + file)) < 320'000);
  CHECK(json::parse(at.Read("half/config.json"))["torch_dtype"] == "bfloat16");
  CHECK(at.Hone("logprobs half --dtype bf16 <in").out ==
        at.Hone("logprobs '" + kBase + "' --dtype bf16 <in").out);
  CHECK(at.Hone("generate half '<bos>Q:1+2=?A:' --max-new-tokens 4 --dtype bf16").status == 0);

  REQUIRE(at.Hone("export half --out half_again").status == 0);  // its own type, one file
  CHECK(at.Hone("logprobs half_again <in").out == at.Hone("logprobs half <in").out);
  REQUIRE(at.Hone("export '" + kBase + "' --out fp16 --dtype fp16").status == 0);
  const std::string fp16 = at.Hone("logprobs fp16 <in").out;
  CHECK(fp16 != at.Hone("logprobs '" + kBase + "' <in").out);
  REQUIRE(at.Hone("export fp16 --out wide --dtype fp32").status == 0);
  CHECK(at.Hone("logprobs wide <in").out == fp16);
}

TEST_CASE("export refuses what it would destroy or could not vouch for, and leaves nothing behind") {
  const Workplace at;
  at.Write("full/precious", "mine");
  at.Write("file", "mine too");
  for (const char* out : {"full", "file", "full/"}) {
    CAPTURE(out);
    const Said said = at.Hone("export '" + kBase + "' --out " + out);
    CheckOneLine(said);
    CHECK(said.Says("not an empty directory"));
  }
  CHECK(at.Read("full/precious") == "mine");
  CHECK(at.Read("file") == "mine too");

  std::filesystem::copy(kBase, at / "bad");
  std::string bytes = at.Read("bad/model.safetensors");
  for (int i = 0; i < 4; ++i) bytes[bytes.size() - 8 + i] = static_cast<char>(0xff);  // a NaN
  at.Write("bad/model.safetensors", bytes);
  const Said nan = at.Hone("export bad --out copy");
  CheckOneLine(nan);
  CHECK(nan.Says("not finite"));
  CheckOneLine(at.Hone("export nowhere --out copy"));
  CHECK(at.Hone("export '" + kBase + "' --out missing/parent/x/../y").status == 0);  // parents are made
  CHECK(at.Has("missing/parent/y/model.safetensors"));
  for (const char* wrong :
       {"", " --out x --dtype int8", " --out x --shard-size 0", " --out x --shard-size many"}) {
    CAPTURE(wrong);
    CHECK(at.Hone("export '" + kBase + "'" + wrong).status == 2);
  }
  CHECK(Entries(at) == std::vector<std::string>{"bad", "err", "file", "full", "missing", "out"});
}
