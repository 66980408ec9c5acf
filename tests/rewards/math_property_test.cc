// Random pairs: equal by construction is right, a change that doubles can see is wrong, and threads change nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {
namespace {

using Random = std::mt19937_64;

int Below(Random& random, int n) { return static_cast<int>(random() % static_cast<uint64_t>(n)); }

// A random formula: what it is worth, and how it may be written.
struct Formula {
  enum Op { kNumber, kSymbol, kAdd, kMultiply, kPower, kSine, kRoot, kAbs } op = kNumber;
  int top = 1, below = 1;  // kNumber: the fraction; kPower: the exponent; kRoot: the radicand; kSymbol: which
  std::vector<Formula> operands;

  double At(double x, double y) const {
    switch (op) {
      case kNumber:
        return static_cast<double>(top) / below;
      case kSymbol:
        return top == 0 ? x : y;
      case kAdd: {
        double sum = 0;
        for (const Formula& f : operands) sum += f.At(x, y);
        return sum;
      }
      case kMultiply: {
        double product = 1;
        for (const Formula& f : operands) product *= f.At(x, y);
        return product;
      }
      case kPower:
        return std::pow(operands[0].At(x, y), top);
      case kSine:
        return std::sin(operands[0].At(x, y));
      case kRoot:
        return std::sqrt(static_cast<double>(top));
      default:
        return std::abs(operands[0].At(x, y));
    }
  }
};

Formula Draw(Random& random, int depth) {
  Formula f;
  const int pick = Below(random, depth == 0 ? 4 : 10);
  if (pick == 0) {
    f.top = Below(random, 30) - 10;
    constexpr int kBelow[] = {1, 1, 2, 3, 4, 5, 7};
    f.below = kBelow[Below(random, 7)];
  } else if (pick <= 2) {
    f.op = Formula::kSymbol;
    f.top = Below(random, 2);
  } else if (pick == 3) {
    f.op = Formula::kRoot;
    f.top = 2 + Below(random, 20);
  } else if (pick <= 7) {
    f.op = pick <= 5 ? Formula::kAdd : Formula::kMultiply;
    for (int i = 2 + Below(random, 2); i > 0; --i) f.operands.push_back(Draw(random, depth - 1));
  } else {
    f.op = pick == 8 ? Formula::kPower : Below(random, 3) == 0 ? Formula::kAbs : Formula::kSine;
    f.top = 2 + Below(random, 2);
    f.operands.push_back(Draw(random, depth - 1));
  }
  return f;
}

// One of the many ways to write it: in LaTeX or plain, operands in any order, numbers in other clothes, products spread out.
class Writer {
 public:
  Writer(Random& random, bool latex) : random_(random), latex_(latex) {}

  std::string Write(const Formula& f) {
    std::string out = Once(f);
    switch (Below(random_, 12)) {
      case 0:
        return "(" + out + "+0)";
      case 1:
        return "(1" + times() + "(" + out + "))";
      case 2:
        return "(-(-(" + out + ")))";
      case 3:
        return latex_ ? "\\frac{2(" + out + ")}{2}" : "(2*(" + out + ")/2)";
      default:
        return out;
    }
  }

 private:
  std::string times() const { return latex_ ? "\\cdot " : "*"; }

  std::string Number(int top, int below) {
    if (below == 1) return top < 0 ? "(" + std::to_string(top) + ")" : std::to_string(top);
    if ((below == 2 || below == 4 || below == 5) && Below(random_, 2) == 0) {
      const int hundredths = std::abs(top) * 100 / below;
      std::string cents = std::to_string(hundredths % 100);
      if (cents.size() == 1) cents = "0" + cents;
      return std::string(top < 0 ? "(-" : "(") + std::to_string(hundredths / 100) + "." + cents + ")";
    }
    const std::string a = std::to_string(top), b = std::to_string(below);
    return latex_ ? "\\frac{" + a + "}{" + b + "}" : "((" + a + ")/" + b + ")";
  }

  std::string Once(const Formula& f) {
    switch (f.op) {
      case Formula::kNumber:
        return Number(f.top, f.below);
      case Formula::kSymbol:
        return f.top == 0 ? "x" : "y";
      case Formula::kRoot:
        return latex_ ? "\\sqrt{" + std::to_string(f.top) + "}" : "sqrt(" + std::to_string(f.top) + ")";
      case Formula::kAdd:
      case Formula::kMultiply:
        return Many(f);
      case Formula::kPower: {
        const std::string base = "(" + Write(f.operands[0]) + ")";
        if (Below(random_, 3) == 0)
          return "(" + base + times() + base + (f.top == 3 ? times() + base : "") + ")";
        return base + (latex_ ? "^{" + std::to_string(f.top) + "}" : "**" + std::to_string(f.top));
      }
      case Formula::kSine:
        return (latex_ ? "\\sin(" : "sin(") + Write(f.operands[0]) + ")";
      default:
        return latex_ ? "\\left|" + Write(f.operands[0]) + "\\right|" : "abs(" + Write(f.operands[0]) + ")";
    }
  }

