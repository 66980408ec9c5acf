// See plugins.h. Covered by tests/rewards/reward_config_test.cc.
#include "rewards/plugins/plugins.h"

#include <filesystem>

#include "rewards/plugins/command_reward.h"
#include "rewards/plugins/http_reward.h"
#include "rewards/plugins/python_host.h"
#include "rewards/plugins/shared_library.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kCommand = "command:";

// Absolute from `directory`; "" stays.
std::string Resolve(const std::string& path, const std::string& directory) {
  if (path.empty()) return "";
  std::string resolved = (fs::absolute(directory) / path).lexically_normal().string();
  if (resolved.size() > 1 && resolved.back() == '/') resolved.pop_back();
  return resolved;
}

// Where FILE.py ends and its function begins; npos if it is no Python reward.
size_t PythonColon(const std::string& use) {
  const size_t at = use.find(".py:");
  return at == std::string::npos ? at : at + 3;
}

struct PythonOptions {
  std::string python = "python3";
  void Fields(FieldVisitor& v) {
    v.Field("python", python, "interpreter that runs the file, searched in PATH");
  }
  void ResolvePaths(const std::string& directory) {
    if (python.find('/') != std::string::npos) python = Resolve(python, directory);
  }
  std::unique_ptr<RewardFn> Make(const std::string& use, double deadline) const {
    const size_t colon = PythonColon(use);
    return std::make_unique<PythonReward>(use.substr(0, colon), use.substr(colon + 1), python, deadline);
  }
};

struct LibraryOptions {
  std::string options = "{}";
  void Fields(FieldVisitor& v) { v.Field("options", options, "JSON object that the library's create gets"); }
  void ResolvePaths(const std::string&) {}
  std::unique_ptr<RewardFn> Make(const std::string& use, double) const {
    return std::make_unique<SharedLibraryReward>(use, options);
  }
};

struct HttpOptions {
  HttpProtocol protocol = HttpProtocol::kHone;
  void Fields(FieldVisitor& v) { v.Field("protocol", protocol, "JSON that the endpoint speaks"); }
  void ResolvePaths(const std::string&) {}
  std::unique_ptr<RewardFn> Make(const std::string& use, double deadline) const {
    return std::make_unique<HttpReward>(use, protocol, deadline);
  }
};

struct CommandOptions {
  std::string directory = ".";
  void Fields(FieldVisitor& v) {
    v.Field("directory", directory, "where the command runs; relative to the recipe file");
  }
  void ResolvePaths(const std::string& base) { directory = Resolve(directory, base); }
  std::unique_ptr<RewardFn> Make(const std::string& use, double deadline) const {
    return std::make_unique<CommandReward>(use.substr(kCommand.size()), directory, deadline);
  }
};

template <class Kind>
class OptionsOf final : public RewardOptions {
 public:
  void Fields(FieldVisitor& v) override { kind_.Fields(v); }
  void ResolvePaths(const std::string& directory) override { kind_.ResolvePaths(directory); }
  std::unique_ptr<RewardFn> Make(const std::string& use, double deadline) const override {
    return kind_.Make(use, deadline);
  }
  std::unique_ptr<RewardOptions> Clone() const override { return std::make_unique<OptionsOf>(*this); }

 private:
  Kind kind_;
};

}  // namespace

std::unique_ptr<RewardOptions> PluginOptions(const std::string& use) {
  if (use.starts_with(kCommand)) return std::make_unique<OptionsOf<CommandOptions>>();
  if (use.starts_with("http://")) return std::make_unique<OptionsOf<HttpOptions>>();
  if (use.ends_with(".so")) return std::make_unique<OptionsOf<LibraryOptions>>();
  if (PythonColon(use) != std::string::npos) return std::make_unique<OptionsOf<PythonOptions>>();
  return nullptr;
}

std::string CheckUse(const std::string& use) {
  if (BuiltInOptions(use) != nullptr || PluginOptions(use) != nullptr) return "";
  if (use.ends_with(".py")) return "name its function too, as in '" + use + ":reward'";
  if (use.starts_with("https://")) return "TLS is not spoken: use http://, through a local proxy if need be";
  if (use.find_first_of("/. ") != std::string::npos) {
    return "it must be a built-in reward, FILE.py:FUNCTION, FILE.so, http://HOST:PORT/PATH or 'command: ...'";
  }
  return NearestReward(use) + "; or FILE.py:FUNCTION, FILE.so, http://.., 'command: ..'";
}

std::string ResolveUse(const std::string& use, const std::string& directory) {
  if (use.starts_with(kCommand) || use.starts_with("http://")) return use;
  return use.ends_with(".so") || PythonColon(use) != std::string::npos ? Resolve(use, directory) : use;
}

std::vector<std::pair<std::string, std::string>> PluginExamples() {
  return {{"my.py:func", "FILE.py:FUNCTION"},
          {"my.so", "FILE.so"},
          {"http://host", "http://.."},
          {"command: ./score", "command: .."}};
}

}  // namespace hone
