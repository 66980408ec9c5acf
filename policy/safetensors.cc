// See safetensors.h. Format: u64 little-endian header size, JSON header, data;
// https://github.com/huggingface/safetensors.
#include "policy/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "policy/float_formats.h"

namespace hone {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little);

constexpr uint64_t kMaxHeaderBytes = 100'000'000;
// Touching one byte may have Linux map all that one page table covers around it. A multiple of every page size.
constexpr int64_t kMapGranule = 2 << 20;
constexpr char kRemedy[] = "the file is damaged or not a safetensors file: copy or download it again";

// Closes a descriptor on every way out.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// One entry of the header being checked; every complaint names file and tensor.
class EntryParser {
 public:
  EntryParser(const std::string& path, const std::string& name, const json& entry)
      : path_(path), name_(name), entry_(entry) {}

  TensorInfo Parse() const {
    CheckName();
    if (!entry_.is_object()) Fail("its header entry is not an object");
    for (const auto& [key, value] : entry_.items()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") Fail("unknown key '" + key + "'");
    }
    TensorInfo info;
    info.name = name_;
    info.dtype = Dtype();
    info.shape = Naturals("shape");
    info.count = 1;
    for (const int64_t extent : info.shape) {
      if (__builtin_mul_overflow(info.count, extent, &info.count)) Fail("shape overflows");
    }
    if (__builtin_mul_overflow(info.count, TensorDtypeBytes(info.dtype), &info.bytes))
      Fail("shape overflows");
    const std::vector<int64_t> offsets = Naturals("data_offsets");
    if (offsets.size() != 2 || offsets[0] > offsets[1]) Fail("data_offsets is not [begin, end]");
    info.begin = offsets[0];
    if (offsets[1] - offsets[0] != info.bytes) {
      Fail("shape " + ShapeText(info.shape) + " of " + TensorDtypeName(info.dtype) + " needs " +
           std::to_string(info.bytes) + " bytes, data_offsets hold " +
           std::to_string(offsets[1] - offsets[0]));
    }
    return info;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw Error("tensor '" + name_ + "': " + what, path_, kRemedy);
  }

  void CheckName() const {
    if (name_.empty()) Fail("empty name");
    for (const char c : name_) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) Fail("control character in the name");
    }
  }

  const json& Member(const char* key) const {
    const auto it = entry_.find(key);
    if (it == entry_.end()) Fail(std::string(key) + " is missing");
    return *it;
  }

  TensorDtype Dtype() const {
    const json& value = Member("dtype");
    if (!value.is_string()) Fail("dtype is not a string");
    const std::string& text = value.get_ref<const std::string&>();
    for (const TensorDtype dtype : {TensorDtype::kF32, TensorDtype::kF16, TensorDtype::kBf16,
                                    TensorDtype::kF8E4M3, TensorDtype::kI64}) {
      if (text == TensorDtypeName(dtype)) return dtype;
    }
    throw Error("tensor '" + name_ + "' has dtype " + text, path_,
                "convert it to F32, F16 or BF16 (or to blocks of F8_E4M3 with weight_scale_inv)");
  }

  std::vector<int64_t> Naturals(const char* key) const {
    const json& value = Member(key);
    if (!value.is_array()) Fail(std::string(key) + " is not an array");
    std::vector<int64_t> out;
    for (const json& item : value) {
      if (!item.is_number_unsigned() || item.get<uint64_t>() > INT64_MAX) {
        Fail(std::string(key) + " holds something that is not a natural number");
      }
      out.push_back(static_cast<int64_t>(item.get<uint64_t>()));
    }
    return out;
  }

  const std::string& path_;
  const std::string& name_;
  const json& entry_;
};

void CheckMetadata(const json& metadata, const std::string& path) {
  bool good = metadata.is_object();
  for (const json& value : metadata) good = good && value.is_string();
  if (!good) throw Error("__metadata__ is not a map from string to string", path, kRemedy);
}

// Tensors must tile [0, data_bytes) exactly.
void CheckTiling(const std::vector<TensorInfo>& tensors, uint64_t data_bytes, const std::string& path) {
  int64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.begin != end) {
      const char* what = tensor.begin > end ? "leaves a hole before it" : "overlaps the tensor before it";
      throw Error("tensor '" + tensor.name + "' " + what, path, kRemedy);
    }
    end += tensor.bytes;  // cannot overflow: it is this entry's data_offsets[1]
    if (static_cast<uint64_t>(end) > data_bytes) {
      throw Error("tensor '" + tensor.name + "' ends after the end of the file (truncated?)", path, kRemedy);
    }
  }
  if (static_cast<uint64_t>(end) != data_bytes) {
    throw Error(std::to_string(data_bytes - static_cast<uint64_t>(end)) + " bytes after the last tensor",
                path, kRemedy);
  }
}

template <typename T, typename Convert>
void ConvertAll(const std::byte* bytes, int64_t count, float* out, Convert convert) {
  for (int64_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, bytes + i * static_cast<int64_t>(sizeof(T)), sizeof(T));  // may be unaligned
    out[i] = convert(value);
  }
}

}  // namespace

const char* TensorDtypeName(TensorDtype dtype) {
  switch (dtype) {
    case TensorDtype::kF32:
      return "F32";
    case TensorDtype::kF16:
      return "F16";
    case TensorDtype::kBf16:
      return "BF16";
    case TensorDtype::kF8E4M3:
      return "F8_E4M3";
    case TensorDtype::kI64:
      return "I64";
  }
  std::abort();
}

