// The kinds' words, plans, programs and values. Covered by tests/data/code_tasks_test.cc.
#include "data/code_question.h"

#include <algorithm>
#include <cstdlib>

namespace hone {
namespace {

struct Operator {
  char op;
  const char* words;
  const char* code;
};

constexpr Operator kOperators[] = {
    {'+', "plus", "+"},
    {'-', "minus", "-"},
    {'*', "times", "*"},
    {'<', "is less than", "<"},
    {'>', "is greater than", ">"},
    {'l', "is at most", "<="},
    {'g', "is at least", ">="},
    {'=', "is", "=="},
};

// By CodeQuestion::choice.
constexpr const char* kPicks[] = {"the larger of ", "the smaller of ", "the distance of "};
constexpr const char* kPickCode[] = {"x>y?x:y", "x<y?x:y", "x>y?x-y:y-x"};
constexpr const char* kPickPlan[] = {"x>y", "x<y", "x-y"};

const Operator& Find(char op) {
  for (const Operator& row : kOperators) {
    if (row.op == op) return row;
  }
  std::abort();
}

int64_t Apply(char op, int64_t x, int64_t y) {
  switch (op) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '<':
      return x < y;
    case '>':
      return x > y;
    case 'l':
      return x <= y;
    case 'g':
      return x >= y;
    case '=':
      return x == y;
  }
  std::abort();
}

int64_t At(const CodeArguments& arguments, char variable) {
  return arguments.at(static_cast<size_t>(variable - 'a'));
}

std::string Operand(const CodeTerm& term) {
  return term.other != 0 ? std::string(1, term.other) : std::to_string(term.number);
}

// Of a term as a step: "plus 3", "+3", and its result for what came before.
std::string StepWords(const CodeTerm& term) { return std::string(Find(term.op).words) + " " + Operand(term); }
std::string StepCode(const CodeTerm& term) { return Find(term.op).code + Operand(term); }

int64_t ApplyStep(const CodeTerm& term, int64_t value, const CodeArguments& arguments) {
  return term.op == 0 ? value : Apply(term.op, value, term.OperandValue(arguments));
}

std::string In(const std::string& code, const CodeTerm& step, char top) {
  const bool looser = step.op == '*' && (top == '+' || top == '-');
  return (looser ? "(" + code + ")" : code) + StepCode(step);
}

std::string ChainCode(const CodeQuestion& q) {
  const std::string code = In(q.first.Code(), q.second, q.first.op);
  return q.last.op == 0 ? code : In(code, q.last, q.second.op);
}

// "int i=2;i<=a;i+=3" or its parts with commas.
std::string LoopCode(const CodeQuestion& q, const char* separator) {
  const std::string compare = q.kind == CodeKind::kSeries && q.high == 0 ? "<" : "<=";
  const int step = q.kind == CodeKind::kSeries ? q.step : 1;
  return "i=" + std::to_string(q.low) + separator + "i" + compare + q.second.variable + separator +
         (step == 1 ? "i++" : "i+=" + std::to_string(step));
}

const char* SeriesStep(const CodeQuestion& q) { return q.choice == kSum ? "r+=" : "r*="; }

std::string CountTest(const CodeQuestion& q) {
  return "i%" + std::to_string(q.high) + "==" + std::to_string(q.step);
}

// What is done with the digit x%base.
std::string DigitCode(const CodeQuestion& q) {
  const std::string digit = "x%" + std::to_string(q.high);
  switch (q.choice) {
    case kDigitSum:
      return "r+=" + digit + ";";
    case kDigitNumber:
      return "r++;";
    case kLargestDigit:
      return "if(" + digit + ">r)r=" + digit + ";";
    default:
      return "if(" + digit + "==" + std::to_string(q.low) + ")r++;";
  }
}

std::string DigitWords(const CodeQuestion& q) {
  const std::string of = std::string("of ") + q.first.variable + " in base " + std::to_string(q.high);
  switch (q.choice) {
    case kDigitSum:
      return "the sum of the digits " + of;
    case kDigitNumber:
      return "the number of digits " + of;
    case kLargestDigit:
      return "the largest digit " + of;
    default:
      return "how many digits " + of + " are " + std::to_string(q.low);
  }
}

// Without the last step. Here is what each kind reads.
std::string Words(const CodeQuestion& q) {
  switch (q.kind) {
    case CodeKind::kChain:
      return q.first.Words() + ", " + StepWords(q.second);
    case CodeKind::kChoose:
      return "if " + q.condition.Words() + " then " + q.first.Words() + " else " + q.second.Words();
    case CodeKind::kPick:
      return kPicks[q.choice] + q.first.Words() + " and " + q.second.Words();
    case CodeKind::kClamp:
      return q.first.Words() + " kept from " + std::to_string(q.low) + " to " + std::to_string(q.high);
    case CodeKind::kSeries:
      return std::string(q.choice == kSum ? "the sum of " : "the product of ") + q.first.Words() +
             " for i from " + std::to_string(q.low) + (q.high == 0 ? " to below " : " to ") +
             q.second.variable + (q.step == 1 ? "" : " by " + std::to_string(q.step));
    case CodeKind::kCount:
      return "how many i from " + std::to_string(q.low) + " to " + q.second.variable + " leave " +
             std::to_string(q.step) + " by " + std::to_string(q.high);
    case CodeKind::kDigits:
      return DigitWords(q);
    case CodeKind::kPower:
      return q.first.Words() + " to the power " + q.second.variable;
  }
  std::abort();
}

// Everything but `return`: leaves the result in r.
std::string Body(const CodeQuestion& q) {
  const std::string first = q.first.Code();
  switch (q.kind) {
    case CodeKind::kChain:
      std::abort();  // one expression
    case CodeKind::kChoose:
      return "int r=" + q.condition.Code() + "?" + first + ":" + q.second.Code() + ";";
    case CodeKind::kPick:
      return "int x=" + first + ";int y=" + q.second.Code() + ";int r=" + kPickCode[q.choice] + ";";
    case CodeKind::kClamp: {
      const std::string low = std::to_string(q.low), high = std::to_string(q.high);
      return "int r=" + first + ";if(r<" + low + ")r=" + low + ";if(r>" + high + ")r=" + high + ";";
    }
    case CodeKind::kSeries:
      return std::string(q.choice == kSum ? "int r=0;" : "int r=1;") + "for(int " + LoopCode(q, ";") + ")" +
             SeriesStep(q) + first + ";";
    case CodeKind::kCount:
      return "int r=0;for(int " + LoopCode(q, ";") + ")if(" + CountTest(q) + ")r++;";
    case CodeKind::kDigits:
      return std::string("int r=0;int x=") + q.first.variable + ";while(x>0){" + DigitCode(q) +
             "x/=" + std::to_string(q.high) + ";}";
    case CodeKind::kPower:
      return std::string("int r=1;for(int i=0;i<") + q.second.variable + ";i++)r*=" + first + ";";
  }
  std::abort();
}

std::string PlanBody(const CodeQuestion& q) {
  const std::string first = q.first.Code(), second = q.second.Code();
  switch (q.kind) {
    case CodeKind::kChain:
      return first + "," + StepCode(q.second);
    case CodeKind::kChoose:
      return q.condition.Code() + ":" + first + ":" + second;
    case CodeKind::kPick:
      return "x=" + first + ",y=" + second + "," + kPickPlan[q.choice];
    case CodeKind::kClamp:
      return "r=" + first + "," + std::to_string(q.low) + ":" + std::to_string(q.high);
    case CodeKind::kSeries:
      return LoopCode(q, ",") + "," + SeriesStep(q) + first;
    case CodeKind::kCount:
      return LoopCode(q, ",") + "," + CountTest(q);
    case CodeKind::kDigits:
      return std::string("x=") + q.first.variable + "," + DigitCode(q) + "x/=" + std::to_string(q.high);
    case CodeKind::kPower:
      return std::string("i<") + q.second.variable + ",r*=" + first;
  }
  std::abort();
}

int64_t SeriesValue(const CodeQuestion& q, const CodeArguments& arguments) {
  const int64_t end = At(arguments, q.second.variable) + (q.high == 0 ? -1 : 0);
  int64_t r = q.choice == kSum ? 0 : 1;
  for (int64_t i = q.low; i <= end; i += q.step) {
    const int64_t value = q.first.Value(arguments, i);
    r = q.choice == kSum ? r + value : r * value;
  }
  return r;
}

int64_t CountValue(const CodeQuestion& q, const CodeArguments& arguments) {
  int64_t r = 0;
  for (int64_t i = q.low; i <= At(arguments, q.second.variable); ++i) r += i % q.high == q.step;
  return r;
}

int64_t DigitsValue(const CodeQuestion& q, const CodeArguments& arguments) {
  int64_t sum = 0, number = 0, largest = 0, matches = 0;
  for (int64_t x = At(arguments, q.first.variable); x > 0; x /= q.high) {
    const int64_t digit = x % q.high;
    sum += digit;
    ++number;
    largest = std::max(largest, digit);
    matches += digit == q.low;
  }
  const int64_t results[] = {sum, number, largest, matches};
  return results[q.choice];
}

int64_t PowerValue(const CodeQuestion& q, const CodeArguments& arguments) {
  int64_t r = 1;
  for (int64_t i = 0; i < At(arguments, q.second.variable); ++i) r *= q.first.Value(arguments);
  return r;
}

// Without the last step.
int64_t BodyValue(const CodeQuestion& q, const CodeArguments& arguments) {
  const int64_t x = q.first.Value(arguments);
  switch (q.kind) {
    case CodeKind::kChain:
      return ApplyStep(q.second, x, arguments);
    case CodeKind::kChoose:
      return q.condition.Value(arguments) != 0 ? x : q.second.Value(arguments);
    case CodeKind::kPick: {
      const int64_t y = q.second.Value(arguments);
      const int64_t results[] = {std::max(x, y), std::min(x, y), std::abs(x - y)};
      return results[q.choice];
    }
    case CodeKind::kClamp:
      return std::clamp<int64_t>(x, q.low, q.high);
    case CodeKind::kSeries:
      return SeriesValue(q, arguments);
    case CodeKind::kCount:
      return CountValue(q, arguments);
    case CodeKind::kDigits:
      return DigitsValue(q, arguments);
    case CodeKind::kPower:
      return PowerValue(q, arguments);
  }
  std::abort();
}

}  // namespace

