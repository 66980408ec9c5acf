// Functions in pieces: what points cannot prove equal is not taken for equal, and what is equal is found to be.
#include "tests/rewards/math_verify_rows.h"

namespace hone {
namespace {

TEST_CASE("functions in pieces: right") {
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
            {"|x-y|", "|y-x|"},
            {"\\max(x,y,z)", "\\max(z,x,y)"},
            {"x\\,\\text{sgn}(x)", "|x|"},
            {"\\sqrt{(x-1)^2(x-2)^2}", "|(x-1)(x-2)|"},
            {"\\sqrt{4x^2+4x+1}", "|2x+1|"},
            {"\\sqrt{1+x}", "(1+x)^{1/2}"},
            {"\\sqrt{x^2+1}", "\\sqrt{1+x^2}"},
            {"\\frac{1}{\\sqrt{x}+1}", "\\frac{\\sqrt{x}-1}{x-1}"},
            {"\\sqrt{x^4}", "x^2"},
            {"|x|\\cdot|x|", "x^2"},
            {"|1-2x|", "2|x-\\frac12|"}},
           true);
}

TEST_CASE("functions in pieces: wrong") {
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
            {"\\lfloor x + 10^{-30} \\rfloor", "\\lfloor x \\rfloor"},
            {"\\lfloor x \\rfloor", "x - 1/2 + \\frac{1}{\\pi}\\arctan(\\cot(\\pi x))"},
            {"|x|+|y|", "|x+y|"},
            {"|x|+|y|", "|x|+y"},
            {"\\max(x,y,z)", "\\max(x,y)"},
            {"\\min(x, 10^{40})", "x"},
            {"\\text{sgn}(x)", "1"},
            {"\\sqrt{(x-1)^2(x-2)^2}", "(x-1)(x-2)"},
            {"\\sqrt{x^2-2\\cdot 10^{40}x+10^{80}}", "10^{40}-x"},
            {"x \\bmod 5", "x"},
            {"|x-1|+|x-2|", "2x-3"},
            {"\\lceil x \\rceil", "\\lfloor x \\rfloor + 1"}},
           false);
}

}  // namespace
}  // namespace hone
