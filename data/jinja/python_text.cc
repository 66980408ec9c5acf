// See python_text.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/python_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "data/utf8.h"

namespace hone::jinja {
namespace {

bool IsPrintable(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == ' ';
    default:
      return true;
  }
}

bool IsLineEnd(char32_t c) {
  return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Where the character before `end` begins.
size_t CharacterBefore(std::string_view text, size_t end) {
  do --end;
  while (end > 0 && (text[end] & 0xc0) == 0x80);
  return end;
}

struct Span {
  char32_t first, last;
};
// Letters whose other case is several letters, or depends on the place: Unicode's SpecialCasing.
constexpr Span kNoSimpleUpper[] = {{0xdf, 0xdf},     {0x149, 0x149},   {0x1f0, 0x1f0},
                                   {0x390, 0x390},   {0x3b0, 0x3b0},   {0x587, 0x587},
                                   {0x1e96, 0x1e9a}, {0x1f50, 0x1ffc}, {0xfb00, 0xfb17}};
constexpr Span kNoSimpleLower[] = {{0x130, 0x130}, {0x3a3, 0x3a3}};

template <class Map, class Spans>
std::optional<std::string> WithCase(std::string_view text, Map map, const Spans& refused) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    const auto holds = [&](const Span& span) {
      return c.code_point >= span.first && c.code_point <= span.last;
    };
    if (std::any_of(std::begin(refused), std::end(refused), holds)) return std::nullopt;
    out += EncodeUtf8(static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(c.code_point))));
    at += c.size;
  }
  return out;
}

std::vector<std::string_view> SplitAtSpace(std::string_view text, int64_t most) {
  std::vector<std::string_view> parts;
  text = Strip(text, std::nullopt, Side::kLeft);
  while (!text.empty()) {
    size_t end = 0;
    while (end < text.size()) {
      const Utf8Char c = NextUtf8(text, end);
      if (IsSpace(c.code_point)) break;
      end += c.size;
    }
    if (static_cast<int64_t>(parts.size()) == most) {
      parts.push_back(text);
      break;
    }
    parts.push_back(text.substr(0, end));
    text = Strip(text.substr(end), std::nullopt, Side::kLeft);
  }
  return parts;
}

std::vector<std::string_view> SplitAtSpaceFromRight(std::string_view text, int64_t most) {
  std::vector<std::string_view> parts;
  text = Strip(text, std::nullopt, Side::kRight);
  while (!text.empty()) {
    size_t begin = text.size();
    while (begin > 0) {
      const size_t before = CharacterBefore(text, begin);
      if (IsSpace(NextUtf8(text, before).code_point)) break;
      begin = before;
    }
    if (static_cast<int64_t>(parts.size()) == most) {
      parts.push_back(text);
      break;
    }
    parts.push_back(text.substr(begin));
    text = Strip(text.substr(0, begin), std::nullopt, Side::kRight);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

int64_t Length(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; });
}

std::vector<std::string_view> Characters(std::string_view text) {
  std::vector<std::string_view> characters;
  for (size_t at = 0; at < text.size(); at += characters.back().size())
    characters.push_back(text.substr(at, NextUtf8(text, at).size));
  return characters;
}

std::string FloatRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[400];
  const double size = std::fabs(value);
  const bool plain = size == 0.0 || (size >= 1e-4 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::string out(text, std::to_chars(text, text + sizeof text, value, format).ptr);
  if (plain && out.find('.') == std::string::npos) out += ".0";
  return out;
}

std::string StringRepr(std::string_view text) {
  const bool doubled = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = doubled ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    const auto code = static_cast<unsigned>(c.code_point);
    char escape[16] = "";
    if (code == static_cast<unsigned char>(quote) || code == '\\') {
      out += '\\';
      out += static_cast<char>(code);
    } else if (code == '\n' || code == '\r' || code == '\t') {
      out += code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t";
    } else if (IsPrintable(c.code_point)) {
      out += text.substr(at, c.size);
    } else {
      std::snprintf(escape, sizeof escape,
                    code < 0x100     ? "\\x%02x"
                    : code < 0x10000 ? "\\u%04x"
                                     : "\\U%08x",
                    code);
      out += escape;
    }
    at += c.size;
  }
  return out + quote;
}

