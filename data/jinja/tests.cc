// See tests.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/tests.h"

#include <algorithm>
#include <iterator>

#include "data/jinja/operators.h"

namespace hone::jinja {
namespace {

bool IsDefined(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return !value.IsUndefined();
}
bool IsUndefinedTest(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.IsUndefined();
}
bool IsNoneTest(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.IsNone();
}
bool IsString(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.AsString() != nullptr;
}
bool IsMapping(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.AsDict() != nullptr;
}
bool IsIterable(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.IsUndefined() || value.AsString() != nullptr || value.AsSequence() != nullptr ||
         value.AsDict() != nullptr || value.As<std::shared_ptr<Iterator>>() != nullptr ||
         value.As<std::shared_ptr<Loop>>() != nullptr;
}
// What has a length and subscripts, which dicts and undefined values have too.
bool IsSequence(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  const Sequence* s = value.AsSequence();
  return value.IsUndefined() || value.AsString() != nullptr || value.AsDict() != nullptr ||
         value.AsListOrTuple() != nullptr || (s != nullptr && s->kind == Sequence::Kind::kRange);
}
bool IsNumber(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.IsNumber();
}
bool IsInteger(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.As<int64_t>() != nullptr;
}
bool IsFloat(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.As<double>() != nullptr;
}
bool IsBoolean(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.As<bool>() != nullptr;
}
template <bool kWhich>
bool IsExactly(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.As<bool>() != nullptr && *value.As<bool>() == kWhich;
}
bool IsCallable(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  return value.IsUndefined() || value.As<MacroRef>() != nullptr || value.As<CallerRef>() != nullptr ||
         value.As<FunctionRef>() != nullptr || value.As<Method>() != nullptr;
}

template <Op kOp>
bool Holds(const Value& value, Arguments& arguments, Budget& budget) {
  const Value other = arguments.Require("");
  arguments.Finish();
  return Compare(kOp, value, other, budget);
}

// Identity, which only these have for certain.
bool IsSame(const Value& value, Arguments& arguments, Budget& budget) {
  const Value other = arguments.Require("");
  arguments.Finish();
  const auto single = [](const Value& v) { return v.IsNone() || v.As<bool>() != nullptr; };
  if (!single(value) && !single(other)) throw Fault("sameas is supported for true, false and none");
  return single(value) && single(other) && value.IsNone() == other.IsNone() && Equal(value, other, budget);
}

int64_t Rest(const Value& value, const Value& divisor, Budget& budget) {
  const Value rest = Arithmetic(Op::kModulo, value, divisor, budget);
  return rest.Number() == 0.0 ? 0 : rest.Number() == 1.0 ? 1 : 2;
}
template <int64_t kRest>
bool HasParity(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return Rest(value, int64_t{2}, budget) == kRest;
}
bool IsDivisible(const Value& value, Arguments& arguments, Budget& budget) {
  const Value divisor = arguments.Require("num");
  arguments.Finish();
  return Rest(value, divisor, budget) == 0;
}

constexpr Test kTests[] = {{"defined", IsDefined},
                           {"undefined", IsUndefinedTest},
                           {"none", IsNoneTest},
                           {"string", IsString},
                           {"mapping", IsMapping},
                           {"iterable", IsIterable},
                           {"sequence", IsSequence},
                           {"number", IsNumber},
                           {"integer", IsInteger},
                           {"float", IsFloat},
                           {"boolean", IsBoolean},
                           {"true", IsExactly<true>},
                           {"false", IsExactly<false>},
                           {"callable", IsCallable},
                           {"sameas", IsSame},
                           {"even", HasParity<0>},
                           {"odd", HasParity<1>},
                           {"divisibleby", IsDivisible},
                           {"in", Holds<Op::kIn>},
                           {"eq", Holds<Op::kEqual>},
                           {"equalto", Holds<Op::kEqual>},
                           {"==", Holds<Op::kEqual>},
                           {"ne", Holds<Op::kNotEqual>},
                           {"!=", Holds<Op::kNotEqual>},
                           {"lt", Holds<Op::kLess>},
                           {"lessthan", Holds<Op::kLess>},
                           {"<", Holds<Op::kLess>},
                           {"le", Holds<Op::kLessEqual>},
                           {"<=", Holds<Op::kLessEqual>},
                           {"gt", Holds<Op::kGreater>},
                           {"greaterthan", Holds<Op::kGreater>},
                           {">", Holds<Op::kGreater>},
                           {"ge", Holds<Op::kGreaterEqual>},
                           {">=", Holds<Op::kGreaterEqual>}};

}  // namespace

const Test* FindTest(std::string_view name) {
  const auto* it =
      std::find_if(std::begin(kTests), std::end(kTests), [&](const Test& t) { return t.name == name; });
  return it == std::end(kTests) ? nullptr : it;
}

}  // namespace hone::jinja
