// Extraction, parsing, comparison. Covered by tests/rewards/math_verify_test.cc.
#include "rewards/math/verify.h"

#include <flint/flint.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "rewards/math/compare.h"
#include "rewards/math/compare_written.h"
#include "rewards/math/extract.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/parse.h"

namespace hone {
namespace {

constexpr int64_t kUnits = 12000000;  // of work for one pair: some 8 ms
constexpr size_t kMostRenames = 3;
constexpr size_t kMaxWordsOfGold = 64;  // bytes of a gold that is compared by its words

bool SameWords(std::string_view a, std::string_view b) {
  const std::string words = PlainText(a);
  return !words.empty() && words == PlainText(b);
}

// A box or tag that holds no answer is a mistake in the gold.
bool HasAnchor(std::string_view text) {
  return text.find("\\boxed") != text.npos || text.find("\\fbox") != text.npos ||
         text.find("<answer") != text.npos;
}

bool HasLetter(std::string_view text) { return std::any_of(text.begin(), text.end(), IsLetter); }

struct Answer {
  Extraction extraction;
  ParseResult parsed;
  bool percent_outside = false;  // as in \boxed{10}\%: the text has the sign, the bytes in the box have not
};

// `\int_0^1 x^2 dx = \frac13` is worth its right side, whatever the left one says.
void ReadRightSide(Answer& answer, const MathPolicy& policy) {
  const std::string& text = answer.extraction.text;
  int depth = 0;
  size_t last = std::string::npos;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += (text[i] == '{') - (text[i] == '}');
    const bool plain = i == 0 || std::string_view("<>!:=").find(text[i - 1]) == std::string_view::npos;
    if (text[i] == '=' && depth == 0 && plain) last = i;
  }
  if (last == std::string::npos) return;
  ParseResult parsed = ParseMath(std::string_view(text).substr(last + 1), policy);
  if (parsed.ok && parsed.expr.kind(parsed.expr.root()) != ExprKind::kText) answer.parsed = std::move(parsed);
}

Answer Read(std::string_view text, const MathPolicy& policy) {
  Answer answer;
  answer.extraction = ExtractAnswer(text, policy);
  const Extraction& found = answer.extraction;
  answer.parsed.formula = found.words;  // equal to the same words only
  if (found.words) return answer;
  if (found.found) answer.parsed = ParseMath(found.text, policy);
  if (found.found && !answer.parsed.ok) ReadRightSide(answer, policy);
  answer.percent_outside = found.anchor == Anchor::kBox && found.text.ends_with('%') &&
                           text.substr(found.begin, found.end - found.begin) != found.text;
  return answer;
}

// A gold without anything that an answer is known by is an answer as it stands: a name with a number in it, a unit alone.
Answer ReadGold(std::string_view text, MathPolicy policy) {
  policy.box_required = Switch::kOff;  // the gold may be bare
  Answer gold = Read(text, policy);
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (gold.extraction.found || begin == text.npos || HasAnchor(text)) return gold;
  const std::string_view bare = text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
  gold.extraction.found = true;
  gold.extraction.text = bare;
  gold.extraction.begin = begin;
  gold.extraction.end = begin + bare.size();
  gold.parsed = ParseMath(bare, policy);
  const bool words =
      bare.size() <= kMaxWordsOfGold && bare.find('\n') == bare.npos && !PlainText(bare).empty();
  gold.parsed.formula = gold.parsed.formula || (!gold.parsed.ok && words && HasLetter(bare));
  return gold;
}

MathVerdict Fault(std::string reason) {
  MathVerdict verdict;
  verdict.status = MathVerdict::Status::kFault;
  verdict.reason = std::move(reason);
  return verdict;
}

bool TakesList(ExprKind kind) {
  return kind == ExprKind::kList || kind == ExprKind::kSet || kind == ExprKind::kTuple ||
         kind == ExprKind::kCommaNumber || kind == ExprKind::kMatrix;
}

// 3,5: of a gold, two numbers; 0,5 and 1,22 may have a decimal comma.
bool IsPairOfDigits(const Expr& expr) {
  if (expr.kind(expr.root()) != ExprKind::kCommaNumber) return false;
  const ExprId number = expr.child(expr.root(), 1);
  return expr.kind(number) == ExprKind::kNumber && expr.digits(number).size() == 2;
}

class Pair {
 public:
  Pair(const Answer& gold, const Answer& pred, const MathPolicy& policy)
      : gold_(gold), pred_(pred), policy_(policy), work_(kUnits), graph_(work_) {}

