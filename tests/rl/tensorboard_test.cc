// Event files read back by the reader of event_file.h, however they were cut and continued.
#include "rl/tensorboard.h"

#include <cmath>

#include "tests/rl/event_file.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

StepMetrics At(int64_t step) {
  return {step, {{"loss", 1.0 / static_cast<double>(step + 1)}, {"held_out/pass@1", 0.5}, {"kl", NAN}}};
}

std::vector<StepMetrics> UpTo(int64_t last) {
  std::vector<StepMetrics> history;
  for (int64_t step = 0; step <= last; ++step) history.push_back(At(step));
  return history;
}

}  // namespace

TEST_CASE("the checksum is CRC-32C, masked") {
  CHECK(PlainCrc32c("123456789") == 0xe3069283);  // the published check value
  CHECK(MaskedCrc32c("123456789") == Masked("123456789"));
  CHECK(MaskedCrc32c("") == Masked(""));
  CHECK(MaskedCrc32c(std::string(32, '\0')) == Masked(std::string(32, '\0')));
}

TEST_CASE("an event file holds its version and every step once, whatever was cut off or went back") {
  const TempDir dir;
  const std::string path = dir / "tensorboard/events.out.tfevents.0.hone";
  {
    TensorBoardFile file(path, {});
    for (int64_t step = 0; step <= 300; ++step) file.Add(At(step));
  }
  const auto events = ReadEvents(path);
  REQUIRE(events.size() == 302);
  CHECK(events[0].version == "brain.Event:2");
  CHECK(events[0].time > 1.6e9);
  CHECK(events[300].step == 299);  // a step of two varint bytes
  CHECK(events[4].values == std::map<std::string, float>{{"loss", 0.25f}, {"held_out/pass@1", 0.5f}});

  const std::string whole = ReadFile(path);
  { TensorBoardFile file(path, UpTo(300)); }
  CHECK(ReadFile(path) == whole);  // nothing to do
  { TensorBoardFile file(path, UpTo(6)); }
  CHECK(StepsIn(path) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(whole.starts_with(ReadFile(path)));  // what stays keeps its times
  const size_t size = std::filesystem::file_size(path);
  for (size_t cut = 1; cut <= size; cut += 7) {  // a torn end
    CAPTURE(cut);
    std::filesystem::resize_file(path, size - cut);
    TensorBoardFile file(path, UpTo(6));
    REQUIRE(StepsIn(path) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
  }
  std::string damaged = ReadFile(path);
  damaged[damaged.size() / 2] ^= 1;
  WriteFileAtomic(path, damaged);
  {
    TensorBoardFile file(path, UpTo(6));
    file.Add(At(7));
  }
  CHECK(StepsIn(path) == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  WriteFileAtomic(path, "not an event file, but long enough to be one");
  { TensorBoardFile file(path, UpTo(1)); }
  CHECK(StepsIn(path) == std::vector<int64_t>{0, 1});
}
