// What the tests of plug-ins and of the runner share: groups of texts, and files that vanish with the test.
#ifndef HONE_TESTS_REWARDS_SCORING_H_
#define HONE_TESTS_REWARDS_SCORING_H_

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/types.h"

namespace hone {

inline Group GroupOfTexts(const std::string& gold, const std::vector<std::string>& texts) {
  Group group;
  group.prompt.text = "Q:" + gold + "?";
  group.prompt.gold = gold;
  group.prompt.kind = "test";
  for (const std::string& text : texts) {
    group.completions.emplace_back();
    group.completions.back().text = text;
    for (const char c : text) group.completions.back().ids.push_back(static_cast<unsigned char>(c));
  }
  return group;
}

inline bool IsFault(const Score& score) { return score.status == Score::Status::kFault; }
inline bool Says(const Score& score, const std::string& part) {
  return score.explanation.find(part) != std::string::npos;
}

template <class Action>
std::string ErrorText(const Action& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class ScratchDir {
 public:
  ScratchDir() {
    std::string name = (std::filesystem::temp_directory_path() / "hone_rewards_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string file = path_ / name;
    std::ofstream(file) << text;
    return file;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace hone

#endif  // HONE_TESTS_REWARDS_SCORING_H_
