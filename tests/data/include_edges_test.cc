// Holds every #include of the tree to the layers of DESIGN.md section 2, and checks the checker on wrong
// examples.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

// The third-party families that the tree knows, each by the beginnings of its headers' names.
struct Family {
  std::string name;
  std::vector<std::string> beginnings;
};

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"LibTorch", {"torch/", "ATen/", "c10/", "caffe2/"}},
      {"Highway", {"hwy/"}},
      {"CUDA", {"cuda", "cublas", "cudnn", "cooperative_groups", "mma.h", "nvtx3/"}},
      {"NCCL", {"nccl.h"}},
      {"MPI", {"mpi.h"}},
      {"SQLite", {"sqlite3.h"}},
      {"RE2", {"re2/"}},
      {"Oniguruma", {"onig"}},
      {"utf8proc", {"utf8proc.h"}},
      {"JSON", {"nlohmann/"}},
      {"TOML", {"toml++/"}},
      {"Arrow", {"arrow/", "parquet/"}},
      {"fmt", {"fmt/", "spdlog/"}},
      {"Asio", {"boost/asio", "boost/beast", "boost/system", "boost/core"}},
      {"FLINT",
       {"flint/", "arb.h", "arb_", "acb.h", "acb_", "arf.h", "mag.h", "ca.h", "calcium", "qqbar.h",
        "fexpr.h"}},
      {"libseccomp", {"seccomp.h"}},
      {"CLI11", {"CLI/"}},
      {"doctest", {"doctest/"}},
      {"benchmark", {"benchmark/"}},
      {"system",
       {"sys/",     "linux/",     "net/",        "netinet/",   "arpa/",      "asm/",      "unistd.h",
        "fcntl.h",  "signal.h",   "pthread.h",   "sched.h",    "poll.h",     "dlfcn.h",   "errno.h",
        "spawn.h",  "termios.h",  "pwd.h",       "netdb.h",    "dirent.h",   "time.h",    "stdint.h",
        "stddef.h", "execinfo.h", "immintrin.h", "cpuid.h",    "arm_neon.h", "x86intrin", "malloc.h",
        "link.h",   "elf.h",      "syscall.h",   "getopt.h",   "ucontext",   "assert.h",  "math.h",
        "stdio.h",  "stdlib.h",   "string.h",    "semaphore.h"}},
  };
  return all;
}

std::string family_of(const std::string& header) {
  if (header.find_first_of("./") == std::string::npos) return "system";  // <vector>, <cmath>
  for (const Family& family : families()) {
    for (const std::string& beginning : family.beginnings) {
      if (header.rfind(beginning, 0) == 0) return family.name;
    }
  }
  return "";
}

// One row of DESIGN.md's table. "system" (the standard library and the operating system) is open to every
// folder.
struct Folder {
  std::string name;
  Names folders;   // what it may include besides itself
  Names families;  // "*" is every known family but LibTorch
  bool torch_in_cc = false;
};

const std::vector<Folder>& layers() {
  static const std::vector<Folder> all = {
      {"kernels", {}, {"Highway", "CUDA", "NCCL", "MPI"}},
      {"data", {}, {"SQLite", "RE2", "Oniguruma", "utf8proc", "JSON", "TOML", "Arrow", "fmt"}},
      {"policy", {"kernels", "data"}, {"fmt"}, true},
      {"rollout", {"kernels", "data", "policy"}, {"Asio", "fmt"}, true},
      {"rewards", {"data"}, {"RE2", "FLINT", "SQLite", "JSON", "Asio", "libseccomp", "fmt"}},
      {"rl", {"kernels", "data", "policy", "rollout", "rewards"}, {"*"}, true},
      {"recipes", {"kernels", "data", "policy", "rollout", "rewards", "rl"}, {"*"}},
  };
  return all;
}

const Folder* layer_named(std::string_view name) {
  for (const Folder& folder : layers()) {
    if (folder.name == name) return &folder;
  }
  return nullptr;
}

std::string first_part(const std::string& path) { return path.substr(0, path.find('/')); }