  Outcome Compare() {
    const Expr &a = gold_.parsed.expr, &b = pred_.parsed.expr;
    if (IsStatement(a) && IsStatement(b)) {
      const StatementSigns left = SignsOf(gold_.extraction.text, policy_),
                           right = SignsOf(pred_.extraction.text, policy_);
      if (left.signs != right.signs) return {false, Method::kText, "another relation"};
      one_way_ = left.one_way;
    }
    words_ = !HasOperators(gold_.extraction.text) && !HasOperators(pred_.extraction.text);
    Value gold = Build(a, b, {}), pred = Build(b, a, {});
    gold.text = TextOf(gold_, gold);
    pred.text = TextOf(pred_, pred);
    gold.loose_percent = gold.percent && gold_.percent_outside;
    pred.loose_percent = pred.percent && pred_.percent_outside;
    Comparer comparer(graph_, policy_);
    Outcome outcome = comparer.Compare(gold, pred);
    if (!outcome.equal && policy_.variable_names == VariableNamesRule::kLenient) {
      Outcome renamed = CompareRenamed(comparer, gold);
      if (renamed.equal) outcome = std::move(renamed);
    }
    if (outcome.equal && policy_.form != FormRule::kAny) CheckForm(gold, outcome);
    return outcome;
  }

 private:
  Value Build(const Expr& expr, const Expr& other, std::vector<std::pair<std::string, std::string>> renames) {
    ValueOptions options;
    options.comma_is_list =
        TakesList(other.kind(other.root())) || (&expr == &gold_.parsed.expr && IsPairOfDigits(expr));
    options.renames = std::move(renames);
    const std::string& written = (&expr == &gold_.parsed.expr ? gold_ : pred_).extraction.text;
    options.words = words_ || IsCapitalWord(written);
    options.one_way = one_way_;
    return BuildValue(expr, graph_, options);
  }

  // A relation that is known by its sign only: a => b.
  static bool IsStatement(const Expr& expr) {
    if (expr.kind(expr.root()) != ExprKind::kRelation) return false;
    const auto ops = expr.ops(expr.root());
    return std::find(ops.begin(), ops.end(), Relation::kSimilar) != ops.end();
  }

  // Words are compared as they were written; the option's text, where a choice has one.
  static std::string TextOf(const Answer& answer, const Value& value) {
    const bool option = value.kind == Value::Kind::kText && value.choice != 0;
    return option ? value.text : PlainText(answer.extraction.text);
  }

