// The extractor: each anchor and its precedence, every flag that concerns it, spans, and hostile completions.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "rewards/math/extract.h"

namespace hone {
namespace {

struct Row {
  std::string completion, text, anchor;  // anchor "none": no answer, and `text` begins the reason
};

void CheckRows(const std::vector<Row>& rows, const MathPolicy& policy = {}) {
  for (const Row& row : rows) {
    CAPTURE(row.completion);
    const Extraction found = ExtractAnswer(row.completion, policy);
    CHECK(std::string(AnchorName(found.anchor)) == row.anchor);
    CHECK(found.found == (row.anchor != "none"));
    CHECK((found.found ? found.text : found.reason.substr(0, row.text.size())) == row.text);
    CHECK(found.begin <= found.end);
    CHECK(found.end <= row.completion.size());
    CHECK(!found.reason.empty());
  }
}

MathPolicy With(const std::string& flag) {
  MathPolicy policy;
  SetFlag(policy, flag);
  return policy;
}

TEST_CASE("tags before boxes before phrases before the last expression") {
  CheckRows({
      {"\\boxed{1} <answer>2</answer>", "2", "answer tag"},
      {"<answer>so \\boxed{3}</answer> \\boxed{4}", "3", "answer tag"},
      {"<answer>The answer is 5.</answer>", "5", "answer tag"},
      {"<answer> </answer> \\boxed{4}", "the last <answer> is empty", "none"},
      {"<answer>4", "the last <answer> is not closed", "none"},
      {"The answer is 7, so \\boxed{8}.", "8", "box"},
      {"Answer: 7. I checked 3 + 4 too.", "7", "phrase"},
      {"It has 12 sides and 7 corners.", "7", "expression"},
      {"<think>\\boxed{1}</think> So \\boxed{2}", "2", "box"},
      {"<think>hm</think> It is 9.<|im_end|>\n<|im_start|>user 10", "9", "expression"},
      {"", "nothing was said", "none"},
      {"I do not know what to say about this, sorry.", "I do not know what to say about this, sorry.",
       "expression"},
  });
}

TEST_CASE("boxes: nested braces, the last one, broken ones, neighbours") {
  CheckRows({
      {"$\\boxed{\\frac{1}{\\sqrt{2}}}$", "\\frac{1}{\\sqrt{2}}", "box"},
      {"\\boxed{\\{1,2\\}}", "\\{1,2\\}", "box"},
      {"\\boxed{\\boxed{5}}", "5", "box"},
      {"\\fbox{6}", "6", "box"},
      {"\\boxed 7", "7", "box"},
      {"\\boxed{3} and then we wait. Much later \\boxed{4}", "4", "box"},
      {"\\boxed{3} and then \\boxed{4", "the last box is not terminated", "none"},
      {"\\boxed{3} but \\boxed{ }", "the last box is empty", "none"},
      {"\\boxed{1} papers and \\boxed{2} bins", "1, 2", "box"},
      {"$\\boxed{1}\\boxed{2}$", "1, 2", "box"},
      {"\\boxed{1} = \\boxed{2}", "2", "box"},
      {"\\boxed{004}.\n\n\\boxed{004}", "004", "box"},
      {"$\\boxed{28}$ pct", "28 \\%", "box"},
      {"\\boxed{28}\\% of it", "28 \\%", "box"},
  });
  CHECK(ExtractAnswer("\\boxed{28}\\% of it", {}).alternative == "28");
  CHECK(ExtractAnswer("\\boxed{28}", {}).alternative.empty());
  CheckRows({{"\\boxed{1} and \\boxed{2}", "2", "box"}}, With("join_boxes=last"));
  CheckRows({{"\\boxed{1} is one root. Another one, found by dividing, is \\boxed{2}.", "1, 2", "box"}},
            With("join_boxes=all"));
  CheckRows({{"The answer is 4.", "there is no box", "none"}, {"\\boxed{4}", "4", "box"}},
            With("box_required=on"));
  CheckRows({{"final answer is 9999, \\boxed{1}", "1", "box"}}, With("box_or_phrase=box"));
  CheckRows({{"\\boxed{1}. The final answer is 9999.", "9999", "phrase"}}, With("box_or_phrase=phrase"));
}

TEST_CASE("phrases: the last one, what it denies, formulas and sentences after it") {
  CheckRows({
      {"Final Answer: The final answer is $\\frac{1}{2}$. I hope it is correct.", "$\\frac{1}{2}$", "phrase"},
      {"The answer is $2$ and $3$.", "$2$ and $3$", "phrase"},
      {"The answer is 12,000,023. I hope it is correct.", "12,000,023", "phrase"},
      {"**Answer:** 42", "42", "phrase"},
      {"The answer to the question is 6 apples.", "6 apples", "phrase"},
      {"Final Answer: The number of points of $f(x)$ is 19.", "19", "phrase"},
      {"The answer is 5 because we add.", "5", "phrase"},
      {"The answer is:\n\n$$x = 4$$", "$$x = 4$$", "phrase"},
      {"The final answer is \\((-6, 10)\\). I hope so.", "\\((-6, 10)\\)", "phrase"},
      {"the answer is not $1$", "a value that words say it is not", "none"},
      {"The answer is Evelyn.", "Evelyn", "phrase"},
      {"answer is\nC Cecile", "C Cecile", "phrase"},
      {"r\u00E9ponse est (35 + 70 = 105).", "(35 + 70 = 105)", "phrase"},
      {"So 3 + 4 = 7.\n#### 7", "7", "####"},
      {"#### 1. First step\nIt is 8.", "8", "expression"},
  });
}

TEST_CASE("the last expression, in formulas and in running text") {
  CheckRows({
      {"  \\frac{1}{2}  ", "\\frac{1}{2}", "expression"},
      {"We find that $x \\neq 3$.", "$x \\neq 3$", "expression"},
      {"Answer \\[ 9 \\]", "\\[ 9 \\]", "expression"},
      {"$28$ %", "$28$ %", "expression"},
      {"It costs $5 for one and $6 for two.", "$6", "expression"},
      {"P(A) = (1/2) * (4/3) P(A) = 2/3 Therefore, the probability that Alice wins the game is 2/3.", "2/3",
       "expression"},
      {"la valeur est de **25%**.", "25%", "expression"},
      {"\u8BA1\u5212\u7684\u6BD4\u4F8B\u4E3A13/28", "13/28", "expression"},
      {"Soucis : 2,74 $ a..", "2,74", "expression"},
      {"There are (as we saw) 10 cm left.", "10 cm", "expression"},
      {"He came 3rd of 12.", "12", "expression"},
      {"A. Because B is not valid", "A. Because B is not valid", "expression"},
      {"[90].", "[90].", "expression"},
  });
  CheckRows({{"The angle [90] is right, of 4.", "90", "bracket"}, {"Answer: 3 [90]", "3", "phrase"}},
            With("bracket_answer=on"));
}

TEST_CASE("spans point at the answer in the completion") {
  for (const std::string completion : {"so \\boxed{\\frac{1}{2}} it is", "The answer is $x=5$.",
                                       "It has 12 sides.", "<answer> 7 </answer>", "x\n#### 72"}) {
    CAPTURE(completion);
    const Extraction found = ExtractAnswer(completion, {});
    CHECK(completion.substr(found.begin, found.end - found.begin) == found.text);
  }
}

TEST_CASE("linear time on hostile completions") {  // a quadratic scan would outlast ctest
  const std::vector<std::string> bits = {
      "{",         "}",          "\\boxed{", "\\boxed{}", "\\boxed{1}", "$",        "$1$, \\(",
      "\\(",       "answer is ", "answer",   "1 ",        "(",          "####",     "<answer>",
      "</answer>", "1, ",        "\\",       "\xE7",      "\n",         "a.",       "[",
      "$$",        "5 and ",     "</think>", "<",         "answers ",   "isn't 3 ", "\\boxed{1} or ",
      "1\n",       "\\[1\\]"};
  for (const std::string& bit : bits) {
    CAPTURE(bit);
    std::string text;
    while (text.size() < 2000000) text += bit;
    ExtractAnswer(text, {});
  }
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string text;
    for (int i = 0; i < 300; ++i) text += bits[random() % bits.size()];
    const Extraction found = ExtractAnswer(text, {});
    REQUIRE(found.begin <= found.end);
    REQUIRE(found.end <= text.size());
  }
}

}  // namespace
}  // namespace hone
