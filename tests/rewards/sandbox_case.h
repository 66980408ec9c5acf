// What the tests of the sandbox share: programs in C compiled in the box, and what this process leaves behind.
#ifndef HONE_TESTS_REWARDS_SANDBOX_CASE_H_
#define HONE_TESTS_REWARDS_SANDBOX_CASE_H_

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "rewards/code/sandbox.h"

namespace hone {

inline RunRequest Shell(const std::string& script) {
  RunRequest request;
  request.argv = {"/bin/sh", "-c", script};
  return request;
}

inline RunResult Compile(Sandbox& sandbox, const std::string& code, const std::string& compiler = "gcc",
                         const std::string& extension = "c") {
  RunRequest request;
  const std::string source = "main." + extension;
  request.argv = {
      "/usr/bin/" + compiler, "-O2", "-w", "-fmax-errors=5", source, "-o", "main", "-lm", "-pthread"};
  if (extension != "c") request.argv.insert(request.argv.begin() + 1, "-std=gnu++20");
  request.files = {{source, code, false}};
  request.fetch = {"main"};
  request.compiling = true;
  request.limits = {
      .cpu_s = 10, .wall_s = 20, .memory_mb = 1024, .output_kb = 1024, .file_mb = 256, .open_files = 256};
  return sandbox.Run(request);
}

constexpr char kCHeaders[] =
    "#define _GNU_SOURCE\n#include <errno.h>\n#include <fcntl.h>\n#include <pthread.h>\n#include "
    "<sched.h>\n#include <signal.h>\n"
    "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/mman.h>\n#include "
    "<sys/resource.h>\n"
    "#include <sys/socket.h>\n#include <sys/stat.h>\n#include <sys/syscall.h>\n#include "
    "<sys/wait.h>\n#include <unistd.h>\n";

// The body of a C program's main, compiled in the box and ready to run there.
inline RunRequest CProgram(Sandbox& sandbox, const std::string& body) {
  const RunResult compiled =
      Compile(sandbox, std::string(kCHeaders) + "int main(int argc,char**argv){" + body + "}");
  CAPTURE(compiled.err);
  REQUIRE(compiled.fetched.size() == 1);
  RunRequest request;
  request.files = compiled.fetched;
  request.argv = {"./main"};
  return request;
}

// Many bodies in one program, so that they are compiled once: the first argument chooses.
class CPrograms {
 public:
  CPrograms(Sandbox& sandbox, const std::vector<std::string>& bodies) {
    std::string code = kCHeaders;
    for (size_t i = 0; i < bodies.size(); ++i) {
      code += "int f" + std::to_string(i) + "(void){" + bodies[i] + " return 0;}\n";
    }
    code += "int main(int argc,char**argv){switch(atoi(argv[1])){";
    for (size_t i = 0; i < bodies.size(); ++i)
      code += "case " + std::to_string(i) + ":return f" + std::to_string(i) + "();";
    const RunResult compiled = Compile(sandbox, code + "} return 99;}");
    CAPTURE(compiled.err);
    REQUIRE(compiled.fetched.size() == 1);
    request_.files = compiled.fetched;
  }

  RunRequest Get(size_t index) {
    request_.argv = {"./main", std::to_string(index)};
    return request_;
  }

 private:
  RunRequest request_;
};

// What a sandbox could leave behind: children, descriptors, mounts, cgroups.
struct Traces {
  std::string children, mounts;
  size_t descriptors = 0;
  std::set<std::string> groups;

  bool operator==(const Traces&) const = default;
};

inline std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string NameOf(pid_t pid) { return TextOf("/proc/" + std::to_string(pid) + "/comm"); }

inline Traces TracesNow(pid_t owner_of_groups = getpid()) {
  namespace fs = std::filesystem;
  Traces traces;
  std::error_code ignored;
  for (const auto& task : fs::directory_iterator("/proc/self/task", ignored))
    traces.children += TextOf(task.path() / "children");
  traces.mounts = TextOf("/proc/self/mountinfo");
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++traces.descriptors;
  const std::string mine = "hone-" + std::to_string(owner_of_groups) + "-";
  std::istringstream mounts(traces.mounts);
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup") == std::string::npos) continue;
    std::istringstream words(line);
    std::string point;
    for (int i = 0; i < 5; ++i) words >> point;
    for (auto entry = fs::recursive_directory_iterator(point, ignored);
         entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
      if (entry->path().filename().string().rfind(mine, 0) == 0) traces.groups.insert(entry->path());
    }
  }
  return traces;
}

}  // namespace hone

#endif  // HONE_TESTS_REWARDS_SANDBOX_CASE_H_