  // The answer's own symbols under the names of those that only the gold has, in every order.
  Outcome CompareRenamed(Comparer& comparer, const Value& gold) {
    std::vector<std::string> theirs = Symbols(gold_.parsed.expr), ours = Symbols(pred_.parsed.expr), from, to;
    std::set_difference(ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(from));
    std::set_difference(theirs.begin(), theirs.end(), ours.begin(), ours.end(), std::back_inserter(to));
    if (from.size() != to.size() || from.empty() || from.size() > kMostRenames) return {};
    do {
      std::vector<std::pair<std::string, std::string>> renames;
      for (size_t i = 0; i < from.size(); ++i) renames.emplace_back(from[i], to[i]);
      const Value pred = Build(pred_.parsed.expr, gold_.parsed.expr, std::move(renames));
      Outcome outcome = comparer.Compare(gold, pred);
      if (outcome.equal) return outcome;
    } while (std::next_permutation(to.begin(), to.end()));
    return {};
  }
  static std::vector<std::string> Symbols(const Expr& expr) {
    std::vector<std::string> names;
    for (ExprId id = 0; id < expr.size(); ++id) {
      if (expr.kind(id) == ExprKind::kSymbol) names.emplace_back(expr.text(id));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  void CheckForm(const Value& gold, Outcome& outcome) {
    const Expr& pred = pred_.parsed.expr;
    if (policy_.form == FormRule::kAsGold) {
      outcome.equal = ShapeOf(gold_.parsed.expr, graph_) == ShapeOf(pred, graph_);
      if (!outcome.equal) outcome.reason = "equal, but not in the gold's form";
    } else {
      outcome.equal =
          IsEvaluated(pred, graph_, gold.kind == Value::Kind::kScalar && graph_.IsNumber(gold.term));
      if (!outcome.equal) outcome.reason = "equal, but with arithmetic left undone";
    }
  }

  const Answer& gold_;
  const Answer& pred_;
  const MathPolicy& policy_;
  WorkBudget work_;
  TermGraph graph_;
  bool words_ = false;    // as ValueOptions has it
  bool one_way_ = false;  // likewise
};

// `5 m` as five metres, where the other side is a number or has a unit too.
bool ReadUnit(Answer& answer, const Answer& other, const MathPolicy& policy) {
  if (HasUnit(answer.parsed.expr) || IsQuantityOrNumber(answer.parsed.expr)) return false;
  const std::string& theirs = other.extraction.text;
  const bool measured = HasUnit(other.parsed.expr) || !WithMarkedUnit(theirs, /*spaced=*/true).empty();
  if (!measured && !IsQuantityOrNumber(other.parsed.expr)) return false;
  const std::string marked = WithMarkedUnit(answer.extraction.text, /*spaced=*/!measured);
  if (marked.empty()) return false;
  ParseResult parsed = ParseMath(marked, policy);
  if (!parsed.ok || !IsQuantityOrNumber(parsed.expr)) return false;
  answer.parsed = std::move(parsed);
  return true;
}

Outcome ComparePair(Answer& gold, Answer& pred, const MathPolicy& policy) {
  const Outcome first = Pair(gold, pred, policy).Compare();
  if (first.equal) return first;
  const bool read = ReadUnit(gold, pred, policy), read_too = ReadUnit(pred, gold, policy);
  return read || read_too ? Pair(gold, pred, policy).Compare() : first;
}

// `(b)` for the gold `B`.
void ReadLowerChoice(const Answer& gold, Answer& pred, const MathPolicy& policy) {
  const std::string& theirs = gold.extraction.text;
  std::string& ours = pred.extraction.text;
  const bool choice = theirs.size() == 1 && theirs[0] >= 'A' && theirs[0] <= 'Z';
  if (!choice || ours.size() != 3 || ours[0] != '(' || ours[2] != ')') return;
  if (ours[1] != theirs[0] - 'A' + 'a') return;
  ours = theirs;
  pred.parsed = ParseMath(ours, policy);
}

// "The function is even." for the gold `even`, and `June 20` for itself, whatever was taken for the answer.
bool SaysWords(const Answer& gold, std::string_view gold_text, const Answer& pred,
               std::string_view pred_text) {
  if (pred.extraction.anchor != Anchor::kExpression && pred.extraction.anchor != Anchor::kNone) return false;
  const std::string& text = gold.extraction.text;
  const bool letters = text.size() != 2 && std::all_of(text.begin(), text.end(), IsLetter);
  const bool words = gold.parsed.formula || gold.parsed.expr.kind(gold.parsed.expr.root()) == ExprKind::kText;
  if ((!words && !letters) || HasAnchor(pred_text)) return false;
  if (words && SameWords(text, pred_text)) return true;
  const std::string_view said = PredicateOf(pred_text);
  if (!SameWords(text, gold_text) || !SameWords(text, said)) return false;
  // "yes" could be a product of symbols, "Yes, it is" could not; "It is b" is no "B".
  return words || (said.size() < pred_text.size() / 2 && (text.size() > 1 || said == text));
}

// An answer that is no mathematics the parser knows is still right when it is the gold, word for word.
Outcome CompareUnparsed(const Answer& gold, const Answer& pred) {
  if (SameWords(gold.extraction.text, pred.extraction.text)) return {true, Method::kText, {}};
  if (pred.parsed.ok) return {false, Method::kText, "the gold is compared as it is written"};
  return {false, Method::kText,
          "the answer cannot be read: " + WhyNotRead(pred.parsed, pred.extraction.text)};
}

// FLINT keeps caches for each thread that calls it; they go when the thread does.
struct FlintCaches {
  FlintCaches() = default;
  ~FlintCaches() { flint_cleanup(); }
};

}  // namespace

const char* StatusName(MathVerdict::Status status) {
  constexpr const char* kNames[] = {"ok", "not_applicable", "fault"};
  return kNames[static_cast<int>(status)];
}

MathVerdict VerifyMath(std::string_view gold_text, std::string_view pred_text, const MathPolicy& policy) {
  static thread_local const FlintCaches caches;
  Answer gold = ReadGold(gold_text, policy);
  if (!gold.extraction.found) return Fault("the gold has no answer: " + gold.extraction.reason);
  if (!gold.parsed.ok && !gold.parsed.formula)
    return Fault("the gold cannot be read: " + WhyNotRead(gold.parsed, gold.extraction.text));
  Answer pred = Read(pred_text, policy);
  ReadLowerChoice(gold, pred, policy);
  MathVerdict verdict;
  verdict.reason = pred.extraction.reason;
  if (policy.box_required == Switch::kOff && SaysWords(gold, gold_text, pred, pred_text)) {
    verdict.reward = 1.0;
    verdict.extracted = gold.extraction.text;
    verdict.begin = 0, verdict.end = pred_text.size();
    verdict.method = MethodName(Method::kText);
    verdict.reason += "; the same words";
    return verdict;
  }
  if (!pred.extraction.found) return verdict;
  verdict.extracted = pred.extraction.text;
  verdict.begin = pred.extraction.begin;
  verdict.end = pred.extraction.end;
  const bool both = gold.parsed.ok && pred.parsed.ok;
  Outcome outcome = both ? ComparePair(gold, pred, policy) : CompareUnparsed(gold, pred);
  // A gold such as "June 20", of which only the number was taken for the answer.
  const bool in_part = gold.extraction.anchor == Anchor::kExpression &&
                       PlainText(gold.extraction.text).size() < PlainText(gold_text).size();
  if (!outcome.equal && in_part && SameWords(gold_text, pred.extraction.text)) {
    outcome = {true, Method::kText, {}};
  }
  verdict.reward = outcome.equal ? 1.0 : 0.0;
  verdict.method = MethodName(outcome.method);
  if (!outcome.reason.empty()) verdict.reason += "; " + outcome.reason;
  return verdict;
}

}  // namespace hone
