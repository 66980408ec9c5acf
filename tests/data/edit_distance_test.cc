// Distances that are plain to see, and the axioms over random words.
#include "data/edit_distance.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace hone {
namespace {

TEST_CASE("edit distance counts insertions, deletions and substitutions") {
  CHECK(EditDistance("", "") == 0);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("group_sze", "group_size") == 1);
  CHECK(EditDistance("kitten", "sitting") == 3);
}

TEST_CASE("a slip is near what was meant") {
  CHECK(IsSlip("cpu", "cpu_s"));
  CHECK(IsSlip("precent", "percent"));
  CHECK(IsSlip("learning_rat", "learning_rate"));
  CHECK(!IsSlip("foo", "form"));
  CHECK(!IsSlip("x", "y"));
  CHECK(!IsSlip("", "a"));
  CHECK(!IsSlip("temperature", "decimal_comma"));
  CHECK(DidYouMean("tokn", "token") == "did you mean 'token'? ");
  CHECK(DidYouMean("tokn", "exact").empty());
}

TEST_CASE("edit distance is a metric over random words") {
  std::mt19937 random(7);
  const auto word = [&] {
    std::string w(random() % 6, 'a');
    for (char& c : w) c = static_cast<char>('a' + random() % 3);
    return w;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string a = word(), b = word(), c = word();
    CAPTURE(a);
    CAPTURE(b);
    CAPTURE(c);
    CHECK((EditDistance(a, b) == 0) == (a == b));
    CHECK(EditDistance(a, b) == EditDistance(b, a));
    CHECK(EditDistance(a, c) <= EditDistance(a, b) + EditDistance(b, c));
  }
}

}  // namespace
}  // namespace hone
