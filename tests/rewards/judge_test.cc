// rewards/code/judge: every verdict from programs of several languages, typed
// calls, checkers, lines in order.
#include "rewards/code/judge.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "rewards/code/judge_lines.h"
#include "tests/rewards/shared_judge.h"

using namespace hone;

namespace {

constexpr const char *kSumTests =
    R"({"stdin":"3\n1 2 3\n","stdout":"6\n"},{"stdin":"2\n5 5\n","stdout":"10\n"})";

struct Row {
  const char *language, *code, *verdict;
};

// Judges each row's code with the same tests and compares the verdict.
void CheckRows(Judge &judge, const std::vector<Row> &rows, const std::string &tests,
               const std::string &more) {
  for (const Row &row : rows) {
    CAPTURE(row.code);
    const Outcome outcome = JudgeJson(judge, SubmissionJson(row.language, row.code, tests, more));
    CAPTURE(outcome.note);
    CAPTURE(outcome.diagnostics);
    CHECK(VerdictOf(outcome) == row.verdict);
    CHECK(outcome.score == (VerdictOf(outcome) == "AC" ? 1.0 : 0.0));
  }
}

}  // namespace

TEST_CASE("each verdict of a program that reads and prints") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  const std::string limits =
      R"(,"limits":{"cpu_s":1,"wall_s":4,"memory_mb":128,"output_kb":64,"file_mb":8},"score":"all")";
  const std::vector<Row> rows = {
      {"c",
       "#include <stdio.h>\nint main(){int "
       "n,x,s=0;scanf(\"%d\",&n);while(n--){scanf(\"%d\",&x);s+=x;}printf(\"%"
       "d\\n\",s);}",
       "AC"},
      {"cpp",
       "#include <bits/stdc++.h>\nint main(){int "
       "n,x,s=0;std::cin>>n;while(n--){std::cin>>x;s+=x;}std::cout<<s;}",
       "AC"},
      {"cpp23",
       "#include <iostream>\n#include <expected>\nint main(){int "
       "n,x,s=0;std::cin>>n;while(n--){std::cin>>x;s+=x;}std::cout<<s;}",
       "AC"},
      {"python", "input()\nprint(sum(map(int, input().split())))", "AC"},
      {"python", "input()\nprint(sum(map(int, input().split())) + 1)", "WA"},
      {"python", "", "WA"},
      {"c", "int main(){return 3;}", "RE"},
      {"c", "int main(){__builtin_trap();}", "RE"},
      {"python", "raise ValueError", "RE"},
      {"c", "int main(){for(volatile int i=0;;)++i;}", "TLE"},
      {"python", "import time\ntime.sleep(60)", "TLE"},
      {"c",
       "#include <stdlib.h>\n#include <string.h>\nint "
       "main(){for(;;)memset(malloc(1<<20),1,1<<20);}",
       "MLE"},
      {"c", "#include <stdio.h>\nint main(){for(;;)puts(\"x\");}", "OLE"},
      {"c", "int main(){return x;}", "CE"},
      {"cpp17", "#include <concepts>\nstd::same_as<int> auto x = 1; int main(){}", "CE"},
      {"c", "", "CE"},
  };
  CheckRows(*judge, rows, kSumTests, limits);
}

TEST_CASE("an outcome says how the run ended and what it cost") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  Outcome outcome =
      JudgeJson(*judge, SubmissionJson("python", "import sys\nprint('a' * 5000)\nsys.exit(7)", kSumTests));
  REQUIRE(outcome.tests.size() == 2);
  CHECK(outcome.tests[0].exit_code == 7);
  CHECK(outcome.tests[0].out.size() == kShownBytes + 3);
  CHECK(outcome.tests[0].cpu_ms > 1.0);
  CHECK(outcome.tests[0].memory_kb > 1000);
  outcome =
      JudgeJson(*judge, SubmissionJson("c", "#include <signal.h>\nint main(){raise(SIGSEGV);}", kSumTests));
  CHECK(outcome.tests[0].signal == 11);
  const std::string half = "n=int(input())\nprint(6 if n == 3 else 0)";
  CHECK(JudgeJson(*judge, SubmissionJson("python", half, kSumTests)).score == 0.5);
  CHECK(JudgeJson(*judge, SubmissionJson("python", half, kSumTests, ",\"score\":\"all\"")).score == 0.0);
  outcome = JudgeJson(*judge, SubmissionJson("python", "x", kSumTests, ",\"score\":\"all\""));
  CHECK(outcome.tests.size() == 1);  // the rest is skipped
  outcome = JudgeJson(*judge, SubmissionJson("c", std::string(kMaxCodeBytes + 1, ' '), kSumTests));
  CHECK(VerdictOf(outcome) == "CE");
}

