// See gguf_file.h.
#include "policy/gguf_file.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "data/error.h"
#include "policy/file_writer.h"
#include "policy/float_formats.h"

namespace hone {
namespace {

enum ValueType : uint32_t { kUint32 = 4, kInt32 = 5, kFloat32 = 6, kBool = 7, kString = 8, kArray = 9 };
constexpr uint32_t kVersion = 3;
constexpr int64_t kAlignment = 32;
constexpr int64_t kBlock = 32;  // values of a Q8_0 block
constexpr int64_t kBlockBytes = 2 + kBlock;

template <class T>
void Append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendString(std::string& bytes, std::string_view text) {
  Append<uint64_t>(bytes, text.size());
  bytes += text;
}

int64_t RowBytes(GgufType type, int64_t columns) {
  switch (type) {
    case GgufType::kF32:
      return 4 * columns;
    case GgufType::kF16:
    case GgufType::kBf16:
      return 2 * columns;
    case GgufType::kQ8_0:
      if (columns % kBlock != 0) std::abort();
      return columns / kBlock * kBlockBytes;
  }
  std::abort();
}

int64_t NumRows(const GgufTensor& tensor) {
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < tensor.shape.size(); ++i) rows *= tensor.shape[i];
  return rows;
}

int64_t Align(int64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

// ggml's reference: scale = largest size / 127, values divided by it and rounded half away from zero.
void AppendQ8Block(const float* x, std::string& bytes) {
  float largest = 0.0f;
  for (int64_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::fabs(x[i]));
  const float scale = largest / 127.0f;
  const float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
  Append(bytes, F16FromFloat(scale));
  for (int64_t i = 0; i < kBlock; ++i) Append(bytes, static_cast<int8_t>(std::round(x[i] * inverse)));
}

// Whether values that are finite themselves stay so in the type.
bool Fits(GgufType type, const std::vector<float>& row) {
  const auto largest = std::abs(
      *std::max_element(row.begin(), row.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
  switch (type) {
    case GgufType::kF32:
      return true;
    case GgufType::kF16:
      return std::isfinite(FloatFromF16(F16FromFloat(largest)));
    case GgufType::kBf16:
      return std::isfinite(FloatFromBf16(Bf16FromFloat(largest)));
    case GgufType::kQ8_0:
      return std::isfinite(FloatFromF16(F16FromFloat(largest / 127.0f)));
  }
  std::abort();
}

void AppendRow(GgufType type, const std::vector<float>& row, std::string& bytes) {
  switch (type) {
    case GgufType::kF32:
      bytes.append(reinterpret_cast<const char*>(row.data()), 4 * row.size());
      return;
    case GgufType::kF16:
      for (const float x : row) Append(bytes, F16FromFloat(x));
      return;
    case GgufType::kBf16:
      for (const float x : row) Append(bytes, Bf16FromFloat(x));
      return;
    case GgufType::kQ8_0:
      for (size_t i = 0; i < row.size(); i += kBlock) AppendQ8Block(row.data() + i, bytes);
      return;
  }
}

std::string Header(const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors) {
  std::string bytes = "GGUF";
  Append(bytes, kVersion);
  Append<uint64_t>(bytes, tensors.size());
  Append<uint64_t>(bytes, metadata.count());
  bytes += metadata.bytes();
  int64_t offset = 0;
  for (const GgufTensor& tensor : tensors) {
    if (tensor.name.size() > 63 || tensor.shape.empty()) std::abort();
    AppendString(bytes, tensor.name);
    Append<uint32_t>(bytes, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t i = tensor.shape.size(); i-- > 0;) Append<uint64_t>(bytes, tensor.shape[i]);
    Append(bytes, static_cast<uint32_t>(tensor.type));
    Append<uint64_t>(bytes, offset);
    offset = Align(offset + NumRows(tensor) * RowBytes(tensor.type, tensor.shape.back()));
  }
  bytes.resize(Align(static_cast<int64_t>(bytes.size())), '\0');
  return bytes;
}

}  // namespace

void GgufMetadata::Key(const std::string& key, uint32_t type) {
  ++count_;
  AppendString(bytes_, key);
  Append(bytes_, type);
}

void GgufMetadata::AddUint(const std::string& key, int64_t value) {
  if (value < 0 || value > UINT32_MAX) std::abort();
  Key(key, kUint32);
  Append(bytes_, static_cast<uint32_t>(value));
}
void GgufMetadata::AddFloat(const std::string& key, double value) {
  Key(key, kFloat32);
  Append(bytes_, static_cast<float>(value));
}
void GgufMetadata::AddBool(const std::string& key, bool value) {
  Key(key, kBool);
  Append<uint8_t>(bytes_, value ? 1 : 0);
}
void GgufMetadata::AddString(const std::string& key, std::string_view value) {
  Key(key, kString);
  AppendString(bytes_, value);
}
void GgufMetadata::AddStrings(const std::string& key, const std::vector<std::string>& values) {
  Key(key, kArray);
  Append<uint32_t>(bytes_, kString);
  Append<uint64_t>(bytes_, values.size());
  for (const std::string& value : values) AppendString(bytes_, value);
}
void GgufMetadata::AddInts(const std::string& key, const std::vector<int32_t>& values) {
  Key(key, kArray);
  Append<uint32_t>(bytes_, kInt32);
  Append<uint64_t>(bytes_, values.size());
  for (const int32_t value : values) Append(bytes_, value);
}
void GgufMetadata::AddFloats(const std::string& key, const std::vector<float>& values) {
  Key(key, kArray);
  Append<uint32_t>(bytes_, kFloat32);
  Append<uint64_t>(bytes_, values.size());
  for (const float value : values) Append(bytes_, value);
}

namespace {

// Gives the file's bytes, piece by piece, to `sink`.
void Emit(const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors, const std::string& where,
          const std::function<void(const std::string& bytes)>& sink) {
  constexpr size_t kPieceBytes = 1 << 20;
  std::string bytes = Header(metadata, tensors);
  const auto flush = [&] {
    sink(bytes);
    bytes.clear();
  };
  for (const GgufTensor& tensor : tensors) {
    std::vector<float> row(static_cast<size_t>(tensor.shape.back()));
    const int64_t rows = NumRows(tensor), size = rows * RowBytes(tensor.type, tensor.shape.back());
    for (int64_t r = 0; r < rows; ++r) {
      tensor.read_row(r, row.data());
      if (!Fits(tensor.type, row))
        throw Error("a value of " + tensor.name + " is beyond what this type holds", where,
                    "export it as bf16 or fp32");
      AppendRow(tensor.type, row, bytes);
      if (bytes.size() >= kPieceBytes) flush();
    }
    bytes.append(static_cast<size_t>(Align(size) - size), '\0');
  }
  flush();
}

}  // namespace

void WriteGguf(const std::string& path, const GgufMetadata& metadata, const std::vector<GgufTensor>& tensors,
               const std::function<void()>& check) {
  FileWriter writer(path);
  Emit(metadata, tensors, path,
       [&](const std::string& bytes) { writer.Write(bytes.data(), static_cast<int64_t>(bytes.size())); });
  check();
  std::ifstream file(writer.temporary(), std::ios::binary);
  std::string stored;
  Emit(metadata, tensors, path, [&](const std::string& bytes) {
    stored.resize(bytes.size());
    file.read(stored.data(), static_cast<std::streamsize>(stored.size()));
    if (!file || stored != bytes)
      throw Error("the file read back is not what was written", path, "check the disk");
  });
  if (file.peek() != std::ifstream::traits_type::eof())
    throw Error("the file read back is longer than what was written", path, "check the disk");
  writer.Finish();
}

}  // namespace hone
