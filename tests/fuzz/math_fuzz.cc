// Fuzzing of the math verifier; driver.h says how to run it.
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/math/extract.h"
#include "rewards/math/parse.h"
#include "rewards/math/verify.h"
#include "tests/fuzz/driver.h"

namespace {

constexpr std::string_view kDivider = "\n=====\n";

// What holds for every tree: children come from before their parent, and the bounds of expr.h are kept.
void CheckTree(const hone::Expr& expr) {
  Require(expr.root() >= 0 && expr.root() < expr.size(), "the root is a node");
  for (hone::ExprId id = 0; id < expr.size(); ++id) {
    for (const hone::ExprId child : expr.children(id))
      Require(child >= 0 && child < id, "children come first");
  }
  Require(!hone::ToString(expr).empty(), "every tree is shown");
}

// The whole verifier: the text against itself, and its part before a line of "=====" against the part after it.
void CheckPair(std::string_view text) {
  const size_t middle = text.find(kDivider);
  const bool two = middle != std::string_view::npos;
  const std::string_view gold = two ? text.substr(0, middle) : text;
  const std::string_view pred = two ? text.substr(middle + kDivider.size()) : text;
  hone::MathPolicy policy;
  for (const hone::FormRule form :
       {hone::FormRule::kAny, hone::FormRule::kEvaluated, hone::FormRule::kAsGold}) {
    policy.form = form;
    const hone::MathVerdict verdict = hone::VerifyMath(gold, pred, policy);
    Require(verdict.reward == 0.0 || verdict.reward == 1.0, "a reward is 0 or 1");
    Require(verdict.begin <= verdict.end && verdict.end <= pred.size(), "the span lies in the completion");
    Require(!verdict.reason.empty(), "a verdict has a reason");
    policy.rounding = "gold_digits";
    policy.variable_names = hone::VariableNamesRule::kLenient;
    policy.relation_as_set = hone::RelationAsSetRule::kBoth;
    policy.percent = hone::PercentRule::kEither;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  hone::MathPolicy policy;
  const hone::Extraction found = hone::ExtractAnswer(text, policy);
  Require(found.begin <= found.end && found.end <= text.size(), "the span lies in the completion");
  for (const std::string_view answer : {text, std::string_view(found.text)}) {
    const hone::ParseResult parsed = hone::ParseMath(answer, policy);
    if (parsed.ok) CheckTree(parsed.expr);
    Require(parsed.ok || !parsed.reason.empty(), "a refusal has a reason");
    hone::PlainText(answer);
  }
  CheckPair(text);
  return 0;
}

#ifndef HONE_LIBFUZZER
namespace {

const std::vector<std::string>& Corpus() {
  static const std::vector<std::string> corpus = {
      "\\frac{1}{2}",
      "The answer is $x = \\frac{-1 \\pm \\sqrt{13}}{4}$.",
      "\\boxed{(-\\infty, 2) \\cup [3, \\infty)}",
      "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}",
      "32,\\! 349",
      "0.1\\overline{6}",
      "1A_{16}",
      "60 \\text{ km/h}^2",
      "3\\frac12 \\%",
      "\\sum_{k=1}^{n} \\binom{n}{k} k^2",
      "\\{x \\mid x > 3\\}",
      "$\\boxed{28}$ pct",
      "<answer>{1,2}</answer>",
      "#### 1,000",
      "||x|-1| + \\lfloor y \\rfloor",
      "x \\equiv 3 \\pmod 7",
      "12:30 p.m.",
      "(C) 5 cm",
      "2,74 $",
      "sqrt(3)/2 + x**2",
      "7^\\circ30'",
      "\xE2\x88\x9A"
      "2\xCF\x80",
      "\\begin{cases} x & x>0 \\\\ -x & \\text{else} \\end{cases}",
      "f(x)=\\log_2 8",
      "a \\in \\mathbb{R} \\setminus \\{0\\}",
      "\\gcd(12, 18) \\bmod 5!",
      "1:2:3:\\ldots",
      "<1,2>",
      "**73**",
      "\\sin^2 x + \\cos^2 x = 1",
      "\\sqrt{5+2\\sqrt{6}} - \\sqrt[3]{2}",
      "(x+y+z)^{12} (x-1)^{-3}",
      "9^{9^9}, (5!)!, 2^{-99}",
      "e^{i\\pi/3} + \\ln 8 / \\ln 2",
      "\\sum_{k=1}^{40} \\frac{1}{k^2}",
      "[1, \\sqrt{2}) \\cup (3, 4] \\cap (-1, 10)",
      "1 < |x| \\le \\frac52",
      "x^{2/3} \\binom{x}{3} + x!",
      "\\begin{vmatrix} a & b \\\\ c & d \\end{vmatrix}",
      "\\left\\lfloor 10^{20} \\pi \\right\\rfloor",
      "\\vec{i} + 2\\hat{j}",
      "|x-1000| + \\sqrt{x^2-2x+1}",
      "\\max(x, 3) - \\lfloor x \\bmod 2 \\rfloor",
      "\\angle ABC, \\overline{HTH}",
      "5 m/s",
      "1/2 hour",
      "(x,y)=(1,2)",
      "x=1, y=2",
      "3 \\pmod 4",
      "A \\Rightarrow B \\mid C",
      "\\frac12\\begin{pmatrix}2&x\\\\4&1\\end{pmatrix}",
      "72 red apples",
      "The answer is not $72$, which is clearly wrong, but minus twenty-five and a half",
      "\\boxed{5\\text{ or fewer}} or else 4, otherwise (at the most) 10% of 3 times 2?  No.",
      "Option (b) is the correct choice because A \xE2\x80\x94 isn\xE2\x80\x99t; yes, it is even"};
  return corpus;
}

constexpr std::string_view kCharacters("{}()[]|\\$^_,.;:&-+*/!%= 0159exi\xff\0", 34);

}  // namespace

int main(int argc, char** argv) {
  return Drive(argc, argv, [](uint64_t i, std::mt19937_64& random) {
    // Every other input is a pair: the gold, and what became of it.
    const auto mutated = [&](const std::string& text) {
      return Mutated(text, Corpus(), Characters(kCharacters), 4000, random);
    };
    const std::string& base = Corpus()[random() % Corpus().size()];
    const std::string gold = i % 4 == 1 ? base : mutated(base);
    const std::string text = i % 2 == 0 ? gold : gold + std::string(kDivider) + mutated(gold);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  });
}
#endif  // HONE_LIBFUZZER