// Why `header` may not stand in the file `path` (both relative to the root), or "".
std::string fault_of(const std::string& path, const std::string& header) {
  if (header.rfind("../", 0) == 0 || header.find("/../") != std::string::npos)
    return "is not named from the root";
  const std::string from = first_part(path), to = first_part(header);
  if (from == "tests") return "";
  if (to == "tests") return "belongs to the tests";
  const Folder& folder = *layer_named(from);
  if (header.find('/') != std::string::npos && layer_named(to) != nullptr) {
    return to == from || folder.folders.count(to) != 0 ? "" : from + "/ may not include " + to + "/";
  }
  const std::string family = family_of(header);
  if (family.empty())
    return "is neither named from the root nor of a library that this test and DESIGN.md know";
  if (family == "system" || folder.families.count(family) != 0) return "";
  if (family == "LibTorch") {
    if (!folder.torch_in_cc) return from + "/ may not see LibTorch";
    return fs::path(path).extension() == ".cc" ? "" : "is LibTorch's, which only .cc files may include";
  }
  const bool for_tests = family == "doctest" || family == "benchmark";
  return folder.families.count("*") != 0 && !for_tests ? "" : from + "/ may not include " + family;
}

// The faults of one file's text, one "path:line: header reason" each.
std::vector<std::string> check_text(const std::string& path, const std::string& text) {
  static const std::regex include(R"(^\s*#\s*include(?:_next)?\b\s*(?:[<"]([^>"]+)[>"])?.*)");
  std::vector<std::string> faults;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::smatch match;
    if (line.find("include") == std::string::npos || !std::regex_match(line, match, include)) continue;
    const std::string header = match[1];
    const std::string fault = header.empty() ? "an include must be spelled out" : fault_of(path, header);
    if (!fault.empty()) faults.push_back(path + ":" + std::to_string(number) + ": " + header + " " + fault);
  }
  return faults;
}

bool is_source(const fs::path& path) {
  static const Names extensions = {".cc",  ".cpp", ".cxx", ".c",   ".h",   ".hh",
                                   ".hpp", ".cu",  ".cuh", ".inc", ".inl", ".ipp"};
  return extensions.count(path.extension()) != 0;
}

// The sources under root/folder, hidden folders (virtual environments) apart, relative to root.
std::vector<std::string> sources_under(const fs::path& root, const std::string& folder) {
  std::vector<std::string> found;
  for (auto at = fs::recursive_directory_iterator(root / folder); at != fs::recursive_directory_iterator();
       ++at) {
    if (at->is_directory() && at->path().filename().string()[0] == '.') at.disable_recursion_pending();
    if (at->is_regular_file() && is_source(at->path()))
      found.push_back(fs::relative(at->path(), root).string());
  }
  return found;
}

// All faults of the tree at `root`. A folder of the user's own that holds no source, such as a model, is no
// fault.
std::vector<std::string> check_tree(const fs::path& root) {
  std::vector<std::string> faults;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory() || name[0] == '.' || name == "build" || name == "runs") continue;
    const std::vector<std::string> sources = sources_under(root, name);
    if (name != "tests" && layer_named(name) == nullptr) {
      if (!sources.empty()) faults.push_back(name + "/ holds sources, but DESIGN.md has no such folder");
      continue;
    }
    for (const std::string& source : sources) {
      std::ifstream file(root / source);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (std::string& fault : check_text(source, text)) faults.push_back(std::move(fault));
    }
  }
  return faults;
}

}  // namespace

TEST_CASE("the tree keeps to its layers") {
  const fs::path root = HONE_SOURCE_DIR;
  size_t sources = 0;
  for (const Folder& folder : layers()) {
    REQUIRE_MESSAGE(fs::is_directory(root / folder.name), folder.name);
    sources += sources_under(root, folder.name).size();
  }
  CHECK(sources > 10);  // that it looked at something
  for (const std::string& fault : check_tree(root)) FAIL_CHECK(fault);
}

