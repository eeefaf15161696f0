#pragma once
// The xorb files of a store, seen without the index.

#include <functional>

#include <mhub/base/file_system.hpp>
#include <mhub/xet/xorb.hpp>

#include "layout.hpp"

namespace mhub::store {

/// Calls `visit` for every file under xorbs/ that has a xorb's name in the right folder, and
/// `stray` for everything else.
void for_each_xorb_file(
    FileSystem& fs, const Layout& layout,
    const std::function<void(const xet::XorbHash&, const std::filesystem::path&)>& visit,
    const std::function<void(const std::filesystem::path&)>& stray);

/// What the footer at the end of `file` says; nothing unless it is a sound footer of `hash` that
/// fits the file's length. The payload is not looked at. Throws Error: io.
std::optional<xet::XorbIndex> index_by_footer(File& file, const xet::XorbHash& hash);

/// What the file says of itself: by its footer if that is sound, else by reading all of it. Nothing
/// if it is not the xorb `hash`. Throws Error: io.
std::optional<xet::XorbIndex> index_of_file(File& file, const xet::XorbHash& hash);

/// rebuild_index() for whoever holds the store's lock alone.
void rebuild_index_locked(const Layout& layout, FileSystem& fs);

}  // namespace mhub::store