  std::string Many(const Formula& f) {
    std::vector<Formula> operands = f.operands;
    std::shuffle(operands.begin(), operands.end(), random_);
    const auto sum = std::find_if(operands.begin(), operands.end(),
                                  [](const Formula& o) { return o.op == Formula::kAdd; });
    std::string out;
    if (f.op == Formula::kMultiply && sum != operands.end() &&
        Below(random_, 2) == 0) {  // a (b + c) = a b + a c
      for (const Formula& term : sum->operands) {
        Formula product = f;
        product.operands = operands;
        product.operands[static_cast<size_t>(sum - operands.begin())] = term;
        out += (out.empty() ? "" : "+") + Write(product);
      }
      return "(" + out + ")";
    }
    for (const Formula& o : operands) {
      const std::string sign = f.op == Formula::kAdd ? "+" : times();
      out += (out.empty() ? "" : sign) + "(" + Write(o) + ")";
    }
    return "(" + out + ")";
  }

  Random& random_;
  bool latex_;
};

// The formula with one of its numbers, symbols or exponents changed.
void Perturb(Formula& f, Random& random) {
  if (!f.operands.empty() && (f.op != Formula::kPower || Below(random, 3) != 0)) {
    return Perturb(f.operands[static_cast<size_t>(Below(random, static_cast<int>(f.operands.size())))],
                   random);
  }
  f.top = f.op == Formula::kSymbol ? 1 - f.top : f.op == Formula::kPower ? 5 - f.top : f.top + 1;
}

bool Differ(const Formula& a, const Formula& b) {
  constexpr std::pair<double, double> kPoints[] = {{0.7, 1.3}, {2.1, 0.4}, {-1.2, 0.9}, {3.3, -2.6}};
  return std::any_of(std::begin(kPoints), std::end(kPoints), [&](const auto& p) {
    const double left = a.At(p.first, p.second), right = b.At(p.first, p.second);
    return std::abs(left - right) > 1e-6 * (1 + std::abs(left));
  });
}

// The same answer inside something: alone, as an equation, in a tuple, a list in any order, a set, a matrix.
std::string Inside(int kind, const std::string& formula, bool turn) {
  switch (kind) {
    case 0:
      return "z = " + formula;
    case 1:
      return "(" + formula + ", 3)";
    case 2:
      return turn ? "17, " + formula : formula + ", 17";
    case 3:
      return turn ? "\\{17, " + formula + "\\}" : "\\{" + formula + ", 17\\}";
    case 4:
      return "\\begin{pmatrix} 1 & " + formula + " \\\\ 0 & 2 \\end{pmatrix}";
    default:
      return formula;
  }
}

struct Pair {
  std::string gold, pred;
  bool right;
};

std::vector<Pair> Pairs(int seed) {
  Random random(static_cast<uint64_t>(seed));
  std::vector<Pair> out;
  const Formula formula = Draw(random, 3);
  Formula changed = formula;
  Perturb(changed, random);
  const int kind = Below(random, 10);
  const bool latex = kind <= 4 || Below(random, 2) == 0;  // containers are written in LaTeX
  const auto write = [&](const Formula& f) {
    return Inside(kind, Writer(random, latex).Write(f), Below(random, 2) == 0);
  };
  const auto boxed = [&](const Formula& f) { return "so we find \\boxed{" + write(f) + "}."; };
  const std::string bare = write(formula);
  const std::string gold = bare.size() < 400 ? bare : "\\boxed{" + bare + "}";
  out.push_back({gold, boxed(formula), true});
  if (Differ(formula, changed)) out.push_back({gold, boxed(changed), false});
  return out;
}

TEST_CASE("equal by construction is right, changed is wrong") {
  int wrong = 0;
  for (int seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    for (const Pair& pair : Pairs(seed)) {
      CAPTURE(pair.gold);
      CAPTURE(pair.pred);
      const MathVerdict verdict = VerifyMath(pair.gold, pair.pred, {});
      CAPTURE(verdict.reason);
      CAPTURE(verdict.method);
      CHECK(verdict.status == MathVerdict::Status::kOk);
      CHECK((verdict.reward == 1.0) == pair.right);
      wrong += !pair.right;
    }
  }
  CHECK(wrong > 1500);
}

TEST_CASE("verdicts do not depend on threads") {
  std::vector<Pair> pairs;
  for (int seed = 10000; seed < 10300; ++seed) {
    for (Pair& pair : Pairs(seed)) pairs.push_back(std::move(pair));
  }
  const auto all = [&](size_t first) {  // each thread in an order of its own
    std::vector<std::string> out(pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      const size_t at = (first + i) % pairs.size();
      const MathVerdict verdict = VerifyMath(pairs[at].gold, pairs[at].pred, {});
      out[at] = std::to_string(verdict.reward) + verdict.method + verdict.reason;
    }
    return out;
  };
  const std::vector<std::string> expected = all(0);
  std::vector<std::vector<std::string>> got(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < got.size(); ++t) threads.emplace_back([&, t] { got[t] = all(t * 97); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& verdicts : got) CHECK(verdicts == expected);
}

}  // namespace
}  // namespace hone
