// The reader against a builder of raw files written here, its refusals one by one, and files damaged at
// random.
#include "policy/safetensors.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdlib>

#include "data/json.h"
#include "data/text_file.h"
#include "policy/float_formats.h"
#include "tests/policy/random_model.h"

namespace hone {
namespace {

std::string RawFile(const std::string& header, size_t data_bytes) {
  std::string text(8, '\0');
  const uint64_t size = header.size();
  std::memcpy(text.data(), &size, 8);
  text += header;
  for (size_t i = 0; i < data_bytes; ++i) text += static_cast<char>(i);
  return text;
}

// Opens the file and reads every value, so that a sanitizer sees every byte touched.
double ReadEverything(const std::string& path) {
  const SafetensorsFile file = SafetensorsFile::Open(path);
  double sum = 0.0;
  for (const TensorInfo& tensor : file.tensors()) {
    const size_t count = static_cast<size_t>(tensor.count);
    if (tensor.dtype == TensorDtype::kI64) {
      std::vector<int64_t> values(count);
      file.CopyTo(tensor, values.data());
      for (const int64_t value : values) sum += static_cast<double>(value);
    } else {
      std::vector<float> values(count);
      file.CopyTo(tensor, values.data());
      for (const float value : values) sum += std::isfinite(value) ? value : 0.0;
    }
  }
  return sum;
}

struct Example {
  std::vector<float> matrix{1.5f, -2.25f, 3.0f, 4.0f, 5.0f, -0.0f};
  std::vector<float> rounded{1.0f, 1.00390625f, 3.0f};  // the second is half way: to even, 1.0
  std::vector<int64_t> numbers{7, INT64_MIN};
  float scalar = 42.0f;
  std::vector<TensorToWrite> Tensors() const {
    return {{"b.rounded", TensorDtype::kBf16, {3}, rounded.data()},
            {"z.matrix", TensorDtype::kF32, {2, 3}, matrix.data()},
            {"empty", TensorDtype::kF32, {0, 5}, nullptr},
            {"numbers", TensorDtype::kI64, {2}, numbers.data()},
            {"a.scalar", TensorDtype::kF32, {}, &scalar}};
  }
};

}  // namespace

TEST_CASE("the writer's bytes are the format's") {
  const TempDir dir;
  const Example example;
  WriteSafetensors(dir / "x.safetensors", example.Tensors());
  std::string header =
      R"({"__metadata__":{"format":"pt"},"numbers":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},)"
      R"("a.scalar":{"dtype":"F32","shape":[],"data_offsets":[16,20]},)"
      R"("empty":{"dtype":"F32","shape":[0,5],"data_offsets":[20,20]},)"
      R"("z.matrix":{"dtype":"F32","shape":[2,3],"data_offsets":[20,44]},)"
      R"("b.rounded":{"dtype":"BF16","shape":[3],"data_offsets":[44,50]}})";
  while (header.size() % 8 != 0) header += ' ';
  std::string expected = RawFile(header, 0);
  const auto append = [&](const void* data, size_t bytes) {
    expected.append(static_cast<const char*>(data), bytes);
  };
  append(example.numbers.data(), 16);
  append(&example.scalar, 4);
  append(example.matrix.data(), 24);
  const uint16_t halves[] = {0x3f80, 0x3f80, 0x4040};
  append(halves, 6);
  CHECK(ReadFile(dir / "x.safetensors") == expected);
}

TEST_CASE("what is written is read back") {
  const TempDir dir;
  const Example example;
  WriteSafetensors(dir / "x.safetensors", example.Tensors());
  const SafetensorsFile file = SafetensorsFile::Open(dir / "x.safetensors");
  REQUIRE(file.tensors().size() == 5);
  CHECK(file.Find("nothing") == nullptr);
  REQUIRE(file.Find("z.matrix") != nullptr);
  CHECK(file.Find("z.matrix")->shape == std::vector<int64_t>{2, 3});
  CHECK(file.Find("a.scalar")->count == 1);
  CHECK(file.Find("empty")->count == 0);
  std::vector<float> matrix(6);
  file.CopyTo(*file.Find("z.matrix"), matrix.data());
  CHECK(std::memcmp(matrix.data(), example.matrix.data(), 24) == 0);
  std::vector<float> rounded(3);
  file.CopyTo(*file.Find("b.rounded"), rounded.data());
  CHECK(rounded == std::vector<float>{1.0f, 1.0f, 3.0f});
  std::vector<int64_t> numbers(2);
  file.CopyTo(*file.Find("numbers"), numbers.data());
  CHECK(numbers == example.numbers);
  CHECK(Mentions(ErrorOf([&] { file.CopyTo(*file.Find("numbers"), matrix.data()); }),
                 "'numbers' has dtype I64"));
  CHECK(Mentions(ErrorOf([&] { file.CopyTo(*file.Find("z.matrix"), numbers.data()); }),
                 "'z.matrix' has dtype F32"));
}

TEST_CASE(
    "parts of a tensor, before and after its pages were given back; values made while they are written") {
  const TempDir dir;
  const uint64_t seed = 12;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::vector<float> values(700'001);  // more than a block of the writer, and many pages
  for (float& v : values)
    v = static_cast<float>(static_cast<int64_t>(random() % 2049) - 1024) / 64.0f;  // exact in all
  const auto made = [&](int64_t first, int64_t count, float* scratch) {
    std::copy_n(values.data() + first, count, scratch);
    return static_cast<const float*>(scratch);
  };
  const auto count = static_cast<int64_t>(values.size());
  for (const TensorDtype dtype : {TensorDtype::kF32, TensorDtype::kF16, TensorDtype::kBf16}) {
    CAPTURE(TensorDtypeName(dtype));
    const float odd = 0.5f;  // so that the large tensor starts anywhere
    std::vector<float> expected = values;
    if (dtype == TensorDtype::kBf16) {
      for (float& v : expected) v = FloatFromBf16(Bf16FromFloat(v));
    }
    WriteSafetensors(dir / "given",
                     {{"a", TensorDtype::kF16, {1}, &odd}, {"x", dtype, {count}, values.data()}});
    WriteSafetensors(dir / "made",
                     {{"a", TensorDtype::kF16, {1}, &odd}, {"x", dtype, {count}, nullptr, made}});
    CHECK(ReadFile(dir / "given") == ReadFile(dir / "made"));
    const SafetensorsFile file = SafetensorsFile::Open(dir / "given");
    const TensorInfo& x = *file.Find("x");
    REQUIRE(x.dtype == dtype);
    for (int trial = 0; trial < 50; ++trial) {
      const int64_t first = Pick(random, 0, count),
                    n = Pick(random, 0, std::min<int64_t>(count - first, 50'000));
      std::vector<float> part(static_cast<size_t>(n));
      file.CopyTo(x, first, n, part.data());
      CHECK(std::equal(part.begin(), part.end(), expected.begin() + first));
      file.Drop(x, first, n);
    }
    std::vector<float> all(values.size());
    file.CopyTo(x, all.data());
    CHECK(all == expected);
  }
}

TEST_CASE("a write that fails midway leaves what was there, and nothing beside it") {
  const TempDir dir;
  const std::string path = dir / "x.safetensors";
  WriteFileAtomic(path, "before");
  const auto fails = [](int64_t, int64_t, float*) -> const float* { throw Error("gone", "source", ""); };
  CHECK(Mentions(ErrorOf([&] {
                   WriteSafetensors(path, {{"a", TensorDtype::kF32, {3}, nullptr, fails}});
                 }),
                 "gone"));
  CHECK(ReadFile(path) == "before");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) files += entry.exists() ? 1 : 0;
  CHECK(files == 1);
  WriteSafetensors(path, Example().Tensors());
  CHECK_NOTHROW(ReadEverything(path));
}

TEST_CASE("legal oddities are read") {
  const TempDir dir;
  const char* headers[] = {
      "{}",
      "{}   \n ",
      R"({"__metadata__":{}})",
      R"({"b":{"dtype":"F16","shape":[],"data_offsets":[0,2]},"a":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
      R"({"e":{"dtype":"F32","shape":[0],"data_offsets":[2,2]},"a":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}})",
      R"({"a":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]}})"};
  const size_t sizes[] = {0, 0, 0, 6, 2, 3};
  for (size_t i = 0; i < 6; ++i) {
    CAPTURE(headers[i]);
    WriteFileAtomic(dir / "x.safetensors", RawFile(headers[i], sizes[i]));
    CHECK_NOTHROW(ReadEverything(dir / "x.safetensors"));
  }
}

TEST_CASE("each violation is an error that names file and tensor") {
  struct Case {
    const char* header;
    size_t data_bytes;
    const char* expected;
  };
  const Case cases[] = {
      {"", 0, "not a JSON object"},
      {" {}", 0, "not a JSON object"},
      {"[]", 0, "not a JSON object"},
      {"{} {}", 0, "not valid JSON"},
      {"{\"a\xff\":1}", 0, "not valid JSON"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       4, "duplicate key 'a'"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "duplicate key 'dtype'"},
      {R"({"__metadata__":{"x":1}})", 0, "__metadata__"},
      {R"({"__metadata__":["x"]})", 0, "__metadata__"},
      {R"({"a":[]})", 0, "tensor 'a': its header entry"},
      {R"({"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "empty name"},
      {R"({"a\n":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "control character"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4, "tensor 'a': unknown key 'x'"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 0, "tensor 'a': data_offsets is missing"},
      {R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4, "tensor 'a': dtype is not a string"},
      {R"({"a":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}})", 4, "tensor 'a' has dtype F8_E5M2"},
      {R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, "tensor 'a': shape is not an array"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "not a natural number"},
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "not a natural number"},
      {R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4,
       "not a natural number"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967297],"data_offsets":[0,4]}})", 4, "shape overflows"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4, "shape overflows"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "tensor 'a': data_offsets is not"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "tensor 'a': data_offsets is not"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
       "tensor 'a': shape [2] of F32 needs 8"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "tensor 'a' leaves a hole"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
       12, "tensor 'b' overlaps"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       8, "overlaps"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775804,9223372036854775807]}})", 4,
       "tensor 'a'"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7, "tensor 'a' ends after the end"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "1 bytes after the last tensor"}};
  const TempDir dir;
  const std::string path = dir / "hostile.safetensors";
  for (const Case& c : cases) {
    CAPTURE(c.header);
    WriteFileAtomic(path, RawFile(c.header, c.data_bytes));
    const std::string message = ErrorOf([&] { ReadEverything(path); });
    CAPTURE(message);
    CHECK(Mentions(message, path));
    CHECK(Mentions(message, c.expected));
  }
  for (const uint64_t size : {uint64_t{3}, uint64_t{100'000'001}, UINT64_MAX, UINT64_MAX - 7}) {
    std::string text = RawFile("{}", 0);
    std::memcpy(text.data(), &size, 8);
    WriteFileAtomic(path, text);
    CHECK(Mentions(ErrorOf([&] { ReadEverything(path); }), "header"));
  }
  WriteFileAtomic(path, RawFile("{\"a\":" + std::string(100000, '['), 0));
  CHECK(Mentions(ErrorOf([&] { ReadEverything(path); }), "nested too deeply"));
  CHECK(Mentions(ErrorOf([&] { ReadEverything(dir / "absent"); }), "absent"));
  CHECK(Mentions(ErrorOf([&] { ReadEverything(dir.path()); }), "not a regular file"));
}

