// See token_decoder.h. The results are those of Hugging Face's `tokenizers`.
#include "data/token_decoder.h"

#include <charconv>

#include "data/byte_level.h"
#include "data/error.h"
#include "data/utf8.h"

namespace hone {

namespace {

std::string Replaced(std::string_view text, const Pattern& pattern, const std::string& content) {
  std::vector<Span> spans;
  pattern.Matches(text, spans);
  std::string out;
  size_t done = 0;
  for (const auto& [begin, end] : spans) {
    out.append(text, done, begin - done).append(content);
    done = end;
  }
  return out.append(text, done);
}

// The byte that "<0x41>" names, or -1.
int FallbackByte(std::string_view token) {
  if (token.size() != 6 || token.substr(0, 3) != "<0x" || token[5] != '>') return -1;
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
  return fault == std::errc() && end == token.data() + 5 ? static_cast<int>(value) : -1;
}

// Whether the bytes from `at` on are the beginning of a character that more bytes could complete.
bool Unfinished(std::string_view bytes, size_t at) {
  const Utf8Char c = NextUtf8(bytes, at);
  const auto lead = static_cast<unsigned char>(bytes[at]);
  if (c.valid || at + c.size < bytes.size() || lead < 0xc2 || lead > 0xf4) return false;
  const size_t wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return bytes.size() - at < wanted;
}

}  // namespace

TokenDecoder TokenDecoder::Read(const TokenizerSection& section) {
  TokenDecoder out;
  const std::vector<TokenizerSection> steps = FlatSteps(section, "decoders");
  if (steps.empty()) section.Refuse("an empty Sequence");
  if (steps.size() == 1 && steps[0].Type() == "ByteLevel") {
    steps[0].AllowOnly({"add_prefix_space", "trim_offsets", "use_regex"});
    return out;
  }
  if (steps.size() == 1 && steps[0].Type() == "Metaspace") {
    steps[0].AllowOnly({"replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"});
    out.kind_ = Kind::kMetaspace;
    out.replacement_ = steps[0].Text("replacement");
    if (out.replacement_.empty()) steps[0].Refuse("an empty replacement");
    const std::string scheme =
        steps[0].Has("prepend_scheme") ? steps[0].Text("prepend_scheme") : std::string("always");
    if (scheme != "always" && scheme != "first" && scheme != "never")
      steps[0].Refuse("prepend_scheme '" + scheme.substr(0, 60) + "'");
    out.drops_first_ = scheme != "never";
    return out;
  }
  out.kind_ = Kind::kText;
  bool fused = false;
  for (const TokenizerSection& step : steps) {
    const std::string type = step.Type();
    const std::string late = "the decoder " + step.value.at("type").dump() + " at this place";
    if (type == "Replace") {
      if (out.byte_fallback_ || fused) step.Refuse(late);
      step.AllowOnly({"pattern", "content"});
      out.replacements_.push_back({step.PatternAt("pattern"), step.Text("content")});
    } else if (type == "ByteFallback") {
      if (out.byte_fallback_ || fused) step.Refuse(late);
      out.byte_fallback_ = true;
    } else if (type == "Fuse") {
      if (fused) step.Refuse(late);
      fused = true;
    } else if (type == "Strip") {
      if (!fused || !out.strip_.empty()) step.Refuse(late);
      step.AllowOnly({"content", "start", "stop"});
      if (step.value.at("stop") != 0) step.Refuse("stripping at the end");
      out.strip_ = step.Text("content");
      out.strip_count_ = step.value.at("start").get<size_t>();
      if (out.strip_.empty()) step.Refuse("an empty content");
    } else {
      step.Refuse("the decoder " + step.value.at("type").dump());
    }
  }
  return out;
}

TokenDecoder::Piece TokenDecoder::Decode(std::string_view token) const {
  if (kind_ == Kind::kByteLevel) {
    const std::optional<std::string> bytes = SpelledBytes(token);
    return {bytes ? *bytes : std::string(token), true, ""};
  }
  Piece piece{std::string(token), false, ""};
  if (kind_ == Kind::kMetaspace) {
    const Pattern replacement = Pattern::Literal(replacement_, "");
    piece.text = Replaced(token, replacement, " ");
    piece.text_if_first = drops_first_ ? Replaced(token, replacement, "") : piece.text;
    return piece;
  }
  for (const Replacement& r : replacements_) piece.text = Replaced(piece.text, r.pattern, r.content);
  const int byte = byte_fallback_ ? FallbackByte(piece.text) : -1;
  if (byte >= 0) piece = {std::string(1, static_cast<char>(byte)), true, ""};
  return piece;
}

void TokenJoiner::Push(const TokenDecoder::Piece& piece, std::string& out) {
  const bool first = std::exchange(first_, false);
  if (piece.is_bytes) return PushBytes(piece.text, out);
  if (!held_.empty()) Flush(out);
  const bool replaced = first && decoder_->kind_ == TokenDecoder::Kind::kMetaspace;
  Emit(replaced ? piece.text_if_first : piece.text, out);
}

void TokenJoiner::PushBytes(std::string_view bytes, std::string& out) {
  if (decoder_->byte_fallback_) {  // a run with anything broken in it is broken as a whole: see Flush
    held_ += bytes;
    return;
  }
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {}) + std::string(bytes);
    bytes = joined;
  }
  for (size_t at = 0; at < bytes.size();) {
    if (Unfinished(bytes, at)) {
      held_ = bytes.substr(at);
      return;
    }
    const Utf8Char c = NextUtf8(bytes, at);
    out += c.valid ? bytes.substr(at, c.size) : kReplacementUtf8;
    at += c.size;
  }
}

void TokenJoiner::Flush(std::string& out) {
  const std::string held = std::exchange(held_, {});
  std::string text = ValidUtf8(held);
  if (decoder_->byte_fallback_ && text != held) {  // as `tokenizers`: one U+FFFD for each byte of the run
    text.clear();
    for (size_t i = 0; i < held.size(); ++i) text += kReplacementUtf8;
  }
  Emit(text, out);
}

void TokenJoiner::Emit(std::string_view text, std::string& out) {
  while (strip_ > 0 && !text.empty()) {
    if (text.substr(0, decoder_->strip_.size()) != decoder_->strip_) {
      strip_ = 0;
      break;
    }
    text.remove_prefix(decoder_->strip_.size());
    --strip_;
  }
  out += text;
}

}  // namespace hone
