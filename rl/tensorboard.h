// Metrics as a TensorBoard event file: records of length, checksum and a hand-written Event message. Covered by
// tests/rl/tensorboard_test.cc.
#ifndef HONE_RL_TENSORBOARD_H_
#define HONE_RL_TENSORBOARD_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/run_store.h"

namespace hone {

// CRC-32C (Castagnoli) of the bytes, as record files mask it: rotated right by 15 bits, plus a constant.
uint32_t MaskedCrc32c(std::string_view bytes);

// One file per run, which a resumed run continues. Not thread-safe.
class TensorBoardFile {
 public:
  // Opens or makes `path`. Afterwards it holds exactly the steps of `history`: records that are torn or of later steps, which the run
  // went back behind, are cut off, and steps that are missing are written. Error when the disk refuses.
  TensorBoardFile(const std::string& path, const std::vector<StepMetrics>& history);

  // Appends a step later than all before, flushed to the file. Values that are not finite are left out. Error as above.
  void Add(const StepMetrics& step);

 private:
  void Write(std::string_view event);

  struct Closer {
    void operator()(FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<FILE, Closer> file_;
};

}  // namespace hone

#endif  // HONE_RL_TENSORBOARD_H_
