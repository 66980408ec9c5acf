// Which rows of files become prompts of which split, what is left out and counted, and what is refused.
#include "data/file_tasks.h"

#include <set>

#include "data/data_check.h"
#include "data/error.h"
#include "data/random.h"
#include "tests/data/files.h"

using namespace hone;
using json = nlohmann::ordered_json;

namespace {

std::string Line(const std::string& prompt, const std::string& gold) {
  return json{{"prompt", prompt}, {"gold", gold}}.dump() + "\n";
}

std::set<std::string> Texts(const FileRows& rows) {
  std::set<std::string> texts;
  for (const FileQuestion& question : rows.questions) texts.insert(question.text);
  return texts;
}

}  // namespace

TEST_CASE(
    "rows without a prompt or gold, repeated ones and those of the other split are left out and counted") {
  const TestFiles files;
  FileTaskConfig config;
  config.data = {
      files.Write("a.jsonl", Line("one", "1") + Line(" ", "1") + Line("two", "") + Line("one", "9")),
      files.Write("b.jsonl", Line("Three?", "3") + Line("one", "1") + "{\"prompt\":null,\"gold\":\"1\"}\n")};
  config.held_out = {files.Write("held.jsonl", Line("three", "3") + Line("four", "4") + Line("four", "4"))};
  const FileRows train = ReadFileRows(config, Split::kTrain),
                 held_out = ReadFileRows(config, Split::kHeldOut);
  CHECK(train.Summary() ==
        "7 rows: 1 used; left out: 2 without a prompt, 1 without a gold, 2 repeated, 1 of the other split");
  CHECK(train.questions[0].gold == "1");  // the first of equal questions stays
  CHECK(held_out.Summary() == "3 rows: 2 used; left out: 1 repeated");
  CHECK(Texts(held_out) == std::set<std::string>{"three", "four"});

  const FileTask task(std::make_shared<const FileRows>(held_out), PromptTemplate("<{question}>"));
  CHECK(task.num_prompts() == 2);
  CHECK(task.PromptAt(1).text == "<four>");
  CHECK(task.PromptAt(1).index == 1);
  CHECK(task.PromptAt(1).gold == "4");

  config.adapter = RowAdapter::kPrompts;
  CHECK(ReadFileRows(config, Split::kTrain).questions.size() == 2);  // "two" needs no gold now
}

TEST_CASE("without held-out files the hash of the question splits: disjoint, whole, about one in sixteen") {
  const TestFiles files;
  std::string text;
  DataRandom random(7);
  for (int i = 0; i < 2000; ++i)
    text += Line((i % 2 ? "what is " : "What is ") + std::to_string(random.Uniform(1000)) + " + 1?", "1");
  FileTaskConfig config;
  config.data = {files.Write("a.jsonl", text)};
  const FileRows train = ReadFileRows(config, Split::kTrain),
                 held_out = ReadFileRows(config, Split::kHeldOut);
  std::set<std::string> normalized;
  for (const std::string& one : Texts(train)) normalized.insert(NormalizedText(one));
  for (const std::string& one : Texts(held_out)) CHECK_FALSE(normalized.contains(NormalizedText(one)));
  CHECK(train.num_other_split + held_out.num_other_split == 2000);
  const double share = static_cast<double>(held_out.num_read - held_out.num_other_split) / 2000;
  CHECK(share > 0.03);
  CHECK(share < 0.1);
}

TEST_CASE("what cannot be asked is refused by key") {
  const TestFiles files;
  FileTaskConfig config;
  CHECK_THROWS_WITH_AS(ReadFileRows(config, Split::kTrain),
                       doctest::Contains("task.data: task.kind = file needs files"), Error);
  config.data = {files.Write("a.jsonl", Line("", "1") + Line("x", ""))};
  CHECK_THROWS_WITH_AS(
      ReadFileRows(config, Split::kTrain),
      doctest::Contains("no row is left to train on (2 rows: 0 used; left out: 1 without a prompt, 1 "
                        "without a gold)"),
      Error);
  config.data = {files.Write("b.jsonl", Line("one", "1"))};
  CHECK_THROWS_WITH_AS(ReadFileRows(config, Split::kHeldOut),
                       doctest::Contains("name files in task.held_out"), Error);
  config.held_out = config.data;
  CHECK_THROWS_WITH_AS(ReadFileRows(config, Split::kTrain), doctest::Contains("1 of the other split"), Error);
}

TEST_CASE("a split is read once; another configuration is read anew; the digest says whether rows changed") {
  const TestFiles files;
  FileTaskConfig config;
  config.data = {files.Write("a.jsonl", Line("one", "1") + Line("two", "2"))};
  config.held_out = {files.Write("h.jsonl", Line("three", "3"))};
  FileRowsCache cache;
  FileRowsCache copy = cache;
  const auto train = cache.Get(config, Split::kTrain);
  CHECK(copy.Get(config, Split::kTrain) == train);
  CHECK(copy.Get(config, Split::kHeldOut) != train);
  FileTaskConfig other = config;
  other.columns.kind = "gold";
  CHECK(cache.Get(other, Split::kTrain)->questions[1].kind == "2");
  files.Write("a.jsonl", Line("one", "1") + Line("two", "3"));
  CHECK(cache.Get(config, Split::kTrain)->digest != train->digest);
  files.Write("a.jsonl", Line("one", "1") + "\n" + Line("two", "2"));
  CHECK(ReadFileRows(config, Split::kTrain).digest == train->digest);
}
