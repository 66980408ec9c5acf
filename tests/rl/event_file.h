// An independent reader of TensorBoard event files: bitwise CRC-32C, record framing, protocol buffers field by field.
#ifndef HONE_TESTS_RL_EVENT_FILE_H_
#define HONE_TESTS_RL_EVENT_FILE_H_

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "data/text_file.h"

namespace hone {

inline uint32_t PlainCrc32c(const std::string& bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const uint32_t in = (static_cast<unsigned char>(c) >> bit & 1) ^ (crc & 1);
      crc = (crc >> 1) ^ (in != 0 ? 0x82f63b78 : 0);
    }
  }
  return ~crc;
}

inline uint32_t Masked(const std::string& bytes) {
  const uint32_t crc = PlainCrc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

inline uint64_t Little(const std::string& bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

// A message's fields by number: numbers as their bits, texts as they are.
inline std::multimap<int, std::string> Fields(const std::string& message) {
  std::multimap<int, std::string> fields;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(message.at(at++));
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    uint64_t size = 0;
    switch (key & 7) {
      case 0: {
        const uint64_t value = varint();
        fields.emplace(key >> 3, std::string(reinterpret_cast<const char*>(&value), 8));
        continue;
      }
      case 1:
        size = 8;
        break;
      case 2:
        size = varint();
        break;
      case 5:
        size = 4;
        break;
      default:
        FAIL("unknown wire type");
    }
    REQUIRE(at + size <= message.size());
    fields.emplace(key >> 3, message.substr(at, size));
    at += size;
  }
  return fields;
}

struct ReadEvent {
  double time = 0.0;
  int64_t step = -1;
  std::string version;
  std::map<std::string, float> values;
};

inline std::vector<ReadEvent> ReadEvents(const std::string& path) {
  const std::string bytes = ReadFile(path);
  std::vector<ReadEvent> events;
  for (size_t at = 0; at < bytes.size();) {
    const uint64_t length = Little(bytes, at, 8);
    REQUIRE(Little(bytes, at + 8, 4) == Masked(bytes.substr(at, 8)));
    const std::string message = bytes.substr(at + 12, length);
    REQUIRE(Little(bytes, at + 12 + length, 4) == Masked(message));
    at += length + 16;
    ReadEvent event;
    for (const auto& [field, value] : Fields(message)) {
      if (field == 1) std::memcpy(&event.time, value.data(), 8);
      if (field == 2) std::memcpy(&event.step, value.data(), 8);
      if (field == 3) event.version = value;
      if (field != 5) continue;
      for (const auto& [one, entry] : Fields(value)) {
        REQUIRE(one == 1);
        const auto parts = Fields(entry);
        float number = 0;
        std::memcpy(&number, parts.find(2)->second.data(), 4);
        event.values[parts.find(1)->second] = number;
      }
    }
    events.push_back(event);
  }
  return events;
}

inline std::vector<int64_t> StepsIn(const std::string& path) {
  std::vector<int64_t> steps;
  for (const ReadEvent& event : ReadEvents(path)) {
    if (event.version.empty()) steps.push_back(event.step);
  }
  return steps;
}

}  // namespace hone

#endif  // HONE_TESTS_RL_EVENT_FILE_H_
