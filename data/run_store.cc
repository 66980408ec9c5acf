// The tables and their rows. Columns that must keep the sign of zero have no declared type: REAL would lose
// it.
#include "data/run_store.h"

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/error.h"
#include "data/sqlite.h"
#include "data/text_file.h"

namespace hone {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

static_assert(std::endian::native == std::endian::little, "blobs are little-endian");

constexpr int64_t kApplicationId = 0x686f6e65;  // "hone"
constexpr int64_t kSchemaVersion = 2;           // 1 had no columns of prompts
constexpr const char* kSchema = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE events(id INTEGER PRIMARY KEY, step INTEGER NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, time);
CREATE TABLE steps(step INTEGER PRIMARY KEY);
CREATE TABLE metrics(step INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, value,
  PRIMARY KEY(step, position));
CREATE TABLE groups(step INTEGER NOT NULL, slot INTEGER NOT NULL, consumed_step INTEGER,
  num_completions INTEGER NOT NULL, prompt_index INTEGER NOT NULL, kind TEXT NOT NULL, gold TEXT NOT NULL,
  prompt TEXT NOT NULL, prompt_ids BLOB NOT NULL, columns TEXT NOT NULL DEFAULT '', PRIMARY KEY(step, slot));
CREATE TABLE completions(step INTEGER NOT NULL, slot INTEGER NOT NULL, completion INTEGER NOT NULL,
  status TEXT NOT NULL, score, parts TEXT NOT NULL, explanation TEXT NOT NULL, finish TEXT NOT NULL,
  policy_version INTEGER NOT NULL, text TEXT NOT NULL, ids BLOB NOT NULL, logprobs BLOB NOT NULL,
  PRIMARY KEY(step, slot, completion));
)";

[[noreturn]] void Damaged(const Database& database, const std::string& what) {
  throw Error("damaged: " + what, database.path(), "restore it from a copy or start a new run");
}

template <class T>
std::string_view AsBytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> FromBytes(const Database& database, std::string_view bytes) {
  if (bytes.size() % sizeof(T) != 0)
    Damaged(database, "a blob of " + std::to_string(bytes.size()) + " bytes");
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(values.data()));
  return values;
}

const char* StatusName(Score::Status status) {
  switch (status) {
    case Score::Status::kValue:
      return "value";
    case Score::Status::kNotApplicable:
      return "not_applicable";
    case Score::Status::kFault:
      return "fault";
  }
  std::abort();
}

Score::Status StatusOf(const Database& database, std::string_view name) {
  for (const auto status : {Score::Status::kValue, Score::Status::kNotApplicable, Score::Status::kFault}) {
    if (name == StatusName(status)) return status;
  }
  Damaged(database, "score status '" + std::string(name) + "'");
}

// An object for json_extract; numbers that JSON has not are strings.
std::string PartsToJson(const std::vector<std::pair<std::string, double>>& parts) {
  std::string out;
  for (const auto& [name, value] : parts) {
    const nlohmann::json number = std::isfinite(value) ? nlohmann::json(value)
                                  : std::isnan(value)  ? nlohmann::json("nan")
                                                       : nlohmann::json(value > 0 ? "inf" : "-inf");
    out += (out.empty() ? "{" : ",");
    out += nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ":" +
           number.dump();
  }
  return out.empty() ? "{}" : out + "}";
}

std::vector<std::pair<std::string, double>> PartsFromJson(const Database& database, std::string_view text) {
  const auto object = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) Damaged(database, "parts of a score");
  std::vector<std::pair<std::string, double>> parts;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_number() && !value.is_string()) Damaged(database, "parts of a score");
    parts.emplace_back(name, value.is_number() ? value.get<double>()
                                               : std::strtod(value.get<std::string>().c_str(), nullptr));
  }
  return parts;
}

void Require(bool condition, const char* invariant) {
  if (condition) return;
  std::fprintf(stderr, "run store: broken invariant: %s\n", invariant);
  std::abort();
}

