#pragma once
// The tables of index.db and how older forms of them become the present one.
// Described in docs/format/store.md.

#include <filesystem>

#include <mhub/sqlite/database.hpp>

namespace mhub::store {

/// "mhub" in the database header: tells an index from any other SQLite file.
inline constexpr std::int64_t kApplicationId = 0x6d687562;

/// The version this program writes.
int schema_version();

/// Creates the tables or brings older ones up to date, in one transaction. Throws Error: corrupt
/// (some other database), config (written by a newer program), io, busy.
void migrate(sqlite::Database& database, const std::filesystem::path& path);

}  // namespace mhub::store