const char* CodeKindName(CodeKind kind) {
  for (const CodeKindInfo& info : kCodeKinds) {
    if (info.kind == kind) return info.name;
  }
  std::abort();
}

std::string CodeTerm::Words() const {
  return std::string(1, variable) + (op == 0 ? "" : " " + StepWords(*this));
}

std::string CodeTerm::Code() const { return std::string(1, variable) + (op == 0 ? "" : StepCode(*this)); }

int64_t CodeTerm::OperandValue(const CodeArguments& arguments, int64_t i) const {
  if (other == 'i') return i;
  return other != 0 ? At(arguments, other) : number;
}

int64_t CodeTerm::Value(const CodeArguments& arguments, int64_t i) const {
  const int64_t value = variable == 'i' ? i : At(arguments, variable);
  return op == 0 ? value : Apply(op, value, OperandValue(arguments, i));
}

std::string CodeQuestion::Signature() const {
  std::string text = "int f(int a";
  for (int i = 1; i < parameters; ++i) text += std::string(",int ") + static_cast<char>('a' + i);
  return text + ")";
}

std::string CodeQuestion::Text() const {
  return Signature() + " // " + Words(*this) + (last.op == 0 ? "" : ", " + StepWords(last));
}

std::string CodeQuestion::Plan() const {
  return PlanBody(*this) + (last.op == 0 ? "" : "," + StepCode(last));
}

std::string CodeQuestion::Program() const {
  if (kind == CodeKind::kChain) return Signature() + "{return " + ChainCode(*this) + ";}";
  return Signature() + "{" + Body(*this) + "return r" + (last.op == 0 ? "" : StepCode(last)) + ";}";
}

int64_t CodeQuestion::Value(const CodeArguments& arguments) const {
  return ApplyStep(last, BodyValue(*this, arguments), arguments);
}

}  // namespace hone
