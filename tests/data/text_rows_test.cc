// Rows of prompt and completion, and the order they are read in.
#include "data/text_rows.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "data/error.h"
#include "data/parquet.h"
#include "data/text_file.h"

using namespace hone;

namespace {

struct Files {
  std::string dir = (std::filesystem::temp_directory_path() / "hone_text_rows").string();
  Files() { std::filesystem::create_directories(dir); }
  ~Files() { std::filesystem::remove_all(dir); }
  std::string Write(const std::string& name, const std::string& text) const {
    WriteFileAtomic(dir + "/" + name, text);
    return dir + "/" + name;
  }
};

}  // namespace

TEST_CASE("rows of several files come in order; other keys are left alone") {
  const Files files;
  const std::string a = files.Write("a",
                                    "{\"prompt\":\"p\",\"completion\":\"c\",\"kind\":\"k\",\"x\":[1]}\r\n\n"),
                    b = files.Write("b", "{\"completion\":\"\",\"prompt\":\"\"}");
  const std::vector<TextRow> rows = ReadTextRows({a, b});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].prompt == "p");
  CHECK(rows[0].completion == "c");
  CHECK(rows[0].kind == "k");
  CHECK(rows[1].kind == "");
}

TEST_CASE("a row of messages is a conversation, with its keys in their order") {
  const Files files;
  const auto rows = ReadTextRows({files.Write("a",
                                              "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],"
                                              "\"tools\":[{\"b\":1,\"a\":2}],\"kind\":\"k\"}\n")});
  REQUIRE(rows.size() == 1);
  REQUIRE(rows[0].conversation.has_value());
  CHECK(rows[0].conversation->tools.dump() == "[{\"b\":1,\"a\":2}]");
  CHECK(rows[0].kind == "k");
  CHECK(rows[0].where == files.dir + "/a:1");
  CHECK_THROWS_WITH_AS(ReadTextRows({files.Write("b", "{\"messages\":[]}")}),
                       doctest::Contains("b:1: 'messages'"), Error);
}

TEST_CASE("a line that is no row is named") {
  const Files files;
  const std::pair<const char*, const char*> cases[] = {
      {"{\"prompt\":\"p\",\"completion\":\"c\"}\n{\"prompt\":\"p\"}\n",
       "file:2: the row has no text 'completion'"},
      {"{\"prompt\":1,\"completion\":\"c\"}", "file:1: not a text: 'prompt'"},
      {"3", "file:1: the row is not an object"},
      {"{", "file:1: not valid JSON"},
      {"\n \n", "there is no row"}};
  for (const auto& [text, says] : cases) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(ReadTextRows({files.Write("file", text)}), doctest::Contains(says), Error);
  }
  CHECK_THROWS_AS(ReadTextRows({files.dir + "/none"}), Error);
}

TEST_CASE("columns by other names, in JSON and in Parquet") {
  const Files files;
  const std::string path = files.Write("named.json", R"([{"q":"p","a":{"text":"c"},"prompt":3}])");
  const std::vector<TextRow> rows = ReadTextRows({path}, {.prompt = "q", .completion = "a.text"});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].prompt == "p");
  CHECK(rows[0].completion == "c");
  CHECK_THROWS_WITH_AS(ReadTextRows({path}, {.prompt = "q"}),
                       doctest::Contains("row 1: the row has no text 'completion' (it has: q, a, prompt)"),
                       Error);
  if (!HasParquet()) return;
  const std::string parquet = HONE_SOURCE_DIR "/tests/data/parquet/odd.parquet";
  CHECK_THROWS_WITH_AS(ReadTextRows({parquet}, {.prompt = "day", .completion = "bytes"}),
                       doctest::Contains("row 2: not a text: 'bytes'"), Error);
}

TEST_CASE("every epoch visits each row once, in an order of its own, from wherever it is read") {
  EpochOrder forwards(97, 5), anywhere(97, 5), other(97, 6);
  std::vector<std::vector<int64_t>> epochs(3);
  for (int64_t i = 0; i < 3 * 97; ++i) epochs[i / 97].push_back(forwards.RowAt(i));
  for (const auto& epoch : epochs) CHECK(std::set<int64_t>(epoch.begin(), epoch.end()).size() == 97);
  CHECK(epochs[0] != epochs[1]);
  CHECK(epochs[1] != epochs[2]);
  for (int64_t i = 3 * 97 - 1; i >= 0; i -= 13) CHECK(anywhere.RowAt(i) == epochs[i / 97][i % 97]);
  int64_t differ = 0;
  for (int64_t i = 0; i < 97; ++i) differ += other.RowAt(i) != epochs[0][i];
  CHECK(differ > 80);
  CHECK(EpochOrder(1, 0).RowAt(12) == 0);
}
