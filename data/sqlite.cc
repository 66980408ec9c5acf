// Maps SQLite's codes to what a person can do about them.
#include "data/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "data/error.h"

namespace hone::sqlite {

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close(handle); }
void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Fail(int code) const {
  const int last_errno = errno;  // sqlite3_system_errno is 0 for a failed write of the log in SQLite 3.40
  const std::string detail = handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
  const bool is_io = (code & 0xff) == SQLITE_IOERR;
  // ENOSPC has a code of its own; the others do not.
  if (is_io && (last_errno == EDQUOT || last_errno == EFBIG)) code = SQLITE_FULL;
  switch (code & 0xff) {
    case SQLITE_FULL:
      throw Error("disk full", path_,
                  "free some space (or raise the quota) and resume; what was committed is safe");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw Error("cannot be written: " + detail, path_, "change its permissions or use another directory");
    case SQLITE_CANTOPEN:
      throw Error("cannot be opened: " + detail, path_, "check that its directory exists and can be written");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error("locked by another process for too long", path_, "end that process and try again");
    case SQLITE_NOTADB:
      throw Error("not a SQLite database", path_, "restore it from a copy or start a new run");
    case SQLITE_CORRUPT:
      throw Error("damaged: " + detail, path_, "restore it from a copy or start a new run");
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      std::fprintf(stderr, "%s: broken invariant: %s\n", path_.c_str(), detail.c_str());
      std::abort();
    case SQLITE_ERROR:  // our statements are right: what they name is not there
      throw Error("damaged: " + detail, path_, "restore it from a copy or start a new run");
    default:
      throw Error("SQLite failed: " + detail, path_,
                  is_io ? "check the disk" : "try again; resume the run if it stopped");
  }
}

Database::Database(const std::string& path, Mode mode) : path_(path) {
  const int flags = mode == Mode::kReadOnly    ? SQLITE_OPEN_READONLY
                    : mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) Fail(code);
  sqlite3_busy_timeout(handle, 5000);
}

void Database::Run(const std::string& sql) const {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Fail(code);
}

int64_t Database::Integer(const std::string& sql) const {
  Statement statement(*this, sql);
  return statement.Step() ? statement.Integer(0) : 0;
}

std::string Database::Text(const std::string& sql) const {
  Statement statement(*this, sql);
  return statement.Step() ? std::string(statement.Bytes(0)) : std::string();
}

Statement::Statement(const Database& database, const std::string& sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement, nullptr);
  statement_.reset(statement);
  Check(code);
}

void Statement::Check(int code) const {
  if (code != SQLITE_OK) database_->Fail(code);
}

Statement& Statement::Bind(int index, int64_t value) {
  Check(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}
Statement& Statement::Bind(int index, double value) {
  Check(std::isnan(value) ? sqlite3_bind_null(statement_.get(), index)
                          : sqlite3_bind_double(statement_.get(), index, value));
  return *this;
}
// An empty view may have no data, which SQLite would take for NULL.
Statement& Statement::Bind(int index, std::string_view text) {
  Check(sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(), text.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}
Statement& Statement::BindBlob(int index, std::string_view bytes) {
  Check(sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                            SQLITE_TRANSIENT));
  return *this;
}
Statement& Statement::BindNull(int index) {
  Check(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

bool Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->Fail(code);
  return false;
}

void Statement::Reset() { sqlite3_reset(statement_.get()); }

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::Real(int column) const {
  return IsNull(column) ? std::numeric_limits<double>::quiet_NaN()
                        : sqlite3_column_double(statement_.get(), column);
}
std::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), size_t(size));
}
bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Transaction::Transaction(const Database& database) : database_(database) { database.Run("BEGIN IMMEDIATE"); }
Transaction::~Transaction() {
  // SQLite may have rolled back by itself after the failure that brought us here: then this one fails,
  // harmlessly.
  if (is_open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}
void Transaction::Commit() {
  database_.Run("COMMIT");
  is_open_ = false;
}

}  // namespace hone::sqlite
