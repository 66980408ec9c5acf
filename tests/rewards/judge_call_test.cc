// rewards/code/judge: which functions can be called, in each language, and what is said of those that cannot.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rewards/code/call_fault.h"
#include "rewards/code/call_harness.h"
#include "tests/rewards/shared_judge.h"

using namespace hone;

namespace {

struct Call {
  const char* language;
  const char* code;
  const char* test;
  const char* verdict;
  const char* note = "";  // what the note begins with
};

void CheckCalls(const std::vector<Call>& calls) {
  Judge* judge = TheJudge();
  if (judge == nullptr) return;
  const std::vector<std::string> installed = InstalledLanguages();
  for (const Call& call : calls) {
    if (std::find(installed.begin(), installed.end(), call.language) == installed.end()) continue;
    CAPTURE(call.code);
    const Outcome outcome = JudgeJson(*judge, SubmissionJson(call.language, call.code, call.test));
    CAPTURE(outcome.note);
    CAPTURE(outcome.diagnostics);
    CAPTURE((outcome.tests.empty() ? "" : outcome.tests[0].err));
    CHECK(VerdictOf(outcome) == call.verdict);
    CHECK(outcome.note.starts_with(call.note));
  }
}

}  // namespace

TEST_CASE("C: aliases, matrices, and arrays changed in place") {
  CheckCalls({
      {"c",
       "typedef long long ll; typedef ll* lls;\nll f(lls a, unsigned n){ll s=0;while(n--)s+=a[n];return s;}",
       R"({"call":"f","args":[[4000000000,1],2],"returns":4000000001})", "AC"},
      {"c",
       "#include <stdint.h>\n#include <stddef.h>\nuint8_t f(const uint8_t a[], size_t n){return a[n-1];}",
       R"({"call":"f","args":[[1,255],2],"returns":255})", "AC"},
      {"c", "#define number double\nnumber f(number x){return x/2;}",
       R"({"call":"f","args":[3],"returns":1.5})", "AC"},
      {"c", "#define int long long\nint f(int* a){return a[0]+a[1];}",
       R"({"call":"f","args":[[3000000000,1]],"returns":3000000001})", "AC"},
      {"c", "enum color {RED, BLUE}; enum color f(enum color c){return c==RED?BLUE:RED;}",
       R"({"call":"f","args":[0],"returns":1})", "AC"},
      {"c",
       "int f(int** m, int rows, int columns){int s=0;for(int i=0;i<rows;i++)for(int "
       "j=0;j<columns;j++)s+=m[i][j];return s;}",
       R"({"call":"f","args":[[[1,2],[3,4]],2,2],"returns":10})", "AC"},
      {"c", "#include <string.h>\nsize_t f(char** names, int n){return strlen(names[n-1]);}",
       R"({"call":"f","args":[["a","long \u00e9"],2],"returns":7})", "AC"},
      {"c", "void f(int* a, int n){for(int i=0;i<n;i++)a[i]*=2;}",
       R"({"call":"f","args":[[1,2,3],3],"returns":[2,4,6]})", "AC"},
      {"c", "void f(const int* n, double* a){a[*n]=0.5;}",
       R"({"call":"f","args":[[1],[1.0,2.0]],"returns":[1.0,0.5]})", "AC"},
      {"c", "void f(char* s){s[0]='J';}", R"({"call":"f","args":["hello"],"returns":"Jello"})", "AC"},
      {"c", "void f(char* s){}", R"({"call":"f","args":["hello"],"returns":"Jello"})", "WA",
       "left its argument as \"hello\""},
      {"c", "void f(int* a, int n){}", R"({"call":"f","args":[[1,2],2],"returns":null})", "AC"},
      {"c", "void f(int n){}", R"({"call":"f","args":[1],"returns":null})", "AC"},
      {"c", "typedef struct S {int x;} P;\nint f(P p){return p.x;}", R"({"call":"f","args":[1],"returns":1})",
       "CE", "f cannot be called: no JSON value fits the type "},
      {"c", "int a[2]; int* f(int x){return a;}", R"({"call":"f","args":[1],"returns":[0,0]})", "CE",
       "f cannot be called: no JSON value fits the type int *"},
      {"c", "int f(int (*g)(int)){return g(1);}", R"({"call":"f","args":[1],"returns":1})", "CE",
       "the submission has no declaration of a function f whose parameters are"},
      {"c", "int g(int x){return x;}", R"({"call":"f","args":[1],"returns":1})", "CE",
       "the submission has no declaration of a function f"},
      {"c", "int f(int x){return x;}", R"({"call":"f","args":[1,2],"returns":1})", "RE",
       "the function takes another number of arguments"},
      {"c", "int f(unsigned char x){return x;}", R"({"call":"f","args":[256],"returns":0})", "RE",
       "an argument does not fit its type"},
      {"c", "int f(int x){return y;}", R"({"call":"f","args":[1],"returns":1})", "CE", "main.c:1:"},
  });
}

