// Runs a copy of ./hone among stand-ins for the tools it calls, which only note their arguments.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text, bool program = false) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
  if (program) fs::permissions(path, fs::perms::owner_all);
}

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

struct Outcome {
  int status;
  std::string out;    // stdout, then stderr
  std::string calls;  // what the stand-ins noted, one call a line
  bool called(const std::string& text) const { return calls.find(text) != std::string::npos; }
  bool says(const std::string& text) const { return out.find(text) != std::string::npos; }
};

// A clone that holds only what the wrapper reads, and a PATH of stand-ins in front of the usual one.
class Clone {
 public:
  Clone() {
    std::string name = (fs::temp_directory_path() / "hone wrapper XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    home_ = fs::canonical(name);
    fs::create_directories(root());
    fs::copy_file(fs::path(HONE_SOURCE_DIR) / "hone", root() / "hone");
    write(root() / "CMakePresets.json", "{}");
    const std::string note = "#!/bin/sh\necho \"${0##*/} $*\" >>" + quoted(home_ / "calls") + "\n";
    stand_in("id", note + "echo 0\n");
    stand_in("sudo", note + "exit 1\n");
    // Installed is what the file `installed` names.
    stand_in("dpkg-query", note + "for p in $(cat " + quoted(home_ / "installed") +
                               "); do printf '%s=installed ' $p; done\n");
    stand_in("dpkg", note);
    stand_in("apt-get", note + "echo log of apt-get\n[ ! -e " + quoted(home_ / "offline") + " ]\n");
    stand_in("python3", note + "mkdir -p " + quoted(root() / ".venv/bin") + "\ncp " +
                            quoted(home_ / "bin/python") + " " + quoted(root() / ".venv/bin/python") + "\n");
    stand_in("python", note);
    // Configuring makes build.ninja; building makes a program that prints its arguments.
    stand_in("cmake",
             note + "mkdir -p " + quoted(build()) + "\ncd " + quoted(build()) +
                 "\ncase $1 in -S) : >build.ninja ;; *) [ ! -e " + quoted(home_ / "broken") +
                 " ] || { echo error: expected semicolon; exit 1; }\n"
                 "printf '#!/bin/sh\\necho \"in $PWD:\" \"$@\"\\nexit 7\\n' >hone; chmod +x hone ;; esac\n");
    stand_in("ctest", note);
  }
  ~Clone() { fs::remove_all(home_); }

  fs::path root() const { return home_ / "a clone"; }
  fs::path build() const { return root() / "build/release"; }
  const fs::path& home() const { return home_; }
  // The package list in the wrapper.
  std::string packages() const {
    const std::string script = read(root() / "hone");
    const size_t from = script.find("packages=\"") + 10;
    std::string list = script.substr(from, script.find('"', from) - from);
    return list.erase(list.find('\\'), 2);
  }
  void stand_in(const std::string& name, const std::string& text) { write(home_ / "bin" / name, text, true); }

  // Runs `command` in the folder above the clone.
  Outcome run(const std::string& command) const {
    fs::remove(home_ / "calls");
    const std::string line =
        "cd " + quoted(home_) + " && PATH=" + quoted(home_ / "bin") + ":$PATH && " + command;
    const int status =
        std::system(("{ " + line + "; } >" + quoted(home_ / "out") + " 2>" + quoted(home_ / "err")).c_str());
    return {WEXITSTATUS(status), read(home_ / "out") + read(home_ / "err"), read(home_ / "calls")};
  }

 private:
  fs::path home_;
};

}  // namespace

TEST_CASE("the first call installs, configures, builds and runs; the second only builds and runs") {
  const Clone clone;
  const Outcome first = clone.run("'a clone/hone' run 'two words' --seed 3");
  CAPTURE(first.out);
  CAPTURE(first.calls);
  CHECK(first.status == 7);
  CHECK(first.says("in " + clone.home().string() + ": run two words --seed 3\n"));
  for (const char* call : {"apt-get -o", "g++", "libhwy-dev", "-m venv", "install --no-deps",
                           "torch==2.11.0 nvidia-cuda", "--preset release", "--target hone\n"}) {
    CAPTURE(call);
    CHECK(first.called(call));
  }
  for (const char* name :
       {"installing Debian packages: ca-certificates", "making ", "installing into .venv", "configuring "}) {
    CAPTURE(name);
    CHECK(first.says(name));
  }

  const Outcome second =
      clone.run("ln -s 'a clone/hone' link && ln -s \"$PWD/link\" 'a clone/again' && 'a clone/again' eval");
  CHECK(second.status == 7);
  CHECK(second.out == "in " + clone.home().string() + ": eval\n");
  CHECK(second.calls == "cmake --build " + clone.build().string() + " --target hone\n");
}