TEST_CASE("right includes pass") {
  const std::vector<std::pair<std::string, std::string>> right = {
      {"kernels/a.cc",
       "#include <hwy/highway.h>\n#include <immintrin.h>\n#include <vector>\n#include \"kernels/a.h\"\n"},
      {"kernels/a.cu", "#include <cuda_bf16.h>\n#include <nccl.h>\n"},
      {"data/a.h", "#include <sqlite3.h>\n#include <nlohmann/json_fwd.hpp>\n#include \"data/error.h\"\n"},
      {"policy/a.cc", "#include <ATen/core/Tensor.h>\n#include \"kernels/a.h\"\n#include \"data/error.h\"\n"},
      {"rollout/a.cc",
       "#include <boost/asio.hpp>\n#include <boost/beast/http.hpp>\n#include \"policy/model.h\"\n"},
      {"rewards/sub/a.cc", "#include <arb.h>\n#include <seccomp.h>\n#include <sys/wait.h>\n"},
      {"rl/a.cc", "#include <torch/csrc/autograd/custom_function.h>\n#include \"rewards/table.h\"\n"},
      {"recipes/main.cc", "#include <CLI/CLI.hpp>\n#include \"rl/grpo.h\"\n"},
      {"tests/rl/a_test.cc", "#include <torch/torch.h>\n#include \"tests/rl/twin.h\"\n"},
      {"data/b.cc", "// the docs say #include <torch/torch.h>\nint x;  // #include \"rl/grpo.h\"\n"},
  };
  for (const auto& [path, text] : right) {
    CAPTURE(path);
    for (const std::string& fault : check_text(path, text)) FAIL_CHECK(fault);
  }
}

TEST_CASE("each wrong include is named with its file and line") {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"kernels/a.cc", "#include \"data/error.h\""},
      {"kernels/a.h", "#include <ATen/core/Tensor.h>"},
      {"kernels/a.cc", "#include <fmt/core.h>"},
      {"kernels/a.cc", "#include \"tests/kernels/twin.h\""},
      {"data/a.cc", "  #  include \"kernels/gemm.h\""},
      {"data/a.cc", "#include <torch/torch.h>"},
      {"data/a.cc", "#include \"torch/torch.h\""},
      {"data/a.cc", "#include <boost/asio.hpp>"},
      {"data/a.cc", "#include \"error.h\""},
      {"data/a.cc", "#include \"../kernels/gemm.h\""},
      {"data/a.cc", "#include \"data/../kernels/gemm.h\""},
      {"data/a.cc", "#include HEADER_BY_MACRO"},
      {"data/a.cc", "#include <absl/strings/str_cat.h>"},
      {"data/a.cc", "#include <doctest/doctest.h>"},
      {"policy/a.h", "#include <ATen/core/Tensor.h>"},
      {"policy/a.inc", "#include <c10/util/Half.h>"},
      {"policy/a.cc", "#include \"rollout/engine.h\""},
      {"policy/a.cc", "#include \"rewards/reward.h\""},
      {"policy/a.cc", "#include <sqlite3.h>"},
      {"rollout/a.cc", "#include <rl/grpo.h>"},
      {"rollout/a.cc", "#include \"rewards/reward.h\""},
      {"rollout/a.cc", "#include <boost/python.hpp>"},
      {"rewards/a.cc", "#include \"policy/model.h\""},
      {"rewards/a.cc", "#include <ATen/core/Tensor.h>"},
      {"rl/a.h", "#include <torch/torch.h>"},
      {"rl/a.cc", "#include \"recipes/schema.h\""},
      {"rl/a.cc", "#include <benchmark/benchmark.h>"},
      {"recipes/main.cc", "#include <torch/torch.h>"},
  };
  for (const auto& [path, line] : wrong) {
    CAPTURE(path);
    CAPTURE(line);
    const std::vector<std::string> faults =
        check_text(path, "#include <vector>\n\n" + line + "\n#include <string>\r\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].rfind(path + ":3: ", 0) == 0);
  }
}

TEST_CASE("wrong files and folders are found in a tree") {
  const fs::path root =
      fs::temp_directory_path() / ("hone_include_edges_" + std::to_string(std::random_device{}()));
  const auto write = [&](const std::string& path, const std::string& text) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  write("kernels/cpu/deep.h", "#include \"rl/grpo.h\"\n");
  write("kernels/README.md", "#include \"rl/grpo.h\"\n");
  write("tests/parity/.venv/include/x.h", "#include \"../y.h\"\n");
  write("build/release/x.cc", "#include \"../y.h\"\n");
  write("runs/x/model/config.json", "{}");
  write("my_model/config.json", "{}");
  CHECK(check_tree(root) ==
        std::vector<std::string>{"kernels/cpu/deep.h:1: rl/grpo.h kernels/ may not include rl/"});
  write("utils/x.cc", "");
  CHECK(check_tree(root).size() == 2);
  fs::remove_all(root);
}