TEST_CASE("every installed language compiles, runs and fails") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  const std::vector<Row> programs = {
      {"javascript", "console.log(require('fs').readFileSync(0, 'utf8').split(' ').length)", ""},
      {"rust",
       "use std::io::Read; fn main(){let mut s=String::new(); "
       "std::io::stdin().read_to_string(&mut "
       "s).unwrap(); "
       "println!(\"{}\", s.split(' ').count());}",
       ""},
      {"go",
       "package main\nimport (\"fmt\";\"io\";\"os\";\"strings\")\nfunc "
       "main(){b,_:=io.ReadAll(os.Stdin);"
       "fmt.Println(len(strings.Split(string(b),\" \")))}",
       ""},
      {"java",
       "public class Words { public static void main(String[] a) throws "
       "Exception { System.out.println(new "
       "String(System.in.readAllBytes()).split(\" \").length); } }",
       ""}};
  const std::string limits = R"(,"limits":{"cpu_s":5,"wall_s":10,"memory_mb":1024})";
  for (const Row &row : programs) {
    const std::vector<std::string> installed = InstalledLanguages();
    if (std::find(installed.begin(), installed.end(), row.language) == installed.end()) {
      MESSAGE("not installed: " << std::string(row.language));
      continue;
    }
    const std::string language = row.language;
    CAPTURE(language);
    const Outcome right = JudgeJson(
        *judge, SubmissionJson(row.language, row.code, R"({"stdin":"a b c","stdout":"3"})", limits));
    CAPTURE(right.diagnostics);
    CAPTURE((right.tests.empty() ? "" : right.tests[0].err));
    CHECK(VerdictOf(right) == "AC");
    const Outcome wrong =
        JudgeJson(*judge, SubmissionJson(row.language, row.code, R"({"stdin":"a b","stdout":"3"})", limits));
    CHECK(VerdictOf(wrong) == "WA");
  }
}