TEST_CASE("C++: aliases, views, references, defaults, overloads, templates, variables that are called") {
  CheckCalls({
      {"cpp",
       "#include <vector>\nusing ll = long long; using V = std::vector<ll>;\nll f(const V& v){ll s=0;for(ll "
       "x:v)s+=x;return s;}",
       R"({"call":"f","args":[[4000000000,1]],"returns":4000000001})", "AC"},
      {"cpp",
       "#include <string_view>\nstd::string_view f(std::string_view s, const char& c){return "
       "s.substr(s.find(c));}",
       R"({"call":"f","args":["abc","b"],"returns":"bc"})", "AC"},
      {"cpp", "#include <span>\nint f(std::span<const int> s){return s[1] + s.size();}",
       R"({"call":"f","args":[[1,40]],"returns":42})", "AC"},
      {"cpp", "#include <array>\nenum class E {A, B};\nstd::array<E,2> f(E e){return {e, E::A};}",
       R"({"call":"f","args":[1],"returns":[1,0]})", "AC"},
      {"cpp", "int f(int a, int b = 2, int c = 3){return a*100+b*10+c;}",
       R"({"call":"f","args":[1],"returns":123},{"call":"f","args":[1,5],"returns":153},{"call":"f","args":[1,5,7],"returns":157})",
       "AC"},
      {"cpp",
       "#include <string>\nint f(int x){return x;} std::string f(const std::string& s){return s+s;} double "
       "f(double x){return x/2;}",
       R"({"call":"f","args":[4],"returns":4},{"call":"f","args":["a"],"returns":"aa"},{"call":"f","args":[3.0],"returns":1.5})",
       "AC"},
      {"cpp", "template <class T> T f(T a, T b){return a<b?b:a;}",
       R"({"call":"f","args":[4,5],"returns":5},{"call":"f","args":["a","b"],"returns":"b"})", "AC"},
      {"cpp",
       "#include <vector>\ntemplate <typename T> std::vector<T> f(const std::vector<T>& v, T x){auto "
       "w=v;w.push_back(x);return w;}",
       R"({"call":"f","args":[[1],4000000000],"returns":[1,4000000000]},{"call":"f","args":[[0.5],1.5],"returns":[0.5,1.5]})",
       "AC"},
      {"cpp", "auto f(const auto& x){return x.size();}", R"({"call":"f","args":[[[1],[2,3]]],"returns":2})",
       "AC"},
      {"cpp", "long long f(long long x){return x;} long long f(double x){return -1;}",
       R"({"call":"f","args":[7],"returns":7})", "AC"},
      {"cpp", "auto f = [](int x){return 2*x;};", R"({"call":"f","args":[21],"returns":42})", "AC"},
      {"cpp", "auto f = [](auto x){return 2*x;};", R"({"call":"f","args":[21],"returns":42})", "AC"},
      {"cpp", "#include <functional>\nstd::function<int(int,int)> f = [](int a,int b){return a-b;};",
       R"({"call":"f","args":[5,3],"returns":2})", "AC"},
      {"cpp",
       "#include <string>\nclass S { int calls = 0; public: int go(int x, int y = 1) {return x+y+calls;} "
       "static int twice(int x){return 2*x;}"
       " int half(int x) const noexcept {return x/2;} int len(std::string s){return s.size();} int len(int "
       "x){return x;} };",
       R"({"call":"S.go","args":[1],"returns":2},{"call":"S.twice","args":[4],"returns":8},{"call":"S.half","args":[4],"returns":2},{"call":"S.len","args":["abc"],"returns":3})",
       "AC"},
      {"cpp", "namespace ns { int f(int x) { return x; } }", R"({"call":"ns.f","args":[3],"returns":3})",
       "AC"},
      {"cpp17",
       "#include <map>\n#include <string>\nint f(const std::map<std::string,int>& m){return "
       "m.at(\"a\");}",
       R"({"call":"f","args":[{"a":3}],"returns":3})", "AC"},
  });
}

