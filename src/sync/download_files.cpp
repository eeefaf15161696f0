// Downloads without git. What a revision holds is asked once; then every file that is not there
// yet is fetched under its lock, by chunks where the hub keeps it so, and gets its name once its
// hash was checked.

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fnmatch.h>

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/base/log.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/remote/hub_content.hpp>
#include <mhub/repo/work_tree.hpp>
#include <mhub/sync/download_files.hpp>
#include <mhub/wire/hub_history.hpp>

#include "chunk_fetch.hpp"
#include "hub_cache.hpp"
#include "local_folder.hpp"
#include "older_version.hpp"

namespace mhub::sync {

namespace {

constexpr unsigned kFilesAtOnce = 8;
/// Smaller files come faster than an older version of them is looked at.
constexpr std::uint64_t kReuseFromBytes = std::uint64_t{1} << 20;
constexpr std::size_t kCopyBlockBytes = std::size_t{1} << 20;

/// A file that is wanted.
struct Wanted {
  wire::TreeEntry entry;
  ContentId id;
};

ContentId id_of(const wire::TreeEntry& entry) {
  if (entry.lfs_oid) return ContentId(*entry.lfs_oid);
  auto id = ContentId::parse(entry.oid);
  if (!id || id->kind() != ContentId::Kind::git_blob)
    throw Error(ErrorKind::corrupt, "the hub gives no id for {}", printable(entry.path));
  return *std::move(id);
}

/// Where the chunks of an older version may be had from.
struct Older {
  std::filesystem::path path;
  std::string commit;
};

class Download {
public:
  Download(const Connections& connections, const DownloadFilesOptions& options, const Tools& tools)
      : options_(options),
        tools_(tools),
        hub_(connections.http, connections.credentials, tools.stop, tools.progress,
             {options.answer_limit_ms, options.data_limit_ms}),
        content_(hub_, options.hub_url, options.repo),
        cache_(options.cache_folder, options.repo, options.use_symlinks),
        fetcher_(options.hub_url, failed_, tools) {
    if (options.local_folder) local_.emplace(*options.local_folder);
  }

  DownloadFilesReport run() {
    if (!find_commit()) return from_disk();
    const std::vector<Wanted> wanted = choose(list());
    if (!options_.dry_run && !local_) {
      tag_cache_folder(options_.cache_folder);
      cache_.put_ref(options_.revision, commit_);
    }
    fetch_all(wanted);
    name_result();
    if (cas_) report_.received_bytes += cas_->received_bytes();
    report_.received_bytes += whole_bytes_;
    report_.reused_bytes = reused_bytes_;
    return std::move(report_);
  }

private:
  using HashesByPath = std::unordered_map<std::string, xet::FileHash>;

  // --- what there is

  /// False if the hub cannot be asked; throws if what is on disk cannot stand in for it.
  bool find_commit() {
    if (options_.offline) return false;
    if (wire::is_commit_id(options_.revision)) {
      commit_ = options_.revision;
      return true;
    }
    try {
      commit_ = content_.require_revision(options_.revision);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network || options_.dry_run) throw;
      unreachable_ = error;
      return false;
    }
  }

  std::filesystem::path notes() const { return local_ ? local_->notes() : cache_.folder(); }

  /// The commit's files, or of these at least all that were named.
  std::vector<wire::TreeEntry> list() {
    if (auto kept = find_kept_tree(notes(), commit_)) return *std::move(kept);
    const bool all_named = !options_.files.empty() &&
                           std::none_of(options_.files.begin(), options_.files.end(),
                                        [](const auto& name) { return name.ends_with('/'); });
    if (all_named) return content_.find_files(commit_, options_.files);
    std::vector<wire::TreeEntry> entries = content_.list_files(commit_);
    if (!options_.dry_run) {
      if (local_) tag_cache_folder(notes());
      keep_tree(notes(), commit_, entries);
    }
    return entries;
  }

  bool is_wanted(const std::string& path) const {
    if (!options_.patterns.wants(path)) return false;
    if (options_.files.empty()) return true;
    return std::any_of(options_.files.begin(), options_.files.end(), [&](const std::string& name) {
      return name.ends_with('/') ? path.starts_with(name) : path == name;
    });
  }

