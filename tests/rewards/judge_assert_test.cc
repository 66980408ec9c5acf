// rewards/code/assert_proxy: what Python assertions can do with what a submission returns, and what forging wins.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rewards/code/assert_proxy.h"
#include "tests/rewards/shared_judge.h"

using namespace hone;

namespace {

struct Pair {
  const char *code, *assertion, *verdict;
};

void CheckPairs(const std::vector<Pair> &pairs) {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  for (const Pair &pair : pairs) {
    CAPTURE(pair.code);
    CAPTURE(pair.assertion);
    const Outcome outcome =
        JudgeJson(*judge, SubmissionJson("python", pair.code, "{\"assert\":" + Quoted(pair.assertion) + "}"));
    CAPTURE(outcome.note);
    CAPTURE((outcome.tests.empty() ? "" : outcome.tests[0].err));
    CHECK(VerdictOf(outcome) == pair.verdict);
    CHECK_FALSE(outcome.forgeable);
  }
}

}  // namespace

TEST_CASE("values of the standard library come back as values, and go in") {
  CheckPairs({
      {"from datetime import *\ndef g(n): return [date(2020,1,n), datetime(2020,1,n,3,4,5,6), time(7,n), "
       "timedelta(n, 5)]",
       "import datetime\nd, t, u, v = g(2)\nassert d == datetime.date(2020,1,2) and d.year == 2020 and d < "
       "datetime.date(2020,1,3)\n"
       "assert t == datetime.datetime(2020,1,2,3,4,5,6) and t.isoformat().startswith('2020')\n"
       "assert u == datetime.time(7,2) and v == datetime.timedelta(2,5) and isinstance(d, datetime.date)",
       "AC"},
      {"from datetime import *\ndef g(d, n): return (d + "
       "timedelta(n)).replace(tzinfo=timezone(timedelta(hours=2)))",
       "from datetime import datetime, timezone, timedelta\n"
       "assert g(datetime(2020,1,1), 31) == datetime(2020,2,1,tzinfo=timezone(timedelta(hours=2)))\n"
       "assert g(datetime(2020,1,1), 31).utcoffset() == timedelta(hours=2)",
       "AC"},
      {"from decimal import Decimal\nfrom fractions import Fraction\ndef g(x): return x * 3, "
       "Decimal('0.10'), Fraction(2, 6)",
       "from decimal import Decimal\nfrom fractions import Fraction\n"
       "assert g(Decimal('0.1')) == (Decimal('0.3'), Decimal('0.1'), Fraction(1, 3))\n"
       "assert g(Fraction(1, 3))[0] == 1 and str(g(Decimal('NaN'))[0]) == 'NaN' and g(1)[2].denominator == 3",
       "AC"},
      {"from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef g(p): return P(p.y, p.x)\ndef "
       "h(): return [P(1, [2])]",
       "p = g(P(1, 2))\nassert p.x == 2 and p == (2, 1) and p._asdict() == {'x': 2, 'y': 1} and g(p) == (1, "
       "2)\n"
       "assert isinstance(p, P) and isinstance(p, tuple) and h()[0].y == [2] and p._replace(x=5).x == 5",
       "AC"},
      {"from collections import *\ndef g(s): return Counter(s)\ndef h(s):\n  d = defaultdict(list)\n  for c "
       "in s: d[c].append(1)\n  return d\n"
       "def o(s): return OrderedDict((c, i) for i, c in enumerate(s))\ndef q(s): return deque(s, "
       "maxlen=2)\ndef put(d): d.append(9)",
       "from collections import Counter, OrderedDict, deque\n"
       "assert g('aab') == Counter('aab') == {'a': 2, 'b': 1} and g('aab').most_common(1) == [('a', 2)] and "
       "g('a')['z'] == 0\n"
       "assert h('aa') == {'a': [1, 1]} and h('a')['z'] == [] and isinstance(h(''), dict)\n"
       "assert o('ab') == OrderedDict([('a', 0), ('b', 1)]) != OrderedDict([('b', 1), ('a', 0)])\n"
       "x = q('abc')\nassert x == deque('bc') and x.maxlen == 2 and x[0] == 'b'\nd = "
       "deque([1])\nput(d)\nassert d == deque([1, 9])",
       "AC"},
      {"def g(d): return d.keys(), d.values(), d.items()",
       "k, v, i = g({1: 'a', 2: 'b'})\nassert k == {1, 2} and list(v) == ['a', 'b'] and sorted(i) == [(1, "
       "'a'), (2, 'b')]\n"
       "assert k & {1} == {1} and (1, 'a') in i and len(v) == 2",
       "AC"},
      {"def g(): return 1 + 2j, {1}, frozenset({2}), b'x', range(1, 9, 2), bytearray(b'y')",
       "c, s, f, b, r, a = g()\nassert c.imag == 2 and s | f == {1, 2} and b + a == b'xy' and r[1] == 3 and "
       "hash(f) is not None",
       "AC"},
      {"from decimal import Decimal\ndef g(): return Decimal('0.10')", "assert g() == 0.2", "WA"},
      {"from collections import Counter\ndef g(): return Counter('a')", "assert g() == {'a': 2}", "WA"},
  });
}

