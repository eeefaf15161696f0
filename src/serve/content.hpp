#pragma once
// Large files of repositories: looking one up, linking one to another repository, reading one.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mhub/store/store.hpp>

#include "catalog/catalog.hpp"
#include "http/streams.hpp"
#include "router.hpp"

namespace mhub::serve {

/// The chunks that `file` is made of, by xorb.
std::vector<XorbGrant> grants_of(const store::FileRecord& file);

/// True if every xorb of `file` is in the store.
bool is_whole(store::Store& store, const store::FileRecord& file);

/// The recipe of a file that the call's repository holds. Throws Refused 404.
store::FileRecord require_file(const Call& call, const Sha256& sha256);
/// The same of one that was found there. Throws Error: corrupt if the store has lost it.
store::FileRecord recipe_of(const Call& call, const RepoFile& held);

/// Lists large files, none of them empty, for `repo`; those that it has already count as added now,
/// so that garbage collection spares them until a reference leads to them. No bytes are copied:
/// what `repo` gets is the right to their chunks, which the caller has checked.
/// Returns those that the store cannot give any more. Throws Error: io, busy.
std::vector<Sha256> list_files_for(Hub& hub, std::span<const Sha256> files, std::int64_t repo);

/// A body of `bytes`, which last as long as `owners`; these are let go of when it is sent.
std::unique_ptr<BodyStream> stream_memory(Hub& hub, ByteView bytes,
                                          std::vector<std::shared_ptr<const void>> owners);
/// Answers up to this size are in memory however many there are.
inline constexpr std::size_t kSmallAnswerBytes = 64 << 10;
/// Makes a larger text take up part of Hub::blob_budget until it is sent. Throws Refused 503.
void hold_large_text(Hub& hub, Response& response);

/// A body of bytes [offset, offset + size_bytes) of `file`.
std::unique_ptr<BodyStream> stream_file(Hub& hub, store::FileRecord file, std::uint64_t offset,
                                        std::uint64_t size_bytes);

/// Answers GET and HEAD for a whole file with Range, If-Range and ETag.
Response file_response(Call& call, store::FileRecord file);

}  // namespace mhub::serve
