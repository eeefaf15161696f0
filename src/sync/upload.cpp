#include "upload.hpp"

#include <algorithm>

#include <mhub/base/fault.hpp>
#include <mhub/remote/file_body.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/store/ingest.hpp>

#include "chunk_upload.hpp"
#include "materialise.hpp"
#include "partial_file.hpp"
#include "remote_source.hpp"
#include "upload_progress.hpp"
#include "working_source.hpp"

namespace mhub::sync {

namespace {

/// Files sent that are written to the index together.
constexpr std::size_t kNotesAtOnce = 64;
/// Chunks of the files that are planned and registered together; bounds memory.
constexpr std::size_t kChunksAtOnce = std::size_t{1} << 19;

struct Pending {
  repo::FoundPointer found;
  wire::LfsObjectAnswer answer;
};

/// Of files with the same content, one.
std::vector<repo::FoundPointer> distinct_of(std::span<const repo::FoundPointer> pointers) {
  std::vector<repo::FoundPointer> distinct(pointers.begin(), pointers.end());
  const auto content = [](const repo::FoundPointer& found) { return found.pointer.sha256; };
  std::ranges::sort(distinct, {}, content);
  const auto rest = std::ranges::unique(distinct, {}, content);
  distinct.erase(rest.begin(), rest.end());
  return distinct;
}

/// A file made only to be sent; gone when this is.
struct SentCopy {
  std::filesystem::path path;
  explicit SentCopy(std::filesystem::path file) : path(std::move(file)) {}
  ~SentCopy() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  SentCopy(const SentCopy&) = delete;
  SentCopy& operator=(const SentCopy&) = delete;
};

/// A repository: its work tree, its store, git-lfs' copies, and its other remotes.
class WorkspaceSite final : public UploadSite {
public:
  WorkspaceSite(Workspace& workspace, const Connections& connections, const Tools& tools)
      : workspace_(workspace), connections_(connections), tools_(tools) {}

  store::Store& store() override { return workspace_.store(); }

  /// Where git-lfs keeps its copy.
  std::optional<std::filesystem::path> object_copy(const repo::FoundPointer& found) override {
    const std::string oid = found.pointer.sha256.hex();
    const auto object = workspace_.repository().common_folder() / "lfs" / "objects" /
                        oid.substr(0, 2) / oid.substr(2, 2) / oid;
    const auto stat = real_file_system().stat(object);
    if (stat && stat->size_bytes == found.pointer.size_bytes) return object;
    return std::nullopt;
  }

  std::optional<std::filesystem::path> shown(const repo::FoundPointer& found) override {
    if (workspace_.repository().is_bare()) return std::nullopt;
    return workspace_.root() / found.path;
  }

  std::filesystem::path scratch_folder() override {
    return partial_folder(workspace_.repository());
  }

  std::unique_ptr<store::ChunkSource> elsewhere() override {
    return std::make_unique<RemoteSource>(workspace_, connections_, tools_);
  }

private:
  Workspace& workspace_;
  const Connections& connections_;
  const Tools& tools_;
};

class Uploader {
public:
  Uploader(UploadSite& site, HubLink& link, const Tools& tools)
      : site_(site),
        store_(site.store()),
        link_(link),
        tools_(tools),
        cas_sent_before_(link.cas_sent_bytes()),
        working_(site.store()),
        chunks_(site, working_, link, tools) {}

