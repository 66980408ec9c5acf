// The database as its reader asks it: by run, ascending steps, metrics as JSON.
#include "rl/trackio.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/rl/tiny.h"

using namespace hone;

namespace {

std::vector<int64_t> StepsIn(const std::string& path, const std::string& run) {
  const sqlite::Database database(path, sqlite::Database::Mode::kReadOnly);
  sqlite::Statement rows(database, "SELECT step FROM metrics WHERE run_id = ? ORDER BY timestamp");
  rows.Bind(1, run);
  std::vector<int64_t> steps;
  while (rows.Step()) steps.push_back(rows.Integer(0));
  return steps;
}

std::vector<StepMetrics> UpTo(int64_t last) {
  std::vector<StepMetrics> history;
  for (int64_t step = 0; step <= last; ++step)
    history.push_back({step, {{"loss", 0.1 * static_cast<double>(step)}, {"kl", NAN}}});
  return history;
}

}  // namespace

TEST_CASE("project names are what trackio makes of them, and none it keeps for itself") {
  CHECK(TrackioProject("r1_zero") == "r1-zero");
  CHECK(TrackioProject("my.model v2") == "mymodelv2");
  CHECK(TrackioProject("\xc3\xa9") == "default");
  CHECK(TrackioProject("registry-x") == "hone-registry-x");
  CHECK(TrackioProject("mine_system") == "mine-system");
}

TEST_CASE("a database holds every step once, across going back and losing it; other runs stay") {
  const TempDir dir;
  const std::string path = dir / "t/r1-zero.db";
  {
    TrackioDatabase other(dir / "t", "r1-zero", "{}", UpTo(2));  // the same file, another run
    TrackioDatabase database(dir / "t", "r1_zero", "{\"recipe\":\"x\"}", {});
    for (const StepMetrics& step : UpTo(9)) database.Add(step);
  }
  CHECK(StepsIn(path, "r1_zero").size() == 10);
  {
    TrackioDatabase database(dir / "t", "r1_zero", "{}", UpTo(4));
    CHECK(StepsIn(path, "r1_zero") == std::vector<int64_t>{0, 1, 2, 3, 4});
    database.Add({5, {{"loss", 0.25}}});
  }
  CHECK(StepsIn(path, "r1_zero") == std::vector<int64_t>{0, 1, 2, 3, 4, 5});
  CHECK(StepsIn(path, "r1-zero").size() == 3);
  const sqlite::Database database(path, sqlite::Database::Mode::kReadOnly);
  const auto row = nlohmann::json::parse(
      database.Text("SELECT metrics FROM metrics WHERE run_id = 'r1_zero' AND step = 3"));
  CHECK(row.size() == 1);
  CHECK(row["loss"] == doctest::Approx(0.3));
  CHECK(database.Integer("SELECT count(*) FROM configs") == 2);
  std::filesystem::remove(path);
  { TrackioDatabase again(dir / "t", "r1_zero", "{}", UpTo(4)); }
  CHECK(StepsIn(path, "r1_zero").size() == 5);
}
