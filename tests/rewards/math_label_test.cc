// Units, and the words after a value that are none.
#include <doctest/doctest.h>

#include "rewards/math/units.h"
#include "tests/rewards/math_trees.h"

namespace hone {
namespace {

// clang-format off
TEST_CASE("the tree of each notation: units, labels and words") {
  CheckTrees({
      {R"~(3s)~", R"~((mul 3 's))~"},
      {R"~(5t)~", R"~((mul 5 't))~"},
      {R"~(5 cm)~", R"~((quantity centimeter 5))~"},
      {R"~(5\text{ m})~", R"~((quantity meter 5))~"},
      {R"~(5 \mathrm{m})~", R"~((quantity meter 5))~"},
      {R"~(60 km/h)~", R"~((quantity kilometer*hour^-1 60))~"},
      {R"~(60 miles per hour)~", R"~((quantity mile*hour^-1 60))~"},
      {R"~(3 square meters)~", R"~((quantity meter^2 3))~"},
      {R"~(15\mbox{ cm}^2)~", R"~((quantity centimeter^2 15))~"},
      {R"~(864 \mbox{ inches}^2)~", R"~((quantity inch^2 864))~"},
      {R"~(12\pi cm)~", R"~((quantity centimeter (mul 12 pi)))~"},
      {R"~(3x \text{ cm})~", R"~((quantity centimeter (mul 3 'x)))~"},
      {R"~(-5 cm)~", R"~((quantity centimeter (neg 5)))~"},
      {R"~(5 min)~", R"~((quantity minute 5))~"},
      {R"~(20 °C)~", R"~((quantity celsius 20))~"},
      {R"~($36)~", R"~((quantity dollar 36))~"},
      {R"~(\$32,\!348)~", R"~((quantity dollar 32348))~"},
      {R"~(-\$5)~", R"~((quantity dollar (neg 5)))~"},
      {R"~(18.90 dollars)~", R"~((quantity dollar 1890e-2))~"},
      {R"~(5.4 \text{ cents})~", R"~((quantity cent 54e-1))~"},
      {R"~(€5)~", R"~((quantity euro 5))~"},
      {R"~(2,74 $)~", R"~((quantity dollar 274e-2))~"},
      {R"~(8722美元)~", R"~((quantity dollar 8722))~"},
      {R"~(4000千克)~", R"~((quantity kilogram 4000))~"},
      {R"~(99颗弹珠)~", R"~(99)~"},
      {R"~(19 points)~", R"~((labeled "point" 19))~"},
      {R"~(19 Points in all)~", R"~((labeled "point" 19))~"},
      {R"~(72\text{ red apples.})~", R"~((labeled "red apple" 72))~"},
      {R"~(-72 boxes)~", R"~((labeled "box" (neg 72)))~"},
      {R"~(12 \text{ cities})~", R"~((labeled "city" 12))~"},
      {R"~(5 km away)~", R"~((labeled "away" (quantity kilometer 5)))~"},
      {R"~($5 profit)~", R"~((labeled "~g+ profit" (quantity dollar 5)))~"},
      {R"~((3\text{ cats}, 4))~", R"~((tuple (labeled "cat" 3) 4))~"},
      {R"~(3\text{ or four})~", R"~("3orfour")~"},
      {R"~(3\text{ not})~", R"~("3not")~"},
      {R"~(5 in total)~", R"~(5)~"},
      {R"~(2 hours and 30 minutes)~", R"~((quantity hour (add 2 (mul 30 (div 1 60)))))~"},
      {R"~($5 and $6)~", R"~((list and (quantity dollar 5) (quantity dollar 6)))~"},
      {R"~(about 5)~", R"~(5)~"},
      {R"~(\approx 5)~", R"~(5)~"},
      {R"~(A)~", R"~('A)~"},
      {R"~((B))~", R"~((choice B))~"},
      {R"~(\text{(B)})~", R"~((choice B))~"},
      {R"~(\textbf{(C)}\ 5)~", R"~((choice C "5"))~"},
      {R"~((D) Alina)~", R"~((choice D "alina"))~"},
      {R"~(C Cecile)~", R"~((choice C "cecile"))~"},
      {R"~(A. Because B is not valid)~", R"~((choice A "becausebisnotvalid"))~"},
      {R"~(No valid answer here)~", R"~("novalidanswerhere")~"},
      {R"~(\text{Evelyn})~", R"~("evelyn")~"},
      {R"~(Tom)~", R"~("tom")~"},
      {R"~(odd)~", R"~((mul 'o 'd 'd))~"},
      {R"~(east)~", R"~("east")~"},
      {R"~(the quick brown fox)~", R"~("thequickbrownfox")~"},
  });
}

// clang-format on

TEST_CASE("units have exact sizes, and letters alone are none") {
  REQUIRE(FindUnit("cm") != nullptr);
  CHECK(FindUnit("cm")->denominator == 100);
  CHECK(FindUnit("centimeters") == FindUnit("cm"));
  CHECK(FindUnit("Feet") == FindUnit("ft"));
  CHECK(FindUnit("inches")->numerator * 12 == FindUnit("ft")->numerator);
  CHECK(FindUnit("dollars")->IsCurrency());
  CHECK(FindUnit("apples") == nullptr);
  CHECK(FindUnit("") == nullptr);
}

}  // namespace
}  // namespace hone