class Fnv {
 public:
  void Add(std::string_view bytes) {
    Mix(bytes.size());
    for (const char c : bytes) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  void Mix(uint64_t value) {
    for (int i = 0; i < 64; i += 8) hash_ = (hash_ ^ ((value >> i) & 0xff)) * 0x100000001b3ULL;
  }
  void Mix(double value) { Mix(std::bit_cast<uint64_t>(value)); }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325ULL;
};

Database OpenStore(const std::string& path, Database::Mode mode) {
  if (!std::filesystem::exists(path)) throw SystemError("open the run store", path, ENOENT);
  Database database(path, mode);
  if (database.Integer("PRAGMA application_id") != kApplicationId) {
    throw Error("not a hone run store", path, "name a run directory that hone made");
  }
  const int64_t version = database.Integer("PRAGMA user_version");
  if (version < 1 || version > kSchemaVersion) {
    throw Error("run store of version " + std::to_string(version) + ", this hone reads versions up to " +
                    std::to_string(kSchemaVersion),
                path, "use the hone that made it");
  }
  return database;
}

// Whoever writes a store of an older version brings it up to date first; readers take it as it is.
void Upgrade(const Database& database) {
  if (database.Integer("PRAGMA user_version") == kSchemaVersion) return;
  Transaction transaction(database);
  database.Run("ALTER TABLE groups ADD COLUMN columns TEXT NOT NULL DEFAULT ''");
  database.Run("PRAGMA user_version=" + std::to_string(kSchemaVersion));
  transaction.Commit();
}

void MakeDurable(const Database& database) {
  if (database.Text("PRAGMA journal_mode=WAL") != "wal") {
    throw Error("the file system cannot hold a SQLite write-ahead log", database.path(), "use a local disk");
  }
  database.Run("PRAGMA synchronous=FULL");
}

}  // namespace

struct RunStore::Impl {
  explicit Impl(Database opened) : db(std::move(opened)) {}
  Database db;
};

RunStore::RunStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunStore::RunStore(RunStore&&) noexcept = default;
RunStore& RunStore::operator=(RunStore&&) noexcept = default;
RunStore::~RunStore() = default;

RunStore RunStore::Create(const std::string& path) {
  if (std::filesystem::exists(path))
    throw Error("exists already", path, "resume that run or choose another directory");
  const std::string temporary = path + ".new";  // so that `path` is never half a store
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((temporary + suffix).c_str());
  try {
    const Database database(temporary, Database::Mode::kCreate);
    MakeDurable(database);
    Transaction transaction(database);
    database.Run(kSchema);
    database.Run("PRAGMA application_id=" + std::to_string(kApplicationId));
    database.Run("PRAGMA user_version=" + std::to_string(kSchemaVersion));
    transaction.Commit();
  } catch (const Error&) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((temporary + suffix).c_str());
    throw;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw SystemError("create the run store", path, errno);
  return Open(path);
}

RunStore RunStore::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>(OpenStore(path, Database::Mode::kReadWrite));
  const std::string check = impl->db.Text("PRAGMA quick_check(1)");
  if (check != "ok") Damaged(impl->db, check);
  MakeDurable(impl->db);
  Upgrade(impl->db);
  return RunStore(std::move(impl));
}

RunStore RunStore::OpenReadOnly(const std::string& path) {
  return RunStore(std::make_unique<Impl>(OpenStore(path, Database::Mode::kReadOnly)));
}

