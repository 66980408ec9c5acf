// data/arithmetic_corpus: the formats letter by letter, every equality true without slips, shares as
// configured, no held-out question, and only characters the tokenizer has.
#include "data/arithmetic_corpus.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "data/error.h"

using namespace hone;

namespace {

const PromptTemplate kTemplate("<bos>Q:{question}=?A:");

Tokenizer TinyTokenizer() {
  std::string path = (std::filesystem::temp_directory_path() / "hone_corpus_XXXXXX").string();
  REQUIRE(mkdtemp(path.data()) != nullptr);
  WriteArithmeticTokenizer(path);
  Tokenizer tokenizer = Tokenizer::Load(path);
  std::filesystem::remove_all(path);
  return tokenizer;
}

// Reads `[-]digits` at `at`, which moves past it.
int64_t Number(const std::string& s, size_t& at) {
  const bool negative = s.at(at) == '-';
  at += negative;
  REQUIRE(std::isdigit(static_cast<unsigned char>(s.at(at))));
  int64_t n = 0;
  while (at < s.size() && std::isdigit(static_cast<unsigned char>(s[at]))) n = n * 10 + (s[at++] - '0');
  return negative ? -n : n;
}

// Checks `a op b=c op d=e,...:n;...`: each `=` must follow from exactly two operands (or restate one).
// Returns the number of false equalities.
int FalseEqualities(const std::string& working) {
  int wrong = 0;
  size_t at = 0;
  while (at < working.size()) {
    int64_t value = Number(working, at);
    if (working.at(at) == '=') {  // 6=6
      wrong += Number(working, ++at) != value;
    }
    while (at < working.size() && std::string("+-*").find(working[at]) != std::string::npos) {
      const char op = working[at++];
      REQUIRE(working.at(at) != '-');
      const int64_t operand = Number(working, at);
      const int64_t expected = op == '+' ? value + operand : op == '-' ? value - operand : value * operand;
      REQUIRE(working.at(at++) == '=');
      value = Number(working, at);
      wrong += value != expected;
    }
    if (at < working.size() && working[at] == ':') {
      Number(working, ++at);
      REQUIRE(working.at(at) == ';');
    }
    if (at < working.size()) REQUIRE(std::string(",;").find(working[at++]) != std::string::npos);
  }
  return wrong;
}

std::string Between(const std::string& s, const std::string& open, const std::string& close) {
  const size_t from = s.find(open);
  if (from == std::string::npos) return "";
  return s.substr(from + open.size(), s.find(close) - from - open.size());
}

}  // namespace

TEST_CASE("the column format, letter by letter") {
  DataRandom random(0);
  const auto work = [&](ArithmeticKind kind, std::vector<int64_t> operands) {
    const Working w = WorkByColumns({kind, operands}, 0.0, random);
    return w.text + " " + w.answer;
  };
  using K = ArithmeticKind;
  // The three examples the prototype was measured with.
  CHECK(work(K::kSum3, {18, 998, 167}) == "8+8=16+7=23,1+9=10+6=16+2=18,9+1=10+1=11 1183");
  CHECK(work(K::kTimesThenAdd, {75, 8, 14}) == "5*8=40,7*8=56+4=60:600;0+4=4,0+1=1,6=6 614");
  CHECK(work(K::kTimesTwoDigits, {14, 78}) ==
        "4*8=32,1*8=8+3=11:112;4*7=28,1*7=7+2=9:980;2+0=2,1+8=9,1+9=10 1092");
  // Differences and the edges.
  CHECK(work(K::kDifference, {523, -187}) == "3-7=-4+10=6,2-8=-6-1=-7+10=3,5-1=4-1=3 336");
  CHECK(work(K::kDifference, {1000, -999}) == "0-9=-9+10=1,0-9=-9-1=-10+10=0,0-9=-9-1=-10+10=0,1-1=0 1");
  CHECK(work(K::kDifference, {1234, -12}) == "4-2=2,3-1=2,2=2,1=1 1222");
  CHECK(work(K::kDifference, {55, -55}) == "5-5=0,5-5=0 0");
  CHECK(work(K::kSum2, {999, 11}) == "9+1=10,9+1=10+1=11,9+1=10 1010");
  CHECK(work(K::kTimesDigit, {235, 8}) == "5*8=40,3*8=24+4=28,2*8=16+2=18 1880");
  CHECK(work(K::kTimesTwoDigits, {14, 30}) == "4*0=0,1*0=0:0;4*3=12,1*3=3+1=4:420;0+0=0,2=2,4=4 420");
  CHECK(work(K::kTimesThenAdd, {75, 8, -14}) ==
        "5*8=40,7*8=56+4=60:600;0-4=-4+10=6,0-1=-1-1=-2+10=8,6-1=5 586");

  const auto coarse = [&](ArithmeticKind kind, std::vector<int64_t> operands) {
    const Working w = WorkCoarsely({kind, operands}, 0.0, random);
    return w.text + " " + w.answer;
  };
  CHECK(coarse(K::kSum3, {18, 998, 167}) == "18+998=1016+167=1183 1183");
  CHECK(coarse(K::kTimesThenAdd, {75, 8, -14}) == "75*8=600-14=586 586");
  CHECK(coarse(K::kTimesTwoDigits, {14, 78}) == "14*70=980,14*8=112,980+112=1092 1092");
}