  std::vector<Wanted> choose(std::vector<wire::TreeEntry> entries) {
    std::vector<Wanted> wanted;
    std::set<std::string> found;
    for (wire::TreeEntry& entry : entries) {
      if (entry.is_folder || !is_wanted(entry.path)) continue;
      repo::require_safe_tree_path(entry.path);
      if (!found.insert(entry.path).second) continue;
      ContentId id = id_of(entry);
      wanted.push_back({std::move(entry), std::move(id)});
    }
    for (const std::string& name : options_.files) {
      if (name.ends_with('/') || found.contains(name) || !options_.patterns.wants(name)) continue;
      if (!options_.dry_run && !local_ && repo::is_safe_tree_path(name))
        cache_.note_absent(commit_, name);
      throw Error(ErrorKind::not_found, "{} has no file {} at {}", options_.repo.path(),
                  printable(name), printable(options_.revision));
    }
    return wanted;
  }

  // --- without the hub

  DownloadFilesReport from_disk() {
    const auto missing = [&](std::string_view what) {
      if (unreachable_) {
        unreachable_->add_context("looking for it on disk, where there is no " + std::string(what));
        return *unreachable_;
      }
      return Error(ErrorKind::not_found,
                   "there is no {} on disk, and the network is not to be used", what);
    };
    if (wire::is_commit_id(options_.revision)) {
      commit_ = options_.revision;
    } else if (const auto ref = cache_.find_ref(options_.revision)) {
      commit_ = *ref;
    }
    const std::filesystem::path root = local_ ? local_->root() : cache_.snapshot(commit_);
    if ((commit_.empty() && !local_) || !is_there(root))
      throw missing(
          fmt::format("copy of {} at {}", options_.repo.path(), printable(options_.revision)));
    const auto require = [&](const std::string& path) {
      if (!repo::is_safe_tree_path(path) || !is_there(root / path))
        throw missing(fmt::format("copy of {} of {}", printable(path), options_.repo.path()));
    };
    const auto kept = commit_.empty() ? std::nullopt : find_kept_tree(notes(), commit_);
    if (kept) {
      for (const wire::TreeEntry& entry : *kept) {
        if (!is_wanted(entry.path)) continue;
        require(entry.path);
        report_.files.push_back({entry.path, root / entry.path, entry.size_bytes, false});
      }
    }
    for (const std::string& name : options_.files) {
      if (!name.ends_with('/')) require(name);
    }
    if (unreachable_) {
      tools_.progress.note(
          fmt::format("{}; what is on disk may be out of date", unreachable_->message()));
    }
    report_.hub_was_asked = false;
    name_result();
    return std::move(report_);
  }

  void name_result() {
    report_.commit = commit_;
    report_.path = local_ ? local_->root() : cache_.snapshot(commit_);
    if (options_.files.size() == 1 && !options_.files.front().ends_with('/'))
      report_.path /= options_.files.front();
  }

  // --- fetching

  void fetch_all(const std::vector<Wanted>& wanted) {
    std::uint64_t total_bytes = 0;
    for (const Wanted& file : wanted) total_bytes += file.entry.size_bytes;
    if (!wanted.empty() && !options_.dry_run) tools_.progress.phase("fetching", total_bytes);
    report_.files.resize(wanted.size());
    std::vector<std::future<void>> running;
    ThreadPool pool(kFilesAtOnce);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      running.push_back(pool.submit([this, &file = wanted[i], &done = report_.files[i]] {
        if (failed_) return;
        try {
          tools_.stop.check();
          with_context([&] { return "fetching " + printable(file.entry.path); },
                       [&] { done = local_ ? into_folder(file) : into_cache(file); });
        } catch (...) {
          failed_ = true;
          throw;
        }
      }));
    }
    wait_all(running);
  }

  DownloadedFile into_cache(const Wanted& file) {
    const std::string& path = file.entry.path;
    DownloadedFile done{path, cache_.snapshot(commit_) / path, file.entry.size_bytes, false};
    if (!options_.fetch_anyway && cache_.find(commit_, path)) {
      tools_.progress.advance(done.size_bytes);
      return done;
    }
    const auto has_blob = [&] { return !options_.fetch_anyway && is_there(cache_.blob(file.id)); };
    if (options_.dry_run) {
      done.fetched = !has_blob();
      return done;
    }
    const FileLock lock = cache_.lock(file.id, tools_.stop);
    if (has_blob()) {
      tools_.progress.advance(done.size_bytes);
    } else {
      std::optional<Older> older;
      if (const auto commit = cache_.newest_other(commit_, path))
        older = Older{cache_.snapshot(*commit) / path, *commit};
      fetch(file, cache_.partial(file.id), cache_.blob(file.id), older);
      done.fetched = true;
    }
    cache_.show(commit_, path, file.id);
    return done;
  }

