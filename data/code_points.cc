// See code_points.h.
#include "data/code_points.h"

#include <oniguruma.h>

#include <algorithm>
#include <map>

namespace hone {

namespace {

constexpr char32_t kLast = 0x10ffff;

}  // namespace

std::optional<CodePoints> CodePoints::Named(std::string_view name) {
  static const int ready = [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    return onig_initialize(encodings, 1);
  }();
  if (ready != ONIG_NORMAL) return std::nullopt;
  std::string bytes(name);
  auto* begin = reinterpret_cast<OnigUChar*>(bytes.data());
  const int type = ONIGENC_PROPERTY_NAME_TO_CTYPE(ONIG_ENCODING_UTF8, begin, begin + bytes.size());
  if (type < 0) return std::nullopt;
  OnigCodePoint single_bytes = 0;
  const OnigCodePoint* listed = nullptr;  // how many ranges, then the two ends of each
  if (ONIGENC_GET_CTYPE_CODE_RANGE(ONIG_ENCODING_UTF8, type, &single_bytes, &listed) != 0)
    return std::nullopt;
  CodePoints out;
  for (OnigCodePoint i = 0; i < listed[0]; ++i) {
    const char32_t first = listed[1 + 2 * i], last = listed[2 + 2 * i];
    if (first <= kLast) out.ranges_.emplace_back(first, std::min(last, kLast));
  }
  return out;
}

void CodePoints::Add(const CodePoints& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  std::sort(ranges_.begin(), ranges_.end());
  std::vector<std::pair<char32_t, char32_t>> joined;
  for (const auto& [first, last] : ranges_) {
    if (!joined.empty() && first <= joined.back().second + 1)
      joined.back().second = std::max(joined.back().second, last);
    else
      joined.emplace_back(first, last);
  }
  ranges_ = std::move(joined);
}

CodePoints CodePoints::Complement() const {
  CodePoints out;
  char32_t next = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > next) out.ranges_.emplace_back(next, first - 1);
    next = last + 1;
  }
  if (next <= kLast) out.ranges_.emplace_back(next, kLast);
  return out;
}

bool CodePoints::Has(char32_t c) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), std::pair<char32_t, char32_t>(c, kLast + 1));
  return after != ranges_.begin() && std::prev(after)->second >= c;
}

CodePointMasks::CodePointMasks(const std::vector<CodePoints>& sets) : block_of_((kLast + 1) / 256) {
  std::vector<uint32_t> masks(kLast + 1);
  for (size_t bit = 0; bit < sets.size(); ++bit) {
    for (const auto& [first, last] : sets[bit].ranges()) {
      for (char32_t c = first; c <= last; ++c) masks[c] |= uint32_t{1} << bit;
    }
  }
  std::map<Block, uint16_t> known;
  for (size_t at = 0; at < block_of_.size(); ++at) {
    Block block;
    std::copy_n(masks.begin() + 256 * at, 256, block.begin());
    const auto [it, fresh] = known.emplace(block, static_cast<uint16_t>(blocks_.size()));
    if (fresh) blocks_.push_back(block);
    block_of_[at] = it->second;
  }
}

}  // namespace hone