TEST_CASE("without slips every equality is true and every answer is right, 20,000 of each kind") {
  const uint64_t seed = 17;
  CAPTURE(seed);
  DataRandom random(seed);
  std::map<ArithmeticKind, int> seen;
  int wrong = 0, unequal = 0;
  const auto enough = [&] {
    return seen.size() == std::size(kArithmeticKinds) &&
           std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s.second >= 20000; });
  };
  while (!enough()) {
    const ArithmeticQuestion question = DrawArithmeticQuestion(random);
    if (++seen[question.kind] > 20000) continue;
    for (const Working& w : {WorkByColumns(question, 0.0, random), WorkCoarsely(question, 0.0, random)}) {
      wrong += w.answer != std::to_string(question.Answer());
      unequal += FalseEqualities(w.text);
    }
  }
  CHECK(wrong == 0);
  CHECK(unequal == 0);
}

TEST_CASE("a slip is carried on: one false equality at a time, digits stay digits") {
  DataRandom random(23);
  int documents = 0, slipped = 0, wrong_after_slip = 0;
  for (int i = 0; i < 20000; ++i) {
    const ArithmeticQuestion question = DrawArithmeticQuestion(random);
    const Working w = WorkByColumns(question, 0.05, random);
    const int slips = FalseEqualities(w.text);
    const bool wrong = w.answer != std::to_string(question.Answer());
    ++documents;
    slipped += slips > 0;
    wrong_after_slip += slips > 0 && wrong;
    if (slips == 0) REQUIRE_FALSE(wrong);
    REQUIRE(std::all_of(w.answer.begin(), w.answer.end(), [](unsigned char c) { return std::isdigit(c); }));
    if (slips == 1 && question.kind == ArithmeticKind::kDifference) REQUIRE(w.answer.size() <= 4);
  }
  CHECK(slipped > documents / 10);
  CHECK(wrong_after_slip > slipped * 8 / 10);
  // With every step a slip it still ends and stays readable.
  for (int i = 0; i < 5000; ++i) {
    const ArithmeticQuestion question = DrawArithmeticQuestion(random);
    CHECK(FalseEqualities(WorkByColumns(question, 1.0, random).text) > 0);
    CHECK(FalseEqualities(WorkCoarsely(question, 1.0, random).text) > 0);
  }
}

