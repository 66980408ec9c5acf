// Numbers as people read them, and text made safe for a page. Covered by tests/rl/report_test.cc.
#include "rl/text.h"

#include <fmt/format.h>

#include <cmath>

#include "data/utf8.h"

namespace hone {
namespace {

// Digits after the point so that about three count.
int Decimals(double magnitude) {
  if (magnitude >= 100) return 0;
  if (magnitude >= 10) return 1;
  if (magnitude >= 1) return 2;
  return magnitude >= 0.1 ? 3 : 4;
}

std::string WithoutTrailingZeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Fixed(double value) {
  return WithoutTrailingZeros(fmt::format("{:.{}f}", value, Decimals(std::fabs(value))));
}

bool IsBidiControl(char32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

}  // namespace

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value > 0 ? "∞" : "-∞";
  const double magnitude = std::fabs(value);
  if (magnitude == 0) return "0";
  if (magnitude < 1e-3 || magnitude >= 1e12) {
    const int exponent = static_cast<int>(std::floor(std::log10(magnitude) + 1e-9));
    return fmt::format("{}e{}", WithoutTrailingZeros(fmt::format("{:.2f}", value / std::pow(10.0, exponent))),
                       exponent);
  }
  if (magnitude >= 999.5e6) return Fixed(value / 1e9) + "G";
  if (magnitude >= 999.5e3) return Fixed(value / 1e6) + "M";
  if (magnitude >= 9999.5) return Fixed(value / 1e3) + "k";
  return Fixed(value);
}

std::string FormatShare(double share) {
  if (!std::isfinite(share)) return FormatNumber(share);
  const double percent = 100 * share;
  if (percent != 0 && std::fabs(percent) < 0.1) return FormatNumber(percent) + " %";
  return WithoutTrailingZeros(fmt::format("{:.1f}", percent)) + " %";
}

std::string FormatDuration(double seconds) {
  if (!std::isfinite(seconds)) return FormatNumber(seconds);
  if (seconds < 59.95) return FormatNumber(seconds) + " s";
  const int64_t whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string FormatMetric(double value, std::string_view unit) {
  if (unit == "share") return FormatShare(value);
  if (unit == "s") return FormatDuration(value);
  if (unit.empty() || std::isnan(value)) return FormatNumber(value);
  return FormatNumber(value) + " " + std::string(unit);
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    const std::string_view bytes = text.substr(at, c.size);
    at += c.size;
    if (!c.valid || IsBidiControl(c.code_point)) {
      out += kReplacementUtf8;
    } else if (c.code_point == '&') {
      out += "&amp;";
    } else if (c.code_point == '<') {
      out += "&lt;";
    } else if (c.code_point == '>') {
      out += "&gt;";
    } else if (c.code_point == '"') {
      out += "&quot;";
    } else if (c.code_point == '\'') {
      out += "&#39;";
    } else if (c.code_point < 0x20 && c.code_point != '\n' && c.code_point != '\t') {
      out += EncodeUtf8(0x2400 + c.code_point);
    } else if (c.code_point == 0x7F) {
      out += EncodeUtf8(0x2421);
    } else if (c.code_point >= 0x80 && c.code_point < 0xA0) {
      out += kReplacementUtf8;
    } else if (c.code_point == 0xFFFE || c.code_point == 0xFFFF) {
      out += kReplacementUtf8;
    } else {
      out += bytes;
    }
  }
  return out;
}

}  // namespace hone
