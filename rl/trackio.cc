// See trackio.h. Covered by tests/rl/trackio_test.cc.
#include "rl/trackio.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

namespace hone {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

// The two tables that hold runs. trackio itself adds the others, and columns of later versions, when it next opens the file.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS metrics(id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, timestamp TEXT NOT NULL,
  run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, log_id TEXT, space_id TEXT);
CREATE TABLE IF NOT EXISTS configs(id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, run_name TEXT NOT NULL,
  config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(run_id));
CREATE INDEX IF NOT EXISTS idx_metrics_run_step ON metrics(run_id, step);
CREATE INDEX IF NOT EXISTS idx_configs_run_name ON configs(run_name);
)";

std::string TimeStamp() {
  const auto now = std::chrono::system_clock::now();
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1000000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}+00:00",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), micros);
}

std::string ToJson(const Metrics& metrics) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : metrics) {
    if (std::isfinite(value)) json[name] = value;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string MakeDirectory(const std::string& directory) {
  std::filesystem::create_directories(directory);
  return directory;
}

}  // namespace

std::string TrackioProject(const std::string& name) {
  std::string project;
  for (const char c : name) {
    const bool is_kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_kept || c == '-' || c == '_') project += is_kept ? c : '-';
  }
  if (project.empty()) return "default";
  return project.starts_with("registry-") ? "hone-" + project : project;
}

TrackioDatabase::TrackioDatabase(const std::string& directory, const std::string& name,
                                 const std::string& config_json, const std::vector<StepMetrics>& history)
    : run_(name),
      database_(MakeDirectory(directory) + "/" + TrackioProject(name) + ".db", Database::Mode::kCreate) {
  database_.Text("PRAGMA journal_mode=WAL");
  std::set<int64_t> wanted, present;
  for (const StepMetrics& step : history) wanted.insert(step.step);
  {
    Transaction transaction(database_);
    database_.Run(kSchema);
    Statement(database_,
              "INSERT OR REPLACE INTO configs(run_id, run_name, config, created_at) VALUES(?,?,?,?)")
        .Bind(1, run_)
        .Bind(2, run_)
        .Bind(3, config_json)
        .Bind(4, TimeStamp())
        .Execute();
    Statement rows(database_, "SELECT DISTINCT step FROM metrics WHERE run_id = ?");
    rows.Bind(1, run_);
    while (rows.Step()) present.insert(rows.Integer(0));
    Statement drop(database_, "DELETE FROM metrics WHERE run_id = ? AND step = ?");
    for (const int64_t step : present) {
      if (!wanted.contains(step)) drop.Bind(1, run_).Bind(2, step).Execute();
    }
    transaction.Commit();
  }
  for (const StepMetrics& step : history) {
    if (!present.contains(step.step)) Add(step);
  }
}

void TrackioDatabase::Add(const StepMetrics& step) {
  Statement(database_, "INSERT INTO metrics(run_id, timestamp, run_name, step, metrics) VALUES(?,?,?,?,?)")
      .Bind(1, run_)
      .Bind(2, TimeStamp())
      .Bind(3, run_)
      .Bind(4, step.step)
      .Bind(5, ToJson(step.values))
      .Execute();
}

}  // namespace hone