  /// Of distinct contents.
  UploadTotals run(std::span<const repo::FoundPointer> pointers) {
    std::vector<Pending> by_chunks;
    std::size_t chunk_estimate = 0;
    for (std::size_t at = 0; at < pointers.size(); at += wire::kLfsBatchObjects) {
      tools_.stop.check();
      const auto part =
          pointers.subspan(at, std::min(wire::kLfsBatchObjects, pointers.size() - at));
      std::vector<wire::LfsObject> objects;
      for (const auto& found : part)
        objects.push_back({found.pointer.sha256, found.pointer.size_bytes});
      const wire::LfsBatchAnswer answer = link_.lfs().batch(wire::LfsOperation::upload, objects);
      std::vector<Sha256> present;
      for (std::size_t i = 0; i < part.size(); ++i) {
        const wire::LfsObjectAnswer& object = answer.objects[i];
        if (object.error) {
          Error error = remote::object_error(object);
          error.add_context("sending " + printable(part[i].path));
          throw error;
        }
        if (!object.upload) {
          present.push_back(part[i].pointer.sha256);
          tools_.progress.advance(part[i].pointer.size_bytes);
        } else if (answer.transfer == wire::kTransferXet) {
          by_chunks.push_back({part[i], object});
          chunk_estimate += part[i].pointer.size_bytes / xet::kChunkMinBytes / 4 + 1;
          if (chunk_estimate >= kChunksAtOnce) {
            send_by_chunks(by_chunks);
            by_chunks.clear();
            chunk_estimate = 0;
          }
        } else {
          send_whole({part[i], object});
        }
      }
      store_.note_remote_files(link_.key(), present);
    }
    send_by_chunks(by_chunks);
    note_sent();
    totals_.sent_bytes += link_.cas_sent_bytes() - cas_sent_before_;
    totals_.new_raw_bytes = chunks_.new_raw_bytes();
    totals_.known_raw_bytes = chunks_.known_raw_bytes();
    return totals_;
  }

private:
  // --- whole files

  void send_whole(const Pending& pending) {
    with_context([&] { return "sending " + printable(pending.found.path); },
                 [&] {
                   const auto size = pending.found.pointer.size_bytes;
                   UploadProgress progress(tools_.progress, size);
                   std::optional<SentCopy> copy;
                   auto path = whole_copy(pending.found);
                   if (!path) path = copy.emplace(write_copy(pending.found)).path;
                   link_.lfs().upload(
                       pending.answer,
                       watched(remote::file_body(real_file_system(), *path, size), size, progress));
                   progress.finish();
                   totals_.sent_bytes += size;
                 });
    count(pending);
    fault_point("push.object_sent");
  }

  /// A file on disk that holds just these bytes, as far as stat tells; the hub checks the hash.
  std::optional<std::filesystem::path> whole_copy(const repo::FoundPointer& found) {
    for (const store::WorkingFile& working : store_.working_files_with(found.pointer.sha256)) {
      const auto stat = real_file_system().stat(working.path);
      if (stat && *stat == working.stat) return working.path;
    }
    return site_.object_copy(found);
  }

  std::filesystem::path write_copy(const repo::FoundPointer& found) {
    const store::FileRecord record = require_record(found);
    const auto folder = site_.scratch_folder();
    const auto target = folder / (found.pointer.sha256.hex() + ".send");
    PartialFile file(folder, found.pointer.sha256, found.pointer.size_bytes);
    file.restart();
    store_.read_file(
        record, 0, record.size_bytes,
        [&](ByteView bytes) {
          tools_.stop.check();
          file.append(bytes);
        },
        &working_);
    file.finish(target);
    return target;
  }

  void count(const Pending& pending) {
    ++totals_.files;
    totals_.logical_bytes += pending.found.pointer.size_bytes;
    sent_.push_back(pending.found.pointer.sha256);
    if (sent_.size() >= kNotesAtOnce) note_sent();
  }

  void note_sent() {
    store_.note_remote_files(link_.key(), sent_);
    sent_.clear();
  }

  // --- recipes

