// Leaks planted one by one among random rows, against comparing every pair.
#include "data/data_check.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <set>

#include "data/error.h"
#include "data/text_file.h"

using namespace hone;

namespace {

CheckedRow Row(const std::string& prompt, const std::string& completion = "",
               const std::string& where = "x") {
  return {prompt, completion, where};
}

std::string Sentence(std::mt19937_64& random, int words, int vocabulary) {
  std::string text;
  for (int i = 0; i < words; ++i)
    text += (i == 0 ? "" : " ") + ("w" + std::to_string(random() % static_cast<uint64_t>(vocabulary)));
  return text;
}

// All thirteen words in a row, the plain way.
std::set<std::string> Grams(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) c == ' ' ? void(words.emplace_back()) : void(words.back() += c);
  std::set<std::string> grams;
  for (size_t i = 0; i + 13 <= words.size(); ++i) {
    std::string gram;
    for (size_t j = i; j < i + 13; ++j) gram += words[j] + " ";
    grams.insert(gram);
  }
  return grams;
}

}  // namespace

TEST_CASE(
    "texts are normalised in case, blanks and marks at words' ends, and nothing that changes a question") {
  CHECK(NormalizedText("  What is\t\"2+3\"?\n") == "what is 2+3");
  CHECK(NormalizedText("Compute 1,000 - 7.5.") == "compute 1,000 - 7.5");
  CHECK(NormalizedText("1+2") != NormalizedText("1-2"));
  CHECK(NormalizedText(" ... ") == "");
}

TEST_CASE("each held-out row counts once, under the closest likeness") {
  const std::string longer = "a b c d e f g h i j k l m n o";
  const std::vector<CheckedRow> train = {Row("What is 2+3?", "5", "t:1"),
                                         Row("x", "so: A b c d e f g h i j k l m. z", "t:2"),
                                         Row("", "y", "t:3")};
  const LeakReport report = FindLeaks(
      train, {Row("What is 2+3?", "", "h:1"), Row("what is  2+3", "", "h:2"), Row(longer, "", "h:3"),
              Row("what is 2-3", "", "h:4"), Row("b c d e f g h i j k l m n", "", "h:5"), Row(" ", "", "h:6"),
              Row("?!", "", "h:7")});
  CHECK(report.exact == 1);
  CHECK(report.normalized == 1);
  CHECK(report.gram == 1);
  CHECK(report.Count() == 3);
  REQUIRE(report.examples.size() == 3);
  CHECK(report.examples[0].kind == Leak::Kind::kExact);
  CHECK(report.examples[2].held_out == "h:3");
  CHECK(report.examples[2].train == "t:2");
  CHECK(report.examples[2].shared == "a b c d e f g h i j k l m");
  CHECK(FindLeaks({}, train).Count() == 0);
}

TEST_CASE("13-grams are those of comparing every pair; what more than ten rows hold is a template") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<CheckedRow> train, held_out;
    for (int i = 0; i < 30; ++i) {
      train.push_back(Row(Sentence(random, 25, 300)));
      std::string text = Sentence(random, 25, 300);
      if (random() % 3 == 0)
        text.replace(text.size() / 3, 0, " " + train[random() % train.size()].prompt.substr(0, 70) + " ");
      held_out.push_back(Row(NormalizedText(text)));
    }
    int64_t want = 0;
    for (const CheckedRow& held : held_out) {
      bool shared = false;
      for (const std::string& gram : Grams(held.prompt)) {
        for (const CheckedRow& row : train) shared |= Grams(row.prompt).contains(gram);
      }
      want += shared;
    }
    CHECK(FindLeaks(train, held_out).Count() == want);
    CHECK(want > 0);
  }
  std::mt19937_64 random(5);
  const std::string frame = Sentence(random, 20, 1000) + " ";
  std::vector<CheckedRow> train, held_out;
  for (int i = 0; i < 11; ++i) train.push_back(Row(frame + "t" + std::to_string(i)));
  held_out.push_back(Row(frame + "other"));
  CHECK(FindLeaks(train, held_out).gram == 1);  // a question repeated in training is no template
  held_out.push_back(Row(frame + "another"));
  CHECK(FindLeaks(train, held_out).Count() == 0);
  CHECK(FindLeaks(train, held_out).boilerplate == 8);
  train.pop_back();
  CHECK(FindLeaks(train, held_out).gram == 2);
}

TEST_CASE("a set is described: duplicates, empty rows, lengths") {
  const SetReport report =
      DescribeSet({Row("a b", "1", "f:1"), Row("a b", "2", "f:2"), Row("a b", "1", "f:3"),
                   Row(" ", "3", "f:4"), Row("\xc3\xa9\xc3\xa9 c d", "", "f:5")});
  CHECK(report.rows == 5);
  CHECK(report.duplicates == 1);
  CHECK(report.repeated_prompts == 1);
  CHECK(report.empty_prompts == 1);
  CHECK(report.empty_completions == 1);
  CHECK(report.prompt_characters.most == 6);
  CHECK(report.prompt_words.median == 2);
  CHECK(report.prompt_words.least == 0);
  REQUIRE(report.examples.size() == 3);
  CHECK(report.examples[0] == "f:3: the same as f:1");
  CHECK(DescribeSet({Row("a")}).empty_completions == 0);  // a set of prompts alone
  CHECK(DescribeSet({}).rows == 0);
}

TEST_CASE("rows are read under the names data sets use; others are refused with file and line") {
  const std::string path = (std::filesystem::temp_directory_path() / "hone_data_check.jsonl").string();
  WriteFileAtomic(
      path,
      "{\"question\":\"q\",\"answer\":\"a\"}\n\n"
      "{\"prompt\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"u\"}]}\n"
      "{\"problem\":\"p\",\"solution\":7}\n");
  const auto rows = ReadCheckedRows(path);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].prompt == "q");
  CHECK(rows[0].completion == "a");
  CHECK(rows[1].prompt == "s\nu");
  CHECK(rows[1].where == path + ":3");
  CHECK(rows[2].completion == "");
  WriteFileAtomic(
      path,
      "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"},"
      "{\"role\":\"user\",\"content\":\"r\"}]}\n");
  const auto conversation = ReadCheckedRows(path);
  CHECK(conversation.at(0).prompt == "q\nr");
  CHECK(conversation.at(0).completion == "a");
  for (const char* bad : {"{\"x\":1}\n", "[1]\n", "{\n", "\n"}) {
    WriteFileAtomic(path, bad);
    CHECK_THROWS_AS(ReadCheckedRows(path), Error);
  }
  std::filesystem::remove(path);
}
