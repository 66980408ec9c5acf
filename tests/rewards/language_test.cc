// rewards/text/language: words by script and word list, what is not counted, and hostile texts in linear time.
#include "rewards/text/language.h"

#include <doctest/doctest.h>

#include "data/error.h"

using namespace hone;

namespace {

double Share(const std::string& text, const std::string& language) {
  const WordCount count = CountWords(text, language);
  return count.all == 0 ? -1.0 : static_cast<double>(count.target) / static_cast<double>(count.all);
}

}  // namespace

TEST_CASE("the same sentence scores 1 in its own script and 0 in another") {
  const std::pair<const char*, const char*> texts[] = {
      {"en", "We don't know the answer, but we can work it out."},
      {"de", "Wir wissen die Antwort nicht, aber wir können sie ausrechnen."},
      {"fr", "Nous ne savons pas la réponse, donc il faut la calculer."},
      {"es", "No sabemos la respuesta, pero podemos calcularla."},
      {"zh", "我们先算一算，再回答。"},
      {"ja", "まず計算して、それから答えます。"},
      {"ko", "먼저 계산한 다음에 대답합니다."},
      {"ru", "Сначала посчитаем, потом ответим."},
      {"el", "Πρώτα υπολογίζουμε και μετά απαντάμε."},
      {"he", "קודם נחשב ואז נענה."},
      {"ar", "نحسب أولاً ثم نجيب."},
      {"hi", "पहले गणना करें फिर उत्तर दें।"},
      {"th", "คำนวณก่อนแล้วจึงตอบ"}};
  for (const auto& [language, text] : texts) {
    CAPTURE(language);
    CHECK(Share(text, language) == 1.0);
    CHECK(Share(text, std::string(language) == "ru" ? "en" : "ru") == 0.0);
  }
  CHECK(Share("Wir wissen die Antwort nicht und rechnen", "en") < 0.6);  // its commonest words give it away
  CHECK(Share("the answer is not in the book", "de") < 0.5);
  CHECK(Share("Let us compute 3+4 首先 计算", "en") == doctest::Approx(3.0 / 7.0));
  CHECK(Share("e\xCC\x81t\xC3\xA9", "fr") == 1.0);  // a combining accent belongs to its letter
  CHECK(CountWords("e\xCC\x81t\xC3\xA9", "fr").all == 1);
}

TEST_CASE("code, LaTeX, numbers and tags are not words") {
  const std::pair<const char*, const char*> cases[] = {
      {"a ```python\nfor x in y:\n``` b", "a   b"},
      {"a `x y` b", "a   b"},
      {"a $x+y$ b", "a   b"},
      {"a $$x\ny$$ b", "a   b"},
      {"a \\[x\\] \\(y\\) b", "a     b"},
      {"a \\frac{1}{2} b", "a  {1}{2} b"},
      {"<think>a</think> <answer>b</answer>", " a   b "},
      {"it costs 5$ or `so\nnext", "it costs 5$ or `so\nnext"},
      {"a ```x y", "a  "},
      {"1 < 2 and <b", "1 < 2 and <b"},
      {"\\", "\\"}};
  for (const auto& [text, plain] : cases) {
    CAPTURE(text);
    CHECK(WithoutCodeAndLatex(text) == plain);
  }
  for (const char* text :
       {"", "12 + 34 = 46", "$x$ `y` ```z```", "<think></think>", "\xFF\xFE", "…!?", "😀"}) {
    CHECK(CountWords(text, "en").all == 0);
  }
  Group group;
  group.completions.resize(2);
  group.completions[0].text = "12 + 34 = 46";
  group.completions[1].text = "twelve и";
  const std::vector<Score> scores = LanguageReward({}).Score(group);
  CHECK(scores.at(0).status == Score::Status::kNotApplicable);
  CHECK(scores.at(1).value == 0.5);
  CHECK(scores.at(1).explanation == "1 of 2 words may be en");
}

TEST_CASE("hostile texts take linear time") {  // a quadratic scan would outlast ctest
  for (const char* piece : {"$", "`", "\\(", "\\[a", "\\]\\[", "$$ ", "```", "~~~`", "<think", "\\a", "é",
                            "字", "\xE5", "$\n", "`$"}) {
    CAPTURE(piece);
    std::string text;
    while (text.size() < (1u << 20)) text += piece;
    CountWords(text, "en");
  }
}

TEST_CASE("an unknown language is refused with the list") {
  const auto options = BuiltInOptions("language");
  REQUIRE(options != nullptr);
  const FieldWalk walk = [&](FieldVisitor& v) { options->Fields(v); };
  CHECK_THROWS_WITH_AS(ParseFields(walk, walk, "language = 'english'", "r.toml", {}),
                       doctest::Contains("it must be one of en, de, fr"), Error);
}
