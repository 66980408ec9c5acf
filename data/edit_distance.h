// How far a mistyped name is from a known one, for "did you mean". Covered by tests/data/edit_distance_test.cc.
#ifndef HONE_DATA_EDIT_DISTANCE_H_
#define HONE_DATA_EDIT_DISTANCE_H_

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hone {

// Levenshtein distance in bytes.
inline size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// Whether `written` may well have been meant for `known`: no more than a third of it is otherwise.
inline bool IsSlip(std::string_view written, std::string_view known) {
  const size_t farthest = std::min<size_t>((std::max(written.size(), known.size()) + 1) / 3, 3);
  return EditDistance(written, known) <= farthest;
}

// "did you mean 'known'? ", or nothing if that is too far.
inline std::string DidYouMean(std::string_view written, std::string_view known) {
  return IsSlip(written, known) ? "did you mean '" + std::string(known) + "'? " : "";
}

}  // namespace hone

#endif  // HONE_DATA_EDIT_DISTANCE_H_
