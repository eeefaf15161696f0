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

/// File::read_at(), but nothing where the medium will not give the bytes: to whoever wants a chunk
/// that is damage, and another copy may be whole.
std::size_t read_what_can_be(File& file, std::span<std::byte> out, std::uint64_t offset);

/// What the footer at the end of `file` says; nothing unless it is a sound footer of `hash` that
/// fits the file's length. The payload is not looked at.
std::optional<xet::XorbIndex> index_by_footer(File& file, const xet::XorbHash& hash);

/// What all its chunks, each of them read and hashed, make of it. Throws Error: corrupt, io.
xet::XorbIndex index_by_content(File& file);

/// What the file says of itself: by its footer if that is sound, else by reading all of it. Nothing
/// if it is not the xorb `hash`. Throws Error: io.
std::optional<xet::XorbIndex> index_of_file(File& file, const xet::XorbHash& hash);

/// rebuild_index() for whoever holds the store's lock alone.
void rebuild_index_locked(const Layout& layout, FileSystem& fs);

}  // namespace mhub::store
