// rewards/code/judge: programs that try to win by other means than a right
// answer, in calls and in assertions.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/rewards/shared_judge.h"

using namespace hone;

namespace {

void CheckNoneAccepted(const std::string &language, const std::vector<const char *> &programs,
                       const std::string &test) {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  for (const char *program : programs) {
    CAPTURE(program);
    const Outcome outcome = JudgeJson(*judge, SubmissionJson(language, program, test));
    CAPTURE(outcome.note);
    const std::string verdict = VerdictOf(outcome);
    CAPTURE(verdict);
    const std::vector<std::string> allowed = {"WA", "RE", "CE", "TLE", "OLE", "MLE"};
    CHECK(std::find(allowed.begin(), allowed.end(), verdict) != allowed.end());
    CHECK(outcome.score == 0.0);
  }
}

// Each defines a g that does not return 42.
const std::vector<const char *> kPython = {
    "class E(int):\n  def __eq__(s, o): return True\n  def __ne__(s, o): "
    "return False\n  def __hash__(s): "
    "return 0\ndef g(x): return E(7)",
    "class E:\n  def __eq__(s, o): return True\n  def __sub__(s, o): return "
    "s\n  def __abs__(s): return 0\n  "
    "def __lt__(s, o): return True\ndef g(x): return E()",
    "class E(str):\n  def __eq__(s, o): return True\ndef g(x): return E('7')",
    "class E(list):\n  def __eq__(s, o): return True\n  def __iter__(s): "
    "return iter([42])\ndef g(x): return "
    "E()",
    "class E(float):\n  def __eq__(s, o): return True\n  def __float__(s): "
    "return 42.0\ndef g(x): return "
    "E(7)",
    "class E:\n  __class__ = int\n  def __int__(s): return 42\n  def "
    "__index__(s): return 42\n  def "
    "__eq__(s, o): return True\ndef g(x): return E()",
    "import os\ndef g(x): os._exit(0)",
    "import sys\ndef g(x): sys.exit(0)",
    "import sys\nsys.exit(0)",
    "import atexit\natexit.register(print, 42)\ndef g(x): return 0",
    "import sys\ndef g(x):\n  f = sys._getframe()\n  while f:\n    for v in "
    "list(f.f_locals.values()) + "
    "list(f.f_globals.values()):\n"
    "      if v == 42: return v\n    f = f.f_back\n  return 0",
    "import gc\ndef g(x):\n  for o in gc.get_objects():\n    if isinstance(o, "
    "dict) and 42 in o.values(): "
    "return 42\n  return 0",
    "import builtins\nbuiltins.abs = builtins.len = lambda *a: "
    "0\nbuiltins.AssertionError = Exception\ndef "
    "g(x): return 0",
    "import json\njson.dumps = lambda *a, **k: '42 42'\ndef g(x): return 0",
    "import os\nos.write = lambda f, d: len(d)\ndef g(x): return 42",
    "import os\ndef g(x):\n  os.write(3, b'passed')\n  os._exit(0)",
    "import os\ndef g(x):\n  for fd in range(3, 20):\n    try: os.write(fd, "
    "b'x' * 32 + b' 2\\n42\\n' + b'x' "
    "* 32 + b' done\\n')\n"
    "    except OSError: pass\n  os._exit(0)",
    "import os\ndef g(x):\n  for fd in range(3, 20):\n    try: os.write(fd, "
    "b'\\0\\0\\0\\x0b{\"v\":[1,2]}' * "
    "3)\n    except OSError: pass\n  return 0",
    "import os\nos.close(3)\ndef g(x): return 42",
    "import os\nif os.fork(): os._exit(0)\ndef g(x): return 7",
    "import threading\nthreading.Thread(target=lambda: "
    "__import__('os')._exit(0)).start()\ndef g(x):\n  "
    "while True: pass",
    "def g(x): raise SystemExit",
    "def g(x): return float('nan')",
    "def g(x): return '42'",
    "def g(x): return [42]",
    "def g(x): return g",
    "def g(x):\n  a = []\n  a.append(a)\n  return a",
    "def g(x):\n  a = []\n  for _ in range(100000): a = [a]\n  return a",
    "def g(x): return 'x' * (1 << 27)",
    "def g(x): return 10 ** 3000000",
    "def g(x): return True",
    "",
};

}  // namespace