TEST_CASE("functions are called with typed values") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  struct Call {
    const char *language, *code, *test, *verdict;
  };
  const std::vector<Call> calls = {
      {"python", "def f(x): return 2*x", R"({"call":"f","args":[21],"returns":42})", "AC"},
      {"python", "def f(x): return str(2*x)", R"({"call":"f","args":[21],"returns":42})", "WA"},
      {"python", "def f(x): return True", R"({"call":"f","args":[21],"returns":1})", "WA"},
      {"python", "def f(x): return x**50",
       R"({"call":"f","args":[10],"returns":100000000000000000000000000000000000000000000000000})", "AC"},
      {"python", "def f(x): return (x, {'a': [None, 1.5]})",
       R"({"call":"f","args":["\u00e9"],"returns":["\u00e9",{"a":[null,1.5]}]})", "AC"},
      {"python", "class S:\n  def go(self, x): return x[::-1]",
       R"({"call":"S.go","args":[[1,2]],"returns":[2,1]})", "AC"},
      {"python", "def g(x): return x", R"({"call":"f","args":[1],"returns":1})", "RE"},
      {"python", "def f(): return 1", R"({"call":"f","args":[1],"returns":1})", "RE"},
      {"python", "def f(x): return x\nprint('noise')", R"({"call":"f","args":[1],"returns":1})", "AC"},
      {"c", "int f(int x) { return 2 * x; }", R"({"call":"f","args":[21],"returns":42})", "AC"},
      {"c", "int f(int x) { return 2 * x; } int main() { return 1; }",
       R"({"call":"f","args":[21],"returns":42})", "AC"},
      {"c",
       "long long f(const int* a, int n){long long s=0;for(int "
       "i=0;i<n;i++)s+=a[i];return s;}",
       R"({"call":"f","args":[[2000000000,2000000000],2],"returns":4000000000})", "AC"},
      {"c",
       "#include <stdbool.h>\nbool f(char c, const char* s) { return s[0] == "
       "c; }",
       R"({"call":"f","args":["x","xy"],"returns":true})", "AC"},
      {"c", "double f(double x, float y) { return x + y; }", R"({"call":"f","args":[0.1,0.5],"returns":0.6})",
       "AC"},
      {"c", "struct s { int x; }; int f(struct s v) { return v.x; }",
       R"({"call":"f","args":[1],"returns":1})", "CE"},
      {"c", "int f(int x) { return x; }", R"({"call":"f","args":[3000000000],"returns":3000000000})", "RE"},
      {"cpp",
       "#include <vector>\n#include <string>\nusing namespace "
       "std;\nvector<string> f(vector<vector<int>> x, "
       "string s) {"
       "return vector<string>(x[1].size(), s);}",
       R"({"call":"f","args":[[[],[1,2]],"a\n\""],"returns":["a\n\"","a\n\""]})", "AC"},
      {"cpp",
       "#include <bits/stdc++.h>\n#define int long long\nusing namespace "
       "std;\nint f(map<string,int> m, "
       "optional<int> o){"
       "return m[\"a\"] + o.value_or(1);}\nsigned main(){}",
       R"({"call":"f","args":[{"a":4000000000},null],"returns":4000000001})", "AC"},
      {"cpp17",
       "#include <utility>\nclass S { public: std::pair<bool,char> go(unsigned "
       "long long& x) const { return "
       "{x > 1, 'c'}; } };",
       R"({"call":"S.go","args":[18446744073709551615],"returns":[true,"c"]})", "AC"},
      {"cpp", "float f(float x) { return x; }", R"({"call":"f","args":[0.33],"returns":0.33})", "AC"},
      {"cpp", "void f(int) {}", R"({"call":"f","args":[1],"returns":null})", "AC"},
      {"cpp", "int f(int x) { return 2 * x; }", R"({"call":"g","args":[1],"returns":2})", "CE"},
  };
  for (const Call &call : calls) {
    CAPTURE(call.code);
    const Outcome outcome = JudgeJson(*judge, SubmissionJson(call.language, call.code, call.test));
    CAPTURE(outcome.note);
    CAPTURE(outcome.diagnostics);
    CAPTURE((outcome.tests.empty() ? "" : outcome.tests[0].err));
    CHECK(VerdictOf(outcome) == call.verdict);
  }
  const std::vector<std::string> installed = InstalledLanguages();
  if (std::find(installed.begin(), installed.end(), "javascript") == installed.end()) return;
  const std::string more = R"(,"limits":{"cpu_s":5,"memory_mb":1024})";
  const auto script = [&](const std::string &code, const std::string &test) {
    return VerdictOf(JudgeJson(*judge, SubmissionJson("javascript", code, test, more)));
  };
  CHECK(script("const f = (x) => [x * 2, {a: null}]",
               R"({"call":"f","args":[2],"returns":[4,{"a":null}]})") == "AC");
  CHECK(script("async function f(x) { return 2n ** 70n; }",
               R"({"call":"f","args":[2],"returns":1180591620717411303424})") == "AC");
  CHECK(script("function f(x) { return '4'; }", R"({"call":"f","args":[2],"returns":4})") == "WA");
  CHECK(script("function f(x) { process.exit(0); }", R"({"call":"f","args":[2],"returns":4})") == "WA");
}

