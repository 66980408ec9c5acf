// Strings as Python has them, over UTF-8: positions are characters, not bytes. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_PYTHON_TEXT_H_
#define HONE_DATA_JINJA_PYTHON_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone::jinja {

// All texts are valid UTF-8.
int64_t Length(std::string_view text);
std::vector<std::string_view> Characters(std::string_view text);

std::string FloatRepr(double value);
std::string StringRepr(std::string_view text);

bool IsSpace(char32_t c);  // str.isspace

enum class Side { kLeft, kRight, kBoth };
// Without `characters`: white space.
std::string_view Strip(std::string_view text, std::optional<std::string_view> characters, Side side);

// str.split and str.rsplit: without a separator at runs of white space. `most` < 0: all. The separator is not empty.
std::vector<std::string_view> Split(std::string_view text, std::optional<std::string_view> separator,
                                    int64_t most);
std::vector<std::string_view> SplitRight(std::string_view text, std::optional<std::string_view> separator,
                                         int64_t most);
std::vector<std::string_view> SplitLines(std::string_view text);

// Where `pattern` first stands at or after `from`; npos: nowhere. In linear time, whatever the pattern.
size_t Find(std::string_view text, std::string_view pattern, size_t from = 0);

// Of `most` places from the left; < 0: all. An empty `from` stands before, between and after the characters.
std::string Replace(std::string_view text, std::string_view from, std::string_view to, int64_t most);

// Without the letters whose other case is not one letter: nullopt where there is one.
std::optional<std::string> Upper(std::string_view text);
std::optional<std::string> Lower(std::string_view text);
std::optional<std::string> Capitalize(std::string_view text);  // str.capitalize

// What HTML must not hold as it is: & < > ' ".
std::string EscapeHtml(std::string_view text);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_PYTHON_TEXT_H_
