// Fuzzing of weight files and of the index that lists them; driver.h says how to run it. A hostile file is an Error: no crash, no
// read outside the map, no large allocation, no file opened outside the directory.
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "data/error.h"
#include "data/text_file.h"
#include "policy/safetensors.h"
#include "policy/tensor_table.h"
#include "tests/fuzz/bounded_new.h"
#include "tests/fuzz/driver.h"

namespace {

constexpr char kIndexMark = 'I';  // an input that starts with it is an index, any other a file of tensors

// A directory of its own in memory, with the two shards that an index may list.
class Place {
 public:
  Place() {
    std::string name = "/dev/shm/hone_fuzz_XXXXXX";
    Require(::mkdtemp(name.data()) != nullptr, "a directory can be made");
    path_ = name;
    const float values[] = {1.0f, 2.0f};
    hone::WriteSafetensors(path_ + "/a.safetensors", {{"x", hone::TensorDtype::kF32, {2}, values}});
    hone::WriteSafetensors(path_ + "/b.safetensors", {{"y", hone::TensorDtype::kBf16, {1, 2}, values}});
  }
  ~Place() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void Write(const std::string& path, std::string_view bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  Require(file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() &&
              std::fclose(file) == 0,
          "a file can be written");
}

// Every value, so that a sanitizer sees every byte touched.
void ReadEverything(const hone::SafetensorsFile& file) {
  for (const hone::TensorInfo& tensor : file.tensors()) {
    if (tensor.dtype == hone::TensorDtype::kI64) {
      std::vector<int64_t> values(static_cast<size_t>(tensor.count));
      file.CopyTo(tensor, values.data());
      continue;
    }
    std::vector<float> values(static_cast<size_t>(tensor.count));
    file.CopyTo(tensor, values.data());
    file.Drop(tensor, 0, tensor.count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Place place;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool index = !text.empty() && text.front() == kIndexMark;
  try {
    if (index) {
      Write(place.path() + hone::kIndexFile, text.substr(1));
      const hone::TensorTable table = hone::OpenTensors(place.path());
      for (const auto& file : table.files) {
        const std::string name = file->path().substr(place.path().size());
        Require(name == "/a.safetensors" || name == "/b.safetensors",
                "only shards of the directory are opened");
        ReadEverything(*file);
      }
    } else {
      Write(place.path() + "/fuzzed", text);
      ReadEverything(hone::SafetensorsFile::Open(place.path() + "/fuzzed"));
    }
  } catch (const hone::Error& e) {
    Require(std::string_view(e.what()).starts_with(place.path()), "an error names the file");
  }
  return 0;
}

#ifndef HONE_LIBFUZZER
namespace {

std::string RawFile(const std::string& header, size_t data_bytes) {
  const uint64_t size = header.size();
  std::string text(8, '\0');
  std::memcpy(text.data(), &size, sizeof size);
  return text + header + std::string(data_bytes, 'x');
}

const std::vector<std::string>& Corpus() {
  static const std::vector<std::string> corpus = {
      RawFile(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})",
              24),
      RawFile(
          R"({"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"F16","shape":[],"data_offsets":[6,8]}})",
          8),
      RawFile(
          R"({"w":{"dtype":"F8_E4M3","shape":[4,2],"data_offsets":[0,8]},"w_scale_inv":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}})",
          12),
      RawFile(
          R"({"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}})",
          8),
      RawFile(
          R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,18446744073709551615]}})",
          4),
      R"(I{"metadata":{"total_size":12},"weight_map":{"x":"a.safetensors","y":"b.safetensors"}})",
      R"(I{"weight_map":{"x":"../a.safetensors","y":"/etc/b.safetensors","x":"..","z":"sub/b.safetensors"}})"};
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  return Drive(argc, argv, [](uint64_t, std::mt19937_64& random) {
    std::string text = Mutated(Corpus()[random() % Corpus().size()], Corpus(),
                               Characters("{}[]\",:.-0189/F\\ "), 4000, random);
    // Half of the files get the header size that they have, so that what is inside is looked at too.
    const size_t end = text.rfind("}}");
    if (random() % 2 == 0 && text.size() > 10 && text.front() != kIndexMark && end != std::string::npos &&
        end > 8) {
      const uint64_t size = end + 2 - 8;
      std::memcpy(text.data(), &size, sizeof size);
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  });
}
#endif  // HONE_LIBFUZZER
