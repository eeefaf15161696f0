#pragma once
// Databases changed behind their owner's back. Whoever includes this links dep_sqlite.

#include <filesystem>
#include <string>

#include <sqlite3.h>

#include <mhub/base/c_handle.hpp>

#include "support/catch.hpp"

namespace mhub::test {

inline void run_sql(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(database.c_str(), &raw) == SQLITE_OK);
  const CHandle<sqlite3, sqlite3_close> opened(raw);
  sqlite3_busy_timeout(raw, 5000);
  INFO(sql << ": " << sqlite3_errmsg(raw));
  REQUIRE(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

/// The first column of the first row; empty without rows.
inline std::string query_sql(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(database.c_str(), &raw) == SQLITE_OK);
  const CHandle<sqlite3, sqlite3_close> opened(raw);
  sqlite3_busy_timeout(raw, 5000);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(raw, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  const CHandle<sqlite3_stmt, sqlite3_finalize> finalized(statement);
  if (sqlite3_step(statement) != SQLITE_ROW) return {};
  const unsigned char* text = sqlite3_column_text(statement, 0);
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

}  // namespace mhub::test