bool IsSpace(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

std::string_view Strip(std::string_view text, std::optional<std::string_view> characters, Side side) {
  const auto goes = [&](size_t at) {
    const Utf8Char c = NextUtf8(text, at);
    if (!characters) return IsSpace(c.code_point);
    return characters->find(text.substr(at, c.size)) != std::string_view::npos;
  };
  size_t begin = 0, end = text.size();
  if (side != Side::kRight)
    while (begin < end && goes(begin)) begin += NextUtf8(text, begin).size;
  if (side != Side::kLeft) {
    while (end > begin) {
      const size_t before = CharacterBefore(text, end);
      if (!goes(before)) break;
      end = before;
    }
  }
  return text.substr(begin, end - begin);
}

std::vector<std::string_view> Split(std::string_view text, std::optional<std::string_view> separator,
                                    int64_t most) {
  if (!separator) return SplitAtSpace(text, most);
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const bool full = most >= 0 && static_cast<int64_t>(parts.size()) == most;
    const size_t end = full ? std::string_view::npos : Find(text, *separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + separator->size();
  }
}

std::vector<std::string_view> SplitRight(std::string_view text, std::optional<std::string_view> separator,
                                         int64_t most) {
  if (!separator) return SplitAtSpaceFromRight(text, most);
  // The mirror image from the left, where a search takes linear time.
  const std::string mirrored(text.rbegin(), text.rend()),
      mirrored_separator(separator->rbegin(), separator->rend());
  std::vector<std::string_view> parts = Split(mirrored, mirrored_separator, most);
  for (std::string_view& part : parts) {
    const auto begin = static_cast<size_t>(part.data() - mirrored.data());
    part = text.substr(text.size() - begin - part.size(), part.size());
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

size_t Find(std::string_view text, std::string_view pattern, size_t from) {
  constexpr size_t kShort = 16;  // so many bytes are compared at every place at most
  if (pattern.size() <= kShort) return text.find(pattern, from);
  if (pattern.size() > text.size() - from) return std::string_view::npos;
  // Knuth, Morris and Pratt: after how many bytes of the pattern to go on where byte i of it does not fit.
  std::vector<uint32_t> border(pattern.size(), 0);
  for (uint32_t i = 1, k = 0; i < pattern.size(); ++i) {
    while (k > 0 && pattern[i] != pattern[k]) k = border[k - 1];
    if (pattern[i] == pattern[k]) ++k;
    border[i] = k;
  }
  size_t k = 0;
  for (size_t at = from; at < text.size(); ++at) {
    while (k > 0 && text[at] != pattern[k]) k = border[k - 1];
    if (text[at] == pattern[k] && ++k == pattern.size()) return at + 1 - k;
  }
  return std::string_view::npos;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    if (!IsLineEnd(c.code_point)) {
      at += c.size;
      continue;
    }
    lines.push_back(text.substr(begin, at - begin));
    at += text.substr(at, 2) == "\r\n" ? 2 : c.size;
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string Replace(std::string_view text, std::string_view from, std::string_view to, int64_t most) {
  std::string out;
  size_t begin = 0;
  for (int64_t done = 0; most < 0 || done < most; ++done) {
    if (from.empty()) {  // before each character, then at the end
      out += to;
      if (begin == text.size()) return out;
      const size_t size = NextUtf8(text, begin).size;
      out += text.substr(begin, size);
      begin += size;
      continue;
    }
    const size_t at = Find(text, from, begin);
    if (at == std::string_view::npos) break;
    out += text.substr(begin, at - begin);
    out += to;
    begin = at + from.size();
  }
  return out += text.substr(begin);
}

std::optional<std::string> Upper(std::string_view text) {
  return WithCase(text, utf8proc_toupper, kNoSimpleUpper);
}
std::optional<std::string> Lower(std::string_view text) {
  return WithCase(text, utf8proc_tolower, kNoSimpleLower);
}

std::optional<std::string> Capitalize(std::string_view text) {
  if (text.empty()) return "";
  const size_t first = NextUtf8(text, 0).size;
  auto begin = WithCase(text.substr(0, first), utf8proc_totitle, kNoSimpleUpper);
  const auto rest = Lower(text.substr(first));
  if (!begin || !rest) return std::nullopt;
  return *begin + *rest;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace hone::jinja
