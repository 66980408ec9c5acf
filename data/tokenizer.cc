// Applying a tokenizer: text to ids, ids to text, and two of them compared. tokenizer_file.cc reads one.
#include "data/tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "data/error.h"
#include "data/utf8.h"

namespace hone {

namespace {

// The offset of the first byte that is not valid UTF-8, or the size.
size_t FirstBroken(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const Utf8Char c = NextUtf8(text, at);
    if (!c.valid) return at;
    at += c.size;
  }
  return text.size();
}

bool Inside(std::string_view part, std::string_view text) {
  return std::greater_equal<>()(part.data(), text.data()) &&
         std::less_equal<>()(part.data() + part.size(), text.data() + text.size());
}

}  // namespace

std::vector<int32_t> Tokenizer::Encode(std::string_view text) const {
  if (text.size() > INT32_MAX)
    throw Error("a text of " + std::to_string(text.size()) + " bytes is too long", "", "cut it into parts");
  const bool plain_bytes =
      model_.symbols() == BpeSymbols::kBytes && normalizer_.empty() && pre_tokenizer_.empty();
  const size_t broken = plain_bytes ? text.size() : FirstBroken(text);
  if (broken < text.size())
    throw Error("the text is not UTF-8: " + DescribeUtf8(text, broken) + " at byte " + std::to_string(broken),
                "", "convert it to UTF-8");
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 4 + 8);
  std::vector<AddedTokenMatcher::Part> parts;
  raw_.Split(text, parts);
  for (const AddedTokenMatcher::Part& part : parts) {
    if (part.token != nullptr)
      ids.push_back(part.token->id);
    else
      EncodePart(part.text, text, ids);
  }
  return ids;
}

// `part` of `text` holds no token that is matched before the normalizer.
void Tokenizer::EncodePart(std::string_view part, std::string_view text, std::vector<int32_t>& ids) const {
  std::string storage;
  const std::string_view normal = normalizer_.Apply(part, storage);
  std::vector<AddedTokenMatcher::Part> parts;
  normalized_.Split(normal, parts);
  for (const AddedTokenMatcher::Part& inner : parts) {
    if (inner.token != nullptr) {
      ids.push_back(inner.token->id);
      continue;
    }
    const bool at_start = part.data() == text.data() && inner.text.data() == normal.data();
    const PreTokenizer::Pieces pieces = pre_tokenizer_.Split(inner.text, at_start);
    for (const std::string_view piece : pieces.list) EncodePiece(piece, text, ids);
  }
}

void Tokenizer::EncodePiece(std::string_view piece, std::string_view text, std::vector<int32_t>& ids) const {
  const std::optional<size_t> missing = model_.Encode(piece, ids);
  if (!missing) return;
  size_t start = *missing;
  while (start > 0 && *missing - start < 3 && (static_cast<unsigned char>(piece[start]) & 0xc0) == 0x80)
    --start;
  const std::string place =
      Inside(piece, text) ? " at byte " + std::to_string(piece.data() - text.data() + start) : "";
  throw Error("the character " + DescribeUtf8(piece, start) + place + " has no token in this vocabulary", "",
              "leave it out, or use a tokenizer that has it");
}

std::vector<int32_t> Tokenizer::EncodeWithSpecial(std::string_view text) const {
  std::vector<int32_t> ids = Encode(text);
  ids.insert(ids.begin(), post_.before.begin(), post_.before.end());
  ids.insert(ids.end(), post_.after.begin(), post_.after.end());
  return ids;
}

std::string Tokenizer::Decode(const std::vector<int32_t>& ids, bool skip_special) const {
  StreamDecoder stream(*this, skip_special);
  std::string out;
  for (const int32_t id : ids) stream.Append(id, out);
  return out += stream.Flush();
}

void StreamDecoder::Append(int32_t id, std::string& out) {
  static const TokenDecoder::Piece kUnknown = {std::string(kReplacementUtf8), false,
                                               std::string(kReplacementUtf8)};
  if (!tokenizer_.HasToken(id))
    joiner_.Push(kUnknown, out);
  else if (!(skip_special_ && tokenizer_.tokens_[id].special))
    joiner_.Push(tokenizer_.tokens_[id].piece, out);
}

std::string StreamDecoder::Push(int32_t id) {
  std::string out;
  Append(id, out);
  return out;
}

std::string StreamDecoder::Flush() {
  std::string out;
  joiner_.Flush(out);
  return out;
}

// One token for a person, with all that FirstDifference compares.
std::string Tokenizer::Describe(int32_t id) const {
  if (!HasToken(id)) return "nothing";
  const Token& token = tokens_[id];
  std::string out = "'";
  for (const char c : symbols() == BpeSymbols::kBytes ? token.piece.text : token.text) {
    const auto byte = static_cast<unsigned char>(c);
    char text[8];
    std::snprintf(text, sizeof(text), byte >= 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
    out += text;
  }
  out += "'";
  if (token.added) out += " matched whole" + token.flags;
  if (token.special) out += ", special";
  return out;
}

std::string Tokenizer::FirstMergeDifference(const Tokenizer& other) const {
  const auto describe = [](const Tokenizer& t, size_t i) {
    if (i >= t.merges().size()) return std::string("nothing");
    return t.Describe(t.merges()[i].left) + " with " + t.Describe(t.merges()[i].right);
  };
  for (size_t i = 0; i < std::max(merges().size(), other.merges().size()); ++i) {
    const std::string here = describe(*this, i), there = describe(other, i);
    if (here != there) return "merge " + std::to_string(i) + " is " + here + " and " + there;
  }
  return "";
}

std::string Tokenizer::FirstDifference(const Tokenizer& other) const {
  for (int32_t id = 0; id < std::max(vocab_size(), other.vocab_size()); ++id) {
    const std::string here = Describe(id), there = other.Describe(id);
    if (here != there) return "token " + std::to_string(id) + " is " + here + " and " + there;
  }
  const std::string merge = FirstMergeDifference(other);
  if (!merge.empty()) return merge;
  const auto differ = [](const char* what, const std::string& here, const std::string& there) {
    return here == there ? "" : std::string("the ") + what + " is " + here + " and " + there;
  };
  std::string out = differ("model", model_.description(), other.model_.description());
  if (out.empty()) out = differ("normalizer", normalizer_.description(), other.normalizer_.description());
  if (out.empty())
    out = differ("pre-tokenizer", pre_tokenizer_.description(), other.pre_tokenizer_.description());
  return out;
}

std::optional<int32_t> Tokenizer::TokenId(std::string_view text) const {
  const auto it = ids_.find(std::string(text));
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

}  // namespace hone
