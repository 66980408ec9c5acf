// Lists, relations, sets and ratios of the parser. Covered by tests/rewards/math_parse_test.cc.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "rewards/math/parser.h"

namespace hone {

MathParser::MathParser(TokenList tokens, std::string_view source, const MathPolicy& policy,
                       bool decimal_commas)
    : list_(std::move(tokens)), source_(source), policy_(policy), decimal_commas_(decimal_commas) {}

ExprId MathParser::FailAt(const char* reason, size_t offset) {
  if (reason_ == nullptr) {
    reason_ = reason;
    offset_ = offset;
  }
  return kNoExpr;
}

bool MathParser::Deeper() {
  if (++depth_ > kMaxExprDepth || builder_.deepest() > kMaxExprDepth) Fail("nested deeper than 128");
  if (builder_.expr().size() > kMaxExprNodes) Fail("more than 4096 nodes");
  return !failed();
}

namespace {

// "about": a word that says no more than that an answer follows.
bool IsPreambleWord(std::string_view word) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"The", "about", "answer", "approximately", "equals", "exactly", "is",
                                       "just", "maybe", "only", "perhaps", "probably", "roughly", "the"});
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// The same of \text{so the final answer is}.
bool IsPreamble(std::string_view said) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"Answer", "Hence", "So", "Therefore", "Thus", "answers", "are", "final", "hence", "result", "so",
       "solution", "solutions", "therefore", "thus", "value"});
  while (!said.empty()) {
    const size_t size =
        static_cast<size_t>(std::find_if_not(said.begin(), said.end(), IsLetter) - said.begin());
    const std::string_view word = said.substr(0, size);
    const bool known = IsPreambleWord(word) || std::find(kWords.begin(), kWords.end(), word) != kWords.end();
    if (size == 0 ? std::string_view(" ,:").find(said[0]) == said.npos : !known) return false;
    said.remove_prefix(std::max<size_t>(size, 1));
  }
  return true;
}

}  // namespace

void MathParser::SkipLeadingWords() {
  while (true) {
    const bool word =
        ((Is(Tok::kWord) && IsPreambleWord(Now().text)) || (Is(Tok::kText) && IsPreamble(Now().text))) &&
        Ahead().type != Tok::kEnd;
    const bool sign = Is(Tok::kRelation) && (Now().value == static_cast<uint8_t>(Relation::kEqual) ||
                                             Now().value == static_cast<uint8_t>(Relation::kApproximate));
    if (!word && !sign) return;
    ++at_;
  }
}

ExprId MathParser::ParseAnswer() {
  SkipLeadingWords();
  const ExprId root = ParseList();
  if (root == kNoExpr) return kNoExpr;
  if (!Is(Tok::kEnd)) return Fail("the text goes on after the answer");
  if (builder_.deepest() > kMaxExprDepth) return Fail("nested deeper than 128");
  if (builder_.expr().size() > kMaxExprNodes) return Fail("more than 4096 nodes");
  return root;
}

ExprId MathParser::ParseBothReadings() {
  const TokenList saved = list_;
  decimal_commas_ = false;
  const ExprId list = ParseAnswer();
  list_ = saved;
  at_ = 0;
  scope_ = Scope();
  const char* const reason = std::exchange(reason_, nullptr);
  decimal_commas_ = true;
  const ExprId number = ParseAnswer();
  if (list == kNoExpr) return number;
  const Expr& expr = builder_.expr();
  if (number == kNoExpr || expr.kind(list) != ExprKind::kList) {
    reason_ = reason;
    return list;
  }
  // 2,74 $ and 12,5 % are one number.
  const ExprKind kind = expr.kind(number);
  if (kind == ExprKind::kQuantity || kind == ExprKind::kPercent || kind == ExprKind::kDegrees) return number;
  return builder_.Add(ExprKind::kCommaNumber, {list, number});
}

ExprId MathParser::AddList(const std::vector<ExprId>& items, Joiner joiner) {
  if (items.size() == 1) return items[0];
  const ExprId list = builder_.Add(ExprKind::kList, items);
  builder_.node(list).joiner = joiner;
  return list;
}