TEST_CASE("the corpus: shares, errors, no held-out question, every character in the vocabulary, lengths") {
  const uint64_t seed = 3;
  const int count = 20000;
  CAPTURE(seed);
  const ArithmeticCorpusConfig config;
  const ArithmeticCorpus corpus(config, seed, kTemplate);
  const Tokenizer tokenizer = TinyTokenizer();
  struct Tally {
    int documents = 0, right = 0, untagged = 0;
    size_t tokens = 0, longest = 0;
  };
  std::map<DocumentStyle, Tally> styles;
  int held_out = 0, harder = 0, harder_coarse = 0, easy_coarse = 0, disagree = 0;
  size_t total = 0;
  for (int i = 0; i < count; ++i) {
    const ArithmeticDocument d = corpus.DocumentAt(i);
    const std::vector<int32_t> ids = tokenizer.Encode(d.prompt + d.completion);
    const size_t completion = ids.size() - tokenizer.Encode(d.prompt).size();
    REQUIRE(ids.back() == tokenizer.eos_id());
    REQUIRE(tokenizer.Decode(ids, false) == d.prompt + d.completion);
    REQUIRE(d.prompt == kTemplate.Apply(d.question.Text()));
    held_out += IsHeldOut(d.question.Text());
    const bool tagged = d.completion.find('<') != d.completion.find("<eos>");
    if (tagged) {
      disagree += Between(d.completion, "<answer>", "</answer>") != d.answer;
    } else {
      disagree += d.completion != d.answer + "<eos>";
    }
    Tally& t = styles[d.style];
    ++t.documents;
    t.right += d.answer == std::to_string(d.question.Answer());
    t.untagged += !tagged;
    t.tokens += completion;
    t.longest = std::max(t.longest, completion);
    total += ids.size();
    REQUIRE(ids.size() <= 128);
    const bool hard = d.question.kind == ArithmeticKind::kSum3 ||
                      d.question.kind == ArithmeticKind::kTimesTwoDigits ||
                      d.question.kind == ArithmeticKind::kTimesThenAdd;
    harder += hard;
    harder_coarse += hard && d.style == DocumentStyle::kCoarse;
    easy_coarse += !hard && d.style == DocumentStyle::kCoarse;
  }
  for (const auto& [style, t] : styles) {
    const std::string name = style == DocumentStyle::kDirect   ? "direct"
                             : style == DocumentStyle::kWorked ? "worked"
                                                               : "coarse";
    MESSAGE(name << ": " << t.documents << " documents, right " << t.right / double(t.documents)
                 << ", completion tokens mean " << t.tokens / double(t.documents) << ", longest "
                 << t.longest);
  }
  MESSAGE("tokens per document, prompt included: " << total / double(count));
  CHECK(held_out == 0);
  CHECK(disagree == 0);
  CHECK(easy_coarse == 0);
  Tally &direct = styles[DocumentStyle::kDirect], &worked = styles[DocumentStyle::kWorked],
        &coarse = styles[DocumentStyle::kCoarse];
  const auto near = [](double value, double expected) { return std::abs(value - expected) < 0.02; };
  CHECK(near(direct.documents / double(count), config.direct_share));
  CHECK(near(direct.right / double(direct.documents), 1 - config.wrong_share));
  CHECK(near(direct.untagged / double(direct.documents), config.untagged_share));
  CHECK(near(harder_coarse / double(harder), config.coarse_share));
  CHECK(worked.untagged + coarse.untagged == 0);
  CHECK(worked.right / double(worked.documents) > 0.92);
  CHECK(coarse.right / double(coarse.documents) > 0.4);
  CHECK(coarse.right / double(coarse.documents) < 0.75);
}

TEST_CASE("documents depend on seed and index only; shares out of range are refused") {
  const ArithmeticCorpus a({}, 1, kTemplate), b({}, 1, kTemplate), other({}, 2, kTemplate);
  int same = 0;
  for (int i = 500; i >= 0; --i) {
    REQUIRE(a.DocumentAt(i).prompt == b.DocumentAt(i).prompt);
    REQUIRE(a.DocumentAt(i).completion == b.DocumentAt(i).completion);
    same += a.DocumentAt(i).prompt == other.DocumentAt(i).prompt;
  }
  CHECK(same < 10);
  CHECK_THROWS_WITH_AS(ArithmeticCorpus({.wrong_share = 1.5}, 1, kTemplate), doctest::Contains("wrong_share"),
                       Error);
  CHECK_THROWS_WITH_AS(ArithmeticCorpus({.slip = -0.1}, 1, kTemplate), doctest::Contains("slip"), Error);
  CHECK_THROWS_AS(ArithmeticCorpus({.direct_share = 0.95}, 1, kTemplate), Error);
  CHECK_THROWS_AS(ArithmeticCorpus({.slip = std::nan("")}, 1, kTemplate), Error);
}
