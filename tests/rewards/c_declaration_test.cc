// rewards/code/c_declaration: declarations as people write them, and what is no declaration.
#include "rewards/code/c_declaration.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace hone;

namespace {

// "returns(parameter, parameter)" of the function f, or "none".
std::string Found(const std::string& code) {
  const std::optional<CDeclaration> declaration = FindCDeclaration(code, "f");
  if (!declaration) return "none";
  std::string text = declaration->returns + "(";
  for (const std::string& parameter : declaration->parameters)
    text += (text.back() == '(' ? "" : ", ") + parameter;
  return text + ")";
}

}  // namespace

TEST_CASE("declarations as people write them") {
  CHECK(Found("int f(int x) { return x; }") == "int(int)");
  CHECK(
      Found("#include <stdio.h>\nstatic inline unsigned long long f ( const char *s , int a[], size_t n);") ==
      "unsigned long long(const char*, int*, size_t)");
  CHECK(Found("const char* f(void) {}") == "const char*()");
  CHECK(Found("double f() {}") == "double()");
  CHECK(Found("void f(char const* const* names, bool b, int m[3][4]) {}") ==
        "void(const char**, bool, int**)");
  CHECK(Found("typedef struct p point; point* f(const point* a, struct p b, enum c, size_t n, my_t);") ==
        "point*(const point*, struct p, enum c, size_t, my_t)");
  CHECK(Found("int g(int f) { int f(int); return f; }\nint f(long a,\n  float b)\n{}") == "int(long, float)");
  CHECK(Found("// int f(char c)\n/* int f(char c) */ char *s = \"int f(char c)\"; char q = '\"';\nint "
              "f(short s) {}") == "int(short)");
  CHECK(Found("#define A \\\n int f(char c)\nint f(short s) {}") == "int(short)");
  CHECK(Found("struct s { int f; };\nint f(unsigned) {}") == "int(unsigned)");
}

TEST_CASE("what cannot be called") {
  for (const char* code :
       {"", "int g(int x) {}", "int f(int (*g)(int)) {}", "int f", "int f(", "int f(int", "f(int x) {}",
        "int f(int x, ...) {}", "{ int f(int x); }", "/*", "\"", "#", "int f(void x)"}) {
    CAPTURE(code);
    CHECK(Found(code) == "none");
  }
  CHECK(MakeCCallProgram("int f(int (*g)(int)) {}", {"f", 1}).fault.find("no declaration of a function f") !=
        std::string::npos);
  CHECK(MakeCCallProgram("int f(char* a, const double* b) {}", {"f", 2}).fault.empty());
  const std::string deep(2000000, '{');
  CHECK(Found(deep) == "none");
  CHECK(Found(std::string(2000000, '(')) == "none");
}