// "2 hours and 15 minutes" is one value; kNoExpr when the items are several.
ExprId MathParser::AddParts(const std::vector<ExprId>& items) {
  ExprId sum = items[0];
  for (size_t i = 1; i < items.size() && sum != kNoExpr; ++i) sum = AddQuantities(sum, items[i]);
  return sum;
}

// Any run of commas, semicolons, "and" and "or".
bool MathParser::TakeJoiner(Joiner& joiner) {
  bool any = false;
  for (;; ++at_, any = true) {
    const Tok type = Now().type;
    if (type == Tok::kOr) joiner = Joiner::kOr;
    if (type == Tok::kAnd && joiner == Joiner::kComma) joiner = Joiner::kAnd;
    if (type != Tok::kComma && type != Tok::kSemicolon && type != Tok::kAnd && type != Tok::kOr) return any;
  }
}

ExprId MathParser::ParseList() {
  Joiner joiner = Joiner::kComma;
  std::vector<ExprId> items;
  do {
    const ExprId item = ParseStatement();
    if (item == kNoExpr) return kNoExpr;
    items.push_back(item);
    // A comma at the end, and a row of an environment's last comma, part nothing.
  } while (TakeJoiner(joiner) && !Is(Tok::kEnd) && !Is(Tok::kRow) && !Is(Tok::kAmpersand) &&
           !Is(Tok::kEndEnvironment));
  const ExprId sum = items.size() > 1 && joiner != Joiner::kOr ? AddParts(items) : kNoExpr;
  return sum != kNoExpr ? sum : AddList(items, joiner);
}

ExprId MathParser::ParseStatement() {
  std::vector<ExprId> operands;
  std::vector<Relation> ops;
  bool equivalent = false;
  while (true) {
    const ExprId operand = ParseSet();
    if (operand == kNoExpr) return kNoExpr;
    operands.push_back(operand);
    const Tok type = Now().type;
    const bool closes_angle = scope_.angle && Now().value == static_cast<uint8_t>(Relation::kGreater);
    const bool divides = type == Tok::kMid && !scope_.builder;
    if (!(type == Tok::kRelation && !closes_angle) && type != Tok::kEquivalent && !divides) break;
    equivalent |= type == Tok::kEquivalent;
    ops.push_back(type == Tok::kRelation ? static_cast<Relation>(Now().value) : Relation::kSimilar);
    ++at_;
  }
  if (Is(Tok::kCongruent) || (equivalent && builder_.expr().kind(operands.back()) == ExprKind::kResidue)) {
    return ParseModulus(operands, equivalent);
  }
  ExprId statement = operands.size() == 1 ? operands[0] : builder_.AddRelation(operands, ops);
  if (!Is(Tok::kIn)) return statement;
  const bool negated = Now().value != 0;
  ++at_;
  const ExprId set = ParseSet();
  if (set == kNoExpr) return kNoExpr;
  statement = builder_.Add(ExprKind::kMember, {statement, AsSet(set)});
  builder_.node(statement).flags = negated ? Expr::kNot : 0;
  return statement;
}

// What \pmod{7}, or (mod 7), makes of the sides before it.
ExprId MathParser::ParseModulus(std::vector<ExprId>& operands, bool equivalent) {
  ExprId modulus = kNoExpr;
  if (Is(Tok::kCongruent)) {
    const bool bracket = Now().value != 0;
    ++at_;
    modulus = bracket ? ParseSum() : ParseArgument();
    if (modulus == kNoExpr) return kNoExpr;
    if (bracket && !Take(Tok::kClose)) return Fail("a bracket is not closed");
  } else {  // x \equiv 3 \mod 7
    const ExprId residue = operands.back();
    modulus = builder_.expr().child(residue, 1);
    operands.back() = builder_.expr().child(residue, 0);
  }
  if (operands.size() == 1) return builder_.Add(ExprKind::kResidue, {operands[0], modulus});
  if (operands.size() != 2 || !equivalent) return Fail("a modulus without a congruence");
  return builder_.Add(ExprKind::kCongruence, {operands[0], operands[1], modulus});
}

