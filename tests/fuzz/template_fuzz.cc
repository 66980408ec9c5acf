// Fuzzing of the chat templates' interpreter. With clang and -fsanitize=fuzzer,address libFuzzer drives it; with any other compiler a
// small driver of its own does: `template_fuzz [inputs] [seed]` mutates the templates of the tests' fixture, and prints the seed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "data/chat_template.h"
#include "data/error.h"
#include "data/json.h"
#include "data/text_rows.h"
#include "data/utf8.h"

namespace {

struct Fixture {
  nlohmann::ordered_json variables;
  std::vector<std::string> templates;
};

const Fixture& Cases() {
  static const Fixture fixture = [] {
    Fixture read;
    hone::ForEachLine(HONE_SOURCE_DIR "/tests/data/fixtures/template_cases.jsonl",
                      [&](std::string_view line, const std::string& where) {
                        const auto row = hone::ParseOrderedJson(line, where);
                        if (row.contains("variables")) read.variables = row["variables"];
                        if (row.contains("template")) read.templates.push_back(row["template"]);
                      });
    return read;
  }();
  return fixture;
}

}  // namespace

// Whatever the template: a text that is UTF-8, or an Error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hone::ChatInput input;
  input.variables = Cases().variables;
  input.now = hone::LocalTime();
  try {
    const std::string_view source(reinterpret_cast<const char*>(data), size);
    const std::string text = hone::ChatTemplate::Parse(source, "fuzz").Render(input);
    if (hone::ValidUtf8(text) != text) std::abort();
  } catch (const hone::Error&) {
  }
  return 0;
}

#ifndef HONE_LIBFUZZER
namespace {

// One to eight changes: cut, repeat, swap in a piece of another template, a token, or a byte.
std::string Mutated(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kTokens[] = {
      "{{ ",      " }}",      "{% ",  " %}",  "(",    ")",       "[",    "]",           "{",
      "}",        " | ",      " if ", "else", "for ", " in ",    "loop", ".",           "ns",
      "caller()", "range(9)", "'a'",  "**",   " * ",  "-",       "+",    "99999999999", "set ",
      " = ",      "not ",     " is ", ":",    ",",    "\xC3\xA9"};
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  for (size_t change = 1 + below(8); change > 0; --change) {
    const size_t at = below(text.size() + 1), size = below(24);
    const std::string& other = Cases().templates[below(Cases().templates.size())];
    switch (below(5)) {
      case 0:
        text.erase(at, size);
        break;
      case 1:
        text.insert(at, text.substr(at, size));
        break;
      case 2:
        text.insert(at, other.substr(below(other.size()), below(32)));
        break;
      case 3:
        text.insert(at, kTokens[below(std::size(kTokens))]);
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random());
    }
    if (text.size() > 4000) text.resize(4000);
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t inputs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(inputs),
              static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < inputs; ++i) {
    const std::string text = Mutated(Cases().templates[random() % Cases().templates.size()], random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  return 0;
}
#endif  // HONE_LIBFUZZER
