// Packing against the definition, and block sums against a tree written out by hand, to the bit.
#include "rl/packing.h"

#include <algorithm>

#include "tests/rl/tiny.h"

using namespace hone;

TEST_CASE("sequences are packed in order, whole, and up to the budget") {
  std::mt19937_64 random(3);
  ModelConfig config;
  config.vocab_size = 50;
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    auto sequences = RandomSequences(config, static_cast<int>(Pick(random, 0, 12)), random);
    for (TrainingSequence& s : sequences) {  // half of them with gaps, as conversations have
      for (size_t t = 0; round % 2 == 1 && t < s.ids.size(); ++t) s.scored.push_back(Pick(random, 0, 2) > 0);
    }
    const int64_t budget = Pick(random, 1, 60);
    const auto packed = PackSequences(sequences, budget, 0.5f);
    int64_t next = 0;
    for (size_t m = 0; m < packed.size(); ++m) {
      const TrainingBatch& batch = packed[m].batch;
      const auto size = static_cast<int64_t>(batch.tokens.size());
      CHECK(batch.temperature == 0.5f);
      REQUIRE(batch.sequence_begin.size() == packed[m].sequences.size() + 1);
      CHECK(batch.sequence_begin.back() == size);
      CHECK((size <= budget || packed[m].sequences.size() == 1));
      // It was full: the first sequence of the next one did not fit.
      if (m + 1 < packed.size()) CHECK(size + packed[m + 1].batch.sequence_begin[1] > budget);
      size_t scored = 0;
      for (size_t i = 0; i < packed[m].sequences.size(); ++i, ++next) {
        REQUIRE(packed[m].sequences[i] == next);
        const TrainingSequence& s = sequences[next];
        const int32_t begin = batch.sequence_begin[i];
        CHECK(std::equal(s.ids.begin(), s.ids.end(), batch.tokens.begin() + begin,
                         batch.tokens.begin() + batch.sequence_begin[i + 1]));
        for (auto t = static_cast<size_t>(s.first_scored); t < s.ids.size(); ++t) {
          if (!s.scored.empty() && !s.scored[t]) continue;
          REQUIRE(scored < batch.targets.size());
          CHECK(batch.scored_rows[scored] == begin + static_cast<int32_t>(t) - 1);
          CHECK(batch.targets[scored++] == s.ids[t]);
        }
      }
      CHECK(scored == batch.targets.size());
    }
    CHECK(next == std::ssize(sequences));
  }
}

namespace {

// Values of very different size: any other order of additions shows.
void AddRandom(int64_t block, Gradients& out) {
  std::mt19937_64 random(static_cast<uint64_t>(block) + 99);
  std::normal_distribution<float> normal;
  for (FloatBuffer& b : out.buffers()) {
    for (int64_t i = 0; i < b.size(); ++i)
      b.data()[i] += normal(random) * static_cast<float>(1 << Pick(random, 0, 20));
  }
}

std::vector<float> Flat(const Gradients& gradients) {
  std::vector<float> flat;
  for (const FloatBuffer& b : gradients.buffers()) flat.insert(flat.end(), b.data(), b.data() + b.size());
  return flat;
}

std::vector<float> Tree(const std::vector<std::vector<float>>& blocks) {
  if (blocks.size() == 1) return blocks[0];
  const auto middle = blocks.begin() + std::ssize(blocks) / 2;
  std::vector<float> left = Tree({blocks.begin(), middle});
  const std::vector<float> right = Tree({middle, blocks.end()});
  for (size_t i = 0; i < left.size(); ++i) left[i] += right[i];
  return left;
}

}  // namespace

TEST_CASE("blocks add up in a binary tree, each from zero, whatever was there before") {
  TempDir dir;
  for (const int threads : {1, 2}) {
    const auto policy = TinyPolicy(dir / "t", true, Precision::kFp32, threads);
    for (const int64_t count : {1, 2, 4, 8}) {
      CAPTURE(count);
      std::vector<std::vector<float>> blocks;
      for (int64_t b = 0; b < count; ++b) {
        Gradients one(policy->weights());
        AddRandom(b, one);
        blocks.push_back(Flat(one));
      }
      Gradients total(policy->weights());
      AddRandom(1234, total);
      std::vector<int64_t> order;
      SumBlocks(
          policy->pool(), policy->weights(), count,
          [&](int64_t block, Gradients& out) {
            order.push_back(block);
            AddRandom(block, out);
          },
          total);
      const std::vector<float> got = Flat(total), want = Tree(blocks);
      CHECK(std::memcmp(got.data(), want.data(), want.size() * sizeof(float)) == 0);
      for (int64_t b = 0; b < count; ++b) CHECK(order[b] == b);
      CHECK(std::ssize(order) == count);
    }
  }
}

TEST_CASE("one block is the sum of its micro-batches in order") {
  TempDir dir;
  const auto policy = TinyPolicy(dir / "t");
  Gradients want(policy->weights()), got(policy->weights());
  for (int64_t part = 0; part < 5; ++part) AddRandom(part, want);
  SumBlocks(
      policy->pool(), policy->weights(), 1,
      [](int64_t, Gradients& out) {
        for (int64_t part = 0; part < 5; ++part) AddRandom(part, out);
      },
      got);
  CHECK(Flat(got) == Flat(want));
}
