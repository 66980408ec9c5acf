// See safetensors.h: the writer.
#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unordered_set>

#include "data/json.h"
#include "policy/file_writer.h"
#include "policy/float_formats.h"
#include "policy/safetensors.h"

namespace hone {
namespace {

std::string BuildHeader(const std::vector<const TensorToWrite*>& tensors) {
  std::string text = R"({"__metadata__":{"format":"pt"})";
  std::unordered_set<std::string_view> names;
  int64_t offset = 0;
  for (const TensorToWrite* tensor : tensors) {
    int64_t bytes = TensorDtypeBytes(tensor->dtype);
    for (const int64_t extent : tensor->shape) {
      if (extent < 0 || __builtin_mul_overflow(bytes, extent, &bytes)) std::abort();
    }
    if (!names.insert(tensor->name).second) std::abort();  // two tensors of one name
    nlohmann::ordered_json entry;
    entry["dtype"] = TensorDtypeName(tensor->dtype);
    entry["shape"] = tensor->shape;
    entry["data_offsets"] = {offset, offset + bytes};
    text += "," + nlohmann::json(tensor->name).dump() + ":" + entry.dump();
    offset += bytes;
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

constexpr int64_t kBlockValues = 1 << 18;

// Float values in blocks, each rounded to the 16-bit type that `round` gives, or as they are where it is null.
void WriteFloats(const TensorToWrite& tensor, int64_t count, uint16_t (*round)(float), FileWriter& writer) {
  std::vector<float> scratch(static_cast<size_t>(tensor.read ? std::min(count, kBlockValues) : 0));
  std::vector<uint16_t> rounded(static_cast<size_t>(round != nullptr ? std::min(count, kBlockValues) : 0));
  for (int64_t done = 0; done < count;) {
    const int64_t n = std::min(count - done, kBlockValues);
    const float* values =
        tensor.read ? tensor.read(done, n, scratch.data()) : static_cast<const float*>(tensor.data) + done;
    if (round == nullptr) {
      writer.Write(values, n * static_cast<int64_t>(sizeof(float)));
    } else {
      std::transform(values, values + n, rounded.begin(), round);
      writer.Write(rounded.data(), n * static_cast<int64_t>(sizeof(uint16_t)));
    }
    done += n;
  }
}

void WriteTensor(const TensorToWrite& tensor, FileWriter& writer) {
  int64_t count = 1;
  for (const int64_t extent : tensor.shape) count *= extent;
  switch (tensor.dtype) {
    case TensorDtype::kF32:
      return WriteFloats(tensor, count, nullptr, writer);
    case TensorDtype::kBf16:
      return WriteFloats(tensor, count, &Bf16FromFloat, writer);
    case TensorDtype::kF16:
      return WriteFloats(tensor, count, &F16FromFloat, writer);
    case TensorDtype::kI64:
      return writer.Write(tensor.data, count * TensorDtypeBytes(TensorDtype::kI64));
    case TensorDtype::kF8E4M3:
      break;
  }
  std::abort();
}

}  // namespace

void WriteSafetensors(const std::string& path, const std::vector<TensorToWrite>& tensors) {
  std::vector<const TensorToWrite*> order;
  for (const TensorToWrite& tensor : tensors) {
    if (tensor.name == "__metadata__") std::abort();
    order.push_back(&tensor);
  }
  std::sort(order.begin(), order.end(), [](const TensorToWrite* a, const TensorToWrite* b) {
    const int64_t a_bytes = TensorDtypeBytes(a->dtype);
    const int64_t b_bytes = TensorDtypeBytes(b->dtype);
    return a_bytes != b_bytes ? a_bytes > b_bytes : a->name < b->name;
  });
  const std::string header = BuildHeader(order);
  const uint64_t header_bytes = header.size();
  FileWriter writer(path);
  writer.Write(&header_bytes, sizeof(header_bytes));
  writer.Write(header.data(), static_cast<int64_t>(header_bytes));
  for (const TensorToWrite* tensor : order) WriteTensor(*tensor, writer);
  writer.Finish();
}

}  // namespace hone
