// The GGUF container, version 3: metadata and tensors as llama.cpp reads them. Covered by tests/policy/gguf_test.cc and
// tests/parity/gguf_llama.py.
#ifndef HONE_POLICY_GGUF_FILE_H_
#define HONE_POLICY_GGUF_FILE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// ggml's numbers. kQ8_0: blocks of 32 values of a row, each a half-precision scale and 32 signed bytes.
enum class GgufType : uint32_t { kF32 = 0, kF16 = 1, kQ8_0 = 8, kBf16 = 30 };

// Keys and values in the order they were added.
class GgufMetadata {
 public:
  void AddUint(const std::string& key, int64_t value);  // 32 bits
  void AddFloat(const std::string& key, double value);
  void AddBool(const std::string& key, bool value);
  void AddString(const std::string& key, std::string_view value);
  void AddStrings(const std::string& key, const std::vector<std::string>& values);
  void AddInts(const std::string& key, const std::vector<int32_t>& values);
  void AddFloats(const std::string& key, const std::vector<float>& values);

  uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void Key(const std::string& key, uint32_t type);
  uint64_t count_ = 0;
  std::string bytes_;
};

struct GgufTensor {
  std::string name;            // at most 63 bytes
  std::vector<int64_t> shape;  // slowest first, as elsewhere here; the file has it the other way round
  GgufType type = GgufType::kF32;
  // Writes row `row` of product(shape) / shape.back(), shape.back() values. Rows are asked for in order.
  std::function<void(int64_t row, float* out)> read_row;
};

// Streamed to a file beside `path`, which becomes `path` once `check` has been called and the file has been read back and compared
// with the tensors, asked for once more. Error, without a file, for a value that its type cannot hold. kQ8_0 needs
// shape.back() to be a multiple of 32. Error if the file cannot be written.
void WriteGguf(const std::string& path, const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors,
               const std::function<void()>& check);

}  // namespace hone

#endif  // HONE_POLICY_GGUF_FILE_H_