  DownloadedFile into_folder(const Wanted& file) {
    const std::string& path = file.entry.path;
    DownloadedFile done{path, local_->place(path), file.entry.size_bytes, false};
    if (options_.dry_run) {
      done.fetched = options_.fetch_anyway || (!is_current(file) && !in_cache(file.id));
      return done;
    }
    const auto place = local_->make_place(path);
    const FileLock lock = local_->lock(path, tools_.stop);
    if (!options_.fetch_anyway && is_current(file)) {
      tools_.progress.advance(done.size_bytes);
    } else {
      std::optional<Older> older;
      if (const auto note = local_->find_note(path)) older = Older{place, note->commit};
      const auto partial = local_->partial(path, file.id);
      const auto cached = in_cache(file.id);
      if (!cached || !copy(*cached, file, partial, place)) {
        fetch(file, partial, place, older);
        done.fetched = true;
      }
    }
    local_->put_note(path, commit_, file.id);
    return done;
  }

  /// The file in the folder is the one that is wanted.
  bool is_current(const Wanted& file) const {
    const auto place = local_->place(file.entry.path);
    const auto stat = real_file_system().stat(place);
    if (!stat || !stat->is_regular()) return false;
    if (const auto note = local_->find_note(file.entry.path)) return note->id == file.id.text();
    return stat->size_bytes == file.entry.size_bytes &&
           content_id_of(place, file.id.kind(), stat->size_bytes, tools_.stop) == file.id;
  }

  std::optional<std::filesystem::path> in_cache(const ContentId& id) const {
    auto blob = cache_.blob(id);
    if (options_.fetch_anyway || !is_there(blob)) return std::nullopt;
    return blob;
  }

