#pragma once
// The tables of catalog.db and how older ones come up to date. One database, shared by all that
// keeps something of the hub in it; each subject has an interface and an SQLite implementation of
// its own beside this file.

#include <filesystem>
#include <memory>

#include <mhub/sqlite/database.hpp>

namespace mhub::serve {

using sqlite::Connection;
using sqlite::Database;
using sqlite::Query;

/// Opens catalog.db, making or upgrading it. Throws Error: config for a newer schema, io, corrupt,
/// busy.
std::shared_ptr<Database> open_catalog_database(const std::filesystem::path& file);
/// Opens an existing one for reading alone. Throws Error: not_found, and as above.
std::shared_ptr<Database> open_catalog_database_read_only(const std::filesystem::path& file);

/// Makes a catalog.db as a program left it that knew schemas up to `version`, for tests of
/// upgrading.
void make_old_catalog(const std::filesystem::path& file, std::int64_t version);

}  // namespace mhub::serve
