// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/root_plan.h"

#include <filesystem>
#include <string>

#include "data/error.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

void BindWhenThere(const std::string& path, BoxSetup& setup) {
  std::error_code ignored;
  if (fs::is_symlink(path, ignored)) {
    setup.links.emplace_back(fs::read_symlink(path, ignored).string(), path);
  } else if (fs::exists(path, ignored)) {
    setup.binds.push_back({path, path});
  }
}

void BindJavaSettings(BoxSetup& setup) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/etc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.rfind("java-", 0) == 0 && name.find("openjdk") != std::string::npos)
      BindWhenThere(entry.path(), setup);
  }
}

}  // namespace

void PlanRoot(const std::vector<SharedDirectory>& shared, bool compiling, BoxSetup& setup) {
  for (const char* path : {"/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec",
                           "/usr/include", "/usr/share", "/usr/local/go", "/bin", "/lib", "/lib32", "/lib64",
                           "/libx32", "/etc/alternatives", "/etc/ld.so.cache"}) {
    BindWhenThere(path, setup);
  }
  BindJavaSettings(setup);
  setup.binds.push_back({"/dev/null", "/dev/null", true});
  setup.hidden = {"/usr/share/doc", "/usr/share/man", "/usr/share/info"};
  if (!compiling) {
    for (const char* path : {"/dev/random", "/dev/urandom"}) setup.binds.push_back({path, path, true});
    setup.hidden.insert(setup.hidden.end(), {"/usr/include", "/usr/lib/gcc"});
  }
  for (const SharedDirectory& directory : shared) {
    if (!fs::is_directory(directory.host)) {
      throw Error("boxes are to see this directory, but it does not exist", directory.host, "Make it first.");
    }
    if (directory.box.size() < 2 || directory.box[0] != '/' ||
        directory.box.find("..") != std::string::npos) {
      throw Error("not an absolute path for a directory of a box", directory.box, "");
    }
    setup.binds.push_back({fs::absolute(directory.host).string(), directory.box});
  }
}

}  // namespace hone
