// See operators.h: arithmetic, comparison, membership. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/operators.h"

#include <algorithm>
#include <cmath>

#include "data/jinja/python_text.h"

namespace hone::jinja {
namespace {

[[noreturn]] void RefuseTypes(const char* op, const Value& a, const Value& b) {
  for (const Value* side : {&a, &b})
    if (const Undefined* undefined = side->As<Undefined>()) throw Fault(*undefined->fault);
  throw Fault(std::string("unsupported operand types for ") + op + ": " + a.TypeName() + " and " +
              b.TypeName());
}

// By reference: a call's first argument may be what computes the value.
int64_t Checked(bool overflow, const int64_t& value) {
  if (overflow) throw Fault("an integer is beyond 64 bits");
  return value;
}

void RefuseZero(bool zero) {
  if (zero) throw Fault("division by zero");
}

int64_t FloorDivide(int64_t a, int64_t b) {
  RefuseZero(b == 0);
  if (b == -1) {
    int64_t negated = 0;
    return Checked(__builtin_sub_overflow(int64_t{0}, a, &negated), negated);
  }
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t Modulo(int64_t a, int64_t b) {
  RefuseZero(b == 0);
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// Quotient and rest as CPython's float_divmod.
std::pair<double, double> DivMod(double a, double b) {
  RefuseZero(b == 0.0);
  double rest = std::fmod(a, b), quotient = (a - rest) / b;
  if (rest != 0.0) {
    if ((b < 0) != (rest < 0)) rest += b, quotient -= 1.0;
  } else {
    rest = std::copysign(0.0, b);
  }
  if (quotient == 0.0) return {std::copysign(0.0, a / b), rest};
  const double floor = std::floor(quotient);
  return {quotient - floor > 0.5 ? floor + 1.0 : floor, rest};
}

Value Power(const Value& a, const Value& b, Budget& budget) {
  if (a.IsInteger() && b.IsInteger() && b.Integer() >= 0) {
    const int64_t base = a.Integer(), exponent = b.Integer();
    if (base == 0 || base == 1) return exponent == 0 ? int64_t{1} : base;
    if (base == -1) return exponent % 2 == 0 ? int64_t{1} : int64_t{-1};
    int64_t result = 1;
    for (int64_t i = 0; i < exponent; ++i) {  // ends soon, by overflow
      budget.Spend(1);
      Checked(__builtin_mul_overflow(result, base, &result), result);
    }
    return result;
  }
  const double base = a.Number(), exponent = b.Number();
  RefuseZero(base == 0.0 && exponent < 0.0);
  const double result = std::pow(base, exponent);
  if (std::isfinite(base) && std::isfinite(exponent) && !std::isfinite(result))
    throw Fault("a power is not a finite number");
  return result;
}

Value Integers(Op op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case Op::kAdd:
      return Checked(__builtin_add_overflow(a, b, &result), result);
    case Op::kSubtract:
      return Checked(__builtin_sub_overflow(a, b, &result), result);
    case Op::kMultiply:
      return Checked(__builtin_mul_overflow(a, b, &result), result);
    case Op::kDivide:
      RefuseZero(b == 0);
      return static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b));
    case Op::kFloorDivide:
      return FloorDivide(a, b);
    default:
      return Modulo(a, b);
  }
}

Value Floats(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return a + b;
    case Op::kSubtract:
      return a - b;
    case Op::kMultiply:
      return a * b;
    case Op::kDivide:
      RefuseZero(b == 0.0);
      return a / b;
    case Op::kFloorDivide:
      return DivMod(a, b).first;
    default:
      return DivMod(a, b).second;
  }
}

Value AddStrings(const Text& a, const Text& b, Budget& budget) {
  const bool safe = a.safe || b.safe;
  const auto part = [safe](const Text& t) { return safe && !t.safe ? EscapeHtml(*t.bytes) : *t.bytes; };
  budget.Spend(2 * static_cast<int64_t>(a.bytes->size() + b.bytes->size()));
  return Value::String(part(a) + part(b), safe);
}

Value AddSequences(const Sequence& a, const Sequence& b, Budget& budget) {
  budget.SpendItems(a.items.size() + b.items.size());
  std::vector<Value> items = a.items;
  items.insert(items.end(), b.items.begin(), b.items.end());
  return MakeSequence(a.kind, std::move(items), budget);
}

