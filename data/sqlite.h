// SQLite behind RAII: a database, its statements and transactions. Every failure is an Error that names the
// file and the remedy; a broken constraint or a wrong call is our bug and aborts. Covered by
// tests/data/run_store_test.cc.
#ifndef HONE_DATA_SQLITE_H_
#define HONE_DATA_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace hone::sqlite {

class Database {
 public:
  enum class Mode { kReadOnly, kReadWrite, kCreate };  // only kCreate makes a file
  Database(const std::string& path, Mode mode);        // waits up to 5 s for another process's lock

  void Run(const std::string& sql) const;  // one or more statements without results
  int64_t Integer(const std::string& sql) const;
  std::string Text(const std::string& sql) const;

  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_.get(); }
  [[noreturn]] void Fail(int code) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

// A prepared statement. Bind all parameters (from 1), Step through the rows, read columns (from 0), Reset to
// use again.
class Statement {
 public:
  Statement(const Database& database, const std::string& sql);
  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, double value);  // NaN becomes NULL
  Statement& Bind(int index, std::string_view text);
  Statement& BindBlob(int index, std::string_view bytes);
  Statement& BindNull(int index);
  bool Step();  // true: a row is there
  void Reset();
  void Execute() {  // a statement without rows
    Step();
    Reset();
  }

  int64_t Integer(int column) const;
  double Real(int column) const;             // NULL reads as NaN
  std::string_view Bytes(int column) const;  // text or blob, valid until the next Step
  bool IsNull(int column) const;

 private:
  void Check(int code) const;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// A write transaction: rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(const Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  const Database& database_;
  bool is_open_ = true;
};

}  // namespace hone::sqlite

#endif  // HONE_DATA_SQLITE_H_
