// Streams a file that may be larger than memory to the disk, under another name until it is whole. Covered by
// tests/policy/safetensors_test.cc.
#ifndef HONE_POLICY_FILE_WRITER_H_
#define HONE_POLICY_FILE_WRITER_H_

#include <cstdint>
#include <string>

namespace hone {

// Every failure is an Error naming `path`. Without Finish nothing is left behind.
class FileWriter {
 public:
  explicit FileWriter(const std::string& path);
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter();

  void Write(const void* data, int64_t size);
  const std::string& temporary() const { return temporary_; }  // where the bytes are until Finish
  // On the disk, and `path` from now on; the name in the directory is the caller's to make durable.
  void Finish();

 private:
  const std::string path_, temporary_;
  const int file_;
  bool finished_ = false;
};

}  // namespace hone

#endif  // HONE_POLICY_FILE_WRITER_H_
