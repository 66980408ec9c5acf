// Fuzzing of the chat templates' interpreter (driver.h), from the templates of the tests' fixture.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "data/chat_template.h"
#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "data/utf8.h"
#include "tests/fuzz/driver.h"

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
int main(int argc, char** argv) {
  static const std::vector<std::string> kTokens = {
      "{{ ",      " }}",      "{% ",  " %}",  "(",    ")",       "[",    "]",           "{",
      "}",        " | ",      " if ", "else", "for ", " in ",    "loop", ".",           "ns",
      "caller()", "range(9)", "'a'",  "**",   " * ",  "-",       "+",    "99999999999", "set ",
      " = ",      "not ",     " is ", ":",    ",",    "\xC3\xA9"};
  const std::vector<std::string>& corpus = Cases().templates;
  return Drive(argc, argv, [&](uint64_t, std::mt19937_64& random) {
    const std::string text = Mutated(corpus[random() % corpus.size()], corpus, kTokens, 4000, random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  });
}
#endif  // HONE_LIBFUZZER