void RunStore::PutGroups(const std::vector<ScoredGroup>& groups) {
  Transaction transaction(impl_->db);
  Statement put_group(impl_->db, "INSERT INTO groups VALUES(?,?,NULL,?,?,?,?,?,?,?)");
  Statement put_completion(impl_->db, "INSERT INTO completions VALUES(?,?,?,?,?,?,?,?,?,?,?,?)");
  for (const ScoredGroup& scored : groups) {
    const Group& group = scored.group;
    const Prompt& prompt = group.prompt;
    Require(scored.scores.size() == group.completions.size(), "one score per completion");
    put_group.Bind(1, group.step).Bind(2, group.slot).Bind(3, static_cast<int64_t>(group.completions.size()));
    put_group.Bind(4, prompt.index).Bind(5, prompt.kind).Bind(6, prompt.gold).Bind(7, prompt.text);
    put_group.BindBlob(8, AsBytes(prompt.ids)).Bind(9, prompt.columns).Execute();
    for (size_t i = 0; i < group.completions.size(); ++i) {
      const Completion& completion = group.completions[i];
      const Score& score = scored.scores[i];
      put_completion.Bind(1, group.step).Bind(2, group.slot).Bind(3, static_cast<int64_t>(i));
      put_completion.Bind(4, StatusName(score.status));
      score.status == Score::Status::kValue ? put_completion.Bind(5, score.value)
                                            : put_completion.BindNull(5);
      put_completion.Bind(6, PartsToJson(score.parts)).Bind(7, score.explanation);
      put_completion.Bind(8, completion.finish == FinishReason::kStop ? "stop" : "length");
      put_completion.Bind(9, completion.policy_version).Bind(10, completion.text);
      put_completion.BindBlob(11, AsBytes(completion.ids))
          .BindBlob(12, AsBytes(completion.logprobs))
          .Execute();
    }
  }
  transaction.Commit();
}

std::vector<ScoredGroup> RunStore::Groups(int64_t step) const {
  const Database& db = impl_->db;
  const std::string columns = db.Integer("PRAGMA user_version") == 1 ? "''" : "g.columns";
  // One query, so that a reader sees one moment of a store that is being written.
  Statement rows(
      db,
      "SELECT g.slot, num_completions, prompt_index, kind, gold, prompt, prompt_ids, completion, status, "
      "score, parts, explanation, finish, policy_version, text, ids, logprobs, " +
          columns +
          " FROM groups g LEFT JOIN "
          "completions c ON c.step = g.step AND c.slot = g.slot WHERE g.step = ? ORDER BY g.slot, "
          "completion");
  rows.Bind(1, step);
  std::vector<ScoredGroup> groups;
  int64_t missing = 0;  // completions of the last group that are still to come
  while (rows.Step()) {
    if (groups.empty() || groups.back().group.slot != rows.Integer(0)) {
      if (missing != 0) Damaged(db, "a group without all its completions");
      Prompt prompt{rows.Integer(2),
                    std::string(rows.Bytes(5)),
                    FromBytes<int32_t>(db, rows.Bytes(6)),
                    std::string(rows.Bytes(4)),
                    std::string(rows.Bytes(3)),
                    std::string(rows.Bytes(17))};
      groups.push_back({{step, rows.Integer(0), std::move(prompt), {}}, {}});
      missing = rows.Integer(1);
    }
    if (rows.IsNull(7)) continue;
    Score score;
    score.status = StatusOf(db, rows.Bytes(8));
    if (score.status == Score::Status::kValue) score.value = rows.Real(9);
    score.parts = PartsFromJson(db, rows.Bytes(10));
    score.explanation = rows.Bytes(11);
    const FinishReason finish = rows.Bytes(12) == "stop" ? FinishReason::kStop : FinishReason::kLength;
    groups.back().group.completions.push_back({FromBytes<int32_t>(db, rows.Bytes(15)),
                                               FromBytes<float>(db, rows.Bytes(16)), finish, rows.Integer(13),
                                               std::string(rows.Bytes(14))});
    groups.back().scores.push_back(std::move(score));
    --missing;
  }
  if (missing != 0) Damaged(db, "a group without all its completions");
  return groups;
}

std::vector<int64_t> RunStore::GroupSteps() const {
  Statement rows(impl_->db, "SELECT DISTINCT step FROM groups ORDER BY step");
  std::vector<int64_t> steps;
  while (rows.Step()) steps.push_back(rows.Integer(0));
  return steps;
}

void RunStore::FinishStep(int64_t step, const Metrics& metrics) {
  Transaction transaction(impl_->db);
  Statement(impl_->db, "INSERT INTO steps VALUES(?)").Bind(1, step).Execute();
  Statement put(impl_->db, "INSERT INTO metrics VALUES(?,?,?,?)");
  for (size_t i = 0; i < metrics.size(); ++i) {
    put.Bind(1, step)
        .Bind(2, static_cast<int64_t>(i))
        .Bind(3, metrics[i].first)
        .Bind(4, metrics[i].second)
        .Execute();
  }
  Statement(impl_->db, "UPDATE groups SET consumed_step = ?1 WHERE step = ?1").Bind(1, step).Execute();
  transaction.Commit();
}