// (1, 2) where a set has to be is an interval.
ExprId MathParser::AsSet(ExprId id) {
  Expr::Node& node = builder_.node(id);
  if (node.kind == ExprKind::kTuple && node.count == 2 && node.flags == 0) {
    node.kind = ExprKind::kInterval;
    node.flags = Expr::kOpenLow | Expr::kOpenHigh;
  }
  return id;
}

ExprId MathParser::ParseSet() {
  std::vector<ExprId> sets = {ParseRatio()};
  if (sets[0] == kNoExpr) return kNoExpr;
  Tok last = Tok::kEnd;
  while (Is(Tok::kUnion) || Is(Tok::kIntersection) || Is(Tok::kSetMinus)) {
    const Tok type = Now().type;
    ++at_;
    const auto kind_of = [](Tok t) {
      return t == Tok::kUnion          ? ExprKind::kUnion
             : t == Tok::kIntersection ? ExprKind::kIntersection
                                       : ExprKind::kDifference;
    };
    if (last != Tok::kEnd && (type != last || type == Tok::kSetMinus))
      sets.assign(1, builder_.Add(kind_of(last), sets));
    last = type;
    const ExprId next = ParseRatio();
    if (next == kNoExpr) return kNoExpr;
    if (sets.size() == 1) AsSet(sets[0]);
    sets.push_back(AsSet(next));
  }
  if (sets.size() == 1) return sets[0];
  return builder_.Add(last == Tok::kUnion          ? ExprKind::kUnion
                      : last == Tok::kIntersection ? ExprKind::kIntersection
                                                   : ExprKind::kDifference,
                      sets);
}

// 12:30, 12:30:05, 3 pm; kNoExpr without failing when it is none, with the position where it was.
ExprId MathParser::ParseTime() {
  const size_t begin = at_;
  std::vector<NumberLiteral> parts;
  while (Is(Tok::kNumber) && parts.size() < 3 && Literal(Now()).whole && Now().end - Now().begin <= 2 &&
         (parts.empty() || Now().end - Now().begin == 2)) {
    parts.push_back(Literal(Now()));
    ++at_;
    if (!Is(Tok::kColon) || Ahead().type != Tok::kNumber || Ahead().space) break;
    ++at_;
  }
  const std::string_view mark = Is(Tok::kWord) ? Now().text : "";
  const bool am = mark == "am" || mark == "AM", pm = mark == "pm" || mark == "PM";
  bool ok = !Is(Tok::kColon) && (parts.size() >= 2 || (parts.size() == 1 && (am || pm)));
  if (ok && parts.size() == 1) parts.push_back(NumberLiteral{.digits = "00"});
  for (size_t i = 0; ok && i < parts.size(); ++i) {
    ok = std::stoi(parts[i].digits) < (i == 0 ? 25 : 60);
  }
  if (!ok) {
    at_ = begin;
    return kNoExpr;
  }
  if (am || pm) ++at_;
  std::vector<ExprId> numbers;
  for (const NumberLiteral& part : parts) numbers.push_back(AddNumber(part));
  const ExprId time = builder_.Add(ExprKind::kTime, numbers);
  builder_.node(time).flags = am ? Expr::kAm : pm ? Expr::kPm : 0;
  return time;
}

ExprId MathParser::ParseRatio() {
  if (Is(Tok::kNumber)) {
    if (const ExprId time = ParseTime(); time != kNoExpr) return time;
  }
  std::vector<ExprId> terms;
  do {
    const ExprId term = ParseSum();
    if (term == kNoExpr) return kNoExpr;
    terms.push_back(term);
  } while (!scope_.builder && Take(Tok::kColon));
  return terms.size() == 1 ? terms[0] : builder_.Add(ExprKind::kRatio, terms);
}

}  // namespace hone
