// Evaluations side by side: what the table says, which curves there are, and what a stage's store is read as.
#include "rl/eval_report.h"

#include "rl/evaluation.h"
#include "rl/report.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

// `right` of four answers right on each of two kinds of prompts.
Evaluation Measured(int right) {
  std::vector<ScoredGroup> groups;
  for (int p = 0; p < 40; ++p) {
    ScoredGroup g;
    g.group.prompt.kind = p % 2 == 0 ? "easy" : "hard<b>";
    for (int i = 0; i < 4; ++i) {
      Completion c;
      c.ids.assign(5 + p + i, 1);
      c.text = "<think>x</think><answer>" + std::to_string(i) + "</answer>";
      g.group.completions.push_back(c);
      const bool is_right = i < right && (p % 2 == 0 || p % 3 == 0);
      g.scores.push_back({.parts = {{"answer", is_right ? 1.0 : 0.0}}, .explanation = ""});
    }
    groups.push_back(std::move(g));
  }
  return Summarize(groups);
}

std::vector<MeasuredModel> TwoModels() {
  const Evaluation a = Measured(1), b = Measured(3);
  std::vector<MeasuredModel> models = {{"base<i>", EvaluationMetrics(a)}, {"tuned", EvaluationMetrics(b)}};
  const Metrics differences = DifferenceMetrics(Differences(b, a));
  models[1].metrics.insert(models[1].metrics.end(), differences.begin(), differences.end());
  return models;
}

}  // namespace

TEST_CASE("the page has the table, the kinds and the three curves, and markup stays text") {
  const std::string page = RenderEvaluations("Held out", TwoModels());
  for (const char* part :
       {"base&lt;i&gt;", "hard&lt;b&gt;", "pass@1, %", "pass@4, %", "maj@4, %", "minus the first",
        "pass@1 by kind", "(pass@k)", "(maj@k)", "budget of tokens", "class=\"range s0\""}) {
    CAPTURE(part);
    CHECK(Mentions(page, part));
  }
  // 40 prompts, 27 of them with right answers: 1 of 4 against 3 of 4.
  CHECK(Mentions(page, "16.9 ["));
  CHECK(Mentions(page, "50.6 ["));
  CHECK(Mentions(page, "<td class=\"n\">+33."));
  CHECK_FALSE(Mentions(page, "nan"));
  CHECK_FALSE(Mentions(page, "base<i>"));
  CHECK(RenderEvaluations("Held out", {}) == "");
}

TEST_CASE("the terminal's table has a column a model and one for its difference") {
  const std::string table = EvaluationTable(TwoModels());
  const std::string first = table.substr(0, table.find('\n'));
  CHECK(first.find("base<i>") < first.find("tuned"));
  CHECK(Mentions(first, "minus base<i>"));
  for (const char* row : {"\npass@1, %", "\nmaj@4, %", "\nlength", "\nkind/easy, %"})
    CHECK(Mentions(table, row));
  CHECK_FALSE(Mentions(EvaluationTable({TwoModels()[0]}), "minus"));
}

TEST_CASE(
    "the store of an eval stage is shown as a measurement, a training run's by its first and last "
    "evaluation") {
  const TempDir dir;
  const std::vector<MeasuredModel> models = TwoModels();
  RunStore store = RunStore::Create(dir / "eval.db");
  store.PutMeta("name", "table");
  for (int64_t i = 1; i <= 2; ++i) {
    store.PutMeta(MeasuredModelKey(i), i == 1 ? "/runs/zero/model" : "/data/tiny_base");
    store.FinishStep(i, models[i - 1].metrics);
  }
  const auto read = ReadMeasuredModels(store);
  REQUIRE(read.size() == 2);
  CHECK(read[0].name == "zero");
  CHECK(read[1].name == "tiny_base");
  const std::string page = RenderReport(store, "");
  CHECK(Mentions(page, "2 models on the same held-out prompts"));
  CHECK_FALSE(Mentions(page, "too early"));
  CHECK_FALSE(Mentions(page, "<h2>Curves</h2>"));

  RunStore run = RunStore::Create(dir / "run.db");
  for (int64_t step = 0; step <= 3; ++step) {
    run.FinishStep(step, step % 2 == 0 ? models[step / 2].metrics : Metrics{{"reward", 0.5}});
  }
  CHECK(ReadMeasuredModels(run).empty());
  const auto ends = FirstAndLastEvaluation(run.AllMetrics());
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].name == "step 0");
  CHECK(ends[1].name == "step 2");
  const std::string report = RenderReport(run, "");
  CHECK(Mentions(report, "Held out, first and last"));
  CHECK(Mentions(report, "Held-out pass@1 by kind"));
  CHECK(FirstAndLastEvaluation({run.AllMetrics()[0]}).empty());
}