TEST_CASE("generators and other iterators") {
  CheckPairs({
      {"def g(n):\n  for i in range(n): yield i",
       "import types\nx = g(3)\nassert isinstance(x, types.GeneratorType) and next(x) == 0 and list(x) == "
       "[1, 2]\n"
       "try:\n  next(x)\n  assert False\nexcept StopIteration: pass\nassert next(x, 'end') == 'end' and 2 in "
       "g(3) and list(zip(g(2), g(2))) == [(0, 0), (1, 1)]",
       "AC"},
      {"def g():\n  total = 0\n  while True: total += yield total",
       "x = g()\nnext(x)\nassert x.send(5) == 5 and x.send(2) == 7", "AC"},
      {"def g(x): return map(str, x)\ndef h(it): return sum(it)\ndef k(n): return iter(range(n))\ndef m(n): "
       "return (i for i in range(n))",
       "assert list(g([1, 2])) == ['1', '2'] and next(g([5])) == '5' and h(k(4)) == 6 and h(m(4)) == 6 and "
       "max(m(3)) == 2",
       "AC"},
      {"class C:\n  def __init__(s): s.n = 0\n  def __iter__(s): return s\n  def __next__(s):\n    s.n += "
       "1\n    if s.n > 2: raise StopIteration\n    return s.n",
       "c = C()\nassert next(c) == 1 and list(c) == [2] and [x for x in C()] == [1, 2]", "AC"},
      {"def g():\n  yield 1\n  raise KeyError('k')",
       "x = g()\nnext(x)\ntry:\n  next(x)\n  assert False\nexcept KeyError: pass", "AC"},
      {"def g():\n  while True: yield 1",
       "from itertools import islice\nassert list(islice(g(), 3)) == [1, 1, 1]", "AC"},
  });
}

TEST_CASE(
    "classes: their objects, their operators among themselves, and classes of the test that derive from "
    "them") {
  CheckPairs({
      {"class C:\n  def __init__(s, v=0): s.x = v\n  def m(s): s.x += 1",
       "obj = C()\nobj.m()\nassert obj.x == 1 and obj.__class__.__name__ == 'C' and isinstance(obj, C) and "
       "not isinstance(3, C)\n"
       "C.m(obj)\nassert obj.x == 2\nobj.__init__(7)\nassert obj.x == 7",
       "AC"},
      {"class P:\n  def __init__(s, x): s.x = x\n  def __eq__(s, o): return s.x == o.x\n  def __add__(s, o): "
       "return P(s.x + o.x)\n  def __lt__(s, o): return s.x < o.x\n  def __hash__(s): return 1",
       "assert P(1) == P(1) != P(2) and (P(1) + P(2)).x == 3 and sorted([P(2), P(1)])[0].x == 1 and P(1) in "
       "[P(1)]",
       "AC"},
      {"class Shape:\n  def __init__(s, n): s.n = n\n  def area(s): raise NotImplementedError\n  def "
       "twice(s): return 2 * s.area()\n  @property\n  def size(s): return s.area() + 1",
       "class Square(Shape):\n  sides = 4\n  def __init__(self, n, k=1):\n    super().__init__(n)\n    "
       "self.k = k\n  def area(self): return self.n * self.n * self.k\n"
       "  @property\n  def double(self): return self.k * 2\n  @staticmethod\n  def unit(): return 1\n  "
       "@classmethod\n  def make(cls): return cls(3)\n"
       "s = Square(3, k=2)\nassert s.area() == 18 and s.twice() == 36 and s.size == 19 and s.k == 2 and "
       "s.double == 4\n"
       "assert isinstance(s, Shape) and isinstance(s, Square) and Square.sides == 4 and Square.unit() == 1 "
       "and Square.make().n == 3\n"
       "try:\n  Shape(1).twice()\n  assert False\nexcept NotImplementedError: pass",
       "AC"},
      {"class A:\n  def f(s): return 'a'",
       "class B(A):\n  def f(self): return super().f() + 'b'\nclass C(B):\n  def f(self): return super().f() "
       "+ 'c'\nassert C().f() == 'abc'",
       "AC"},
      {"def g(x): return x",
       "class A:\n  def f(self): return g(1)\nclass B(A):\n  def f(self): return super().f() + 1\nassert "
       "B().f() == 2",
       "AC"},
      {"class Stack:\n  def __init__(s): s.items = []\n  def push(s, x): s.items.append(x)\n  def "
       "__len__(s): return len(s.items)\n  def __getitem__(s, i): return s.items[i]\n  def __contains__(s, "
       "x): return x in s.items",
       "s = Stack()\ns.push(3)\nassert len(s) == 1 and s[0] == 3 and s.items == [3] and 3 in s.items and "
       "bool(s)",
       "AC"},
  });
}