TEST_CASE("no Python trick earns a call test") {
  CheckNoneAccepted("python", kPython, R"({"call":"g","args":[21],"returns":43})");
}

TEST_CASE("no Python trick earns an assertion") {
  CheckNoneAccepted("python", kPython, "{\"assert\":" + Quoted("assert g(21) == 43") + "}");
  CheckNoneAccepted("python", kPython,
                    "{\"assert\":" +
                        Quoted("import math\ndef check(h):\n    assert abs(h(21) - 43) < 1e-6\n"
                               "    assert math.fabs(h(21) - 43) < 1e-6\ncheck(g)") +
                        "}");
  // A name that hides a builtin or a module of the test's.
  CheckNoneAccepted("python",
                    {"def abs(x): return 0\ndef g(x): return 0",
                     "class math:\n  fabs = staticmethod(lambda x: 0)\ndef g(x): return 0",
                     "def check(h): pass\ndef g(x): return 0", "def __import__(*a): pass\ndef g(x): return 0",
                     "AssertionError = ZeroDivisionError\ndef g(x): return 0"},
                    "{\"assert\":" +
                        Quoted("import math\ndef check(h):\n    assert math.fabs(abs(h(21) - "
                               "43)) < 1e-6\ncheck(g)") +
                        "}");
  CheckNoneAccepted(
      "python", {"class AssertionError(Exception): pass\ndef g(x): raise AssertionError"},
      "{\"assert\":" + Quoted("try:\n    assert g(21) == 43\nexcept ValueError:\n    pass") + "}");
}

TEST_CASE("no trick of C or C++ earns a call test") {
  const char *test = R"({"call":"g","args":[21],"returns":43})";
  CheckNoneAccepted("cpp",
                    {"#define main other\n#include <cstdlib>\nstruct X { X() { exit(0); } } "
                     "x;\nint g(int) { return 0; }",
                     "#include <unistd.h>\nint g(int) { _exit(0); }",
                     "#include <unistd.h>\nint g(int) { write(3, \"passed\", 6); _exit(0); }",
                     "extern \"C\" int __wrap_main() { return 0; }\nint g(int) { return 0; }",
                     "struct E { bool operator==(int) const { return true; } operator int() "
                     "const { return 0; } };\nE "
                     "g(int) { return {}; }",
                     "extern \"C\" long __write(int, const void*, unsigned long n) { return "
                     "n; }\nint g(int) { return 43; "
                     "}",
                     "#include <string>\nstd::string g(int) { return \"43\"; }", "char g(int) { return 43; }",
                     "bool g(int) { return true; }"},
                    test);
  CheckNoneAccepted(
      "c",
      {"#include <stdlib.h>\n__attribute__((constructor)) void "
       "x(void) { exit(0); }\nint g(int a) { return "
       "0; }",
       "#include <unistd.h>\nint g(int a) { _exit(0); }", "char g(int a) { return 43; }",
       "#define g(x) 43\nint (g)(int a) { return 0; }\nint g;", "const char* g(int a) { return \"43\"; }"},
      test);
}

