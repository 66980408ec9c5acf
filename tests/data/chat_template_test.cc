// Chat templates against what `transformers` renders (tests/parity/template_cases.py writes the cases), hostile ones against
// the bounds, and, where HONE_SHARED names the public data, real templates.
#include "data/chat_template.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/jinja/python_text.h"
#include "data/json.h"
#include "data/text_file.h"
#include "data/text_rows.h"

using namespace hone;

namespace {

std::tm Time(const std::string& iso) {
  std::tm time{};
  REQUIRE(strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%S", &time) != nullptr);
  return time;
}

// What a template becomes, or "refused: .." with the error.
std::string Rendered(const std::string& source, const ChatInput& input = {}) {
  try {
    return ChatTemplate::Parse(source, "t").Render(input);
  } catch (const Error& e) {
    return std::string("refused: ") + e.what();
  }
}

}  // namespace

TEST_CASE("every case of the fixture becomes what transformers makes of it") {
  ChatInput input;
  int64_t cases = 0;
  ForEachLine(HONE_SOURCE_DIR "/tests/data/fixtures/template_cases.jsonl",
              [&](std::string_view line, const std::string& where) {
                const auto row = ParseOrderedJson(line, where);
                if (row.contains("variables")) {
                  input.variables = row["variables"];
                  input.now = Time(row["now"]);
                  return;
                }
                ++cases;
                CAPTURE(where);
                const std::string source = row["template"], got = Rendered(source, input);
                CAPTURE(source);
                if (row["expected"].is_null()) {
                  CHECK(got.rfind("refused: ", 0) == 0);
                } else {
                  CHECK(got == row["expected"].get<std::string>());
                }
              });
  CHECK(cases > 850);
}

TEST_CASE("what a template may do is bounded, and no template exhausts the stack") {
  const auto many = [](const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  const std::string loops =
      "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}x"
      "{% endfor %}{% endfor %}{% endfor %}";
  const std::pair<std::string, const char*> cases[] = {
      {"{{ 'a' * 10**9 }}", "too much work"},
      {"{{ ['a'] * 10**9 }}", "too much work"},
      {"{{ 'a' * 10**18 * 10 }}", "too much work"},
      {loops, "too much work"},
      {"{{ range(10**12) | length }}", "more than 100000 items"},
      {"{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
       "too much work"},
      {"{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ "
       "ns.s }}",
       "nested more than"},
      {"{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ "
       "ns.s }}",
       "too much work"},
      {"{% set ns = namespace(s=1) %}{% for i in range(9999) %}{% set ns.s = {'a': ns.s} %}{% endfor %}",
       "nested more than"},
      {"{{ ('a' * 10000000) | replace('a', 'a' * 10000000) }}", "too much work"},
      {"{{ ('a' * 9000000).strip('a' * 9000000) }}", "too much work"},
      {"{{ ('a' * 1000000) | list | map('string') | list | sort | join('b' * 1000) }}", "too much work"},
      {"{{ 'x' | map('map', 'map', 'upper') | list }}", "not supported"},
      {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested too deeply"},
      {"{{ 2 ** 10 ** 9 }}", "beyond 64 bits"},
      {"{{ 9223372036854775807 + 1 }}", "beyond 64 bits"},
      {"{{ 99999999999999999999 }}", "out of range"},
      {"{{ -9223372036854775807 - 2 }}", "beyond 64 bits"},
      {many("(", 100000) + "1", "'{{' has no '}}'"},
      {"{{ " + many("(", 5000) + "1" + many(")", 5000) + " }}", "nested too deeply"},
      {"{{ " + many("[", 5000) + many("]", 5000) + " }}", "nested too deeply"},
      {"{{ " + many("{1:", 5000) + "1" + many("}", 5000) + " }}", "nested too deeply"},
      {"{{ " + many("not ", 5000) + "1 }}", "nested too deeply"},
      {"{{ " + many("-", 5000) + "1 }}", "nested too deeply"},
      {"{{ " + many("1 if 1 else ", 5000) + "1 }}", "nested too deeply"},
      {"{{ 1" + many(" + 1", 5000) + " }}", "too long or nested too deeply"},
      {"{{ x" + many("[0]", 5000) + " }}", "too long or nested too deeply"},
      {"{{ x" + many("|list", 5000) + " }}", "too long or nested too deeply"},
      {"{{ x" + many(" is string", 5000) + " }}", "chained"},
      {many("{% if 1 %}", 5000), "nested too deeply"},
      {many("{% for a in b %}", 5000), "nested too deeply"},
      {"{% set " + many("(", 5000) + " %}", "unexpected"},
      {many("x", 1 << 21), "larger than 1 MiB"},
  };
  for (const auto& [source, says] : cases) {
    const std::string beginning = source.substr(0, 60),
                      got = Rendered((source[0] == '(' ? "{{ " : "") + source);
    CAPTURE(beginning);
    CAPTURE(says);
    CHECK(got.rfind("refused: t", 0) == 0);
    CHECK_MESSAGE(got.find(says) != std::string::npos, got.substr(0, 200));
  }
}

TEST_CASE("searching is right whatever repeats in the pattern") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 3000; ++round) {
    const auto letters = [&](size_t most) {
      std::string text;
      for (size_t size = random() % most; text.size() < size;) text += "ab"[random() % 8 == 0];
      return text;
    };
    const std::string text = letters(200), pattern = letters(40);
    const size_t from = random() % (text.size() + 1);
    CAPTURE(text);
    CAPTURE(pattern);
    CHECK(jinja::Find(text, pattern, from) == text.find(pattern, from));
  }
}

TEST_CASE("references outlive nothing: namespaces in a circle, loops and callers kept too long") {
  CHECK(Rendered(
            "{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{{ a.b.a.b.a == a }}") ==
        "True");
  CHECK(
      Rendered(
          "{% set n = namespace() %}{% for x in [1, 2] %}{% set n.l = loop %}{% endfor %}{{ n.l.length }}") ==
      "2");
  CHECK(Rendered("{% set n = namespace() %}{% macro m() %}{% set n.c = caller %}{% endmacro %}"
                 "{% call m() %}x{% endcall %}{{ n.c() }}")
            .find("after its call block") != std::string::npos);
  CHECK(
      Rendered(
          "{% set n = namespace() %}{% for x in [1] %}{% set n.f = 'abc'.upper %}{% endfor %}{{ n.f() }}") ==
      "ABC");
}

TEST_CASE("what is not supported is refused by name and line, before anything is rendered where it can be") {
  const std::pair<const char*, const char*> cases[] = {
      {"a\n\n{% include 'x' %}", "t:3: the statement 'include' is not supported"},
      {"{% extends 'x' %}", "'extends'"},
      {"{% if false %}\n{{ x | wordwrap(3) }}{% endif %}", "t:2: the filter 'wordwrap' is not supported"},
      {"{{ x is nosuch }}", "t:1: the test 'nosuch' is not supported"},
      {"{% for x in y recursive %}{% endfor %}", "recursive loops are not supported"},
      {"{% for x in y %}{% macro m() %}{% endmacro %}{% endfor %}", "a macro inside"},
      {"{{ f(*x) }}", "arguments with '*' are not supported"},
      {"{{ 'x'.format(1) }}", "the method 'format' of a str is not supported"},
      {"\n{{ [].append(1) }}", "t:2: the method 'append' of a list is not supported"},
      {"{{ ''.__class__ }}", "the attribute '__class__' of a str is not supported"},
      {"{{ {}.__class__.__mro__ }}", "refused"},
      {"{{ '%s' % 1 }}", "'%' on a str"},
      {"{{ cycler }}", "'cycler' is not supported"},
      {"{{ range }}", "no text of its own"},
      {"{{ 'stra\xC3\x9F"
       "e' | upper }}",
       "another case"},
      {"\xff", "not UTF-8"},
      {"{% set %}", "t:1: expected a name"},
      {"{{ 1 | }}", "a filter's name"},
      {"{% if 1 %}", "the template ends before '{% endif %}'"},
      {"{{ 1 %}", "refused"},
      {"{{ strftime_now('%Y') }}", "'strftime_now' is undefined"},
      {"{{ raise_exception('a {{ b }}') }}", "refused: t:1: a {{ b }}"},
  };
  for (const auto& [source, says] : cases) {
    CAPTURE(source);
    const std::string got = Rendered(source);
    CHECK(got.rfind("refused: t", 0) == 0);
    CHECK_MESSAGE(got.find(says) != std::string::npos, got);
  }
}

TEST_CASE("the messages are never read as a template") {
  ChatInput input;
  const std::string hostile = "{{ 7 * 7 }}{% for x in y %}{# c #}\\n{{";
  input.messages = {{{"role", "user"}, {"content", hostile}}};
  CHECK(Rendered("{% for m in messages %}[{{ m.content }}]{% endfor %}", input) == "[" + hostile + "]");
  input.messages[0]["content"] = 18446744073709551615u;
  CHECK(Rendered("{{ messages }}", input).find("beyond 64 bits") != std::string::npos);
}

TEST_CASE("the public renders are made exactly") {
  const char* shared = std::getenv("HONE_SHARED");
  if (shared == nullptr) {
    MESSAGE("skipped: HONE_SHARED is not set");
    return;
  }
  const std::string folder = std::string(shared) + "/data/chat-templates/";
  int64_t rows = 0;
  ForEachLine(folder + "expected.jsonl", [&](std::string_view line, const std::string& where) {
    const auto row = ParseOrderedJson(line, where);
    ChatInput input;
    input.messages = row["messages"];
    input.tools = row["tools"];
    input.add_generation_prompt = row["add_generation_prompt"];
    input.variables = {{"bos_token", row["bos_token"]}, {"eos_token", row["eos_token"]}};
    input.now = Time(row["now"]);
    CAPTURE(where);
    CHECK(Rendered(ReadFile(folder + row["template"].get<std::string>()), input) ==
          row["expected"].get<std::string>());
    ++rows;
  });
  CHECK(rows == 220);
}

TEST_CASE("a directory's template and the special tokens that it names") {
  const std::string dir = (std::filesystem::temp_directory_path() / "hone_chat_template").string();
  std::filesystem::create_directories(dir);
  const auto loaded = [&] { return ChatTemplate::Load(dir).Render({}); };
  CHECK_THROWS_WITH_AS(loaded(), doctest::Contains("the model has no chat template"), Error);
  const std::string config = dir + "/tokenizer_config.json";
  WriteFileAtomic(
      config,
      R"({"bos_token":"<s>","eos_token":{"content":"</s>"},"chat_template":"{{ bos_token }}a{{ eos_token }}"})");
  CHECK(loaded() == "<s>a</s>");
  WriteFileAtomic(config,
                  R"({"chat_template":[{"name":"rag","template":"r"},{"name":"default","template":"d"}]})");
  CHECK(loaded() == "d");
  WriteFileAtomic(dir + "/chat_template.jinja", "file{{ bos_token }}\n");
  CHECK(loaded() == "file");
  WriteFileAtomic(dir + "/chat_template.jinja", "{{");
  CHECK_THROWS_WITH_AS(loaded(), doctest::Contains("chat_template.jinja:1: "), Error);
  std::filesystem::remove_all(dir);
}
