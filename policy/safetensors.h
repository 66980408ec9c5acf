// The safetensors container: a strict reader over a read-only map of the file, and a deterministic writer.
// Used for model weights and for learner state. Covered by tests/policy/safetensors_test.cc.
#ifndef HONE_POLICY_SAFETENSORS_H_
#define HONE_POLICY_SAFETENSORS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace hone {

enum class TensorDtype { kF32, kF16, kBf16, kF8E4M3, kI64 };
const char* TensorDtypeName(TensorDtype dtype);  // as in the file: "F32", "F16", "BF16", "F8_E4M3", "I64"
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
  // unknown keys, dtypes other than the five above, sizes that overflow or disagree with the shape, holes,
  // overlaps, trailing bytes.
  static SafetensorsFile Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // in order of their data
  const TensorInfo* Find(const std::string& name) const;               // nullptr if absent
  const std::byte* Bytes(const TensorInfo& tensor) const { return data_ + tensor.begin; }

  // `out` holds tensor.count values. Floating point converts exactly to float (F8_E4M3 without any scale). Error
  // naming the tensor if it is of the other kind.
  void CopyTo(const TensorInfo& tensor, float* out) const { CopyTo(tensor, 0, tensor.count, out); }
  void CopyTo(const TensorInfo& tensor, int64_t* out) const;
  // Values [first, first + count) of a tensor of floating point.
  void CopyTo(const TensorInfo& tensor, int64_t first, int64_t count, float* out) const;

  // For who reads much of a file once, from any thread: Fetch asks the disk for what follows those values, Drop gives back the
  // memory of the pages they lie in (whoever reads there again gets them from the file again).
  void Fetch(const TensorInfo& tensor, int64_t first) const;
  void Drop(const TensorInfo& tensor, int64_t first, int64_t count) const;

 private:
  struct Map {
    ~Map();
    const std::byte* bytes = nullptr;
    int64_t size = 0;
    std::atomic<int64_t> fetched{0};  // up to here the disk was asked
  };
  static std::shared_ptr<Map> MapFile(const std::string& path);

  std::string path_;
  std::shared_ptr<Map> map_;  // unmapped with the last copy of this object
  const std::byte* data_ = nullptr;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, size_t> index_;
};

// Values [first, first + count) of a tensor: where they lie, or written to `scratch`.
using FloatReader = std::function<const float*(int64_t first, int64_t count, float* scratch)>;

struct TensorToWrite {
  std::string name;
  TensorDtype dtype = TensorDtype::kF32;  // kF8E4M3 is not written
  std::vector<int64_t> shape;
  const void* data =
      nullptr;  // kI64: int64 values; else float values, rounded to nearest even where dtype is narrower
  FloatReader read = {};  // float values in place of `data`: asked for in blocks, in ascending order
};

// Bytes are a pure function of `tensors` (their order aside). Streamed to a temporary file beside `path`, fsynced and
// renamed over it; the name in the directory is the caller's to make durable. Error if the file cannot be written: what was
// there before then stays. Names must be distinct (a broken invariant otherwise).
void WriteSafetensors(const std::string& path, const std::vector<TensorToWrite>& tensors);

}  // namespace hone

#endif  // HONE_POLICY_SAFETENSORS_H_
