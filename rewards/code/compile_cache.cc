// The key is stored whole beside its hash, so that a collision costs a comparison and never a wrong program.
// Covered by tests/rewards/compile_cache_test.cc.
#include "rewards/code/compile_cache.h"

namespace hone {
namespace {

// FNV-1a over 64 bits: spreads the index, decides nothing.
int64_t HashOf(const std::string& key) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return static_cast<int64_t>(hash);
}

}  // namespace

CompileCache::CompileCache(const std::string& path, int64_t capacity)
    : database_(path, sqlite::Database::Mode::kCreate), capacity_(capacity) {
  database_.Text("PRAGMA journal_mode=WAL");
  database_.Run(
      "PRAGMA synchronous=NORMAL;"
      "CREATE TABLE IF NOT EXISTS programs(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, key BLOB NOT NULL,"
      " ok INTEGER NOT NULL, program BLOB NOT NULL, diagnostics BLOB NOT NULL, wall_ms, bytes INTEGER NOT "
      "NULL);"
      "CREATE INDEX IF NOT EXISTS programs_hash ON programs(hash);"
      "CREATE TABLE IF NOT EXISTS total(id INTEGER PRIMARY KEY CHECK(id = 0), bytes INTEGER NOT NULL);"
      "INSERT OR IGNORE INTO total VALUES(0, 0);");
}

std::optional<Compiled> CompileCache::Find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  sqlite::Statement find(
      database_, "SELECT ok, program, diagnostics, wall_ms FROM programs WHERE hash = ?1 AND key = ?2");
  find.Bind(1, HashOf(key)).BindBlob(2, key);
  if (!find.Step()) return std::nullopt;
  return Compiled{find.Integer(0) != 0, std::string(find.Bytes(1)), std::string(find.Bytes(2)), find.Real(3)};
}

void CompileCache::Store(const std::string& key, const Compiled& compiled) {
  const auto bytes = static_cast<int64_t>(key.size() + compiled.program.size() + compiled.diagnostics.size());
  if (bytes > capacity_ / 2) return;
  const std::lock_guard lock(mutex_);
  sqlite::Transaction transaction(database_);
  if (database_.Integer("SELECT bytes FROM total") + bytes > capacity_) {
    database_.Run(
        "DELETE FROM programs WHERE id <= (SELECT (min(id) + max(id)) / 2 FROM programs);"
        "UPDATE total SET bytes = (SELECT coalesce(sum(bytes), 0) FROM programs)");
  }
  sqlite::Statement insert(database_,
                           "INSERT INTO programs(hash, key, ok, program, diagnostics, wall_ms, bytes)"
                           " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  insert.Bind(1, HashOf(key)).BindBlob(2, key).Bind(3, int64_t{compiled.ok}).BindBlob(4, compiled.program);
  insert.BindBlob(5, compiled.diagnostics).Bind(6, compiled.wall_ms).Bind(7, bytes).Execute();
  sqlite::Statement add(database_, "UPDATE total SET bytes = bytes + ?1");
  add.Bind(1, bytes).Execute();
  transaction.Commit();
}

int64_t CompileCache::Bytes() {
  const std::lock_guard lock(mutex_);
  return database_.Integer("SELECT bytes FROM total");
}

}  // namespace hone