Value Repeat(const Value& value, int64_t times, Budget& budget) {
  times = std::max<int64_t>(times, 0);
  const Text* text = value.As<Text>();
  const size_t size = text != nullptr ? text->bytes->size() : value.AsListOrTuple()->items.size();
  if (size > 0 && times > Budget::kTotal / static_cast<int64_t>(size))
    throw Fault("the template does too much work");
  if (text != nullptr) {
    budget.Spend(2 * times * static_cast<int64_t>(size));
    std::string out;
    for (int64_t i = 0; i < times && size > 0; ++i) out += *text->bytes;
    return Value::String(std::move(out), text->safe);
  }
  const Sequence& s = *value.AsListOrTuple();
  budget.SpendItems(static_cast<size_t>(times) * size);
  std::vector<Value> items;
  for (int64_t i = 0; i < times && size > 0; ++i) items.insert(items.end(), s.items.begin(), s.items.end());
  return MakeSequence(s.kind, std::move(items), budget);
}

const char* Symbol(Op op) {
  static constexpr const char* kSymbols[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kSymbols[static_cast<int>(op)];
}

}  // namespace

Value Arithmetic(Op op, const Value& a, const Value& b, Budget& budget) {
  if (a.IsNumber() && b.IsNumber()) {
    if (op == Op::kPower) return Power(a, b, budget);
    if (a.IsInteger() && b.IsInteger()) return Integers(op, a.Integer(), b.Integer());
    return Floats(op, a.Number(), b.Number());
  }
  const Sequence *left = a.AsListOrTuple(), *right = b.AsListOrTuple();
  if (op == Op::kAdd && a.AsString() != nullptr && b.AsString() != nullptr)
    return AddStrings(*a.As<Text>(), *b.As<Text>(), budget);
  if (op == Op::kAdd && left != nullptr && right != nullptr && left->kind == right->kind)
    return AddSequences(*left, *right, budget);
  if (op == Op::kMultiply && (a.AsString() != nullptr || left != nullptr) && b.IsInteger())
    return Repeat(a, b.Integer(), budget);
  if (op == Op::kMultiply && (b.AsString() != nullptr || right != nullptr) && a.IsInteger())
    return Repeat(b, a.Integer(), budget);
  if (op == Op::kModulo && a.AsString() != nullptr) throw Fault("'%' on a str is not supported");
  RefuseTypes(Symbol(op), a, b);
}

Value Negative(const Value& value) {
  if (value.IsInteger()) return Integers(Op::kSubtract, 0, value.Integer());
  if (const double* number = value.As<double>()) return -*number;
  RefuseTypes("unary -", value, value);
}

Value Positive(const Value& value) {
  if (value.IsInteger()) return value.Integer();
  if (const double* number = value.As<double>()) return *number;
  RefuseTypes("unary +", value, value);
}

bool Compare(Op op, const Value& a, const Value& b, Budget& budget) {
  switch (op) {
    case Op::kEqual:
      return Equal(a, b, budget);
    case Op::kNotEqual:
      return !Equal(a, b, budget);
    case Op::kLess:
      return Less(a, b, budget);
    case Op::kLessEqual:
      return Less(a, b, budget) || Equal(a, b, budget);
    case Op::kGreater:
      return Less(b, a, budget);
    case Op::kGreaterEqual:
      return Less(b, a, budget) || Equal(b, a, budget);
    case Op::kIn:
      return Contains(b, a, budget);
    default:
      return !Contains(b, a, budget);
  }
}

bool Contains(const Value& container, const Value& item, Budget& budget) {
  budget.Spend(Budget::kStep);
  if (const std::string* text = container.AsString()) {
    if (item.AsString() == nullptr)
      throw Fault(std::string("'in' a str needs a str on its left, not a ") + item.TypeName());
    budget.Spend(static_cast<int64_t>(text->size()));
    return Find(*text, *item.AsString()) != std::string_view::npos;
  }
  const auto equals = [&](const Value& other) { return Equal(other, item, budget); };
  if (const Sequence* s = container.AsSequence())
    return std::any_of(s->items.begin(), s->items.end(), equals);
  if (const Dict* dict = container.AsDict()) {
    RequireKey(item);
    return dict->Find(item, budget) != nullptr;
  }
  if (const auto* it = container.As<std::shared_ptr<Iterator>>()) {
    Iterator& rest = **it;
    while (rest.next < rest.items->items.size())
      if (equals(rest.items->items[rest.next++])) return true;
    return false;
  }
  if (container.IsUndefined()) return false;
  throw Fault(std::string("'in' cannot look into a ") + container.TypeName());
}

Value Concat(const std::vector<Value>& values, Budget& budget) {
  std::string out;
  for (const Value& value : values) out += ToText(value, budget);
  return Value::String(std::move(out));
}

}  // namespace hone::jinja
