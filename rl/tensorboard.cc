// See tensorboard.h. Covered by tests/rl/tensorboard_test.cc.
#include "rl/tensorboard.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>

#include "data/text_file.h"

namespace hone {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

template <class T>
void PutRaw(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
T TakeRaw(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

// Protocol buffers: a key is the field's number and wire type; the types are varint, 8 bytes, length and bytes, 4 bytes.
enum WireType : uint64_t { kVarint = 0, kEightBytes = 1, kBytes = 2, kFourBytes = 5 };

void PutVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void PutKey(std::string& out, uint64_t field, WireType type) { PutVarint(out, field << 3 | type); }

void PutText(std::string& out, uint64_t field, std::string_view text) {
  PutKey(out, field, kBytes);
  PutVarint(out, text.size());
  out += text;
}

// Event: 1 wall time, 2 step, 3 version, 5 summary. Summary: 1 value. Value: 1 tag, 2 simple value.
std::string EventOf(double time) {
  std::string event;
  PutKey(event, 1, kEightBytes);
  PutRaw(event, time);
  return event;
}

std::string VersionEvent() {
  std::string event = EventOf(Now());
  PutText(event, 3, "brain.Event:2");
  return event;
}

std::string StepEvent(const StepMetrics& step) {
  std::string summary;
  for (const auto& [name, value] : step.values) {
    if (!std::isfinite(value)) continue;
    std::string entry;
    PutText(entry, 1, name);
    PutKey(entry, 2, kFourBytes);
    PutRaw(entry, static_cast<float>(value));
    PutText(summary, 1, entry);
  }
  std::string event = EventOf(Now());
  PutKey(event, 2, kVarint);
  PutVarint(event, static_cast<uint64_t>(step.step));
  PutText(event, 5, summary);
  return event;
}

// The step of an event that StepEvent wrote, -1 of the one that opens a file; nothing of anything else.
std::optional<int64_t> StepOf(std::string_view event) {
  constexpr size_t kTimeBytes = 9;
  if (event.size() <= kTimeBytes) return std::nullopt;
  if (event[kTimeBytes] == (3 << 3 | kBytes)) return -1;
  if (event[kTimeBytes] != (2 << 3 | kVarint)) return std::nullopt;
  uint64_t step = 0;
  for (size_t i = kTimeBytes + 1, shift = 0; i < event.size() && shift < 64; ++i, shift += 7) {
    step |= static_cast<uint64_t>(event[i] & 0x7f) << shift;
    if ((event[i] & 0x80) == 0) return static_cast<int64_t>(step);
  }
  return std::nullopt;
}

// The event of the record that `bytes` begins with; nothing when it is torn or damaged.
std::optional<std::string_view> EventAt(std::string_view bytes) {
  if (bytes.size() < 16 || MaskedCrc32c(bytes.substr(0, 8)) != TakeRaw<uint32_t>(bytes.substr(8)))
    return std::nullopt;
  const auto length = TakeRaw<uint64_t>(bytes);
  if (length > bytes.size() - 16) return std::nullopt;
  const std::string_view event = bytes.substr(12, length);
  if (MaskedCrc32c(event) != TakeRaw<uint32_t>(bytes.substr(12 + length))) return std::nullopt;
  return event;
}

struct Kept {
  size_t bytes = 0;
  size_t steps = 0;  // of the history
};

// How much of a file agrees with the history: its version, then the history's steps in order.
Kept Agreeing(std::string_view bytes, const std::vector<StepMetrics>& history) {
  Kept kept;
  while (const auto event = EventAt(bytes.substr(kept.bytes))) {
    const std::optional<int64_t> step = StepOf(*event);
    const bool opens = kept.bytes == 0;
    if (opens ? step != -1 : kept.steps == history.size() || step != history[kept.steps].step) break;
    kept.bytes += event->size() + 16;
    kept.steps += opens ? 0 : 1;
  }
  return kept;
}

}  // namespace

uint32_t MaskedCrc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffffu;
  for (const char c : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return std::rotr(~crc, 15) + 0xa282ead8u;
}

TensorBoardFile::TensorBoardFile(const std::string& path, const std::vector<StepMetrics>& history)
    : path_(path) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  const std::string before = std::filesystem::exists(path) ? ReadFile(path) : "";
  const Kept kept = Agreeing(before, history);
  if (kept.bytes < before.size() && truncate(path.c_str(), static_cast<off_t>(kept.bytes)) != 0)
    throw SystemError("truncate", path, errno);
  file_.reset(std::fopen(path.c_str(), "ab"));
  if (file_ == nullptr) throw SystemError("open", path, errno);
  if (kept.bytes == 0) Write(VersionEvent());
  for (size_t i = kept.steps; i < history.size(); ++i) Add(history[i]);
}

void TensorBoardFile::Add(const StepMetrics& step) { Write(StepEvent(step)); }

void TensorBoardFile::Write(std::string_view event) {
  std::string record;
  PutRaw(record, static_cast<uint64_t>(event.size()));
  PutRaw(record, MaskedCrc32c(record));
  record += event;
  PutRaw(record, MaskedCrc32c(event));
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size() ||
      std::fflush(file_.get()) != 0)
    throw SystemError("write", path_, errno);
}

}  // namespace hone
