// A table from an enum's values to functions: how the parts of an objective are chosen. Covered by
// tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_TABLE_H_
#define HONE_RL_OBJECTIVE_TABLE_H_

#include <cstddef>
#include <cstdlib>

namespace hone {

template <class E, class F>
struct TableRow {
  E kind;
  F function;
};

// The function of `kind`; one that is not in the table is a broken invariant.
template <class E, class F, size_t N>
F Choose(const TableRow<E, F> (&table)[N], E kind) {
  for (const TableRow<E, F>& row : table) {
    if (row.kind == kind) return row.function;
  }
  std::abort();
}

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_TABLE_H_
