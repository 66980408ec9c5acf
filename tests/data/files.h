// A directory of its own for a test's files.
#ifndef HONE_TESTS_DATA_FILES_H_
#define HONE_TESTS_DATA_FILES_H_

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "data/text_file.h"

namespace hone {

struct TestFiles {
  std::string dir = (std::filesystem::temp_directory_path() / "hone_data_XXXXXX").string();
  TestFiles() { REQUIRE(mkdtemp(dir.data()) != nullptr); }
  ~TestFiles() { std::filesystem::remove_all(dir); }
  TestFiles(const TestFiles&) = delete;
  TestFiles& operator=(const TestFiles&) = delete;
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = dir + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    WriteFileAtomic(path, text);
    return path;
  }
};

}  // namespace hone

#endif  // HONE_TESTS_DATA_FILES_H_