TEST_CASE("a submission that patches what the harness could use hangs nobody and wins nothing") {
  const char *test = "assert g(21) == 43";
  CheckPairs({
      {"import builtins\nbuiltins.len = lambda *a: 0\nbuiltins.min = builtins.max = lambda *a: "
       "10**9\nbuiltins.type = builtins.isinstance = lambda *a: True\ndef g(x): return 43",
       test, "AC"},
      {"import builtins\nfor n in dir(builtins):\n  if n[0] != '_' and n not in ('setattr', 'dir', "
       "'KeyError'): setattr(builtins, n, None)\ndef g(x): return 43",
       test, "AC"},
      {"import os, json\nos.read = os.write = json.loads = json.dumps = os._exit = lambda *a, **k: "
       "b''\njson.JSONEncoder.iterencode = json.JSONDecoder.raw_decode = None\ndef g(x): return 43",
       test, "AC"},
      {"import builtins\nbuiltins.memoryview = builtins.bytes = builtins.Exception = builtins.EOFError = "
       "None\ndef g(x): return 42",
       test, "WA"},
  });
  // What stands for a value of the standard library, and objects whose operators say yes to everything.
  CheckPairs({
      {"from decimal import Decimal\nclass D(Decimal):\n  def __eq__(s, o): return True\n  def __str__(s): "
       "return '43'\ndef g(x): return D(7)",
       test, "WA"},
      {"from fractions import Fraction\nFraction.__eq__ = lambda s, o: True\ndef g(x): return Fraction(7)",
       test, "WA"},
      {"import datetime\nclass E:\n  __name__ = 'date'\n  def __eq__(s, o): return True\n  def __ne__(s, o): "
       "return False\n  __req__ = __eq__\ndef g(x): return E()",
       test, "WA"},
      {"from collections import Counter\nclass C(Counter):\n  def __eq__(s, o): return True\ndef g(x): "
       "return C()",
       "assert g(21) == {'a': 1}", "WA"},
      {"class E:\n  def __eq__(s, o): return True\n  def __sub__(s, o): return s\n  __add__ = __mul__ = "
       "__mod__ = __sub__\n  def __abs__(s): return 0\n  def __lt__(s, o): return True\n  def __bool__(s): "
       "return True\ndef g(x): return E()",
       "assert g(21) - 43 < 1", "WA"},
      {"class T(tuple):\n  _fields = ('x', 'y')\n  def __eq__(s, o): return True\ndef g(x): return T((1, 2))",
       "assert g(1) == (1, 3)", "WA"},
      {"class T(tuple):\n  _fields = ('__class__', 'import')\ndef g(x): return T((1, 2))",
       "assert g(1) == (1, 3)", "WA"},
      {"class M(type):\n  def __eq__(s, o): return True\n  def __hash__(s): return hash(int)\nclass "
       "E(metaclass=M):\n  __name__ = 'Decimal'\n  def __eq__(s, o): return True\ndef g(x): return E()",
       test, "WA"},
  });
}