int64_t TensorDtypeBytes(TensorDtype dtype) {
  switch (dtype) {
    case TensorDtype::kF32:
      return 4;
    case TensorDtype::kF16:
    case TensorDtype::kBf16:
      return 2;
    case TensorDtype::kF8E4M3:
      return 1;
    case TensorDtype::kI64:
      return 8;
  }
  std::abort();
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t extent : shape) {
    if (text.size() > 1) text += ',';
    text += std::to_string(extent);
  }
  return text += ']';
}

SafetensorsFile::Map::~Map() {
  if (bytes != nullptr) ::munmap(const_cast<std::byte*>(bytes), static_cast<size_t>(size));
}

std::shared_ptr<SafetensorsFile::Map> SafetensorsFile::MapFile(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) throw SystemError("read", path, errno);
  struct stat info = {};
  if (::fstat(file.fd, &info) != 0) throw SystemError("read", path, errno);
  if (!S_ISREG(info.st_mode)) throw Error("not a regular file", path, "name the file itself");
  if (info.st_size < 8) throw Error("truncated: " + std::to_string(info.st_size) + " bytes", path, kRemedy);
  void* address = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (address == MAP_FAILED) throw SystemError("map", path, errno);
  const auto map = std::make_shared<Map>();
  map->bytes = static_cast<const std::byte*>(address);
  map->size = info.st_size;
  return map;
}

SafetensorsFile SafetensorsFile::Open(const std::string& path) {
  SafetensorsFile file;
  file.path_ = path;
  file.map_ = MapFile(path);
  const std::byte* bytes = file.map_->bytes;
  const auto size = static_cast<uint64_t>(file.map_->size);
  uint64_t header_bytes;
  std::memcpy(&header_bytes, bytes, sizeof(header_bytes));
  if (header_bytes > kMaxHeaderBytes) {
    throw Error("header of " + std::to_string(header_bytes) + " bytes exceeds the format's limit", path,
                kRemedy);
  }
  if (header_bytes > size - 8) throw Error("truncated inside the header", path, kRemedy);
  file.data_ = bytes + 8 + header_bytes;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 8, header_bytes);
  if (text.empty() || text.front() != '{') throw Error("the header is not a JSON object", path, kRemedy);
  const json header = ParseStrictJson(text, path, kFetchAgain);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      CheckMetadata(entry, path);
    } else {
      file.tensors_.push_back(EntryParser(path, name, entry).Parse());
    }
  }
  std::sort(file.tensors_.begin(), file.tensors_.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.begin, a.bytes) < std::pair(b.begin, b.bytes);
  });
  CheckTiling(file.tensors_, size - 8 - header_bytes, path);
  for (size_t i = 0; i < file.tensors_.size(); ++i) file.index_[file.tensors_[i].name] = i;
  return file;
}

const TensorInfo* SafetensorsFile::Find(const std::string& name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &tensors_[it->second];
}

void SafetensorsFile::CopyTo(const TensorInfo& tensor, int64_t first, int64_t count, float* out) const {
  if (first < 0 || count < 0 || first + count > tensor.count) std::abort();
  const int64_t width = TensorDtypeBytes(tensor.dtype);
  const std::byte* bytes = Bytes(tensor) + first * width;
  switch (tensor.dtype) {
    case TensorDtype::kF32:
      if (count > 0) std::memcpy(out, bytes, static_cast<size_t>(count * width));
      return;
    case TensorDtype::kF16:
      return ConvertAll<uint16_t>(bytes, count, out, FloatFromF16);
    case TensorDtype::kBf16:
      return ConvertAll<uint16_t>(bytes, count, out, FloatFromBf16);
    case TensorDtype::kF8E4M3:
      return ConvertAll<uint8_t>(bytes, count, out, FloatFromE4m3);
    case TensorDtype::kI64:
      break;
  }
  throw Error("tensor '" + tensor.name + "' has dtype I64 where floating point is needed", path_,
              "take weights and config.json from the same model");
}

void SafetensorsFile::Fetch(const TensorInfo& tensor, int64_t first) const {
  constexpr int64_t kAhead = 64 << 20;
  const int64_t at = Bytes(tensor) + first * TensorDtypeBytes(tensor.dtype) - map_->bytes;
  int64_t fetched = map_->fetched.load();
  const int64_t begin = std::max(fetched, at) / kMapGranule * kMapGranule,
                end = std::min(at + kAhead, map_->size);
  if (end - fetched < std::min(kAhead / 4, map_->size - fetched) || begin >= end) return;
  if (!map_->fetched.compare_exchange_strong(fetched, end)) return;  // another thread does it
  // A wish: failing costs time alone.
  (void)::madvise(const_cast<std::byte*>(map_->bytes) + begin, static_cast<size_t>(end - begin),
                  MADV_WILLNEED);
}

void SafetensorsFile::Drop(const TensorInfo& tensor, int64_t first, int64_t count) const {
  const int64_t width = TensorDtypeBytes(tensor.dtype);
  const int64_t begin = Bytes(tensor) + first * width - map_->bytes;
  const int64_t end =
      std::min(map_->size, (begin + count * width + kMapGranule - 1) / kMapGranule * kMapGranule);
  const int64_t start = begin / kMapGranule * kMapGranule;
  // The map is private and never written, so nothing is lost; failing costs memory alone.
  (void)::madvise(const_cast<std::byte*>(map_->bytes) + start, static_cast<size_t>(end - start),
                  MADV_DONTNEED);
}

void SafetensorsFile::CopyTo(const TensorInfo& tensor, int64_t* out) const {
  if (tensor.dtype != TensorDtype::kI64) {
    throw Error(
        "tensor '" + tensor.name + "' has dtype " + TensorDtypeName(tensor.dtype) + " where I64 is needed",
        path_, "resume from another checkpoint: this one was not written by hone");
  }
  if (tensor.bytes > 0) std::memcpy(out, Bytes(tensor), static_cast<size_t>(tensor.bytes));
}

}  // namespace hone
