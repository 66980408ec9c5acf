// Parity with transformers without Python: small random checkpoints and the log-probs transformers 5.23 gives, made by
// tests/parity/architectures.py --golden tests/policy/golden.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "data/json.h"
#include "data/text_file.h"
#include "policy/checkpoint.h"
#include "policy/model.h"

namespace hone {
namespace {

TrainingBatch Whole(const std::vector<int32_t>& ids) {
  TrainingBatch batch;
  batch.tokens = ids;
  batch.sequence_begin = {0, static_cast<int32_t>(ids.size())};
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    batch.scored_rows.push_back(static_cast<int32_t>(i));
    batch.targets.push_back(ids[i + 1]);
  }
  return batch;
}

}  // namespace

TEST_CASE("golden checkpoints give the log-probs of transformers") {
  kernels::ThreadPool pool(2);
  std::set<std::string> architectures;
  for (const auto& entry : std::filesystem::directory_iterator(HONE_SOURCE_DIR "/tests/policy/golden")) {
    const std::string dir = entry.path().string();
    CAPTURE(dir);
    const Checkpoint checkpoint = LoadCheckpoint(dir);
    architectures.insert(checkpoint.config.architecture);
    Model model(checkpoint.config, checkpoint.weights, Precision::kFp32, pool);
    int lines = 0;
    ForEachLine(dir + "/expected.jsonl", [&](std::string_view line, const std::string& where) {
      CAPTURE(where);
      const auto json = ParseStrictJson(line, where);
      const auto expected = json["logprobs"].get<std::vector<double>>();
      std::vector<float> got(expected.size());
      model.LogProbs(Whole(json["ids"].get<std::vector<int32_t>>()), got, {});
      double worst = 0.0;
      for (size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(got[i]) - expected[i]));
      CHECK(worst <= 2e-5);
      ++lines;
    });
    CHECK(lines == 4);
  }
  CHECK(architectures.size() == 6);
}

}  // namespace hone