TEST_CASE("only missing packages are installed, and none when none is missing") {
  const Clone clone;
  std::string packages = clone.packages();
  write(clone.home() / "installed", packages);
  CHECK_FALSE(clone.run("'a clone/hone' doctor").called("apt-get"));

  fs::remove_all(clone.root() / ".hone");
  packages.erase(packages.find("libfmt-dev"), 10);
  write(clone.home() / "installed", packages);
  const Outcome outcome = clone.run("'a clone/hone' doctor");
  CHECK(outcome.called("--no-install-recommends libfmt-dev\n"));
  CHECK(outcome.says("hone: installing Debian packages: libfmt-dev\n"));
}

TEST_CASE("without rights it says what root has to run") {
  Clone clone;
  clone.stand_in("id", "#!/bin/sh\necho 1000\n");
  const Outcome outcome = clone.run("'a clone/hone' run x </dev/null");
  CHECK(outcome.status == 1);
  CHECK(outcome.says("no right to install"));
  CHECK(outcome.says(
      "As root: apt-get update && apt-get install -y --no-install-recommends ca-certificates cmake g++"));
  CHECK_FALSE(outcome.called("apt-get"));
}

TEST_CASE("a failed step shows its log's end and a remedy, and the next call takes up there") {
  const Clone clone;
  write(clone.home() / "offline", "");
  const Outcome offline = clone.run("'a clone/hone' run x");
  CHECK(offline.status == 1);
  CHECK(offline.says("log of apt-get\nhone: this failed: installing Debian packages"));
  CHECK(offline.says("Check the network"));
  CHECK_FALSE(offline.called("--preset"));

  fs::remove(clone.home() / "offline");
  write(clone.home() / "broken", "");
  const Outcome broken = clone.run("'a clone/hone' run x");
  CHECK(broken.status == 1);
  CHECK(broken.called("apt-get"));
  CHECK(broken.says("error: expected semicolon\nhone: this failed: building"));
  CHECK(broken.says((clone.root() / ".hone/build.log").string()));

  fs::remove(clone.home() / "broken");
  write(clone.home() / "installed", clone.packages());
  const Outcome mended = clone.run("'a clone/hone' run x");
  CHECK(mended.status == 7);
  CHECK_FALSE(mended.called("pip install"));
  CHECK_FALSE(mended.called("--preset"));
}

TEST_CASE("test, bench and clean are its own words") {
  const Clone clone;
  const Outcome test = clone.run("'a clone/hone' test -R 'a b'");
  CHECK(test.status == 0);
  CHECK(test.called("--target all\nctest --preset release -R a b\n"));

  const Outcome none = clone.run("'a clone/hone' bench");
  CHECK(none.status == 1);
  CHECK(none.says("no benchmark"));
  write(clone.root() / "tests/bench/x.cc", "");
  write(clone.build() / "hone_bench", "#!/bin/sh\necho bench \"$@\"\n", true);
  CHECK(clone.run("'a clone/hone' bench --all").says("bench --all\n"));

  CHECK(clone.run("'a clone/hone' clean").status == 0);
  CHECK_FALSE(fs::exists(clone.root() / "build"));
  CHECK(fs::exists(clone.root() / ".venv"));
}

TEST_CASE("changed presets, a moved clone or a new Arrow are configured again") {
  const Clone clone;
  REQUIRE(clone.run("'a clone/hone' x").status == 7);
  write(clone.root() / "CMakePresets.json", "{ }");
  CHECK(clone.run("'a clone/hone' x").called("--preset release --fresh"));
  CHECK_FALSE(clone.run("'a clone/hone' x").called("--preset"));
  fs::create_directories(clone.root() / ".venv/lib/python3.11/site-packages/pyarrow");
  CHECK(clone.run("'a clone/hone' x").called("--preset release --fresh"));
  CHECK_FALSE(clone.run("'a clone/hone' x").called("--preset"));
}

TEST_CASE("two calls at once install once") {
  const Clone clone;
  const Outcome both = clone.run("{ 'a clone/hone' one & 'a clone/hone' two; wait; }");
  CHECK(both.says(": one\n"));
  CHECK(both.says(": two\n"));
  size_t installs = 0;
  for (size_t at = both.calls.find("pip install"); at != std::string::npos;
       at = both.calls.find("pip install", at + 1)) {
    ++installs;
  }
  CHECK(installs == 1);
}