TEST_CASE("C++: functions that return nothing are judged by what they change") {
  CheckCalls({
      {"cpp",
       "#include <algorithm>\n#include <vector>\nvoid f(std::vector<int>& v){std::sort(v.begin(),v.end());}",
       R"({"call":"f","args":[[3,1,2]],"returns":[1,2,3]})", "AC"},
      {"cpp", "#include <vector>\nvoid f(std::vector<int>& v){}",
       R"({"call":"f","args":[[3,1]],"returns":[1,3]})", "WA", "left its argument as [3,1]"},
      {"cpp",
       "#include <vector>\nvoid f(int n, const std::vector<int>& from, std::vector<int>& "
       "to){to=from;to.resize(n);}",
       R"({"call":"f","args":[1,[7,8],[]],"returns":[7]})", "AC"},
      {"cpp", "void f(int* a, int n){while(n--)a[n]++;}", R"({"call":"f","args":[[1,2],2],"returns":[2,3]})",
       "AC"},
      {"cpp", "#include <utility>\nvoid f(int& a, int& b){std::swap(a,b);}",
       R"({"call":"f","args":[1,2],"returns":2})", "AC"},
      {"cpp", "#include <vector>\nvoid f(std::vector<int>& v){v={};}",
       R"({"call":"f","args":[[1]],"returns":null})", "AC"},
      {"cpp", "template <class T> void f(T& v){v.clear();}", R"({"call":"f","args":[[1]],"returns":[]})",
       "AC"},
      {"cpp", "void f(int){}", R"({"call":"f","args":[1],"returns":1})", "WA", "left its argument as null"},
      {"python", "def f(x): x.sort()", R"({"call":"f","args":[[2,1]],"returns":[1,2]})", "WA",
       "returned null"},
  });
}

TEST_CASE("what cannot be called says so in one line") {
  CheckCalls({
      {"cpp", "struct Node {int v; Node* next;};\nint f(Node* n){return n->v;}",
       R"({"call":"f","args":[[1]],"returns":1})", "CE",
       "f cannot be called: no JSON value fits an argument of the type Node"},
      {"cpp", "#include <memory>\nstd::unique_ptr<int> f(int x){return {};}",
       R"({"call":"f","args":[1],"returns":1})", "CE",
       "f cannot be called: the function returns what is no JSON value, the type std::unique_ptr<int"},
      {"cpp", "int g(int x){return x;}", R"({"call":"f","args":[1],"returns":1})", "CE",
       "the submission defines no function f"},
      {"cpp", "struct S {};", R"({"call":"S.go","args":[1],"returns":1})", "CE", "S.go cannot be called: "},
      {"cpp", "class S { int go(int x){return x;} };", R"({"call":"S.go","args":[1],"returns":1})", "CE",
       "S.go cannot be called: "},
      {"cpp", "struct S { S(int){} int go(int x){return x;} };", R"({"call":"S.go","args":[1],"returns":1})",
       "CE", "S.go cannot be called: its class needs arguments to be made"},
      {"cpp", "#include <string>\nint f(std::string s){return 1;} int f(bool*){return 1;}",
       R"({"call":"f","args":[1],"returns":1})", "CE",
       "f cannot be called: none of the overloads or templates fits the arguments"},
      {"cpp", "int f(int x){return x;} int f(char* x){return 1;}",
       R"({"call":"f","args":[null],"returns":1})", "CE",
       "f cannot be called: it has overloads or is a template"},
      {"cpp", "int f(int x){return y;}", R"({"call":"f","args":[1],"returns":1})", "CE", "main.cpp:1:"},
      {"cpp", "int f(int x){return x;}", R"({"call":"f","args":["1"],"returns":1})", "RE",
       "an argument is not an integer"},
      {"cpp", "int f(int x, int y){return x;}", R"({"call":"f","args":[1],"returns":1})", "RE",
       "the function takes another number of arguments"},
      {"python", "def g(x): return x", R"({"call":"f","args":[1],"returns":1})", "RE",
       "the submission defines no function f"},
      {"python", "f = 3", R"({"call":"f","args":[1],"returns":1})", "RE",
       "the submission's f is no function"},
      {"python", "class S: pass", R"({"call":"S.go","args":[1],"returns":1})", "RE",
       "the submission's class S has no function go"},
      {"javascript", "const g = 1", R"({"call":"f","args":[1],"returns":1})", "RE",
       "the submission defines no function f"},
  });
}

TEST_CASE("types that C++ arguments have by nature") {
  CHECK(ArgumentTypes("[1, 2.5, \"a\", true]") ==
        "hone_call::Types<int, double, std::string, bool>(), hone_call::Types<long long, double, "
        "std::string, bool>(), "
        "hone_call::Types<double, double, std::string, bool>()");
  CHECK(ArgumentTypes("[[3000000000]]") ==
        "hone_call::Types<std::vector<long long>>(), hone_call::Types<std::vector<double>>()");
  CHECK(ArgumentTypes("[{\"a\":[]}]")
            .starts_with("hone_call::Types<std::map<std::string, std::vector<int>>>()"));
  CHECK(ArgumentTypes("[[1, 2.5]]").starts_with("hone_call::Types<std::vector<double>>()"));
  CHECK(ArgumentTypes("[null]").empty());
  CHECK(ArgumentTypes("[[1, \"a\"]]").empty());
}

TEST_CASE("any text of a compiler becomes one line") {
  for (const std::string text :
       {"", "\n\n", " error: ", "hone-call: error: ", "hone-call:1: error: static assertion failed: ",
        "hone-call:1: error: static assertion failed: the type\n[with T = ", "\xff error: \xff"}) {
    CAPTURE(text);
    CHECK(CallFault("f", text).find('\n') == std::string::npos);
  }
}
