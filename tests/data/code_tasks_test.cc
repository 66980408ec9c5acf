// data/code_tasks and data/code_corpus: the compiler agrees with the values, splits cannot overlap, shares are as configured, and
// the tokenizer writes every document.
#include "data/code_tasks.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "data/code_corpus.h"
#include "data/error.h"

using namespace hone;

namespace {

const PromptTemplate kBare("{question}");

class Scratch {
 public:
  Scratch() {
    path_ = (std::filesystem::temp_directory_path() / "hone_code_XXXXXX").string();
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

nlohmann::json GoldOf(const Prompt& prompt) { return nlohmann::json::parse(prompt.gold); }

// The program calls all tests of all questions and prints how many values differ.
std::string CheckingProgram(const std::vector<std::pair<std::string, nlohmann::json>>& functions) {
  std::string program = "#include <cstdio>\n", main = "int main(){int wrong=0;\n";
  for (size_t i = 0; i < functions.size(); ++i) {
    const std::string space = "q" + std::to_string(i);
    program += "namespace " + space + "{" + functions[i].first + "}\n";
    for (const nlohmann::json& test : functions[i].second.at("tests")) {
      std::string args = test.at("args").dump();
      args = args.substr(1, args.size() - 2);
      main += "if(" + space + "::f(" + args + ")!=" + test.at("returns").dump() + "){++wrong;std::puts(\"" +
              space + "\");}\n";
    }
  }
  return program + main + "std::printf(\"%d wrong\\n\",wrong);}\n";
}

// What `command` prints on stdout; "" when it ends with another code than 0.
std::string OutputOf(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char chunk[256];
  while (std::fgets(chunk, sizeof chunk, pipe) != nullptr) output += chunk;
  return pclose(pipe) == 0 ? output : "";
}

}  // namespace

TEST_CASE("a compiler and the values agree, without overflow, on every test of 400 questions") {
  Scratch scratch;
  std::vector<std::pair<std::string, nlohmann::json>> functions;
  for (const Split split : {Split::kTrain, Split::kHeldOut}) {
    const CodeTask task(31, split, kBare);
    for (int i = 0; i < 200; ++i)
      functions.emplace_back(task.QuestionAt(i).Program(), GoldOf(task.PromptAt(i)));
  }
  std::ofstream(scratch.path() + "/check.cc") << CheckingProgram(functions);
  const std::string compile = "g++ -std=c++20 -O1 -fsanitize=undefined -fno-sanitize-recover=all -w -o " +
                              scratch.path() + "/check " + scratch.path() + "/check.cc 2>&1 && " +
                              scratch.path() + "/check";
  CHECK(OutputOf(compile) == "0 wrong\n");
}

TEST_CASE("golds have tests that tell programs apart, in the range of int; kinds keep their weights") {
  const uint64_t seed = 7;
  CAPTURE(seed);
  const CodeTask task(seed, Split::kTrain, kBare);
  const int count = 20000;
  std::map<std::string, int> kinds;
  int few = 0;
  for (int i = 0; i < count; ++i) {
    const CodeQuestion question = task.QuestionAt(i);
    const Prompt prompt = task.PromptAt(i);
    CAPTURE(prompt.text);
    ++kinds[prompt.kind];
    const nlohmann::json gold = GoldOf(prompt);
    REQUIRE(gold.at("tests").size() == kCodeTests);
    std::set<int64_t> values;
    for (const nlohmann::json& test : gold.at("tests")) {
      REQUIRE(test.at("args").size() == static_cast<size_t>(question.parameters));
      const auto value = test.at("returns").get<int64_t>();
      REQUIRE(std::abs(value) < std::numeric_limits<int>::max() / 2);
      values.insert(value);
    }
    REQUIRE(values.size() >= 2);
    few += values.size() < 3;
    REQUIRE(prompt.text == question.Text());  // the program, its plan and the tests stay out of the prompt
  }
  CHECK(few < count / 20);
  for (const CodeKindInfo& info : kCodeKinds) {
    const double expected = count * info.weight / 100.0;
    CHECK(std::abs(kinds[info.name] - expected) < 5 * std::sqrt(expected));
  }
}

TEST_CASE("words, plan and program say the same of a question of each kind") {
  const std::map<std::string, std::string> expected = {
      {"chain",
       "int f(int a,int b) // b times 4, plus 7, minus b | b*4,+7,-b | int f(int a,int b){return b*4+7-b;}"},
      {"choose",
       "int f(int a,int b) // if a is at least 11 then b minus 12 else b plus a, plus 10 | "
       "a>=11:b-12:b+a,+10 | int f(int a,int b){int r=a>=11?b-12:b+a;return r+10;}"},
      {"clamp",
       "int f(int a,int b) // a times 6 kept from 6 to 9, minus 6 | r=a*6,6:9,-6 | int f(int a,int b){int "
       "r=a*6;if(r<6)r=6;if(r>9)r=9;return r-6;}"},
      {"count",
       "int f(int a) // how many i from 0 to a leave 7 by 8, minus 1 | i=0,i<=a,i++,i%8==7,-1 | int f(int "
       "a){int r=0;for(int i=0;i<=a;i++)if(i%8==7)r++;return r-1;}"},
      {"digits",
       "int f(int a,int b) // how many digits of a in base 4 are 1, plus b | x=a,if(x%4==1)r++;x/=4,+b | int "
       "f(int a,int b){int r=0;int x=a;while(x>0){if(x%4==1)r++;x/=4;}return r+b;}"},
      {"pick",
       "int f(int a,int b) // the smaller of a plus b and b times b | x=a+b,y=b*b,x<y | int f(int a,int "
       "b){int x=a+b;int y=b*b;int r=x<y?x:y;return r;}"},
      {"power",
       "int f(int a,int b,int c) // a to the power a | i<a,r*=a | int f(int a,int b,int c){int r=1;for(int "
       "i=0;i<a;i++)r*=a;return r;}"},
      {"series",
       "int f(int a) // the sum of i minus 5 for i from 3 to below a by 3, plus 12 | i=3,i<a,i+=3,r+=i-5,+12 "
       "| int f(int a){int r=0;for(int i=3;i<a;i+=3)r+=i-5;return r+12;}"},
  };
  const CodeTask task(3, Split::kTrain, kBare);
  std::map<std::string, std::string> first;
  for (int i = 0; first.size() < std::size(kCodeKinds); ++i) {
    const CodeQuestion question = task.QuestionAt(i);
    first.emplace(CodeKindName(question.kind),
                  question.Text() + " | " + question.Plan() + " | " + question.Program());
  }
  CHECK(first == expected);
}

TEST_CASE("splits of any seeds are disjoint; a prompt depends on seed, split and index alone") {
  std::set<std::string> held_out;
  for (const uint64_t seed : {1, 2, 3}) {
    for (int i = 0; i < 2000; ++i) held_out.insert(CodeTask(seed, Split::kHeldOut, kBare).PromptAt(i).text);
  }
  CHECK(held_out.size() > 4000);
  for (const uint64_t seed : {1, 4}) {
    const CodeTask train(seed, Split::kTrain, kBare);
    for (int i = 0; i < 10000; ++i) REQUIRE(held_out.count(train.QuestionAt(i).Text()) == 0);
    const CodeCorpus corpus({}, seed, kBare);
    for (int i = 0; i < 10000; ++i) REQUIRE(held_out.count(corpus.DocumentAt(i).question.Text()) == 0);
  }
  const CodeTask a(5, Split::kTrain, kBare), b(5, Split::kTrain, kBare), other(6, Split::kTrain, kBare);
  int same = 0;
  for (int i = 99; i >= 0; --i) {
    const Prompt p = a.PromptAt(i), q = b.PromptAt(i);
    CHECK((p.text == q.text && p.gold == q.gold && p.columns == q.columns));
    same += p.text == other.PromptAt(i).text;
  }
  CHECK(same < 5);
}

TEST_CASE("documents keep their shares and formats, and a spoiled program differs in its body only") {
  const int count = 20000;
  const CodeCorpusConfig config;
  const CodeCorpus corpus(config, 11, PromptTemplate("<bos>{question}\n"));
  int planned = 0, spoiled_direct = 0, spoiled_planned = 0, untagged = 0;
  for (int i = 0; i < count; ++i) {
    const CodeDocument d = corpus.DocumentAt(i);
    CAPTURE(d.completion);
    const std::string right = d.question.Program();
    const std::string body = right.substr(right.find('{'));
    REQUIRE(d.prompt == "<bos>" + d.question.Text() + "\n");
    REQUIRE((d.program == right) == !d.spoiled);
    REQUIRE(d.program.substr(0, right.find('{') + 1) == right.substr(0, right.find('{') + 1));
    planned += d.planned;
    (d.planned ? spoiled_planned : spoiled_direct) += d.spoiled;
    const std::string tagged = "<think>" + (d.planned ? d.question.Plan() : "easy") + "</think><answer>" +
                               d.program + "</answer><eos>";
    const bool bare = d.completion == d.program + "<eos>";
    REQUIRE((bare || d.completion == tagged));
    REQUIRE(!(bare && d.planned));
    untagged += bare;
  }
  const auto near = [](int n, double share, int of) {
    return std::abs(n - share * of) < 5 * std::sqrt(share * of);
  };
  const int direct = count - planned;
  CHECK(near(direct, config.direct_share, count));
  CHECK(near(spoiled_direct, config.wrong_share, direct));
  CHECK(near(spoiled_planned, config.slip, planned));
  CHECK(near(untagged, config.untagged_share, direct));
  CHECK_THROWS_AS(CodeCorpus({.wrong_share = 1.5}, 1, kBare), Error);
  CHECK_THROWS_AS(CodeCorpus({.slip = NAN}, 1, kBare), Error);
}

TEST_CASE("the tokenizer writes every document, shortly, and reads it back") {
  Scratch scratch;
  WriteCodeTokenizer(scratch.path());
  const Tokenizer tokenizer = Tokenizer::Load(scratch.path());
  const CodeCorpus corpus({}, 5, PromptTemplate("<bos>{question}\n"));
  size_t tokens = 0, longest_prompt = 0, longest_completion = 0;
  const int count = 20000;
  for (int i = 0; i < count; ++i) {
    const CodeDocument d = corpus.DocumentAt(i);
    const std::vector<int32_t> prompt = tokenizer.Encode(d.prompt),
                               completion = tokenizer.Encode(d.completion);
    REQUIRE(tokenizer.Decode(prompt, false) + tokenizer.Decode(completion, false) == d.prompt + d.completion);
    tokens += prompt.size() + completion.size();
    longest_prompt = std::max(longest_prompt, prompt.size());
    longest_completion = std::max(longest_completion, completion.size());
  }
  MESSAGE(tokenizer.vocab_size() << " tokens; documents of " << static_cast<double>(tokens) / count
                                 << " tokens, prompts up to " << longest_prompt << ", completions up to "
                                 << longest_completion);
  CHECK(longest_prompt <= 64);
  CHECK(longest_completion <= 144);
}