TEST_CASE("assertions by proxy: what honest programs and tests need works") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  struct Pair {
    const char *code, *assertion, *verdict;
  };
  const Pair pairs[] = {
      {"def g(x): return 2 * x", "assert g(21) == 42", "AC"},
      {"def g(x): return 2 * x", "assert g(21) == 43, 'wrong'", "WA"},
      {"def g(x): return 2 * x",
       "assert g([1, 'a']) == [1, 'a', 1, 'a']\nassert isinstance(g(2), int) "
       "and g(True) is not True",
       "AC"},
      {"def g(x): return {1: (2, {3}), None: b'x'}, range(3), 1j",
       "assert g(0) == ({1: (2, {3}), None: b'x'}, range(3), 1j)", "AC"},
      {"def g(x): x.sort()", "a = [3, 1]\ng(a)\nassert a == [1, 3]", "AC"},
      {"def g(x): raise KeyError('k')",
       "try:\n    g(1)\n    assert False\nexcept KeyError as e:\n    assert "
       "'k' in str(e)",
       "AC"},
      {"class Bad(ValueError): pass\ndef g(x): raise Bad('b')",
       "try:\n    g(1)\n    assert False\nexcept Bad:\n    pass", "AC"},
      {"def g(x): raise KeyError('k')", "g(1)", "RE"},
      {"class P:\n  def __init__(s, v): s.v = v\n  def up(s, n=1): s.v += n; "
       "return s\n  def __str__(s): "
       "return 'P%d' % s.v",
       "p = P(1)\nassert p.up().up(n=2) == p and p.v == 4 and str(p) == "
       "'P4'\np.v = 7\nassert p.v == 7 and "
       "isinstance(p, P)",
       "AC"},
      {"def g(n):\n  for i in range(n): yield i", "assert list(g(3)) == [0, 1, 2] and sum(g(4)) == 6", "AC"},
      {"def g(f, x): return f(f(x))", "assert g(lambda v: v + 1, 1) == 3 and g(len, 'a') == 3", "RE"},
      {"def g(f, x): return f(f(x))", "assert g(lambda v: v + 1, 1) == 3 and g(str, 5) == '5'", "AC"},
      {"def sum(a, b): return a * b", "assert sum(2, 3) == 6", "AC"},
      {"import math\ndef poly(c, x): return c + x\ndef g(c): return -c",
       "assert math.fabs(poly(3, g(3))) < 1e-9", "AC"},
      {"def g(x): return x", "this is no Python", "IE"},
      {"def g(x): return x", "g(object())", "IE"},
      {"def f(x): return x", "assert g(1) == 1", "WA"},
      {"def g(x): return (", "assert g(1) == 1", "RE"},
      {"def g(x):\n  while True: pass", "assert g(1) == 1", "TLE"},
  };
  for (const Pair &pair : pairs) {
    CAPTURE(pair.code);
    CAPTURE(pair.assertion);
    const Outcome outcome =
        JudgeJson(*judge, SubmissionJson("python", pair.code, "{\"assert\":" + Quoted(pair.assertion) + "}"));
    CAPTURE(outcome.note);
    CHECK(VerdictOf(outcome) == pair.verdict);
    CHECK_FALSE(outcome.forgeable);
  }
}

TEST_CASE("assertions compiled into a program are marked") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  const auto outcome = [&](const std::string &language, const std::string &code,
                           const std::string &assertion) {
    const Outcome result =
        JudgeJson(*judge, SubmissionJson(language, code, "{\"assert\":" + Quoted(assertion) + "}"));
    if (VerdictOf(result) != "CE") CHECK(result.forgeable);
    return VerdictOf(result);
  };
  const std::string code = "int f(int x) { return 2 * x; }\nint main() { return 1; }\n";
  CHECK(outcome("cpp", code, "#include <cassert>\nint main() { assert(f(2) == 4); }") == "AC");
  CHECK(outcome("cpp", code, "#include <cassert>\nint main() { assert(f(2) == 5); }") == "WA");
  CHECK(outcome("c", code, "f(2) == 4") == "AC");
  CHECK(outcome("c", code, "assert(f(2) == 4); assert(f(3) == 7);") == "WA");
  CHECK(outcome("cpp", "#include <cstdlib>\nint f(int) { exit(0); }", "f(2) == 4") == "WA");
  CHECK(outcome("cpp",
                "#include <cstdlib>\nstruct X { X() { exit(0); } } x;\nint "
                "f(int) { return 0; }",
                "f(2) == 4") == "WA");
}
