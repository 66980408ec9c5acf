// The one exception type for user faults: what is wrong, where, and what to do about it.
// main() prints it as one line and exits 1; broken invariants abort instead. Covered by tests/data/error_test.cc.
#ifndef HONE_DATA_ERROR_H_
#define HONE_DATA_ERROR_H_

#include <stdexcept>
#include <string>

namespace hone {

class Error : public std::runtime_error {
 public:
  // `where` is a file, file:line, recipe key or URL; may be empty. `remedy` is an imperative sentence; may be empty.
  Error(const std::string& what, const std::string& where, const std::string& remedy)
      : std::runtime_error((where.empty() ? "" : where + ": ") + what +
                           (remedy.empty() ? "" : "; " + remedy)) {}
};

}  // namespace hone

#endif  // HONE_DATA_ERROR_H_