  /// The file's recipe; a file that came by git-lfs, or whose recipe was lost, is cut into chunks
  /// now.
  store::FileRecord require_record(const repo::FoundPointer& found) {
    if (auto record = store_.find_file(found.pointer.sha256);
        record && record->size_bytes == found.pointer.size_bytes)
      return *std::move(record);
    const auto copy = whole_copy(found);
    const auto shown = site_.shown(found);
    for (const auto& path : {copy, shown}) {
      if (!path) continue;
      const auto stat = real_file_system().stat(*path);
      if (!stat || !stat->is_regular() || stat->size_bytes != found.pointer.size_bytes) continue;
      const auto ingest = store_.start_ingest();
      const store::IngestedFile file = ingest->add_file(*path, silent_progress(), tools_.stop);
      ingest->commit();
      if (file.sha256 == found.pointer.sha256) return *store_.find_file(file.sha256);
    }
    throw Error(ErrorKind::not_found, "the bytes of {} (sha256 {}) are nowhere on this machine",
                printable(found.path), found.pointer.sha256.hex())
        .hint("fetch them from the remote that has them: mhub pull REMOTE");
  }

  UploadFile describe(const repo::FoundPointer& found) {
    const store::FileRecord record = require_record(found);
    UploadFile file{record.sha256, record.xet_hash, {}};
    const std::vector<xet::ChunkRef> refs = store_.chunks_of(record);
    file.chunks.reserve(refs.size());
    std::size_t next = 0;
    for (const xet::Term& term : record.terms) {
      for (std::uint32_t index = term.first_chunk; index < term.end_chunk; ++index)
        file.chunks.push_back({refs.at(next++), term.xorb, index});
    }
    return file;
  }

  // --- files by chunks

  /// Files without a recipe whose bytes are at hand: their chunks share xorbs then. What turns out
  /// to hold something else is require_record()'s to complain of.
  void cut_together(const std::vector<Pending>& pending) {
    std::unique_ptr<store::Ingest> ingest;
    for (const Pending& one : pending) {
      const auto copy = site_.object_copy(one.found);
      if (!copy || store_.find_file(one.found.pointer.sha256)) continue;
      if (!ingest) ingest = store_.start_ingest();
      ingest->add_file(*copy, silent_progress(), tools_.stop);
    }
    if (ingest) ingest->commit();
  }

  void send_by_chunks(const std::vector<Pending>& pending) {
    if (pending.empty()) return;
    const auto action = wire::parse_xet_upload_action(*pending.front().answer.upload);
    remote::CasClient& cas = link_.cas(action.refresh_url, action.token);
    cut_together(pending);
    std::vector<UploadFile> files;
    std::uint64_t logical_bytes = 0;
    for (const Pending& one : pending) {
      files.push_back(describe(one.found));
      logical_bytes += one.found.pointer.size_bytes;
    }
    UploadProgress progress(tools_.progress, logical_bytes);
    chunks_.send(cas, files, action.takes_announcements, progress);
    progress.finish();
    for (const Pending& one : pending) {
      // A hub that wants to verify says so with the action.
      if (one.answer.verify) {
        wire::LfsObjectAnswer verify = one.answer;
        verify.upload.reset();
        link_.lfs().upload(verify, {});
      }
      count(one);
    }
  }

  UploadSite& site_;
  store::Store& store_;
  HubLink& link_;
  const Tools& tools_;
  const std::uint64_t cas_sent_before_;
  WorkingSource working_;
  ChunkUploader chunks_;
  UploadTotals totals_;
  std::vector<Sha256> sent_;
};

}  // namespace

UploadTotals upload_files(Workspace& workspace, const Connections& connections, HubLink& link,
                          std::span<const repo::FoundPointer> pointers, const Tools& tools) {
  WorkspaceSite site(workspace, connections, tools);
  const std::vector<repo::FoundPointer> distinct = distinct_of(pointers);
  std::uint64_t total_bytes = 0;
  for (const auto& found : distinct) total_bytes += found.pointer.size_bytes;
  if (!distinct.empty()) tools.progress.phase("sending", total_bytes);
  return upload_files(site, link, distinct, tools);
}

UploadTotals upload_files(UploadSite& site, HubLink& link,
                          std::span<const repo::FoundPointer> pointers, const Tools& tools) {
  return Uploader(site, link, tools).run(pointers);
}

}  // namespace mhub::sync
