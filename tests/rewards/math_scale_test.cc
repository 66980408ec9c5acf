// Measures, words of size and labels through the whole verifier: what adds up, what multiplies, what differs.
#include "tests/rewards/math_rows.h"

namespace hone {
namespace {

TEST_CASE("other measures, other sizes and opposite labels are other answers") {
  CheckAll(Rows(R"~(
6 :: 2 hours 3 minutes
5 feet 6 inches :: 6 feet 5 inches
2 hours 15 minutes :: 30
2 hours 15 minutes :: 30 minutes
2 hours and 15 minutes :: 2 hours 16 minutes
2 dollars and 50 cents :: $2.05
5 :: \boxed{5\text{ hours and 20 minutes}}
5 :: 5 hours and 20 minutes
5 :: 5 hours 20 minutes
100 :: 5 hours 20 minutes
10 :: 2 kg 5 m
10 :: \boxed{2 \text{ kg } 5 \text{ m}}
3 :: \boxed{3 \text{ million}}
3 :: 3 million
3 :: 3 thousand
3 :: The answer is 3 hundred.
3 :: 3 billion dollars
3 :: \boxed{3\text{ thirds}}
3 :: 3 tenths
3 :: 3 halves
3 :: 3 squared
3 :: \boxed{3\text{ squared}}
3 :: 3 cubed
3 :: 3 factorial
3 :: 3 per cent
3 :: 3‰
3 :: \boxed{3\text{ per cent}}
5 :: $5 million
5 :: #### 5 million
5 :: \$5 million
37 :: 3 dozen
2 adults and 3 children :: 3 adults and 2 children
5 apples and 3 oranges :: 3 apples and 5 oranges
25 square units :: 25 cubic units
25\text{ cm}^2 :: 25 apples
3 left :: 3 right
10\% more :: 10\% less
\$5 gain :: \$5 loss
8 in the morning :: 8 in the evening
5 up :: 5 down
3,5 :: 3.5
1,2 :: 1.2
\frac13 :: 0.334...
\frac13 :: 0.33
72^\circ :: 2\pi/3
72 apples :: 72 oranges
3 :: \boxed{3}\text{ million}
12 more :: 12 fewer
2.5 :: 2.5 million
)~"),
           false);
}

TEST_CASE("the same measure, size or count in other words is the same answer") {
  CheckAll(Rows(R"~(
5 feet 6 inches :: 66 inches
1 hour 30 minutes :: 90 minutes
2 m 3 cm :: 203 cm
2 \text{ m } 3 \text{ cm} :: \boxed{203\text{ cm}}
2 hours and 15 minutes :: 135 minutes
2 hours, 15 minutes :: \boxed{2\text{ hours }15\text{ minutes}}
2 hours and 15 minutes :: 2 hours 15 minutes
3 lb 4 oz :: 52 ounces
2 h 15 min :: 135 min
1 hour 30 minutes :: 1.5 hours
1 hour 1 minute 1 second :: 3661 seconds
2 dollars and 50 cents :: $2.50
\$2.50 :: 2 dollars and 50 cents
5000000 :: \$5 million
5,000,000 :: \boxed{\$5\text{ million}}
1500000 :: 1.5 million
1500000 :: The answer is 1.5 million.
1500000 :: \boxed{1.5\text{ million}}
1.5\text{ million} :: 1500000
1.5\text{ million} :: 1.5 million dollars
36 :: 3 dozen
36 :: 3 dozen eggs
3 :: 3 dozen
2/3 :: 2 thirds
2/3 :: \boxed{2\text{ thirds}}
9 :: 3 squared
6 :: 3 factorial
0.03 :: 3 per cent
x^2 :: x squared
300000 :: 3 hundred thousand
2 adults and 3 children :: 3 children and 2 adults
2 adults and 3 children :: 2 adults, 3 children
5 apples and 3 oranges :: 5 and 3
25 square units :: 25
25 :: 25 square units
25 square units :: 25 units
25\text{ cm}^2 :: 25 square units
10\% more :: 10\%
10\% :: 10\% more
8 in the morning :: 8
3 left :: 3
3 :: 3 left
3 :: 3 apples left
3,5 :: 3, 5
3.5 :: 3,5
\frac13 :: 0.333...
\frac13 :: 0.3333\ldots
\frac{1}{6} :: 0.1666...
\text{12 cm} :: \boxed{12}
\text{12 cm} :: 12 cm
72^\circ :: 2\pi/5
72^\circ :: \boxed{\frac{2\pi}{5}}
72^\circ :: 72
\frac{2\pi}{5} :: 72^\circ
0.5 mile :: 1/2 mile
72 :: 72 apples
2 hours :: 120 minutes
30 minutes :: 1/2 hour
12 inches :: 1 foot
3x^2 :: 3x^2
5 quarters :: 5
5 :: 5 quarters
0,5 :: 0.5
1,22 :: 1.22
2.5 :: 2,5
3000000 :: \boxed{3}\text{ million}
5 :: 5 third graders
1/3 :: one third
0.5 :: 1 half
12 :: 12 more apples
12 :: 12 fewer apples than Jim
20 :: The rope is 20 cm longer, so \boxed{20}
7 :: 7 days
10 :: 10 dozen
)~"),
           true);
}

}  // namespace
}  // namespace hone
