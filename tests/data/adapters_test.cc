// Small rows of every data set that has an adapter: the question and the gold they give, and what is said of rows that do not fit.
#include "data/adapters.h"

#include <doctest/doctest.h>

#include "data/error.h"

using namespace hone;
using json = nlohmann::ordered_json;

namespace {

FileQuestion Read(const json& row, RowAdapter adapter, const QuestionColumns& columns = {},
                  const std::string& language = "python") {
  return ReadQuestion(row, adapter, columns, language, "f.jsonl:7");
}

std::string ErrorOf(const json& row, RowAdapter adapter, const QuestionColumns& columns = {}) {
  try {
    Read(row, adapter, columns);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool Mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a mapping of columns: texts, numbers, nested ones, objects as gold; kept columns") {
  const json row = {{"q", " What is 2+2? "}, {"extra_info", {{"answer", 4}, {"level", 3}}}, {"id", {1, 2}}};
  const FileQuestion question = Read(row, RowAdapter::kNone,
                                     {.prompt = "q",
                                      .gold = "extra_info.answer",
                                      .kind = "extra_info.level",
                                      .keep = {"id", "extra_info.level"}});
  CHECK(question.text == "What is 2+2?");
  CHECK(question.gold == "4");
  CHECK(question.kind == "3");
  CHECK(json::parse(question.columns) == json{{"id", {1, 2}}, {"extra_info.level", 3}});

  const FileQuestion own = Read({{"prompt", "p"}, {"gold", {{"lang", "c"}}}}, RowAdapter::kNone);
  CHECK(own.text == "p");
  CHECK(own.gold == R"({"lang":"c"})");
  CHECK(own.kind == "");
  CHECK(own.columns == "");
  CHECK(Read({{"prompt", "p"}}, RowAdapter::kPrompts).gold == "");
  CHECK(Read({{"prompt", "p"}, {"x", "g"}}, RowAdapter::kPrompts, {.gold = "x"}).gold == "g");
  // null, or nothing but blanks: no text, which is counted and not an error.
  CHECK(Read({{"prompt", nullptr}, {"gold", "g"}}, RowAdapter::kNone).text == "");
  CHECK(Read({{"prompt", "p"}, {"gold", " \n"}}, RowAdapter::kNone).gold == "");
}

TEST_CASE("a missing column and a value of another type are named with the columns there are") {
  const std::string missing = ErrorOf({{"question", "q"}, {"answer", "a"}}, RowAdapter::kNone);
  CHECK(missing ==
        "f.jsonl:7: the row has no column 'prompt' (it has: question, answer); choose task.adapter, or name "
        "task.columns");
  CHECK(Mentions(ErrorOf({{"prompt", "q"}, {"answer", "a"}}, RowAdapter::kNone), "no column 'gold'"));
  CHECK(Mentions(ErrorOf({{"prompt", 3}, {"gold", "a"}}, RowAdapter::kNone), "the prompt is not a text"));
  CHECK(Mentions(ErrorOf({{"prompt", "p"}, {"gold", json::binary({255})}}, RowAdapter::kNone),
                 "the gold is not a text"));
  CHECK(Mentions(ErrorOf({{"prompt", "p"}, {"gold", "g"}}, RowAdapter::kNone, {.keep = {"x"}}),
                 "no column 'x'"));
  CHECK(Mentions(ErrorOf({{"problem", "p"}}, RowAdapter::kMath), "no column 'answer'"));
  CHECK(Mentions(ErrorOf({{"question", "p"}}, RowAdapter::kGsm8k), "no column 'answer'"));
  CHECK(Mentions(ErrorOf({{"prompt", "p"}}, RowAdapter::kHumanEval), "no column 'test'"));
  CHECK(Mentions(ErrorOf({{"text", "p"}, {"test_list", "x"}}, RowAdapter::kMbpp), "test_list is not a list"));
  CHECK(Mentions(ErrorOf({{"description", "p"}}, RowAdapter::kCodeContests), "no column 'public_tests'"));
}

TEST_CASE("GSM8K: the number behind ####, without commas") {
  const auto gold = [](const char* answer) {
    return Read({{"question", "q"}, {"answer", answer}}, RowAdapter::kGsm8k).gold;
  };
  CHECK(gold("Some #### work\n<<1+1=2>>.\n#### 1,234 ") == "1234");
  CHECK(gold("#### -3.5") == "-3.5");
  CHECK(gold("no mark") == "");
  CHECK(gold("x ####") == "");
}

TEST_CASE("MATH: the answer, or the last box of the solution; subject, type or level as kind") {
  const auto gold = [](const json& row) { return Read(row, RowAdapter::kMath).gold; };
  CHECK(gold({{"problem", "p"}, {"answer", " \\frac{1}{2} "}, {"solution", "\\boxed{3}"}}) == "\\frac{1}{2}");
  CHECK(gold({{"problem", "p"}, {"solution", "$\\boxed{1}$, so $\\boxed{\\frac{1}{\\{x\\}}}$."}}) ==
        "\\frac{1}{\\{x\\}}");
  CHECK(gold({{"problem", "p"}, {"solution", "so $\\boxed 2$."}}) == "2");
  CHECK(gold({{"problem", "p"}, {"solution", "none"}}) == "");
  CHECK(gold({{"problem", "p"}, {"solution", "\\boxed{open"}}) == "");
  CHECK(gold({{"problem", "p"}, {"solution", "\\boxed"}}) == "");
  CHECK(gold({{"problem", "p"}, {"answer", 42}}) == "42");
  const json row = {{"problem", "p"}, {"answer", "1"}, {"type", "Algebra"}, {"level", "Level 5"}};
  CHECK(Read(row, RowAdapter::kMath).kind == "Algebra");
  CHECK(Read(row, RowAdapter::kMath, {.kind = "level"}).kind == "Level 5");
}

TEST_CASE("HumanEval and HumanEval-X: the tests as one assertion, the language from the task's name") {
  const json row = {{"task_id", "HumanEval/0"},
                    {"prompt", "def f(x):\n    \n"},
                    {"entry_point", "f"},
                    {"test", "def check(c):\n    assert c(1) == 1\n"}};
  const FileQuestion question = Read(row, RowAdapter::kHumanEval);
  CHECK(question.text == "def f(x):\n    \n");  // its blanks belong to the program
  const json task = json::parse(question.gold);
  CHECK(task["lang"] == "python");
  CHECK(task["tests"].size() == 1);
  CHECK(task["tests"][0]["assert"] == "def check(c):\n    assert c(1) == 1\n\ncheck(f)");
  const json cpp = {{"task_id", "CPP/0"}, {"prompt", "int f(){"}, {"test", "int main(){assert(f()==1);}"}};
  CHECK(json::parse(Read(cpp, RowAdapter::kHumanEval).gold)["lang"] == "cpp");
}

TEST_CASE("MBPP: the first test is in the question, all are in the gold, what they need before each") {
  const json row = {{"text", "Add one."},
                    {"test_setup_code", "k = 1"},
                    {"test_list", {"assert f(1) == 2", "assert f(2) == 3"}}};
  const FileQuestion question = Read(row, RowAdapter::kMbpp);
  CHECK(question.text == "Add one.\nIt must pass this test and others:\nassert f(1) == 2");
  CHECK(json::parse(question.gold)["tests"] ==
        json{{{"assert", "k = 1\nassert f(1) == 2"}}, {{"assert", "k = 1\nassert f(2) == 3"}}});
  const json sanitized = {
      {"prompt", "Add one."}, {"test_imports", {"import math"}}, {"test_list", {"assert f(1) == 2"}}};
  CHECK(json::parse(Read(sanitized, RowAdapter::kMbpp).gold)["tests"][0]["assert"] ==
        "import math\nassert f(1) == 2");
  CHECK(Read({{"text", "x"}, {"test_list", json::array()}}, RowAdapter::kMbpp).gold == "");
}

TEST_CASE(
    "CodeContests: public, private and generated tests in that order, at most so many; the problem's "
    "limits") {
  json many = {{"input", json::array()}, {"output", json::array()}};
  for (int i = 0; i < 100; ++i) {
    many["input"].push_back(std::to_string(i));
    many["output"].push_back("g");
  }
  json row = {{"description", "d"},
              {"public_tests", {{"input", {"1"}}, {"output", {"a"}}}},
              {"private_tests", {{"input", {"2"}}, {"output", {"b"}}}},
              {"generated_tests", many},
              {"time_limit", {{"seconds", 2}, {"nanos", 500000000}}},
              {"memory_limit_bytes", 536870912}};
  const json task = json::parse(Read(row, RowAdapter::kCodeContests, {}, "cpp").gold);
  CHECK(task["lang"] == "cpp");
  CHECK(task["tests"].size() == kMostContestTests);
  CHECK(task["tests"][0] == json{{"stdin", "1"}, {"stdout", "a"}});
  CHECK(task["tests"][1] == json{{"stdin", "2"}, {"stdout", "b"}});
  CHECK(task["limits"] == json{{"cpu_s", 2.5}, {"memory_mb", 512}});
  CHECK(json::parse(Read(row, RowAdapter::kCodeContests).gold)["limits"]["cpu_s"] == 5.0);

  const json flat = {{"problem", "d"}, {"tests", {{"inputs", {"1"}}, {"outputs", {"a"}}}}};
  CHECK(json::parse(Read(flat, RowAdapter::kCodeContests).gold)["tests"].size() == 1);
  row["private_tests"]["output"] = json::array();
  CHECK(Mentions(ErrorOf(row, RowAdapter::kCodeContests), "tests with 1 inputs and 0 outputs"));
  CHECK(Read({{"description", "d"}, {"public_tests", nullptr}}, RowAdapter::kCodeContests).gold == "");
}

TEST_CASE("messages: one of the user, and the answer as gold; more of them are refused") {
  const json user = {{"role", "user"}, {"content", " hi "}},
             assistant = {{"role", "assistant"}, {"content", "yo"}},
             system = {{"role", "system"}, {"content", "be"}};
  const FileQuestion question = Read({{"messages", {user, assistant}}}, RowAdapter::kMessages);
  CHECK(question.text == "hi");
  CHECK(question.gold == "yo");
  CHECK(Read({{"messages", {user}}}, RowAdapter::kMessages).gold == "");
  CHECK(Read({{"messages", {user}}, {"a", {{"b", 3}}}}, RowAdapter::kMessages, {.gold = "a.b"}).gold == "3");
  CHECK(Read({{"prompt", {user}}, {"gold", "g"}}, RowAdapter::kNone).text == "hi");
  CHECK(Read({{"messages", json::array()}}, RowAdapter::kMessages).text == "");
  for (const json& messages : {json{system, user}, json{user, assistant, user}, json{system}})
    CHECK(Mentions(ErrorOf({{"messages", messages}}, RowAdapter::kMessages), "more than one message"));
  for (const json& messages : {json{{{"role", "user"}}}, json{3}, json{{{"role", 1}, {"content", "x"}}}})
    CHECK(Mentions(ErrorOf({{"messages", messages}}, RowAdapter::kMessages), "a message without a text"));
}
