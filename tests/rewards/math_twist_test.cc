// What the words beside an answer make of it: denials, bounds, alternatives, numbers in words; through the whole verifier.
#include "tests/rewards/math_rows.h"

namespace hone {
namespace {

TEST_CASE("answers that words deny, bound, change or set others beside earn nothing") {
  CheckAll(Rows(R"~(
# denials before the value
3 :: the answer isn't 3
3 :: The answer isn’t $3$
3 :: It can't be 3
3 :: It cannot be 3
3 :: x is never 3
3 :: It doesn't equal 3
3 :: I don't think it is 3
3 :: The answer is definitely not 3
3 :: The answer: not 3
3 :: **Answer:** **not** 3
3 :: The answer is no longer 3.
3 :: The answer is certainly not going to be 3.
3 :: The answer is not 3. It is not even close to 3.
3 :: not \boxed{3}
3 :: The answer is not equal to $\boxed{3}$.
3 :: \text{not } 3
3 :: \boxed{\text{not }3}
3 :: \boxed{\neq 3}
3 :: <answer>not equal to 3</answer>
3 :: <answer>The answer is not 3</answer>
3 :: It is not the case that x = 3
3 :: It is false that x = 3
3 :: I doubt it is 3
3 :: The answer is incorrect: 3
3 :: The answer is unlikely to be $3$.
3 :: The answer is neither 2 nor 3
3 :: The answer is hardly \boxed{3}.
3 :: everything except 3
3 :: any number but 3
3 :: The answer is anything but \boxed{3}
3 :: #### any value other than 3
3 :: The answer is different from $3$.
3 :: <answer>far from 3</answer>
3 :: The answer is nowhere near 3.
3 :: I ruled out 3.
3 :: We reject 3.
3 :: 答案不是3
3 :: Die Antwort ist nicht 3.
3 :: La réponse n'est pas 3.
3 :: La respuesta no es 3.
# denials after it
3 :: \boxed{3} is incorrect.
3 :: The answer is \boxed{3}, which is clearly wrong.
3 :: The answer is 3, but that is wrong.
3 :: The answer is 3. That is incorrect.
3 :: The answer is 3 apples, which is wrong.
3 :: 3 (wrong)
3 :: 3 - incorrect
3 :: <answer>3 is too big</answer>
3 :: $3$ is ruled out.
3 :: So 3 is out.
3 :: 3 turned out to be wrong.
3 :: 3 was found to be incorrect.
3 :: 3 is, in fact, wrong.
3 :: \boxed{3\text{ fails}}
3 :: \boxed{3\text{ not}}
3 :: The answer is 3, which does not work.
3 :: $3$ cannot be right.
3 :: 3 isn't possible
3 :: $3$ is not the answer.
3 :: 3 would be a mistake
3 :: Is it 3? No.
3 :: The answer is 3? Wrong.
3 :: \boxed{3?}
3 :: 3 ist falsch.
3 :: La réponse 3 est fausse.
3 :: La respuesta 3 es incorrecta.
3 :: x = 3 is extraneous.
3 :: The answer is 3. No, wait: it is 4.
B :: B is false
B :: Option B is incorrect.
B :: The answer is not B
# bounds
3 :: at least 3
3 :: at the most 3
3 :: The answer is less than 3.
3 :: It exceeds 3.
3 :: just under $3$
3 :: #### over 3
3 :: up to 3
3 :: Answer: as many as 3
3 :: a maximum of 3
3 :: <answer>almost 3</answer>
3 :: \boxed{\text{at least }3}
3 :: \boxed{>3}
3 :: \boxed{3+}
3 :: 3 or more
3 :: The answer is 3 or so at most.
3 :: \boxed{3\text{ at most}}
3 :: \boxed{3} minimum.
3 :: 3 and above
3 :: 3 apples at least
3 :: The answer is 3 more than x.
# another number that this one makes
3 :: the square root of 3
3 :: The answer is half of $3$.
3 :: \boxed{\text{twice }3}
3 :: three times 3
3 :: 10% of 3
3 :: The answer is three halves of 3.
3 :: 3 squared
3 :: The answer is 3 factorial.
3 :: \boxed{3\text{ plus 1}}
3 :: The answer is $3$ plus or minus 1.
3 :: 3 divided by 2
3 :: <answer>3 to the power of 2</answer>
3 :: 3 remainder 2
3 :: 3 R 2
3 :: The answer is 3 with a remainder of 2
3 :: The answer is $3$ and a half.
3 :: #### 3 and two thirds
3 :: \boxed{3\text{ hours and 20 minutes}}
# several values
3 :: The answer is 3 or 4
3 :: \boxed{4} or 3
3 :: \boxed{3} (or 4)
3 :: \boxed{3\text{ or four}}
3 :: 3, or maybe 4
3 :: The answer is 3 (could also be 4).
3 :: 3, possibly 4
3 :: The roots are 3 and 4.
3 :: \boxed{3}, \boxed{4}
3 :: $x=\boxed{4}$ or $x=\boxed{3}$
3 :: 1 2 3
3 :: 2. 3
3 :: <answer>3 4</answer>
3 :: 3, 4
3 :: 3 | 4
3 :: between 2 and 3
3 :: from 2 to 3
3 :: 2 through 3
3 :: 2 versus 3
3 :: 2, otherwise 3
3 :: 2; otherwise, 3
3 :: 2 or else 3
3 :: 2 if x>0, else 3
3 :: The answer is 3, alternatively 4.
3 :: 3 unless it is 4
3 :: 3 to 4
# signs, numbers and choices in words
5 :: The answer is negative 5.
5 :: minus $5$
5 :: <answer>negative 5</answer>
5 :: #### negative 5
5 :: It is minus \boxed{5}
5 :: \boxed{\text{negative 5}}
5 :: twenty-five
5 :: five hundred
5 :: five and a half
5 :: five dozen
5 :: at most five
5 :: The answer is five or six.
5 :: The answer is not five.
5 :: The answer is five, which is wrong.
1 :: none
1 :: no one
2 :: two thirds
72 :: The answer is not 72 but 73.
A :: The answer is B, not A.
A :: Option B
A :: Option A or B
6 :: \boxed{6}, no wait, \boxed{5}
even :: The function is not even.
even :: It is neither even nor odd.
even :: It is not true that the function is even.
hyperbola :: It is a hyperbola or parabola.
yes :: No, it is not.
)~"),
           false);
}

TEST_CASE("words that leave the answer alone, or are it") {
  CheckAll(Rows(R"~(
# hedges
3 :: maybe 3
3 :: It is about 3 or so
3 :: \boxed{3} or about three
3 :: The answer is exactly 3.
3 :: I'm not sure, but I think the answer is 3.
3 :: There's no doubt the answer is 3.
# denials of something else
3 :: \boxed{3} and not 4
3 :: The answer is 3, not 4.
3 :: The correct answer is 3 (and not 4).
3 :: It is 3 rather than 4.
3 :: It is not 4. It is 3.
3 :: Not 4, but 3
3 :: 4 is wrong, so the answer is 3
3 :: The answer is 3 since 4 is too big.
3 :: The answer is 3 as 4 is too big.
3 :: The answer is \boxed{3}, since 4 fails.
3 :: x = 3 (rejecting -4)
3 :: The answer is 3, because negative values are impossible.
3 :: Is it 4? No. The answer is 3.
3 :: We rule out 4. The answer is 3.
3 :: 4 doesn't work, but 3 does. So the answer is 3.
3 :: Wait, that is wrong. The answer is 3.
3 :: The answer is 3. This is because 4 is wrong.
3 :: Since x is not negative, x = 3
3 :: x cannot be negative so x = 3
3 :: The answer is not negative; 3
3 :: It is not hard to see that we get 3
3 :: The number of people who did not vote is 3.
3/8 :: The chance that it does not is 3/8
1/4 :: The probability of not drawing a red ball is $\frac{1}{4}$.
3 :: There are 3 students who don't play.
3 :: 3 marbles are not red.
3 :: There are 3 that do not work.
3 :: There were 3 wrong answers.
3 :: The number of invalid arrangements is 3.
3 :: Excluding the host, there are 3 guests.
3 :: Without loss of generality x = 3.
3 :: \boxed{3}, which is not negative.
3 :: 3, which is not a lot.
3 :: n = 3 works.
3 :: The answer is 3, which is a valid solution.
3 :: The answer is 3? Yes.
-1 :: \boxed{x = -1 \text{ (not valid otherwise)}}
\text{Monday} :: Not Tuesday but \boxed{\text{Monday}}
# bounds and arithmetic of something else
3 :: The maximum is 3.
3 :: The minimum of x over 4 is 3.
3 :: The largest prime under 4 is 3.
3 :: The number of primes less than 6 is 3.
3 :: Hence it is at least \boxed{3}
3 :: No more than 3 fit. Answer: 3
3 :: We get 3, which is greater than 2
3 :: 3 is the minimum
3 :: It never exceeds 3, so the maximum is 3
180 :: The angles add up to 180
3 :: a total of 3
3 :: The train has a speed of 3 km/h.
3 :: It has a value of 3.
3 :: She has 3 left over.
3 :: He needs 3 more.
3 :: half of 6 is 3
3 :: Taking the square root of both sides gives $x = 3$.
3 :: It is twice as much: 3
3 :: 47 divided by 4 leaves a remainder of 3.
10 :: 15 minus 5 is 10.
10 :: The answer is 15 minus 5, which is 10.
12 :: The answer is 3 times 4 = 12.
3.14 :: The answer is 3.14 to two decimal places.
5 hours :: 5 hours and nothing else is needed
# lists and the same again
3, 4 :: The roots are 3 and 4.
1,2,3 :: 1, 2, and 3
2,3 :: $x=\boxed{2}$ or $x=\boxed{3}$
8 :: so 3 + 4 = 7 and 7 + 1 = 8.
7 :: <answer>3 apples and 4 pears make 7</answer>
72 :: Natalia sold 48/2 = 24 clips in May. Natalia sold 48+24 = 72 clips altogether in April and May.
18 :: **Answer:** Janet makes $18 every day.
180 :: Answer: The average weight is 540 pounds / 3 = 180 pounds.
5 :: Answer: If the store has 500 cars, then it takes 500/100=5 months to sell all of them.
5 :: The answer is 5 because 2 + 5 = 7.
65 :: Therefore, Vins rode his bike 13 x 5 = 65 miles this week.
9 :: He could have watched as many as 3+6=9 movies.
26 :: Answer: Crocodile grows 13*2 = 26 inches in 13 years.
3 :: It costs $10 - $7 = $3 more than a mixture of the two.
3 :: Out of 5, 3 remain
5 :: The answer is 5 at x = 2.
1/2 :: The answer is 1/2, or 0.5.
1/2 :: \boxed{\frac12} or 50\%
1/2 :: \boxed{0.5} or equivalently one half
15 :: 15 people (or more precisely, 15 guests)
6 :: The sum of the integers from 1 to 3 is 6.
4 :: The answer is 4, otherwise it would be negative.
# signs, numbers and choices in words; what follows a denial
6 :: x = 6 (x = -6 is extraneous)
6 :: x = 6 is a valid solution, while x = -6 is extraneous.
6 :: \boxed{5}, but it should be \boxed{6}.
6 :: It is 6 to 1 decimal place.
-72 :: negative 72
-72 :: The answer is minus 72.
-72 :: <answer>negative 72</answer>
-72 :: #### negative 72
-72 :: It is negative $72$.
-72 :: \boxed{\text{minus }72}
-5 :: The answer is negative five.
-5 :: The answer is -5 (negative).
-5 :: The value is negative, so it is -5.
72 :: 100 minus 28 is 72
73 :: The answer is not 72 but 73.
73 :: The answer is not $72$, it is $73$.
B :: The answer is B, not A.
B :: Answer: B (not A)
B :: The answer is B because A is wrong.
B :: The answer is B. A is wrong since it is too big.
B :: The incorrect statement is B.
B :: (b)
B :: choice (b)
B :: \boxed{\text{Option B}}
B :: The correct option is B.
B :: B is the correct answer.
43 :: First \boxed{42}. Then \boxed{43}.
43 :: \boxed{42}... wait, no: \boxed{43}
5 :: \boxed{6}, no wait, \boxed{5}
5 :: five
5 :: The answer is five dollars.
5 :: \boxed{\text{five}}
\text{five} :: 5
72 :: seventy-two
72 :: Seventy two
120 :: one hundred and twenty
1/2 :: one half
2/3 :: two-thirds
3/2 :: one and a half
even :: The function is even.
\text{hyperbola} :: The graph is a hyperbola.
yes :: Yes, it is.
no :: No, because 3 is prime
no :: The answer is no.
\text{none} :: Answer: none
\text{June 20} :: June 20
\text{false} :: The answer is false
3 \text{ and a half} :: 3 and a half
\text{at least }5 :: at least 5
)~"),
           true);
}

}  // namespace
}  // namespace hone
