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

}  // namespace mhub::test
