// The safetensors container: a strict reader over a read-only map of the file, and a deterministic writer.
// Used for model weights and for learner state. Covered by tests/policy/safetensors_test.cc.
#ifndef HONE_POLICY_SAFETENSORS_H_
#define HONE_POLICY_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace hone {

enum class TensorDtype { kF32, kF16, kBf16, kI64 };
const char* TensorDtypeName(TensorDtype dtype);  // as in the file: "F32", "F16", "BF16", "I64"
int64_t TensorDtypeBytes(TensorDtype dtype);

// "[2,3]", for messages.
std::string ShapeText(const std::vector<int64_t>& shape);

struct TensorInfo {
  std::string name;
  TensorDtype dtype = TensorDtype::kF32;
  std::vector<int64_t> shape;  // empty: a scalar
  int64_t count = 0;           // product of shape
  int64_t begin = 0;           // bytes from the start of the data section; need not be aligned
  int64_t bytes = 0;
};

class SafetensorsFile {
 public:
  // Error naming file and tensor on anything that deviates from the format: header size, JSON, duplicate or
  // unknown keys, dtypes other than the four above, sizes that overflow or disagree with the shape, holes,
  // overlaps, trailing bytes.
  static SafetensorsFile Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // in order of their data
  const TensorInfo* Find(const std::string& name) const;               // nullptr if absent
  const std::byte* Bytes(const TensorInfo& tensor) const { return data_ + tensor.begin; }

  // `out` holds tensor.count values. F32, F16 and BF16 convert exactly to float. Error naming the tensor if
  // it is of the other kind.
  void CopyTo(const TensorInfo& tensor, float* out) const;
  void CopyTo(const TensorInfo& tensor, int64_t* out) const;

 private:
  std::string path_;
  std::shared_ptr<const std::byte> map_;  // unmapped with the last copy of this object
  const std::byte* data_ = nullptr;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, size_t> index_;
};

struct TensorToWrite {
  std::string name;
  TensorDtype dtype = TensorDtype::kF32;  // kF16 is not written
  std::vector<int64_t> shape;
  const void* data =
      nullptr;  // kI64: int64 values; kF32 and kBf16: float values, rounded to nearest even for kBf16
};

// Bytes are a pure function of `tensors` (their order aside). Streamed and fsynced; the name in the directory
// is the caller's to make durable. Error if the file cannot be written, which may leave a part of it. Names
// must be distinct (a broken invariant otherwise).
void WriteSafetensors(const std::string& path, const std::vector<TensorToWrite>& tensors);

inline float FloatFromBf16(uint16_t value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  float out;
  std::memcpy(&out, &bits, sizeof(out));
  return out;
}

// Round to nearest even; a NaN stays a NaN (quiet), overflow goes to infinity.
inline uint16_t Bf16FromFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

float FloatFromF16(uint16_t value);  // exact

}  // namespace hone

#endif  // HONE_POLICY_SAFETENSORS_H_
