// rewards/text/readable and the language that a prompt names: each fault of reading alone, sentences, hostile texts.
#include "rewards/text/readable.h"

#include <doctest/doctest.h>

#include <random>

#include "rewards/text/language.h"
#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

Group GroupIn(const std::string& columns, const std::string& thinking, const std::string& answer) {
  Group group = GroupOfTexts("12", {"<think>" + thinking + "</think><answer>" + answer + "</answer>"});
  group.prompt.columns = columns;
  return group;
}

Score Judged(const std::string& thinking, const std::string& answer, const std::string& language = "en") {
  return ReadableReward({"prompt"})
      .Score(GroupIn(R"({"language":")" + language + "\"}", thinking, answer))[0];
}

}  // namespace

TEST_CASE("readable: the language, nothing twice, the answer at the end; each alone takes it away") {
  CHECK(Judged("ones 7 + 5 is 12. so the answer is 12", "12").value == 1.0);
  CHECK(Judged("einer 7 + 5 ist 12. also ist die antwort 12", " 12 ", "de").value == 1.0);
  CHECK(Judged("So it is -3.5!", "-3.5").value == 1.0);
  CHECK(Judged("So the answer is x+1", "x+1").value == 1.0);  // right or wrong, a number or not
  const std::vector<std::array<std::string, 4>> cases = {
      {"einer 7 + 5 ist 12. so the answer is 12", "12", "en", "words may be en"},
      {"ones 7 + 5 is 12. so the answer is 12", "12", "de", "words may be de"},
      {"we add. we add. so the answer is 12", "12", "en", "it says twice: we add"},
      {"ones 7 + 5 is 12. tens 1", "12", "en", "does not end by saying"},
      {"so the answer is 12. this is not hard", "12", "en", "does not end by saying"},
      {"so the answer is 112", "12", "en", "does not end by saying"},
      {"so the answer is -12", "12", "en", "does not end by saying"},
      {"so the answer is 3.12", "12", "en", "does not end by saying"},
      {"we count b1, c12", "12", "en", "does not end by saying"},
      {"we add. 12", "12", "en", "does not end by saying"},
      {"7 + 5 = 12", "12", "en", "no words"}};
  for (const auto& [thinking, answer, language, complaint] : cases) {
    CAPTURE(thinking);
    const Score score = Judged(thinking, answer, language);
    CHECK(score.status == Score::Status::kValue);
    CHECK(score.value == 0.0);
    CHECK_MESSAGE(Says(score, complaint), score.explanation);
  }
  const Score bare = ReadableReward({"en"}).Score(GroupOfTexts("12", {"12"}))[0];
  CHECK(bare.value == 0.0);
}

TEST_CASE("sentences end where a reader ends them") {
  const auto joined = [](std::string_view text) {
    std::string all;
    for (const std::string_view s : SentencesOf(text)) all += std::string(s) + "|";
    return all;
  };
  CHECK(joined("a is 1.5. b is 2;\n\n c! ") == "a is 1.5|b is 2|c|");
  CHECK(joined("a.b ... c") == "a.b ..|c|");
  CHECK(joined("先算。再答！") == "先算|再答|");
  CHECK(joined(" \n. ; ") == "");
  // Whatever the text: the sentences stand in it in order and hold no line end.
  std::mt19937 random(5);
  const std::string_view pieces[] = {". ", "\n", "a", "。", "\xE3", ";", " ", "1", "!"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += pieces[random() % std::size(pieces)];
    CAPTURE(text);
    const char* at = text.data();
    for (const std::string_view s : SentencesOf(text)) {
      REQUIRE(s.data() >= at);
      REQUIRE_FALSE(s.empty());
      REQUIRE(s.find('\n') == s.npos);
      at = s.data() + s.size();
    }
    REQUIRE(at <= text.data() + text.size());
  }
}

TEST_CASE("the language is the option's or the prompt's; a prompt that names none is a fault, not a 0") {
  const auto language = [](const std::string& option, const std::string& columns) {
    Prompt prompt;
    prompt.columns = columns;
    return LanguageFor(option, prompt).value_or("none");
  };
  CHECK(language("fr", "") == "fr");
  CHECK(language("prompt", R"({"question":"x","language":"de"})") == "de");
  for (const char* columns : {"", "{}", "[]", "7", "{", R"({"language":7})", R"({"language":"prompt"})",
                              R"({"language":"klingon"})", R"({"language":"de","language":"en"})"}) {
    CAPTURE(columns);
    CHECK(language("prompt", columns) == "none");
    const Group group = GroupIn(columns, "so it is 12", "12");
    CHECK(IsFault(ReadableReward({"prompt"}).Score(group)[0]));
    CHECK(IsFault(LanguageReward({"prompt"}).Score(group)[0]));
  }
  const Group german = GroupIn(R"({"language":"de"})", "also ist die antwort 12", "12");
  CHECK(LanguageReward({"prompt"}).Score(german)[0].value == 1.0);
  CHECK(LanguageReward({"en"}).Score(german)[0].value == 0.25);
  CHECK(CheckLanguageOption("prompt") == "");
  CHECK(CheckLanguageOption("promt").find("th, prompt") != std::string::npos);
}

TEST_CASE("hostile texts take linear time") {
  for (const char* piece : {". ", "a. ", ".", "\n", "。", "12 ", "<think>", "$", "\xE3\x80", "a"}) {
    CAPTURE(piece);
    std::string text;
    while (text.size() < (1u << 20)) text += piece;
    CHECK(Judged(text, "12").value == 0.0);
    Judged("a " + text, text);
  }
}
