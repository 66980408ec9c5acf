// The table, and a look for the tools it names. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/languages.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "data/edit_distance.h"
#include "data/error.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using Harness = Language::Harness;

constexpr const char* kRustBox = "/opt/hone-rust";

Language C() {
  return {
      "c",
      "main.c",
      {"/usr/bin/gcc", "-std=gnu17", "-O2", "-pipe", "-w", "-fmax-errors=20", "main.c", "-o", "main", "-lm"},
      "main",
      {"./main"},
      Harness::kC};
}

Language Cpp(const std::string& key, const std::string& standard) {
  return {key,
          "main.cpp",
          {"/usr/bin/g++", "-std=" + standard, "-O2", "-pipe", "-w", "-fmax-errors=20",
           "-I" + std::string(kHeaderBox) + "/" + standard, "main.cpp", "-o", "main"},
          "main",
          {"./main"},
          Harness::kCpp,
          {}};
}

std::optional<std::string> RustToolchain() {
  const char* home = std::getenv("HOME");
  if (home == nullptr) return std::nullopt;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::path(home) / ".rustup/toolchains", ignored)) {
    if (entry.path().filename().string().starts_with("stable") &&
        fs::exists(entry.path() / "bin/rustc", ignored)) {
      return entry.path().string();
    }
  }
  return std::nullopt;
}

std::string GoTool() { return fs::exists("/usr/local/go/bin/go") ? "/usr/local/go/bin/go" : "/usr/bin/go"; }

// A box has no /proc, which tells a program where it is: rustc needs to be told, and its own linker cannot
// be.
Language Rust() {
  const bool in_usr = fs::exists("/usr/bin/rustc");
  const std::string home = in_usr ? "/usr" : kRustBox;
  Language rust = {"rust",
                   "main.rs",
                   {home + "/bin/rustc", "--sysroot", home, "-O", "--edition=2021", "-A", "warnings", "-C",
                    "link-arg=-fuse-ld=bfd", "main.rs", "-o", "main"},
                   "main",
                   {"./main"},
                   Harness::kNone,
                   {}};
  if (!in_usr) rust.environment = {"LD_LIBRARY_PATH=" + home + "/lib"};
  return rust;
}

// A class may have any name, so that the program is packed with the name of its main class.
constexpr const char* kJavaCompile =
    "set -e; name=$(sed -n 's/^.*public \\(final \\)\\?class \\([A-Za-z_0-9]*\\).*/\\2/p' Main.java | head "
    "-n 1); "
    "name=${name:-Main}; mkdir -p source classes; cp Main.java source/$name.java; "
    "$JAVA_HOME/bin/javac -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 -nowarn -d classes source/$name.java; "
    "$JAVA_HOME/bin/jar --create --file main.jar --main-class $name -C classes .";

Language Java() {
  std::error_code error;
  const std::string home = fs::canonical("/usr/bin/javac", error).parent_path().parent_path().string();
  return {"java",
          "Main.java",
          {"/bin/sh", "-c", kJavaCompile},
          "main.jar",
          {home + "/bin/java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss64m", "-jar", "main.jar"},
          Harness::kNone,
          {"JAVA_HOME=" + home, "LD_LIBRARY_PATH=" + home + "/lib:" + home + "/lib/server"},
          {"Exception in thread \""}};
}

struct Row {
  Language language;
  bool installed;
};

const std::vector<Row>& Table() {
  static const std::vector<Row> table = [] {
    const bool has_cpp = fs::exists("/usr/bin/g++");
    return std::vector<Row>{
        {C(), fs::exists("/usr/bin/gcc")},
        {Cpp("cpp", "gnu++20"), has_cpp},
        {Cpp("cpp17", "gnu++17"), has_cpp},
        {Cpp("cpp20", "gnu++20"), has_cpp},
        {Cpp("cpp23", "gnu++2b"), has_cpp},
        {{"python",
          "main.py",
          {},
          "",
          {"/usr/bin/python3", "-I", "-B", "main.py"},
          Harness::kPython,
          {},
          {"Traceback (most recent call last):\n", "SyntaxError: ", "IndentationError: ", "TabError: "}},
         fs::exists("/usr/bin/python3")},
        {{"javascript",
          "main.js",
          {},
          "",
          {"/usr/bin/node", "main.js"},
          Harness::kJavaScript,
          {},
          {"\nNode.js v"}},
         fs::exists("/usr/bin/node")},
        {Rust(), fs::exists("/usr/bin/rustc") || RustToolchain().has_value()},
        {{"go",
          "main.go",
          {GoTool(), "build", "-o", "main", "main.go"},
          "main",
          {"./main"},
          Harness::kNone,
          {},
          {"\ngoroutine "}},
         fs::exists(GoTool())},
        {Java(), fs::exists("/usr/bin/javac")},
    };
  }();
  return table;
}

}  // namespace

const Language& FindLanguage(std::string_view key, const std::string& where) {
  std::string nearest = Table().front().language.key, all;
  for (const Row& row : Table()) {
    const std::string& name = row.language.key;
    if (key == name) {
      if (row.installed) return row.language;
      throw Error("no tool for '" + name + "' is installed", where, "install its compiler under /usr");
    }
    if (EditDistance(key, name) < EditDistance(key, nearest)) nearest = name;
    all += (all.empty() ? "" : ", ") + name;
  }
  throw Error("no language is named '" + std::string(key) + "'", where,
              DidYouMean(key, nearest) + "There are: " + all);
}

std::vector<std::string> InstalledLanguages() {
  std::vector<std::string> keys;
  for (const Row& row : Table()) {
    if (row.installed) keys.push_back(row.language.key);
  }
  return keys;
}

std::vector<SharedDirectory> ToolDirectories() {
  const std::optional<std::string> rust = fs::exists("/usr/bin/rustc") ? std::nullopt : RustToolchain();
  if (!rust) return {};
  std::vector<SharedDirectory> directories;  // share, with its documentation, stays outside
  for (const char* part : {"/bin", "/lib", "/libexec"}) {
    if (fs::is_directory(*rust + part)) directories.push_back({*rust + part, std::string(kRustBox) + part});
  }
  return directories;
}

std::vector<std::string> BoxEnvironment() {
  return {"PATH=/usr/local/bin:/usr/bin:/bin",
          "LANG=C.UTF-8",
          "HOME=.",
          "TMPDIR=.",
          "GOCACHE=/tmp/go",
          "GOFLAGS=-mod=mod"};
}

std::vector<std::string> BoxEnvironment(const Language& language) {
  std::vector<std::string> environment = BoxEnvironment();
  environment.insert(environment.end(), language.environment.begin(), language.environment.end());
  return environment;
}

bool IsFunctionName(std::string_view name) {
  if (name.empty() || name.size() > 128) return false;
  bool starts = true;  // a word begins here
  int points = 0;
  for (const char c : name) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) || c == '_';
    const bool digit = std::isdigit(static_cast<unsigned char>(c));
    if (c == '.') ++points;
    if (starts ? !letter : !(letter || digit || c == '.')) return false;
    starts = c == '.';
  }
  return !starts && points <= 1;
}

}  // namespace hone
