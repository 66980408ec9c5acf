// Functions in pieces: what points cannot prove equal is not taken for equal, and what is equal is found to be.
#include "tests/rewards/math_verify_rows.h"

namespace hone {
namespace {

TEST_CASE("a piece that no point lies in makes functions unequal") {
  CheckAll({{"|x-1000|", "1000-x"},
            {"\\max(x,1000)", "1000"},
            {"\\min(x,50)", "x"},
            {"\\lfloor x\\rfloor", "\\lceil x\\rceil-1"},
            {"\\text{sgn}(x-10^6)", "-1"},
            {"\\sqrt{(x-1000)^2}", "1000-x"},
            {"|x-10^{50}|", "10^{50}-x"},
            {"|x-y|", "x-y"},
            {"y=|x-1000|", "y=1000-x"},
            {"\\lfloor x/1000 \\rfloor", "0"},
            {"x \\bmod 10^9", "x"},
            {"\\sqrt[4]{(x-10^7)^4}", "10^7-x"},
            {"|x-1|+|x-1000|", "|x-1|+1000-x"},
            {"\\max(x,y)", "x"},
            {"\\arctan(\\tan(x/1000))", "x/1000"},
            {"|x+10^{80}|", "x+10^{80}"},
            {"|10^{-40}-x^2|", "x^2-10^{-40}"},
            {"\\lfloor x + 10^{-30} \\rfloor", "\\lfloor x \\rfloor"}},
           false);
}

TEST_CASE("piecewise functions that are equal in every piece") {
  CheckAll({{"|x-1|", "|1-x|"},
            {"\\sqrt{x^2}", "|x|"},
            {"|x|", "\\sqrt{x^2}"},
            {"|2x-2|", "2|x-1|"},
            {"|x^2-1|", "|x-1||x+1|"},
            {"\\sqrt{x^2+2x+1}", "|x+1|"},
            {"|x|^2", "x^2"},
            {"\\lfloor x+1 \\rfloor", "\\lfloor x\\rfloor + 1"},
            {"\\lceil x \\rceil", "-\\lfloor -x \\rfloor"},
            {"\\max(x,y)", "\\max(y,x)"},
            {"\\max(x,y)", "\\frac{x+y+|x-y|}{2}"},
            {"\\min(a,b)", "\\frac{a+b-|a-b|}{2}"},
            {"|x^2+1|", "x^2+1"},
            {"|\\sin x|", "\\sqrt{1-\\cos^2 x}"},
            {"|x|^3", "x^2|x|"},
            {"\\frac{|x|}{x}", "\\frac{x}{|x|}"},
            {"\\frac{1}{2}\\ln|x-3|+C", "\\frac{\\ln|3-x|}{2}+C"},
            {"\\ln|\\sec x| + C", "-\\ln|\\cos x| + C"},
            {"e^{|x|}", "\\exp(|-x|)"},
            {"n \\bmod 2", "n - 2\\lfloor n/2 \\rfloor"},
            {"\\sqrt{8x^2}", "2\\sqrt2|x|"},
            {"|x|+|y|", "|y|+|x|"},
            {"|ab|", "|a||b|"},
            {"\\ln|x^2|", "2\\ln|x|"},
            {"|x-y|", "|y-x|"}},
           true);
}

}  // namespace
}  // namespace hone