void RunStore::VoidFrom(int64_t step) {
  Transaction transaction(impl_->db);
  for (const char* sql : {"DELETE FROM steps WHERE step >= ?", "DELETE FROM metrics WHERE step >= ?",
                          "UPDATE groups SET consumed_step = NULL WHERE consumed_step >= ?"}) {
    Statement(impl_->db, sql).Bind(1, step).Execute();
  }
  transaction.Commit();
}

void RunStore::DropGroupsFrom(int64_t step) {
  Transaction transaction(impl_->db);
  for (const char* sql : {"DELETE FROM completions WHERE step >= ?", "DELETE FROM groups WHERE step >= ?"}) {
    Statement(impl_->db, sql).Bind(1, step).Execute();
  }
  transaction.Commit();
}

int64_t RunStore::CountConsumed() const {
  return impl_->db.Integer(
      "SELECT coalesce(sum(num_completions), 0) FROM groups WHERE consumed_step IS NOT NULL");
}

std::vector<StepMetrics> RunStore::AllMetrics() const {
  Statement rows(impl_->db,
                 "SELECT s.step, name, value FROM steps s LEFT JOIN metrics m ON m.step = s.step "
                 "ORDER BY s.step, position");
  std::vector<StepMetrics> all;
  while (rows.Step()) {
    if (all.empty() || all.back().step != rows.Integer(0)) all.push_back({rows.Integer(0), {}});
    if (!rows.IsNull(1)) all.back().values.emplace_back(rows.Bytes(1), rows.Real(2));
  }
  return all;
}

void RunStore::PutEvent(const Event& event) {
  Statement put(impl_->db, "INSERT INTO events(step, kind, message, time) VALUES(?,?,?,?)");
  put.Bind(1, event.step).Bind(2, event.kind).Bind(3, event.message).Bind(4, event.time).Execute();
}

std::vector<Event> RunStore::Events() const {
  Statement rows(impl_->db, "SELECT step, kind, message, time FROM events ORDER BY id");
  std::vector<Event> events;
  while (rows.Step()) {
    events.push_back({rows.Integer(0), std::string(rows.Bytes(1)), std::string(rows.Bytes(2)), rows.Real(3)});
  }
  return events;
}

void RunStore::PutMeta(const std::string& key, const std::string& value) {
  Statement(impl_->db, "INSERT OR REPLACE INTO meta VALUES(?,?)").Bind(1, key).Bind(2, value).Execute();
}

std::optional<std::string> RunStore::Meta(const std::string& key) const {
  Statement rows(impl_->db, "SELECT value FROM meta WHERE key = ?");
  rows.Bind(1, key);
  if (!rows.Step()) return std::nullopt;
  return std::string(rows.Bytes(0));
}

uint64_t RunStore::RolloutDigest() const {
  Fnv fnv;
  for (const int64_t step : GroupSteps()) {
    for (const ScoredGroup& scored : Groups(step)) {
      fnv.Mix(static_cast<uint64_t>(step));
      fnv.Mix(static_cast<uint64_t>(scored.group.slot));
      fnv.Add(AsBytes(scored.group.prompt.ids));
      fnv.Mix(static_cast<uint64_t>(scored.scores.size()));
      for (size_t i = 0; i < scored.scores.size(); ++i) {
        const Completion& completion = scored.group.completions[i];
        const Score& score = scored.scores[i];
        fnv.Add(AsBytes(completion.ids));
        fnv.Add(AsBytes(completion.logprobs));
        fnv.Mix(static_cast<uint64_t>(completion.finish));
        fnv.Mix(static_cast<uint64_t>(completion.policy_version));
        fnv.Mix(static_cast<uint64_t>(score.status));
        fnv.Mix(score.value);
        fnv.Mix(static_cast<uint64_t>(score.parts.size()));
        for (const auto& [name, value] : score.parts) {
          fnv.Add(name);
          fnv.Mix(value);
        }
      }
    }
  }
  return fnv.hash();
}

}  // namespace hone
