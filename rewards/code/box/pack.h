// Numbers and strings as bytes in order, between the sandbox and its boxes. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_PACK_H_
#define HONE_REWARDS_CODE_BOX_PACK_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

class Packer {
 public:
  void Number(int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void Text(std::string_view text) {
    Number(static_cast<int64_t>(text.size()));
    bytes_.append(text);
  }
  void Texts(const std::vector<std::string>& texts) {
    Number(static_cast<int64_t>(texts.size()));
    for (const std::string& text : texts) Text(text);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what a Packer of this program wrote. `ok()` turns false, and stays so, when the bytes end early.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  int64_t Number() {
    int64_t value = 0;
    const std::string_view bytes = Take(sizeof value);
    if (ok_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view View() { return Take(static_cast<uint64_t>(Number())); }
  std::string Text() { return std::string(View()); }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (int64_t count = Number(); ok_ && count > 0; --count) texts.push_back(Text());
    return texts;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view Take(uint64_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_PACK_H_
