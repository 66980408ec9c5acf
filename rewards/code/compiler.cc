// Argument lists, the cache, and gcc's rule that a header precompiled with the same flags is taken when it is
// included first. Covered by tests/rewards/judge_test.cc.
#include "rewards/code/compiler.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "data/error.h"
#include "data/text_file.h"
#include "data/utf8.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// Changes whenever a package manager replaces a tool.
std::string ToolFingerprint() {
  std::string text;
  for (const char* tool : {"/usr/bin/g++", "/usr/bin/gcc", "/usr/bin/ld", "/usr/bin/rustc", "/usr/bin/javac",
                           "/usr/local/go/bin/go", "/usr/bin/go"}) {
    std::error_code error;
    const fs::path path = fs::canonical(tool, error);
    if (error) continue;
    text += fmt::format("{} {} {};", path.string(), fs::file_size(path, error),
                        fs::last_write_time(path, error).time_since_epoch().count());
  }
  for (const SharedDirectory& directory : ToolDirectories()) text += directory.host + ";";
  return text;
}

std::string HeaderDirectory(const std::string& cache_directory) {
  if (cache_directory.empty()) return "";
  return cache_directory + fmt::format("/headers-{:016x}", std::hash<std::string>()(ToolFingerprint()));
}

std::string StandardOf(const Language& language) {
  for (const std::string& flag : language.compile) {
    if (flag.starts_with("-std=")) return flag.substr(5);
  }
  return "";
}

bool Has(std::string_view code, std::string_view text) { return code.find(text) != std::string_view::npos; }

std::vector<std::string> ArgvOf(const Language& language, std::string_view code,
                                const std::vector<std::string>& flags) {
  std::vector<std::string> argv = language.compile;
  const auto source = std::find(argv.begin(), argv.end(), language.source);
  if (source != argv.end()) argv.insert(source, flags.begin(), flags.end());
  if (Has(code, "<openssl/")) argv.insert(argv.end(), {"-lssl", "-lcrypto"});
  return argv;
}

}  // namespace

RunLimits CompileLimits() {
  RunLimits limits;
  limits.cpu_s = 10.0;
  limits.wall_s = 20.0;
  limits.memory_mb = 1024;
  limits.output_kb = 1024;
  limits.file_mb = 256;
  limits.open_files = 256;
  return limits;
}

std::vector<SharedDirectory> CompilerDirectories(const std::string& cache_directory) {
  std::vector<SharedDirectory> directories = ToolDirectories();
  const std::string headers = HeaderDirectory(cache_directory);
  if (headers.empty()) return directories;
  std::error_code error;
  fs::create_directories(headers, error);
  if (error) throw SystemError("make", headers, error.value());
  fs::permissions(headers, fs::perms(0755), error);  // boxes read it as another user
  directories.push_back({headers, std::string(kHeaderBox)});
  return directories;
}

Compiler::Compiler(Sandbox& sandbox, const std::string& cache_directory)
    : sandbox_(sandbox), headers_(HeaderDirectory(cache_directory)), fingerprint_(ToolFingerprint()) {
  if (!cache_directory.empty()) cache_ = std::make_unique<CompileCache>(cache_directory + "/programs.db");
}

Compiled Compiler::Compile(const Language& language, std::string_view code,
                           const std::vector<std::string>& flags, JudgeClock::time_point until) {
  const std::vector<std::string> argv = ArgvOf(language, code, flags);
  std::string key = fingerprint_ + "\n";
  for (const std::string& arg : argv) key += arg + "\n";
  key += code;
  if (cache_ != nullptr) {
    if (std::optional<Compiled> found = cache_->Find(key)) return *found;
    if (language.harness == Language::Harness::kCpp && Has(code, "bits/stdc++.h"))
      MakeHeaderOnce(StandardOf(language), until);
  }
  bool lasting = false;
  const Compiled compiled = Run(language, code, argv, until, lasting);
  if (cache_ != nullptr && lasting) cache_->Store(key, compiled);
  return compiled;
}

// A failure by a limit may be another's fault (a busy machine), so it is not kept.
Compiled Compiler::Run(const Language& language, std::string_view code, const std::vector<std::string>& argv,
                       JudgeClock::time_point until, bool& lasting) {
  RunRequest request;
  request.until = until;
  request.argv = argv;
  request.environment = BoxEnvironment(language);
  request.files = {{language.source, std::string(code)}};
  request.limits = CompileLimits();
  request.compiling = true;
  request.fetch = {language.program};
  RunResult result = sandbox_.Run(request);
  Compiled compiled;
  compiled.wall_ms = result.wall_ms;
  compiled.diagnostics = ValidUtf8(result.err + result.out);
  lasting = result.end == RunResult::End::kExited;
  if (!lasting) compiled.diagnostics += "\n(the compilation went over a limit)";
  compiled.ok = lasting && result.exit_code == 0 && !result.fetched.empty();
  if (compiled.ok) compiled.program = std::move(result.fetched.front().content);
  return compiled;
}

// The header is worth 1 s a program. When it cannot be made, programs compile as well without.
void Compiler::MakeHeaderOnce(const std::string& standard, JudgeClock::time_point until) {
  std::unique_lock lock(mutex_);
  const auto is_free = [&] {
    const auto entry = headers_made_.find(standard);
    return entry == headers_made_.end() || entry->second;
  };
  if (until == kNoDeadline) {
    header_made_.wait(lock, is_free);
  } else if (!header_made_.wait_until(lock, until, is_free)) {
    throw Error(kDeadlinePassed, "", "");
  }
  if (!headers_made_.emplace(standard, false).second) return;
  lock.unlock();
  bool tried = false;
  try {
    MakeHeader(standard, until);
    tried = true;
  } catch (const Error&) {  // the next one tries again
  }
  lock.lock();
  if (tried) {
    headers_made_[standard] = true;
  } else {
    headers_made_.erase(standard);
  }
  header_made_.notify_all();
}

void Compiler::MakeHeader(const std::string& standard, JudgeClock::time_point until) {
  const fs::path file = fs::path(headers_) / standard / "bits/stdc++.h.gch";
  if (fs::exists(file)) return;
  RunRequest request;
  request.until = until;
  request.argv = {"/usr/bin/g++", "-std=" + standard, "-O2", "-w", "-x", "c++-header", "all.h",
                  "-o",           "all.h.gch"};
  request.environment = BoxEnvironment();
  request.files = {{"all.h", "#include <bits/stdc++.h>\n"}};
  request.limits = CompileLimits();
  request.limits.file_mb = 512;
  request.limits.cpu_s = 60.0;
  request.limits.wall_s = 120.0;
  request.limits.memory_mb = 2048;
  request.compiling = true;
  request.fetch = {"all.h.gch"};
  const RunResult result = sandbox_.Run(request);
  if (result.end != RunResult::End::kExited || result.exit_code != 0 || result.fetched.empty()) return;
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  WriteFileAtomic(file.string(), result.fetched.front().content);
  for (const fs::path& path : {file.parent_path().parent_path(), file.parent_path()}) {
    fs::permissions(path, fs::perms(0755), ignored);
  }
  fs::permissions(file, fs::perms(0644), ignored);
}

}  // namespace hone