  /// False if the cache's file is not what its name says.
  bool copy(const std::filesystem::path& from, const Wanted& file,
            const std::filesystem::path& partial, const std::filesystem::path& place) {
    try {
      copy_once(from, file, partial, place);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) throw;
      log_info("{} is not taken from the cache: {}", printable(file.entry.path), error.message());
      return false;
    }
  }

  void copy_once(const std::filesystem::path& from, const Wanted& file,
                 const std::filesystem::path& partial, const std::filesystem::path& place) {
    PartialFile copied(partial, file.id, file.entry.size_bytes);
    copied.restart();
    const auto source = real_file_system().open_read(from);
    Bytes block(kCopyBlockBytes);
    for (std::uint64_t offset = 0;;) {
      tools_.stop.check();
      const std::size_t got = source->read_at(block, offset);
      copied.append(std::span(block).first(got));
      tools_.progress.advance(got);
      offset += got;
      if (got < block.size()) break;
    }
    copied.finish(place);
  }

  /// With the file's lock held.
  void fetch(const Wanted& file, const std::filesystem::path& partial,
             const std::filesystem::path& place, const std::optional<Older>& older) {
    try {
      fetch_once(file, partial, place, older);
    } catch (const Error& error) {
      // Chunks of the older version may not have been what the hub says they are.
      if (error.kind() != ErrorKind::corrupt || !older) throw;
      fetch_once(file, partial, place, std::nullopt);
    }
  }

  void fetch_once(const Wanted& file, const std::filesystem::path& partial,
                  const std::filesystem::path& place, const std::optional<Older>& older) {
    PartialFile arriving(partial, file.id, file.entry.size_bytes);
    if (options_.by_chunks && file.entry.xet_hash && file.entry.size_bytes > 0) {
      try {
        fetch_chunks(file, arriving, older);
        arriving.finish(place);
        return;
      } catch (const Error& error) {
        // A hub that no longer knows the file's chunks may still have the file.
        if (error.kind() != ErrorKind::not_found) throw;
        log_info("{} comes whole: {}", file.entry.path, error.message());
        arriving.restart();
      }
    }
    const bool resumed = arriving.resume_stream();
    tools_.progress.advance(arriving.done_bytes());
    fetch_whole(file, arriving);
    if (resumed && !arriving.matches()) {
      // What an earlier run left was not the front of this file.
      arriving.restart();
      fetch_whole(file, arriving);
    }
    arriving.finish(place);
  }

  void fetch_whole(const Wanted& file, PartialFile& arriving) {
    if (arriving.front_bytes() == arriving.size_bytes()) return;
    content_.download(
        commit_, file.entry.path, arriving.size_bytes(), arriving.front_bytes(),
        [&](std::uint64_t offset) {
          if (offset != arriving.front_bytes()) arriving.restart();
        },
        [&](ByteView bytes) {
          tools_.stop.check();
          arriving.append(bytes);
          whole_bytes_ += bytes.size();
          tools_.progress.advance(bytes.size());
          fault_point("download.bytes_written");
        });
  }

  void fetch_chunks(const Wanted& file, PartialFile& arriving, const std::optional<Older>& older) {
    tools_.progress.advance(arriving.done_bytes());
    std::unique_ptr<OlderVersion> source;
    if (older && file.entry.size_bytes >= kReuseFromBytes) source = open_older(file, *older);
    fetcher_.fetch(cas(), *file.entry.xet_hash, arriving,
                   {[&](const xet::XorbHash& xorb, std::uint32_t chunk) {
                      return source ? source->size_of(xorb, chunk) : 0u;
                    },
                    [&](const std::vector<LocalRun>& runs) -> std::vector<ByteSpan> {
                      if (!source) return {};
                      return source->copy(runs, arriving, tools_.stop, [&](std::uint64_t bytes) {
                        reused_bytes_ += bytes;
                        tools_.progress.advance(bytes);
                      });
                    }});
  }

  /// Nothing if the hub can't say what the older version is made of: a help, never a need.
  std::unique_ptr<OlderVersion> open_older(const Wanted& file, const Older& older) {
    try {
      const auto hash = hash_at(older.commit, file.entry.path);
      if (!hash) return nullptr;
      const auto recipe = cas().reconstruct(*hash);
      if (!recipe) return nullptr;
      return std::make_unique<OlderVersion>(older.path, *hash, *recipe, tools_.stop);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      log_info("nothing is taken from {}: {}", older.path.string(), error.message());
      return nullptr;
    }
  }

  std::optional<xet::FileHash> hash_at(const std::string& commit, const std::string& path) {
    const HashesByPath* const kept = older_hashes_.with([&](auto& commits) {
      const auto [known, is_new] = commits.try_emplace(commit);
      if (is_new) known->second = kept_hashes(commit);
      return known->second ? &*known->second : nullptr;
    });
    if (kept != nullptr) {
      const auto found = kept->find(path);
      return found == kept->end() ? std::nullopt : std::optional(found->second);
    }
    const auto entries = content_.find_files(commit, std::span(&path, 1));
    return entries.empty() ? std::nullopt : entries.front().xet_hash;
  }

  std::optional<HashesByPath> kept_hashes(const std::string& commit) const {
    const auto entries = find_kept_tree(notes(), commit);
    if (!entries) return std::nullopt;
    HashesByPath hashes;
    for (const wire::TreeEntry& entry : *entries) {
      if (entry.xet_hash) hashes.emplace(entry.path, *entry.xet_hash);
    }
    return hashes;
  }

  remote::CasClient& cas() {
    return cas_client_.with([&](auto& client) -> remote::CasClient& {
      if (!client) {
        client = std::make_unique<remote::CasClient>(hub_, content_.read_token_url(commit_));
        cas_ = client.get();
      }
      return *client;
    });
  }

  const DownloadFilesOptions& options_;
  const Tools& tools_;
  remote::HubConnection hub_;
  remote::HubContent content_;
  HubCache cache_;
  std::optional<LocalFolder> local_;
  std::string commit_;
  std::optional<Error> unreachable_;
  Synchronized<std::unique_ptr<remote::CasClient>> cas_client_;
  remote::CasClient* cas_ = nullptr;  ///< once it is made; read when all has come
  /// Of commits that older versions are of, as kept listings say; nothing without a listing.
  /// Elements stay as they are.
  Synchronized<std::map<std::string, std::optional<HashesByPath>>> older_hashes_;
  std::atomic<std::uint64_t> whole_bytes_{0};
  std::atomic<std::uint64_t> reused_bytes_{0};
  std::atomic<bool> failed_{false};
  ChunkFetcher fetcher_;
  DownloadFilesReport report_;
};

}  // namespace

bool name_matches(const std::string& pattern, std::string_view path) {
  const std::string whole = pattern.ends_with('/') ? pattern + "*" : pattern;
  return ::fnmatch(whole.c_str(), std::string(path).c_str(), FNM_NOESCAPE) == 0;
}

bool NamePatterns::wants(std::string_view path) const {
  const auto matches = [&](const std::string& pattern) { return name_matches(pattern, path); };
  if (!include.empty() && std::none_of(include.begin(), include.end(), matches)) return false;
  return std::none_of(exclude.begin(), exclude.end(), matches);
}

DownloadFilesReport download_files(const Connections& connections,
                                   const DownloadFilesOptions& options, const Tools& tools) {
  return Download(connections, options, tools).run();
}

}  // namespace mhub::sync
