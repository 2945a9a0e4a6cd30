// A thin front of SQLite's C interface: a connection in WAL mode, cached statements, transactions.
//
//   Database database("store.sqlite");
//   auto row = database.query("SELECT state FROM jobs WHERE id = ?", id);
//   if (row.step()) row.text(0);
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace reprise {

/// What SQLite reports: disk full, a damaged file, our own wrong SQL.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A statement in use; it goes back to the connection's cache in the end. One thread at a time.
class Query {
 public:
  Query(sqlite3* connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
  ~Query();
  Query(Query&& other) noexcept : connection_(other.connection_), statement_(other.statement_) {
    other.statement_ = nullptr;
  }
  Query& operator=(Query&&) = delete;

  void bind(int index, std::string_view text);
  void bind(int index, const char* text) { bind(index, std::string_view(text)); }
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, std::int64_t number);
  void bind(int index, int number) { bind(index, std::int64_t{number}); }
  void bind(int index, double number);

  /// True: there is a row.
  bool step();
  // Columns of the row, from 0; NULL reads as "" and 0.
  std::string text(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
};

class Database {
 public:
  /// Opens or creates the file. A commit is on disk when it returns.
  explicit Database(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements without parameters or rows, separated by semicolons.
  void script(const char* sql);
  /// A statement with its parameters bound; rows come with step(). Statements are kept, so `sql` should be
  /// one of few texts.
  template <class... Values>
  Query query(const char* sql, const Values&... values) {
    Query bound(connection_, prepared(sql));
    int index = 0;
    (bound.bind(++index, values), ...);
    return bound;
  }
  /// Runs a statement to its end; how many rows it changed.
  template <class... Values>
  std::int64_t run(const char* sql, const Values&... values) {
    Query bound = query(sql, values...);
    while (bound.step()) {
    }
    return changes();
  }

 private:
  friend class Transaction;
  sqlite3_stmt* prepared(const char* sql);
  std::int64_t changes() const;

  sqlite3* connection_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace reprise
