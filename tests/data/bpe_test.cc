// data/bpe: against the definition written out (the most urgent pair, of equal ones the leftmost, one at a time) over random
// merge lists and lengths on both sides of the switch to the heap; long pieces.
#include "data/bpe.h"

#include <doctest/doctest.h>

#include <map>
#include <utility>
#include <vector>

#include "data/random.h"

using namespace hone;

namespace {

std::vector<int32_t> Defined(const std::vector<Merge>& merges, std::vector<int32_t> ids) {
  std::map<std::pair<int32_t, int32_t>, size_t> ranks;
  for (size_t rank = 0; rank < merges.size(); ++rank) ranks[{merges[rank].left, merges[rank].right}] = rank;
  while (true) {
    size_t best = merges.size(), place = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto it = ranks.find({ids[i], ids[i + 1]});
      if (it != ranks.end() && it->second < best) {
        best = it->second;
        place = i;
      }
    }
    if (best == merges.size()) return ids;
    ids[place] = merges[best].result;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

}  // namespace

TEST_CASE("merging gives what the definition gives, for short and for long pieces") {
  const uint64_t seed = 9;
  CAPTURE(seed);
  DataRandom random(seed);
  for (int round = 0; round < 400; ++round) {
    // Each merge makes a new token of two that exist, or repeats a pair.
    std::vector<Merge> merges;
    const int32_t symbols = static_cast<int32_t>(1 + random.Uniform(4));
    for (int32_t i = 0, n = static_cast<int32_t>(random.Uniform(24)); i < n; ++i) {
      const uint64_t known = static_cast<uint64_t>(symbols + i);
      merges.push_back({static_cast<int32_t>(random.Uniform(known)),
                        static_cast<int32_t>(random.Uniform(known)), symbols + i});
    }
    for (size_t i = merges.size(); i > 1; --i) std::swap(merges[i - 1], merges[random.Uniform(i)]);
    const Bpe bpe(merges);
    for (const size_t length : {0, 1, 2, 7, 47, 48, 49, 50, 130}) {
      std::vector<int32_t> ids(length);
      for (int32_t& id : ids) id = static_cast<int32_t>(random.Uniform(static_cast<uint64_t>(symbols)));
      std::vector<int32_t> merged = {-5, -6};  // what comes before `begin` stays
      merged.insert(merged.end(), ids.begin(), ids.end());
      bpe.Apply(merged, 2);
      std::vector<int32_t> expected = {-5, -6};
      for (const int32_t id : Defined(merges, ids)) expected.push_back(id);
      REQUIRE(merged == expected);
    }
  }
}

TEST_CASE("a piece of a million symbols merges down to one token") {
  std::vector<Merge> merges;
  for (int32_t i = 0; i < 20; ++i) merges.push_back({i, i, i + 1});
  std::vector<int32_t> ids(1 << 20, 0);
  Bpe(merges).Apply(ids, 0);
  CHECK(ids == std::vector<int32_t>{20});
}