TEST_CASE(
    "checkers: exact with its presentation, tolerance, any order, and a "
    "program") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  const auto verdict = [&](const std::string &code, const std::string &expected, const std::string &checker) {
    return VerdictOf(JudgeJson(*judge, SubmissionJson("python", code, "{\"stdout\":" + Quoted(expected) + "}",
                                                      ",\"checker\":" + checker)));
  };
  CHECK(verdict("print('a b')", "a b\n", "\"exact\"") == "AC");
  CHECK(verdict("print('a  b')", "a b\n", "\"exact\"") == "PE");
  CHECK(verdict("print(1/3)", "0.33333", R"({"type":"float","abs":1e-4})") == "AC");
  CHECK(verdict("print('b\\na')", "a\nb", "\"unordered\"") == "AC");
  const std::string any_multiple =
      "import sys\nexpected, output = open(sys.argv[3]).read(), "
      "open(sys.argv[2]).read()\n"
      "sys.exit(0 if int(output) % int(expected) == 0 else 1 if int(output) "
      "else 2)";
  const std::string custom = R"({"type":"custom","lang":"python","code":)" + Quoted(any_multiple) + "}";
  CHECK(verdict("print(14)", "7", custom) == "AC");
  CHECK(verdict("print(15)", "7", custom) == "WA");
  CHECK(verdict("print('x')", "7", custom) == "WA");  // it raises, but accepts what is expected
  for (const char *code : {"1/0", "open(", "import nothing_of_the_kind"}) {
    CAPTURE(code);
    const std::string raises = R"({"type":"custom","lang":"python","code":")" + std::string(code) + "\"}";
    CHECK(verdict("print(14)", "7", raises) == "IE");
  }
  const std::string broken = R"({"type":"custom","lang":"c","code":"int main(){return 9;}"})";
  CHECK(verdict("print(14)", "7", broken) == "IE");
  const Outcome failed = JudgeJson(
      *judge, SubmissionJson("python", "print(14)", "{\"stdout\":\"7\"}", ",\"checker\":" + broken));
  CHECK(failed.note == "the checker ended with exit code 9");
  CHECK(verdict("print(14)", "7", R"({"type":"custom","lang":"c","code":"int main(){"})") == "IE");
}

TEST_CASE("what was compiled once is not compiled again") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  const std::string json =
      SubmissionJson("cpp", "#include <bits/stdc++.h>\nint main(){std::cout<<6;}", R"({"stdout":"6"})");
  const Outcome first = JudgeJson(*judge, json), second = JudgeJson(*judge, json);
  CHECK(VerdictOf(second) == "AC");
  CHECK(first.compile_ms > 0.0);
  CHECK(first.compile_ms == second.compile_ms);  // remembered, not measured again
}

TEST_CASE("lines come out in order, each mistake in its place") {
  Judge *judge = TheJudge();
  if (judge == nullptr) return;
  std::string in;
  for (int i = 0; i < 12; ++i) {
    const std::string code = i % 3 == 0 ? "import time\ntime.sleep(0.2)\nprint(1)" : "print(1)";
    std::string line = SubmissionJson("python", code, R"({"stdout":"1"})", ",\"id\":" + std::to_string(i));
    if (i == 5) line = "{\"id\":5,\"lang\":\"c\"}";
    if (i == 8) line.resize(20);
    if (i == 9) line = "{\"id\":9,\"lang\":\"\xff\"}";
    if (i == 10) line = "{\"id\":10}" + std::string(kMostLineBytes, ' ');
    in += line + (i == 7 ? "\n\n" : i == 11 ? "" : "\n");
  }
  std::istringstream input(in);
  std::ostringstream output;
  const LinesSummary summary = JudgeLines(input, output, *judge, 4);
  CHECK(summary.lines == 12);
  CHECK(summary.unreadable == 4);
  CHECK(summary.failed == 0);
  CHECK(summary.first_error == "line 6: 'tests' is missing");
  std::istringstream lines(output.str());
  std::string line;
  for (int i = 0; i < 12; ++i) {
    REQUIRE(std::getline(lines, line));
    CAPTURE(line);
    const TypedValue verdict = ParseJsonValue(line, "");
    const bool bad = i == 5 || (i >= 8 && i <= 10);
    CHECK(verdict.Find("verdict")->text == (bad ? "IE" : "AC"));
    CHECK(verdict.Find("id")->text == (i >= 8 && i <= 10 ? "" : std::to_string(i)));
    REQUIRE(verdict.Find("tests") != nullptr);
    CHECK(verdict.Find("tests")->items.size() == (bad ? 0 : 1));
    if (!bad) continue;
    const std::string error = verdict.Find("error")->text,
                      place = "line " + std::to_string(i + (i > 7 ? 2 : 1));
    CHECK(error.starts_with(place + ": "));
    CHECK(error.find("exception") == std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
  }
  CHECK_FALSE(std::getline(lines, line));
}
