// Tables of LaTeX commands, plain words and Unicode characters. Covered by tests/rewards/math_parse_test.cc.
#include <algorithm>
#include <array>

#include "rewards/math/expr.h"
#include "rewards/math/token.h"

namespace hone {
namespace {

constexpr NamedToken F(std::string_view name, Function function) {
  return {name, Tok::kFunction, static_cast<uint8_t>(function), name};
}
constexpr NamedToken R(std::string_view name, Relation relation) {
  return {name, Tok::kRelation, static_cast<uint8_t>(relation)};
}
constexpr NamedToken C(std::string_view name, Constant constant) {
  return {name, Tok::kConstant, static_cast<uint8_t>(constant)};
}
constexpr NamedToken L(std::string_view name, std::string_view letter) {
  return {name, Tok::kLetter, 0, letter};
}
constexpr NamedToken L(std::string_view name) { return L(name, name); }

template <size_t n>
constexpr std::array<NamedToken, n> Sorted(std::array<NamedToken, n> names) {
  std::sort(names.begin(), names.end(),
            [](const NamedToken& a, const NamedToken& b) { return a.name < b.name; });
  return names;
}

template <size_t n>
const NamedToken* Find(const std::array<NamedToken, n>& names, std::string_view name) {
  const auto at = std::lower_bound(names.begin(), names.end(), name,
                                   [](const NamedToken& a, std::string_view b) { return a.name < b; });
  return at == names.end() || at->name != name ? nullptr : &*at;
}

// clang-format off
constexpr auto kLatexCommands = Sorted(std::to_array<NamedToken>({
    // functions
    F("sin", Function::kSin), F("cos", Function::kCos), F("tan", Function::kTan), F("cot", Function::kCot),
    F("sec", Function::kSec), F("csc", Function::kCsc), F("cosec", Function::kCsc),
    F("arcsin", Function::kArcsin), F("arccos", Function::kArccos), F("arctan", Function::kArctan),
    F("arccot", Function::kArccot), F("arcsec", Function::kArcsec), F("arccsc", Function::kArccsc),
    F("sinh", Function::kSinh), F("cosh", Function::kCosh), F("tanh", Function::kTanh),
    F("coth", Function::kCoth), F("sech", Function::kSech), F("csch", Function::kCsch),
    F("exp", Function::kExp), F("ln", Function::kLn), F("log", Function::kLog), F("lg", Function::kLog),
    F("gcd", Function::kGcd), F("lcm", Function::kLcm), F("min", Function::kMin), F("max", Function::kMax),
    F("Re", Function::kRe), F("Im", Function::kIm), F("arg", Function::kArg), F("tg", Function::kTan),
    F("ctg", Function::kCot), F("arctg", Function::kArctan),
    // operators
    {"times", Tok::kTimes}, {"cdot", Tok::kTimes}, {"ast", Tok::kTimes}, {"bullet", Tok::kTimes},
    {"div", Tok::kSlash}, {"pm", Tok::kPlusMinus}, {"mp", Tok::kMinusPlus}, {"bmod", Tok::kMod},
    {"mod", Tok::kMod}, {"pmod", Tok::kCongruent}, {"frac", Tok::kFraction}, {"dfrac", Tok::kFraction},
    {"tfrac", Tok::kFraction}, {"cfrac", Tok::kFraction}, {"over", Tok::kOver}, {"binom", Tok::kBinomial},
    {"dbinom", Tok::kBinomial}, {"tbinom", Tok::kBinomial}, {"choose", Tok::kChoose}, {"sqrt", Tok::kRoot, 2},
    {"surd", Tok::kRoot, 2}, {"sum", Tok::kSum}, {"prod", Tok::kProduct}, {"percent", Tok::kPercent},
    {"%", Tok::kPercent}, {"circ", Tok::kDegree}, {"degree", Tok::kDegree}, {"prime", Tok::kPrime},
    {"$", Tok::kCurrency, 0, "dollar"}, {"pounds", Tok::kCurrency, 0, "GBP"},
    {"euro", Tok::kCurrency, 0, "euro"}, {"textdollar", Tok::kCurrency, 0, "dollar"},
    {"yen", Tok::kCurrency, 0, "yen"},
    // relations
    R("eq", Relation::kEqual), R("ne", Relation::kNotEqual), R("neq", Relation::kNotEqual),
    R("le", Relation::kLessEqual), R("leq", Relation::kLessEqual), R("leqslant", Relation::kLessEqual),
    R("leqq", Relation::kLessEqual), R("ge", Relation::kGreaterEqual), R("geq", Relation::kGreaterEqual),
    R("geqslant", Relation::kGreaterEqual), R("geqq", Relation::kGreaterEqual), R("lt", Relation::kLess),
    R("gt", Relation::kGreater), R("approx", Relation::kApproximate), R("simeq", Relation::kApproximate),
    R("doteq", Relation::kEqual), R("sim", Relation::kSimilar), R("cong", Relation::kSimilar),
    R("parallel", Relation::kSimilar), R("perp", Relation::kSimilar), R("to", Relation::kSimilar),
    R("rightarrow", Relation::kSimilar), R("Rightarrow", Relation::kSimilar),
    R("implies", Relation::kSimilar), R("iff", Relation::kSimilar), R("Leftrightarrow", Relation::kSimilar),
    R("mapsto", Relation::kSimilar), R("longrightarrow", Relation::kSimilar), R("subset", Relation::kSimilar),
    R("subseteq", Relation::kSimilar), R("supset", Relation::kSimilar), R("supseteq", Relation::kSimilar),
    R("nmid", Relation::kSimilar), R("propto", Relation::kSimilar), {"equiv", Tok::kEquivalent},
    {"in", Tok::kIn}, {"notin", Tok::kIn, 1}, {"cup", Tok::kUnion}, {"bigcup", Tok::kUnion},
    {"cap", Tok::kIntersection}, {"bigcap", Tok::kIntersection}, {"setminus", Tok::kSetMinus},
    {"backslash", Tok::kSetMinus}, {"smallsetminus", Tok::kSetMinus}, {"land", Tok::kAnd},
    {"wedge", Tok::kAnd}, {"lor", Tok::kOr}, {"vee", Tok::kOr},
    // brackets
    {"{", Tok::kOpenBrace}, {"}", Tok::kCloseBrace}, {"lbrace", Tok::kOpenBrace},
    {"rbrace", Tok::kCloseBrace}, {"lbrack", Tok::kOpenSquare}, {"rbrack", Tok::kCloseSquare},
    {"lfloor", Tok::kOpenFloor}, {"rfloor", Tok::kCloseFloor}, {"lceil", Tok::kOpenCeil},
    {"rceil", Tok::kCloseCeil}, {"langle", Tok::kOpenAngle}, {"rangle", Tok::kCloseAngle},
    {"vert", Tok::kBar}, {"lvert", Tok::kBar}, {"rvert", Tok::kBar}, {"|", Tok::kDoubleBar},
    {"Vert", Tok::kDoubleBar}, {"lVert", Tok::kDoubleBar}, {"rVert", Tok::kDoubleBar}, {"mid", Tok::kMid},
    {"begin", Tok::kBegin}, {"end", Tok::kEndEnvironment}, {"\\", Tok::kRow}, {"cr", Tok::kRow},
    {"newline", Tok::kRow},
    // values
    C("pi", Constant::kPi), C("infty", Constant::kInfinity), C("imath", Constant::kI),
    C("inf", Constant::kInfinity), {"emptyset", Tok::kEmptySet}, {"varnothing", Tok::kEmptySet},
    {"ldots", Tok::kEllipsis}, {"dots", Tok::kEllipsis}, {"cdots", Tok::kEllipsis}, {"dotsc", Tok::kEllipsis},
    {"dotsb", Tok::kEllipsis}, {"dotsm", Tok::kEllipsis}, {"vdots", Tok::kEllipsis},
    {"ddots", Tok::kEllipsis}, {"R", Tok::kNamedSet, 0, "R"}, {"Z", Tok::kNamedSet, 0, "Z"},
    {"N", Tok::kNamedSet, 0, "N"}, {"Q", Tok::kNamedSet, 0, "Q"}, {"C", Tok::kNamedSet, 0, "C"},
    {"reals", Tok::kNamedSet, 0, "R"}, {"Reals", Tok::kNamedSet, 0, "R"}, L("alpha"), L("beta"), L("gamma"),
    L("delta"), L("epsilon"), L("varepsilon", "epsilon"), L("zeta"), L("eta"), L("theta"),
    L("vartheta", "theta"), L("iota"), L("kappa"), L("lambda"), L("mu"), L("nu"), L("xi"), L("rho"),
    L("varrho", "rho"), L("sigma"), L("varsigma", "sigma"), L("tau"), L("upsilon"), L("phi"),
    L("varphi", "phi"), L("chi"), L("psi"), L("omega"), L("Gamma"), L("Delta"), L("Theta"), L("Lambda"),
    L("Xi"), L("Pi"), L("Sigma"), L("Upsilon"), L("Phi"), L("Psi"), L("Omega"), L("ell"), L("hbar"),
    L("angle"), L("triangle"), L("imag", "i"), L("partial"), L("nabla"), L("aleph"), L("square"), L("star"),
    // looks
    {"overline", Tok::kRepeat}, {"bar", Tok::kRepeat}, {"dot", Tok::kRepeat}, {"widebar", Tok::kRepeat},
    {"vec", Tok::kVector}, {"hat", Tok::kVector}, {"widehat", Tok::kVector}, {"tilde", Tok::kVector},
    {"widetilde", Tok::kVector}, {"overrightarrow", Tok::kVector}, {"mathbf", Tok::kVector},
    {"boldsymbol", Tok::kVector}, {"bm", Tok::kVector}, {"bf", Tok::kSpace}, {"underline", Tok::kTransparent},
    {"boxed", Tok::kTransparent}, {"fbox", Tok::kTransparent}, {"phantom", Tok::kSkipArgument},
    {"underbrace", Tok::kTransparent}, {"cancel", Tok::kTransparent}, {"displaystyle", Tok::kSpace},
    {"textstyle", Tok::kSpace}, {"scriptstyle", Tok::kSpace}, {"rm", Tok::kSpace}, {"it", Tok::kSpace},
    {"limits", Tok::kSpace}, {"nolimits", Tok::kSpace}, {"Large", Tok::kSpace}, {"large", Tok::kSpace},
    {"text", Tok::kStyle}, {"textbf", Tok::kStyle}, {"textit", Tok::kStyle}, {"textrm", Tok::kStyle},
    {"textsf", Tok::kStyle}, {"texttt", Tok::kStyle}, {"textnormal", Tok::kStyle}, {"textsc", Tok::kStyle},
    {"mathrm", Tok::kStyle}, {"mathit", Tok::kStyle}, {"mathsf", Tok::kStyle}, {"mathtt", Tok::kStyle},
    {"mathnormal", Tok::kStyle}, {"mathcal", Tok::kStyle}, {"mathscr", Tok::kStyle},
    {"mathfrak", Tok::kStyle}, {"mbox", Tok::kStyle}, {"hbox", Tok::kStyle}, {"operatorname", Tok::kStyle},
    {"emph", Tok::kStyle}, {"mathbb", Tok::kStyle, 1}, {"Bbb", Tok::kStyle, 1}, {"left", Tok::kDelimiter},
    {"right", Tok::kDelimiter}, {"middle", Tok::kDelimiter}, {"big", Tok::kDelimiter},
    {"Big", Tok::kDelimiter}, {"bigg", Tok::kDelimiter}, {"Bigg", Tok::kDelimiter}, {"bigl", Tok::kDelimiter},
    {"bigr", Tok::kDelimiter}, {"Bigl", Tok::kDelimiter}, {"Bigr", Tok::kDelimiter},
    {"biggl", Tok::kDelimiter}, {"biggr", Tok::kDelimiter}, {"Biggl", Tok::kDelimiter},
    {"Biggr", Tok::kDelimiter}, {"label", Tok::kSkipArgument}, {"hspace", Tok::kSkipArgument},
    {"vspace", Tok::kSkipArgument}, {"tag", Tok::kSkipArgument}, {"color", Tok::kSkipArgument},
    {"hphantom", Tok::kSkipArgument}, {"vphantom", Tok::kSkipArgument}, {"quad", Tok::kSpace},
    {"qquad", Tok::kSpace}, {",", Tok::kSpace}, {";", Tok::kSpace}, {":", Tok::kSpace}, {"!", Tok::kSpace},
    {" ", Tok::kSpace}, {">", Tok::kSpace}, {"/", Tok::kSpace}, {"\n", Tok::kSpace}, {"\t", Tok::kSpace},
    {"(", Tok::kSpace}, {")", Tok::kSpace}, {"[", Tok::kSpace}, {"]", Tok::kSpace},
    {"thinspace", Tok::kSpace}, {"enspace", Tok::kSpace}, {"hfill", Tok::kSpace}, {"noindent", Tok::kSpace},
    {"hline", Tok::kSpace}, {"allowbreak", Tok::kSpace}, {"nobreak", Tok::kSpace},
    // known, not read
    {"int", Tok::kUnsupported}, {"iint", Tok::kUnsupported}, {"oint", Tok::kUnsupported},
    {"lim", Tok::kUnsupported}, {"limsup", Tok::kUnsupported}, {"liminf", Tok::kUnsupported},
    {"forall", Tok::kUnsupported}, {"exists", Tok::kUnsupported},

}));
// clang-format on

// clang-format off
constexpr auto kPlainWords = Sorted(std::to_array<NamedToken>({
    F("sin", Function::kSin), F("cos", Function::kCos), F("tan", Function::kTan), F("cot", Function::kCot),
    F("sec", Function::kSec), F("csc", Function::kCsc), F("cosec", Function::kCsc),
    F("arcsin", Function::kArcsin), F("arccos", Function::kArccos), F("arctan", Function::kArctan),
    F("asin", Function::kArcsin), F("acos", Function::kArccos), F("atan", Function::kArctan),
    F("arccot", Function::kArccot), F("arcsec", Function::kArcsec), F("arccsc", Function::kArccsc),
    F("acot", Function::kArccot), F("asec", Function::kArcsec), F("acsc", Function::kArccsc),
    F("sinh", Function::kSinh), F("cosh", Function::kCosh), F("tanh", Function::kTanh),
    F("coth", Function::kCoth), F("sech", Function::kSech), F("csch", Function::kCsch),
    F("arsinh", Function::kArsinh), F("arcosh", Function::kArcosh), F("artanh", Function::kArtanh),
    F("arcsinh", Function::kArsinh), F("arccosh", Function::kArcosh), F("arctanh", Function::kArtanh),
    F("asinh", Function::kArsinh), F("acosh", Function::kArcosh), F("atanh", Function::kArtanh),
    F("exp", Function::kExp), F("ln", Function::kLn), F("log", Function::kLog), F("lg", Function::kLog),
    F("abs", Function::kAbs), F("floor", Function::kFloor), F("ceil", Function::kCeil),
    F("ceiling", Function::kCeil), F("sgn", Function::kSign), F("sign", Function::kSign),
    F("Re", Function::kRe), F("Im", Function::kIm), F("arg", Function::kArg), F("conj", Function::kConjugate),
    F("gcd", Function::kGcd), F("GCD", Function::kGcd), F("lcm", Function::kLcm), F("LCM", Function::kLcm),
    F("min", Function::kMin), F("max", Function::kMax), F("tg", Function::kTan), F("ctg", Function::kCot),
    F("binom", Function::kBinomial), F("binomial", Function::kBinomial), {"mod", Tok::kMod},
    {"sqrt", Tok::kRoot, 2}, {"cbrt", Tok::kRoot, 3}, {"choose", Tok::kChoose}, {"percent", Tok::kPercent},
    {"percents", Tok::kPercent}, {"pct", Tok::kPercent}, {"degrees", Tok::kDegree}, {"degree", Tok::kDegree},
    {"deg", Tok::kDegree}, {"and", Tok::kAnd}, {"or", Tok::kOr}, {"AND", Tok::kAnd}, {"OR", Tok::kOr},
    {"und", Tok::kAnd}, {"oder", Tok::kOr}, {"et", Tok::kAnd}, {"ou", Tok::kOr}, {"union", Tok::kUnion},
    {"intersect", Tok::kIntersection}, {"intersection", Tok::kIntersection}, {"times", Tok::kTimes},
    C("pi", Constant::kPi), C("Pi", Constant::kPi), C("PI", Constant::kPi),
    C("infinity", Constant::kInfinity), C("Infinity", Constant::kInfinity), C("infty", Constant::kInfinity),
    C("inf", Constant::kInfinity), C("oo", Constant::kInfinity), L("alpha"), L("beta"), L("gamma"),
    L("delta"), L("epsilon"), L("zeta"), L("eta"), L("theta"), L("kappa"), L("lambda"), L("mu"), L("nu"),
    L("xi"), L("rho"), L("sigma"), L("tau"), L("phi"), L("chi"), L("psi"), L("omega"),

}));
// clang-format on

struct UnicodeToken {
  char32_t code_point;
  Tok type;
  uint8_t value = 0;
  std::string_view text = {};
};
// clang-format off
constexpr auto kUnicode = std::to_array<UnicodeToken>({
    {U'\u00A0', Tok::kSpace}, {U'\u00A3', Tok::kCurrency, 0, "GBP"}, {U'\u00A5', Tok::kCurrency, 0, "yen"},
    {U'\u00AC', Tok::kUnsupported}, {U'\u00B0', Tok::kDegree}, {U'\u00B1', Tok::kPlusMinus},
    {U'\u00B2', Tok::kSuperscript, 0, "2"}, {U'\u00B3', Tok::kSuperscript, 0, "3"}, {U'\u00B7', Tok::kTimes},
    {U'\u00B9', Tok::kSuperscript, 0, "1"}, {U'\u00BA', Tok::kDegree}, {U'\u00BC', Tok::kFraction, 0, "1/4"}, {U'\u00BD', Tok::kFraction, 0, "1/2"}, {U'\u00BE', Tok::kFraction, 0, "3/4"}, {U'\u00D7', Tok::kTimes},
    {U'\u00F7', Tok::kSlash}, {U'\u0393', Tok::kLetter, 0, "Gamma"}, {U'\u0394', Tok::kLetter, 0, "Delta"},
    {U'\u0398', Tok::kLetter, 0, "Theta"}, {U'\u039B', Tok::kLetter, 0, "Lambda"},
    {U'\u03A3', Tok::kLetter, 0, "Sigma"}, {U'\u03A6', Tok::kLetter, 0, "Phi"},
    {U'\u03A8', Tok::kLetter, 0, "Psi"}, {U'\u03A9', Tok::kLetter, 0, "Omega"},
    {U'\u03B1', Tok::kLetter, 0, "alpha"}, {U'\u03B2', Tok::kLetter, 0, "beta"},
    {U'\u03B3', Tok::kLetter, 0, "gamma"}, {U'\u03B4', Tok::kLetter, 0, "delta"},
    {U'\u03B5', Tok::kLetter, 0, "epsilon"}, {U'\u03B6', Tok::kLetter, 0, "zeta"},
    {U'\u03B7', Tok::kLetter, 0, "eta"}, {U'\u03B8', Tok::kLetter, 0, "theta"},
    {U'\u03BA', Tok::kLetter, 0, "kappa"}, {U'\u03BB', Tok::kLetter, 0, "lambda"},
    {U'\u03BC', Tok::kLetter, 0, "mu"}, {U'\u03BD', Tok::kLetter, 0, "nu"},
    {U'\u03BE', Tok::kLetter, 0, "xi"}, {U'\u03C0', Tok::kConstant, static_cast<uint8_t>(Constant::kPi)},
    {U'\u03C1', Tok::kLetter, 0, "rho"}, {U'\u03C3', Tok::kLetter, 0, "sigma"},
    {U'\u03C4', Tok::kLetter, 0, "tau"}, {U'\u03C6', Tok::kLetter, 0, "phi"},
    {U'\u03C7', Tok::kLetter, 0, "chi"}, {U'\u03C8', Tok::kLetter, 0, "psi"},
    {U'\u03C9', Tok::kLetter, 0, "omega"}, {U'\u03D5', Tok::kLetter, 0, "phi"}, {U'\u2002', Tok::kSpace},
    {U'\u2003', Tok::kSpace}, {U'\u2004', Tok::kSpace}, {U'\u2005', Tok::kSpace}, {U'\u2006', Tok::kSpace}, {U'\u2007', Tok::kSpace}, {U'\u2008', Tok::kSpace}, {U'\u2009', Tok::kSpace}, {U'\u200A', Tok::kSpace}, {U'\u200B', Tok::kSpace}, {U'\u2010', Tok::kMinus},
    {U'\u2011', Tok::kMinus}, {U'\u2012', Tok::kMinus}, {U'\u2013', Tok::kMinus}, {U'\u2014', Tok::kMinus},
    {U'\u2016', Tok::kDoubleBar}, {U'\u2019', Tok::kPrime}, {U'\u2022', Tok::kTimes},
    {U'\u2026', Tok::kEllipsis}, {U'\u202F', Tok::kSpace}, {U'\u2032', Tok::kPrime}, {U'\u2044', Tok::kSlash},
    {U'\u2061', Tok::kSpace}, {U'\u2062', Tok::kTimes}, {U'\u2070', Tok::kSuperscript, 0, "0"},
    {U'\u2074', Tok::kSuperscript, 0, "4"}, {U'\u2075', Tok::kSuperscript, 0, "5"},
    {U'\u2076', Tok::kSuperscript, 0, "6"}, {U'\u2077', Tok::kSuperscript, 0, "7"},
    {U'\u2078', Tok::kSuperscript, 0, "8"}, {U'\u2079', Tok::kSuperscript, 0, "9"},
    {U'\u207A', Tok::kSuperscript, 0, "+"}, {U'\u207B', Tok::kSuperscript, 0, "-"},
    {U'\u207F', Tok::kSuperscript, 0, "n"}, {U'\u20AC', Tok::kCurrency, 0, "euro"},
    {U'\u20B9', Tok::kCurrency, 0, "rupee"}, {U'\u2102', Tok::kNamedSet, 0, "C"},
    {U'\u2113', Tok::kLetter, 0, "ell"}, {U'\u2115', Tok::kNamedSet, 0, "N"},
    {U'\u211A', Tok::kNamedSet, 0, "Q"}, {U'\u211D', Tok::kNamedSet, 0, "R"},
    {U'\u2124', Tok::kNamedSet, 0, "Z"},
    {U'\u2150', Tok::kFraction, 0, "1/7"}, {U'\u2151', Tok::kFraction, 0, "1/9"}, {U'\u2152', Tok::kFraction, 0, "1/10"}, {U'\u2153', Tok::kFraction, 0, "1/3"}, {U'\u2154', Tok::kFraction, 0, "2/3"}, {U'\u2155', Tok::kFraction, 0, "1/5"}, {U'\u2156', Tok::kFraction, 0, "2/5"}, {U'\u2157', Tok::kFraction, 0, "3/5"}, {U'\u2158', Tok::kFraction, 0, "4/5"}, {U'\u2159', Tok::kFraction, 0, "1/6"}, {U'\u215A', Tok::kFraction, 0, "5/6"}, {U'\u215B', Tok::kFraction, 0, "1/8"}, {U'\u215C', Tok::kFraction, 0, "3/8"}, {U'\u215D', Tok::kFraction, 0, "5/8"}, {U'\u215E', Tok::kFraction, 0, "7/8"}, {U'\u2190', Tok::kRelation, static_cast<uint8_t>(Relation::kSimilar)},
    {U'\u2192', Tok::kRelation, static_cast<uint8_t>(Relation::kSimilar)},
    {U'\u21D2', Tok::kRelation, static_cast<uint8_t>(Relation::kSimilar)}, {U'\u2205', Tok::kEmptySet},
    {U'\u2208', Tok::kIn}, {U'\u2209', Tok::kIn, 1}, {U'\u220F', Tok::kProduct}, {U'\u2211', Tok::kSum},
    {U'\u2212', Tok::kMinus}, {U'\u2213', Tok::kMinusPlus}, {U'\u2215', Tok::kSlash},
    {U'\u2216', Tok::kSetMinus}, {U'\u2217', Tok::kTimes}, {U'\u2218', Tok::kDegree},
    {U'\u2219', Tok::kTimes}, {U'\u221A', Tok::kRoot, 2}, {U'\u221B', Tok::kRoot, 3},
    {U'\u221E', Tok::kConstant, static_cast<uint8_t>(Constant::kInfinity)}, {U'\u2223', Tok::kMid},
    {U'\u2227', Tok::kAnd}, {U'\u2228', Tok::kOr}, {U'\u2229', Tok::kIntersection}, {U'\u222A', Tok::kUnion},
    {U'\u222B', Tok::kUnsupported}, {U'\u2245', Tok::kRelation, static_cast<uint8_t>(Relation::kSimilar)},
    {U'\u2248', Tok::kRelation, static_cast<uint8_t>(Relation::kApproximate)},
    {U'\u2260', Tok::kRelation, static_cast<uint8_t>(Relation::kNotEqual)}, {U'\u2261', Tok::kEquivalent},
    {U'\u2264', Tok::kRelation, static_cast<uint8_t>(Relation::kLessEqual)},
    {U'\u2265', Tok::kRelation, static_cast<uint8_t>(Relation::kGreaterEqual)}, {U'\u22C5', Tok::kTimes},
    {U'\u22EF', Tok::kEllipsis}, {U'\u2308', Tok::kOpenCeil}, {U'\u2309', Tok::kCloseCeil},
    {U'\u230A', Tok::kOpenFloor}, {U'\u230B', Tok::kCloseFloor}, {U'\u27E8', Tok::kOpenAngle},
    {U'\u27E9', Tok::kCloseAngle}, {U'\u2A7D', Tok::kRelation, static_cast<uint8_t>(Relation::kLessEqual)},
    {U'\u2A7E', Tok::kRelation, static_cast<uint8_t>(Relation::kGreaterEqual)}, {U'\u3000', Tok::kSpace},
    {U'\u3001', Tok::kComma}, {U'\u3002', Tok::kSpace}, {U'\u548C', Tok::kAnd}, {U'\u6216', Tok::kOr},
    {U'\uFE0F', Tok::kSpace}, {U'\uFEFF', Tok::kSpace}, {U'\uFF01', Tok::kBang}, {U'\uFF05', Tok::kPercent},
    {U'\uFF08', Tok::kOpen}, {U'\uFF09', Tok::kClose}, {U'\uFF0B', Tok::kPlus}, {U'\uFF0C', Tok::kComma},
    {U'\uFF0D', Tok::kMinus}, {U'\uFF0F', Tok::kSlash}, {U'\uFF10', Tok::kNumber, 0, "0"}, {U'\uFF11', Tok::kNumber, 0, "1"}, {U'\uFF12', Tok::kNumber, 0, "2"}, {U'\uFF13', Tok::kNumber, 0, "3"}, {U'\uFF14', Tok::kNumber, 0, "4"}, {U'\uFF15', Tok::kNumber, 0, "5"}, {U'\uFF16', Tok::kNumber, 0, "6"}, {U'\uFF17', Tok::kNumber, 0, "7"}, {U'\uFF18', Tok::kNumber, 0, "8"}, {U'\uFF19', Tok::kNumber, 0, "9"}, {U'\uFF1A', Tok::kColon},
    {U'\uFF1B', Tok::kSemicolon}, {U'\uFF1C', Tok::kRelation, static_cast<uint8_t>(Relation::kLess)},
    {U'\uFF1D', Tok::kRelation, static_cast<uint8_t>(Relation::kEqual)},
    {U'\uFF1E', Tok::kRelation, static_cast<uint8_t>(Relation::kGreater)}, {U'\uFF5C', Tok::kBar},
    {U'\uFF5E', Tok::kSpace}, {U'\uFFE5', Tok::kCurrency, 0, "yen"},

});
// clang-format on
static_assert(std::is_sorted(kUnicode.begin(), kUnicode.end(),
                             [](const auto& a, const auto& b) { return a.code_point < b.code_point; }));

constexpr auto kUnicodeNames = [] {
  std::array<NamedToken, kUnicode.size()> names{};
  for (size_t i = 0; i < names.size(); ++i) {
    names[i] = {kUnicode[i].text, kUnicode[i].type, kUnicode[i].value, kUnicode[i].text};
  }
  return names;
}();

}  // namespace

const NamedToken* FindLatexCommand(std::string_view name) { return Find(kLatexCommands, name); }

const NamedToken* FindPlainWord(std::string_view word) { return Find(kPlainWords, word); }

const NamedToken* FindUnicode(char32_t code_point) {
  const auto at = std::lower_bound(kUnicode.begin(), kUnicode.end(), code_point,
                                   [](const UnicodeToken& a, char32_t b) { return a.code_point < b; });
  if (at == kUnicode.end() || at->code_point != code_point) return nullptr;
  return &kUnicodeNames[at - kUnicode.begin()];
}

}  // namespace hone
