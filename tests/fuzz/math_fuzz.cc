// Fuzzing of the math verifier. With clang and -fsanitize=fuzzer,address libFuzzer drives it; with any other compiler a
// small driver of its own does: `math_fuzz [inputs] [seed]` mutates a built-in corpus, and prints the seed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/math/extract.h"
#include "rewards/math/parse.h"
#include "rewards/math/verify.h"

namespace {

constexpr std::string_view kDivider = "\n=====\n";

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

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

// One to eight changes: cut, repeat, swap in a piece of another text, change a byte.
std::string Mutated(std::string text, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  for (size_t change = 1 + below(8); change > 0; --change) {
    const size_t at = below(text.size() + 1), size = below(8);
    const std::string& other = Corpus()[below(Corpus().size())];
    switch (below(5)) {
      case 0:
        text.erase(at, size);
        break;
      case 1:
        text.insert(at, text.substr(at, size));
        break;
      case 2:
        text.insert(at, other.substr(below(other.size()), below(16)));
        break;
      case 3:
        text.insert(at, 1, "{}()[]|\\$^_,.;:&-+*/!%= 0159exi\xff\0"[below(34)]);
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random());
    }
    if (text.size() > 4000) text.resize(4000);
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t inputs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(inputs),
              static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < inputs; ++i) {
    // Every other input is a pair: the gold, and what became of it.
    const std::string& base = Corpus()[random() % Corpus().size()];
    const std::string gold = i % 4 == 1 ? base : Mutated(base, random);
    const std::string text = i % 2 == 0 ? gold : gold + std::string(kDivider) + Mutated(gold, random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  return 0;
}
#endif  // HONE_LIBFUZZER
