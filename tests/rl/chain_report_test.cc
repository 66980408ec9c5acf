// The page of several stages: a row and a link for each, curves over those that were evaluated, what eval stages measured, and how
// long each took.
#include "rl/chain_report.h"

#include <doctest/doctest.h>

#include "tests/policy/random_model.h"

using namespace hone;

namespace {

ChainReport FourStages() {
  ChainReport chain;
  chain.name = "r1<x>";
  chain.stages = {
      {"zero",
       "stages/zero/report.html",
       {{"held_out/pass@1", 0.5},
        {"held_out/length", 20.0},
        {"held_out/rewards/language", 0.75},
        {"held_out/rewards/cosine", -0.5},
        {"held_out/kind/add", 0.125}}},
      {"data", "stages/data/report.html", {{"kept", 0.25}}},
      {"a&b",
       "stages/a&b/report.html",
       {{"held_out/pass@1", 0.875}, {"held_out/length", 40.0}, {"held_out/rewards/language", 1.0}}}};
  chain.evals = {
      {"table", {{"first", {{"held_out/pass@1", 0.5}}}, {"second", {{"held_out/pass@1", 0.9375}}}}}};
  chain.events = {{0, "stage", "stage zero finished after 5 s", 100.0},
                  {0, "stage", "stage data is run anew", 130.0}};
  return chain;
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

}  // namespace

TEST_CASE("a chain's page shows each stage, the curves over them, measurements and events") {
  const std::string page = RenderChainReport(FourStages(), "steps = \"<1>\"");
  for (const std::string part :
       {"<h1>r1&lt;x&gt;</h1>", "<a href=\"stages/zero/report.html\">zero</a>", "a&amp;b", "50 %", "87.5 %",
        "25 %", "<h3>Held out</h3>", "<h3>Held-out length</h3>", "Measured in table", "93.8", "30 s",
        "stage data is run anew", "steps = &quot;&lt;1&gt;&quot;"}) {
    CAPTURE(part);
    CHECK_MESSAGE(Mentions(page, part), page);
  }
  CHECK_FALSE(Mentions(page, "nan"));
  CHECK_FALSE(Mentions(page, "kind/add"));
  // pass@1, language and length are curves over stages 1 and 3; a reward below 0 is no share.
  CHECK(Count(page, "<svg") >= 2);
  const std::string shares = page.substr(page.find("<h3>Held out</h3>"));
  CHECK(Mentions(shares.substr(0, shares.find("</figure>")), "language"));
  CHECK_FALSE(Mentions(shares.substr(0, shares.find("</figure>")), "cosine"));
}

TEST_CASE("with one evaluated stage there is nothing to draw, and an empty chain is a page too") {
  ChainReport one = FourStages();
  one.stages.pop_back();
  CHECK_FALSE(Mentions(RenderChainReport(one, ""), "<h3>Held out</h3>"));
  CHECK(Mentions(RenderChainReport({}, ""), "</html>"));
}
