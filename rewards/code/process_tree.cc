// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "rewards/code/channel.h"

namespace hone {
namespace {

std::string ReadAll(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char bytes[4096];
  for (ssize_t size; (size = read(file.get(), bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<size_t>(size));
  return text;
}

void AddChildren(pid_t pid, std::vector<pid_t>& all) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  DIR* directory = opendir(tasks.c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    const std::string children = ReadAll(tasks + "/" + entry->d_name + "/children");
    for (const char* at = children.c_str(); *at != '\0';) {
      char* end;
      const long child = std::strtol(at, &end, 10);
      if (end == at) break;
      all.push_back(static_cast<pid_t>(child));
      at = end + (*end == ' ');
    }
  }
  closedir(directory);
}

void AddUse(pid_t pid, TreeUse& use) {
  const std::string stat = ReadAll("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  // Field 3 follows the name; 14 to 17 are utime, stime, cutime, cstime; 24 is the resident size in pages.
  const char* at = stat.c_str() + name_end + 2;
  int64_t ticks = 0, pages = 0;
  for (int field = 3; field <= 24 && at != nullptr; ++field) {
    if (field >= 14 && field <= 17) ticks += std::atoll(at);
    if (field == 24) pages = std::atoll(at);
    at = std::strchr(at, ' ');
    if (at != nullptr) ++at;
  }
  use.cpu_us += ticks * (1'000'000 / sysconf(_SC_CLK_TCK));
  use.resident_kb += pages * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

TreeUse MeasureTree(pid_t root) {
  TreeUse use;
  std::vector<pid_t> all = {root};
  for (size_t i = 0; i < all.size() && all.size() < 100'000; ++i) {
    AddUse(all[i], use);
    AddChildren(all[i], all);
  }
  return use;
}

}  // namespace hone
