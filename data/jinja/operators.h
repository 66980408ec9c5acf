// What the operators of templates do: Python's, with integers of 64 bits. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_OPERATORS_H_
#define HONE_DATA_JINJA_OPERATORS_H_

#include <string>
#include <vector>

#include "data/jinja/ast.h"
#include "data/jinja/value.h"

namespace hone::jinja {

// All throw Fault where Python has a TypeError or the like, and for an integer beyond 64 bits.
Value Arithmetic(Op op, const Value& a, const Value& b, Budget& budget);
Value Negative(const Value& value);
Value Positive(const Value& value);
bool Compare(Op op, const Value& a, const Value& b, Budget& budget);
bool Contains(const Value& container, const Value& item, Budget& budget);
Value Concat(const std::vector<Value>& values, Budget& budget);  // a ~ b ~ ..

// Undefined when there is no such thing.
Value Attribute(const Value& value, const std::string& name, Budget& budget);
Value Subscript(const Value& value, const Value& key, Budget& budget);

struct SliceBounds {
  Value start, stop, step;  // None: not given
};
Value Slice(const Value& value, const SliceBounds& bounds, Budget& budget);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_OPERATORS_H_