TEST_CASE("a file cut at any length is refused") {
  const TempDir dir;
  WriteSafetensors(dir / "x.safetensors", Example().Tensors());
  const std::string whole = ReadFile(dir / "x.safetensors");
  const std::string path = dir / "cut.safetensors";
  for (size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    WriteFileAtomic(path, whole.substr(0, length));
    CHECK(Mentions(ErrorOf([&] { ReadEverything(path); }), path));
  }
  WriteFileAtomic(path, whole);
  CHECK_NOTHROW(ReadEverything(path));
}

TEST_CASE("random damage gives an error or a load, never a crash") {
  const TempDir dir;
  WriteSafetensors(dir / "x.safetensors", Example().Tensors());
  const std::string whole = ReadFile(dir / "x.safetensors");
  const std::string path = dir / "damaged.safetensors";
  int refused = 0;
  const uint64_t first_seed = 1000;
  const uint64_t trials = 3000;
  for (uint64_t seed = first_seed; seed < first_seed + trials; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string text = whole;
    for (int64_t n = Pick(random, 1, 4); n > 0; --n) {
      const size_t at = random() % text.size();
      // Half of the damage is digits and punctuation, which stays valid JSON more often.
      const char* likely = "0123456789,:[]{}\" ";
      text[at] = random() % 2 == 0 ? static_cast<char>(random()) : likely[random() % 18];
    }
    // Written in place: thousands of fsyncs would take most of the test's time.
    std::FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
    std::fclose(file);
    refused += ErrorOf([&] { ReadEverything(path); }).empty() ? 0 : 1;
  }
  CHECK(refused > static_cast<int>(trials) / 2);
  CHECK(refused < static_cast<int>(trials));
}

TEST_CASE("a file that cannot be written is an error that names it") {
  CHECK(Mentions(ErrorOf([] { WriteSafetensors("/nonexistent/x.safetensors", Example().Tensors()); }),
                 "/nonexistent/x"));
  if (std::filesystem::exists("/dev/full")) {
    CHECK(Mentions(ErrorOf([] { WriteSafetensors("/dev/full", Example().Tensors()); }), "/dev/full"));
  }
}

}  // namespace hone
