// Brackets of every sort, sets, intervals and environments. Covered by tests/rewards/math_parse_test.cc.
#include "rewards/math/parser.h"

namespace hone {

ExprId MathParser::ParseBrackets() {
  const Tok open = Now().type;
  switch (open) {
    case Tok::kOpenBrace:
      return ParseBraces();
    case Tok::kOpenFloor:
      return ParseDelimited(Tok::kCloseFloor, Function::kFloor);
    case Tok::kOpenCeil:
      return ParseDelimited(Tok::kCloseCeil, Function::kCeil);
    case Tok::kBar:
    case Tok::kDoubleBar:
      return ParseBars();
    case Tok::kOpenAngle:
      return ParseAngle();
    case Tok::kBegin:
      return ParseEnvironment();
    case Tok::kRelation:
      if (Now().value == static_cast<uint8_t>(Relation::kLess) && !scope_.angle) return ParseAngle();
      return Fail("a relation where a value should be");
    case Tok::kOpen:
    case Tok::kOpenSquare:
    case Tok::kCloseSquare:
      break;
    default:
      return Fail("a sign where a value should be");
  }
  const size_t begin = at_;
  ++at_;
  const Scope outer = scope_;
  scope_ = Scope();
  std::vector<ExprId> elements;
  const bool ok = ParseElements(elements);
  scope_ = outer;
  if (!ok) return kNoExpr;
  const Tok close = Now().type;
  if (close != Tok::kClose && close != Tok::kCloseSquare &&
      !(close == Tok::kOpenSquare && open != Tok::kOpen)) {
    return FailAt("a bracket is not closed", tokens_[begin].begin);
  }
  return CloseBrackets(open, elements);
}

bool MathParser::IsInfinite(ExprId id) const {
  const Expr& expr = builder_.expr();
  if (expr.kind(id) == ExprKind::kNegate) id = expr.child(id, 0);
  return expr.kind(id) == ExprKind::kConstant && expr[id].constant == Constant::kInfinity;
}

// [1,2] and [3,4] in [[1,2],[3,4]]: brackets as long as one another.
bool MathParser::IsRows(const std::vector<ExprId>& elements) const {
  const Expr& expr = builder_.expr();
  const auto is_row = [&](ExprId id) {
    const Expr::Node& node = expr[id];
    const bool interval = node.kind == ExprKind::kInterval && node.flags == 0;
    const bool tuple = node.kind == ExprKind::kTuple && (node.flags & Expr::kSquare) != 0;
    return (interval || tuple) && node.count == expr[elements[0]].count;
  };
  return elements.size() >= 2 && std::all_of(elements.begin(), elements.end(), is_row);
}

ExprId MathParser::FinishRows(const std::vector<ExprId>& elements) {
  std::vector<std::vector<ExprId>> rows;
  for (const ExprId row : elements) {
    const auto cells = builder_.expr().children(row);
    rows.emplace_back(cells.begin(), cells.end());
  }
  return FinishMatrix("matrix", rows);
}

// At the closing bracket: a value in brackets, an interval, or a tuple.
ExprId MathParser::CloseBrackets(Tok open, const std::vector<ExprId>& elements) {
  const Tok close = tokens_[at_++].type;
  const bool low = open != Tok::kOpenSquare, high = close != Tok::kCloseSquare;  // open ends
  const bool ordinary = (open == Tok::kOpen && close == Tok::kClose) ||
                        (open == Tok::kOpenSquare && close == Tok::kCloseSquare);
  if (elements.size() == 1 && ordinary) return elements[0];
  if (open == Tok::kOpenSquare && ordinary && IsRows(elements)) return FinishRows(elements);
  const bool infinite = elements.size() == 2 && (IsInfinite(elements[0]) || IsInfinite(elements[1]));
  if (elements.size() == 2 && (!ordinary || !low || infinite)) {
    const ExprId interval = builder_.Add(ExprKind::kInterval, elements);
    builder_.node(interval).flags =
        static_cast<uint8_t>((low ? Expr::kOpenLow : 0) | (high ? Expr::kOpenHigh : 0));
    return interval;
  }
  if (!ordinary) return FailAt("an interval without two ends", tokens_[at_ - 1].begin);
  const ExprId tuple = builder_.Add(ExprKind::kTuple, elements);
  builder_.node(tuple).flags = low ? 0 : Expr::kSquare;
  return tuple;
}

// Statements up to the closing bracket, which stays. With "and" or "or" between them they are one list.
bool MathParser::ParseElements(std::vector<ExprId>& elements) {
  Joiner joiner = Joiner::kComma;
  do {
    const ExprId element = ParseStatement();
    if (element == kNoExpr) return false;
    elements.push_back(element);
  } while (TakeJoiner(joiner));
  if (joiner != Joiner::kComma) elements.assign(1, AddList(elements, joiner));
  return true;
}

// { } of sets.
ExprId MathParser::ParseBraces() {
  const size_t begin = at_;
  ++at_;
  if (Take(Tok::kCloseBrace)) return builder_.Add(ExprKind::kSet, {});
  const Scope outer = scope_;
  scope_ = Scope();
  scope_.builder = true;
  std::vector<ExprId> elements;
  bool ok = ParseElements(elements);
  const bool builder = ok && (Is(Tok::kBar) || Is(Tok::kMid) || Is(Tok::kColon));
  scope_ = Scope();
  ExprId set = kNoExpr;
  if (builder) {
    ++at_;
    const ExprId condition = ParseList();
    ok = condition != kNoExpr;
    const ExprId element = ok && elements.size() > 1 ? AddList(elements, Joiner::kComma) : elements[0];
    if (ok) set = builder_.Add(ExprKind::kSetBuilder, {element, condition});
  } else if (ok) {
    const Expr::Node& only = builder_.expr()[elements[0]];
    if (elements.size() == 1 && only.kind == ExprKind::kList) {  // \{1 and 2\}
      const auto items = builder_.expr().children(elements[0]);
      elements.assign(items.begin(), items.end());
    }
    set = builder_.Add(ExprKind::kSet, elements);
  }
  scope_ = outer;
  if (!ok) return kNoExpr;
  if (!Take(Tok::kCloseBrace) && !Take(Tok::kCloseGroup))
    return FailAt("a brace is not closed", tokens_[begin].begin);
  return set;
}

// |x|, \|v\|
ExprId MathParser::ParseBars() {
  const size_t begin = at_;
  const Tok bar = Now().type;
  ++at_;
  const Scope outer = scope_;
  scope_.bars += 1;
  const ExprId inner = ParseSum();
  scope_ = outer;
  if (inner == kNoExpr) return kNoExpr;
  if (!Take(bar)) return FailAt("a bar is not closed", tokens_[begin].begin);
  if (bar == Tok::kBar && builder_.expr().kind(inner) == ExprKind::kMatrix) {
    return builder_.Add(ExprKind::kDeterminant, {inner});
  }
  return builder_.AddApply(Function::kAbs, {inner});
}

ExprId MathParser::ParseDelimited(Tok close, Function function) {
  const size_t begin = at_;
  ++at_;
  const Scope outer = scope_;
  scope_ = Scope();
  const ExprId inner = ParseSum();
  scope_ = outer;
  if (inner == kNoExpr) return kNoExpr;
  if (!Take(close)) return FailAt("a bracket is not closed", tokens_[begin].begin);
  return builder_.AddApply(function, {inner});
}

// \langle 1, 2 \rangle or <1, 2>
ExprId MathParser::ParseAngle() {
  const size_t begin = at_;
  const bool plain = Is(Tok::kRelation);
  ++at_;
  const Scope outer = scope_;
  scope_ = Scope();
  scope_.angle = plain;
  std::vector<ExprId> elements;
  const bool ok = ParseElements(elements);
  scope_ = outer;
  if (!ok) return kNoExpr;
  const bool closed = plain ? Is(Tok::kRelation) && Now().value == static_cast<uint8_t>(Relation::kGreater)
                            : Is(Tok::kCloseAngle);
  if (!closed || elements.size() < 2) return FailAt("angle brackets are not closed", tokens_[begin].begin);
  ++at_;
  return builder_.Add(ExprKind::kTuple, elements);
}

// Alignment marks up to the end of this environment print nothing.
void MathParser::DropAmpersands() {
  size_t end = at_;
  for (int depth = 1; end < tokens_.size() && depth > 0; ++end) {
    depth += tokens_[end].type == Tok::kBegin ? 1 : tokens_[end].type == Tok::kEndEnvironment ? -1 : 0;
  }
  const auto is_mark = [](const Token& token) { return token.type == Tok::kAmpersand; };
  const auto last = tokens_.begin() + static_cast<std::ptrdiff_t>(end);
  tokens_.erase(std::remove_if(tokens_.begin() + static_cast<std::ptrdiff_t>(at_), last, is_mark), last);
}

ExprId MathParser::ParseEnvironment() {
  const size_t begin = at_;
  const std::string_view name = Now().text;
  ++at_;
  if (name.find("matrix") == name.npos && name != "array" && name != "cases") DropAmpersands();
  const Scope outer = scope_;
  scope_ = Scope();
  std::vector<std::vector<ExprId>> rows(1);
  while (!failed() && !Is(Tok::kEndEnvironment)) {
    if (Is(Tok::kEnd)) return FailAt("an environment is not closed", tokens_[begin].begin);
    if (Take(Tok::kAmpersand)) continue;
    if (Take(Tok::kRow)) {
      if (!rows.back().empty()) rows.emplace_back();
      continue;
    }
    const bool word = Is(Tok::kText) || Is(Tok::kWord);  // if, for, otherwise
    const std::string_view said = Now().text;
    if (word) ++at_;
    if (word && (Is(Tok::kRow) || Is(Tok::kEndEnvironment))) {
      rows.back().push_back(builder_.AddText(ExprKind::kText, said));
    } else if (const ExprId cell = ParseList(); cell != kNoExpr) {
      rows.back().push_back(cell);
    }
  }
  scope_ = outer;
  if (failed()) return kNoExpr;
  if (Now().text != name) return Fail("an environment is closed by another name");
  ++at_;
  if (rows.back().empty()) rows.pop_back();
  return rows.empty() ? FailAt("an empty environment", tokens_[begin].begin) : FinishEnvironment(name, rows);
}

ExprId MathParser::FinishEnvironment(std::string_view name, std::vector<std::vector<ExprId>>& rows) {
  if (name.find("matrix") != name.npos || name == "array") return FinishMatrix(name, rows);
  std::vector<ExprId> all;
  bool pairs = true;
  for (const auto& row : rows) {
    all.insert(all.end(), row.begin(), row.end());
    pairs &= row.size() == 2;
  }
  if (name == "cases" && pairs) return builder_.Add(ExprKind::kCases, all);
  return AddList(all, Joiner::kAnd);
}

ExprId MathParser::FinishMatrix(std::string_view name, const std::vector<std::vector<ExprId>>& rows) {
  std::vector<ExprId> all;
  for (const auto& row : rows) {
    if (row.size() != rows[0].size()) return Fail("rows of a matrix differ in length");
    all.insert(all.end(), row.begin(), row.end());
  }
  const ExprId matrix = builder_.Add(ExprKind::kMatrix, all);
  builder_.node(matrix).rows = static_cast<int32_t>(rows.size());
  builder_.node(matrix).columns = static_cast<int32_t>(rows[0].size());
  return name == "vmatrix" ? builder_.Add(ExprKind::kDeterminant, {matrix}) : matrix;
}

}  // namespace hone
