// Uploads without git. The hub says of each file how it wants it and what it has of it; large ones
// are sent as a push sends them, small ones stand in the commit.

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/base/log.hpp>
#include <mhub/base/synchronized.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/remote/hub_content.hpp>
#include <mhub/remote/hub_repos.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>
#include <mhub/sync/upload_folder.hpp>

#include "commit_body.hpp"
#include "content_id.hpp"
#include "local_files.hpp"
#include "upload.hpp"

namespace mhub::sync {

namespace {

/// Files of one question to the hub.
constexpr std::size_t kAskedAtOnce = 256;
/// Bounds of one commit: hubs end requests that take too long.
constexpr std::size_t kOperationsAtOnce = 5000;
constexpr std::uint64_t kInlineBytesAtOnce = std::uint64_t{64} << 20;
/// What hubs take in a commit's line is at most 10 MB or so.
constexpr std::uint64_t kInlineFileMaxBytes = std::uint64_t{11} << 20;
/// Large files sent together, while the next ones are cut; bounds the room that chunks take on disk
/// on their way.
constexpr std::uint64_t kSentAtOnceBytes = std::uint64_t{512} << 20;
constexpr std::uint64_t kRulesMaxBytes = std::uint64_t{1} << 20;
/// How often somebody else's commit may come first.
constexpr unsigned kTries = 10;
/// Files that are cut into chunks side by side; each has buffers of its own.
constexpr unsigned kCutAtOnce = 4;
/// A file that was changed just before it was read could change again and look the same.
constexpr std::int64_t kSettledNs = 2'000'000'000;

/// What the hub said of a file, and what it is here.
struct Judged {
  const LocalFile* file = nullptr;
  bool is_large = false;
  std::optional<ContentId> id;  ///< of every file once the large ones are sent
};

/// The files of an upload, as sending them wants to see them.
class FolderSite final : public UploadSite {
public:
  explicit FolderSite(const std::filesystem::path& folder)
      : folder_(folder), store_(store::Store::open(folder)) {}

  /// False if a file of that content is there already. Not while files are sent.
  bool add(const Sha256& sha256, const LocalFile& file) {
    return files_.try_emplace(sha256, &file).second;
  }

  store::Store& store() override { return *store_; }
  std::optional<std::filesystem::path> object_copy(const repo::FoundPointer& found) override {
    const auto file = files_.find(found.pointer.sha256);
    if (file == files_.end()) return std::nullopt;
    const auto stat = real_file_system().stat(file->second->path);
    if (!stat || *stat != file->second->stat) return std::nullopt;
    return file->second->path;
  }
  std::optional<std::filesystem::path> shown(const repo::FoundPointer& found) override {
    return object_copy(found);
  }
  std::filesystem::path scratch_folder() override { return folder_ / "send"; }
  std::unique_ptr<store::ChunkSource> elsewhere() override { return nullptr; }

private:
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unordered_map<Sha256, const LocalFile*> files_;
};

class Upload {
public:
  Upload(const Connections& connections, const UploadFolderOptions& options, const Tools& tools)
      : options_(options),
        tools_(tools),
        hub_(connections.http, connections.credentials, tools.stop, tools.progress),
        content_(hub_, options.hub_url, options.repo),
        link_(options.hub_url, options.repo, connections, tools, options.by_chunks),
        site_(options.store_folder),
        revision_(options.revision),
        as_pull_request_(options.as_pull_request) {}

  UploadFolderReport run() {
    prefix_ = folder_in_repo(options_);
    files_ = find_local_files(options_);
    if (files_.empty() && options_.delete_patterns.empty())
      throw Error(ErrorKind::usage, "there is no file to upload");
    require_repository();
    for (unsigned attempt = 1; !try_once(); ++attempt) {
      if (attempt == kTries) {
        throw Error(ErrorKind::conflict, "others commit to {} all the time",
                    printable(options_.revision));
      }
      log_info("somebody else committed first; looking again");
      std::this_thread::sleep_for(std::chrono::milliseconds(50 * attempt));
      tools_.stop.check();
    }
    keep_index_only();
    return std::move(report_);
  }

private:
  // --- the repository

  void require_repository() {
    remote::RevisionAnswer answer = content_.find_revision(options_.revision);
    if (answer.what == remote::RevisionAnswer::What::no_repository) {
      make_repository(*answer.error);
      answer = content_.find_revision(options_.revision);
      if (answer.what == remote::RevisionAnswer::What::no_repository)
        throw std::move(*answer.error);
    }
    if (answer.what == remote::RevisionAnswer::What::found) return;
    if (options_.as_pull_request)
      throw Error(ErrorKind::not_found, "{} has no branch {}", options_.repo.path(),
                  printable(options_.revision));
    content_.make_branch(options_.revision);
  }

  void make_repository(const Error& why) {
    remote::HubApi api(hub_, options_.hub_url);
    wire::CreateRepoRequest request;
    request.type = options_.repo.type;
    request.owner = options_.repo.owner;
    request.name = options_.repo.name;
    request.is_private = options_.make_private;
    if (request.type == wire::RepoType::space) request.space_sdk = options_.space_sdk;
    try {
      remote::create_repo(api, request);
    } catch (const Error& error) {
      // It is there, and not for us.
      if (error.kind() == ErrorKind::conflict) throw Error(why);
      throw;
    }
    report_.made_repository = true;
    tools_.progress.note("made " + content_.web_url());
  }

  // --- one try

  /// False if somebody else committed in between.
  bool try_once() {
    report_.files_unchanged = report_.files_ignored = 0;
    parent_.clear();
    std::vector<Judged> changed = judge();
    send_large(changed);
    CommitParts all;
    all.deletions = deletions();
    for (const Judged& one : changed) {
      const LocalFile& file = *one.file;
      if (one.is_large) {
        all.large.push_back({file.name, sha256_of(one), file.stat.size_bytes, {}});
      } else {
        all.files.push_back({file.name, file.path, file.stat.size_bytes, *one.id});
      }
    }
    return commit(all);
  }

  std::vector<Judged> judge() {
    wire::PreuploadRequest rules;
    for (const LocalFile& file : files_) {
      if (file.stat.size_bytes > kRulesMaxBytes) continue;
      if (file.name == ".gitignore") rules.git_ignore = text_of(file);
      if (file.name == ".gitattributes") rules.git_attributes = text_of(file);
    }
    std::vector<Judged> changed;
    std::uint64_t total_bytes = 0;
    for (const LocalFile& file : files_) total_bytes += file.stat.size_bytes;
    if (!files_.empty()) tools_.progress.phase("comparing", total_bytes);
    ThreadPool pool(tools_.jobs);
    for (std::size_t at = 0; at < files_.size(); at += kAskedAtOnce) {
      const auto part = std::span(files_).subspan(at, std::min(kAskedAtOnce, files_.size() - at));
      wire::PreuploadRequest request = rules;
      for (const LocalFile& file : part) request.files.push_back(describe(file));
      const wire::PreuploadAnswer answer = content_.preupload(revision_, request, as_pull_request_);
      if (parent_.empty()) parent_ = answer.commit_oid;
      std::map<std::string_view, const wire::PreuploadAnswer::File*> by_path;
      for (const auto& file : answer.files) by_path[file.path] = &file;
      std::vector<std::future<std::optional<Judged>>> running;
      for (const LocalFile& file : part) {
        const auto said = by_path.find(file.name);
        if (said == by_path.end()) {
          throw Error(ErrorKind::corrupt, "the hub does not say how it wants {}",
                      printable(file.name));
        }
        running.push_back(
            pool.submit([this, &file, said = said->second] { return judge(file, *said); }));
      }
      const auto take = [&](std::optional<Judged> judged) {
        if (judged) changed.push_back(*std::move(judged));
      };
      try {
        wait_all(running, take);
      } catch (...) {
        note_seen();
        throw;
      }
      note_seen();
    }
    return changed;
  }

  static wire::PreuploadFile describe(const LocalFile& file) {
    wire::PreuploadFile described{file.name, file.stat.size_bytes, {}};
    described.sample.resize(static_cast<std::size_t>(
        std::min<std::uint64_t>(wire::kPreuploadSampleBytes, file.stat.size_bytes)));
    if (!described.sample.empty()) {
      described.sample.resize(
          real_file_system().open_read(file.path)->read_at(described.sample, 0));
    }
    return described;
  }

  static std::string text_of(const LocalFile& file) {
    return std::string(as_text(read_file(real_file_system(), file.path, kRulesMaxBytes)));
  }

  /// Nothing for a file that need not go up. On a pool's thread.
  std::optional<Judged> judge(const LocalFile& file, const wire::PreuploadAnswer::File& said) {
    tools_.stop.check();
    const std::uint64_t size = file.stat.size_bytes;
    if (said.should_ignore) {
      ++ignored_;
      tools_.progress.advance(size);
      return std::nullopt;
    }
    const bool is_large = said.is_large && size > 0;
    const auto known = is_large ? known_id(file) : std::nullopt;
    // The hub has nothing of that name: cutting it into chunks gives its hash in the same pass.
    if (is_large && !known && said.oid.empty() && options_.by_chunks) {
      tools_.progress.advance(size);
      return Judged{&file, true, std::nullopt};
    }
    if (!is_large && size > kInlineFileMaxBytes) {
      throw Error(ErrorKind::usage, "the hub wants {} ({}) in git itself, where it is too large",
                  printable(file.name), human_bytes(size))
          .hint(
              "give it a rule in the repository's .gitattributes: filter=lfs diff=lfs merge=lfs "
              "-text");
    }
    const auto kind = is_large ? ContentId::Kind::sha256 : ContentId::Kind::git_blob;
    ContentId id = known ? *known : content_id_of(file.path, kind, size, tools_.stop);
    if (is_large && !known) remember(file, *Sha256::parse(id.text()));
    tools_.progress.advance(size);
    if (id.text() == said.oid) {
      ++unchanged_;
      return std::nullopt;
    }
    return Judged{&file, is_large, std::move(id)};
  }

  /// As an earlier upload found it, if the file has not changed since.
  std::optional<ContentId> known_id(const LocalFile& file) {
    const auto known = site_.store().find_working_file(file.path);
    if (known && known->stat == file.stat) return ContentId(known->sha256);
    return std::nullopt;
  }

  /// What a file that was just read turned out to be, for the next upload. Any thread.
  void remember(const LocalFile& file, const Sha256& sha256) {
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    const auto stat = real_file_system().stat(file.path);
    if (!stat || *stat != file.stat || file.stat.mtime_ns + kSettledNs >= now_ns) return;
    seen_.with([&](auto& seen) { seen.push_back({file.path, sha256, file.stat}); });
  }

  void note_seen() {
    seen_.with([&](auto& seen) {
      if (!seen.empty()) site_.store().note_working_files(seen);
      seen.clear();
    });
  }

  // --- large files

  static Sha256 sha256_of(const Judged& one) { return *Sha256::parse(one.id->text()); }

  /// A group of files is cut into chunks while the group before it is on its way.
  void send_large(std::vector<Judged>& changed) {
    const auto groups = groups_of_large(changed);
    std::uint64_t left_bytes = 0;
    for (const Group& group : groups) left_bytes += group.size_bytes;
    ThreadPool sender(1);
    std::future<UploadTotals> sending;
    const auto finish = [&] {
      if (!sending.valid()) return;
      count(sending.get());
      keep_index_only();
    };
    for (const Group& group : groups) {
      const bool shows_cutting = !sending.valid();
      cut(group, shows_cutting ? tools_.progress : silent_progress());
      finish();
      if (shows_cutting) tools_.progress.phase("sending", left_bytes);
      sending = sender.submit([this, pointers = pointers_of(group)] {
        return upload_files(site_, link_, pointers, tools_);
      });
    }
    finish();
    fault_point("upload.files_sent");
  }

  struct Group {
    std::vector<Judged*> files;
    std::uint64_t size_bytes = 0;
  };

  static std::vector<Group> groups_of_large(std::vector<Judged>& changed) {
    std::vector<Group> groups;
    for (Judged& one : changed) {
      if (!one.is_large) continue;
      if (groups.empty() || groups.back().size_bytes >= kSentAtOnceBytes) groups.emplace_back();
      groups.back().files.push_back(&one);
      groups.back().size_bytes += one.file->stat.size_bytes;
    }
    return groups;
  }

  /// What is to be sent of `group`; nobody may be sending. Files that are alike go up once.
  std::vector<repo::FoundPointer> pointers_of(const Group& group) {
    std::vector<repo::FoundPointer> pointers;
    for (const Judged* one : group.files) {
      repo::FoundPointer found;
      found.pointer.sha256 = sha256_of(*one);
      found.pointer.size_bytes = one->file->stat.size_bytes;
      found.path = one->file->name;
      if (site_.add(found.pointer.sha256, *one->file)) {
        pointers.push_back(std::move(found));
      } else {
        tools_.progress.advance(found.pointer.size_bytes);
      }
    }
    return pointers;
  }

  void count(const UploadTotals& totals) {
    report_.sent_bytes += totals.sent_bytes;
    report_.new_raw_bytes += totals.new_raw_bytes;
    report_.known_raw_bytes += totals.known_raw_bytes;
  }

  /// Those of `group` that nobody has read yet become chunks in the store, and get their ids.
  void cut(const Group& group, Progress& progress) {
    std::uint64_t bytes = 0;
    for (const Judged* one : group.files) bytes += one->id ? 0 : one->file->stat.size_bytes;
    if (bytes == 0) return;
    progress.phase("cutting", bytes);
    const auto ingest = site_.store().start_ingest();
    {
      ThreadPool pool(tools_.jobs == 0 ? kCutAtOnce : std::min(tools_.jobs, kCutAtOnce));
      std::vector<std::future<void>> running;
      for (Judged* one : group.files) {
        if (one->id) continue;
        running.push_back(pool.submit([&, one] {
          const LocalFile& file = *one->file;
          const auto read = ingest->add_file(file.path, progress, tools_.stop);
          if (read.size_bytes != file.stat.size_bytes)
            throw Error(ErrorKind::conflict, "{} changes while it is uploaded",
                        printable(file.path.string()));
          one->id = ContentId(read.sha256);
          remember(file, read.sha256);
        }));
      }
      wait_all(running);
    }
    ingest->commit();
    note_seen();
  }

  /// The hub has the chunks; what is known of them is worth keeping, the bytes are not.
  void keep_index_only() {
    try {
      store::Store& store = site_.store();
      if (store.totals().xorbs_local == 0) return;
      store::drop_xorbs(
          store,
          [&](const store::XorbRecord& xorb) { return store.any_remote_has_xorb(xorb.index.hash); },
          false);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      log_info("chunks stay on disk: {}", error.message());  // another upload is at work
    }
  }

  // --- the commit

  std::vector<wire::CommitDeletion> deletions() {
    std::vector<wire::CommitDeletion> found;
    if (options_.delete_patterns.empty()) return found;
    std::set<std::string_view> kept;
    for (const LocalFile& file : files_) kept.insert(file.name);
    const std::string folder = prefix_.empty() ? std::string() : prefix_ + "/";
    const std::string& listed = parent_.empty() ? revision_ : parent_;
    for (const wire::TreeEntry& entry : content_.list_files(listed)) {
      if (!entry.path.starts_with(folder) || kept.contains(entry.path)) continue;
      // It says how files are kept; without it they would be others.
      if (entry.path == ".gitattributes") continue;
      const std::string relative = entry.path.substr(folder.size());
      if (std::any_of(options_.delete_patterns.begin(), options_.delete_patterns.end(),
                      [&](const auto& pattern) { return name_matches(pattern, relative); }))
        found.push_back({wire::CommitDeletion::What::file, entry.path});
    }
    return found;
  }

  std::string summary(std::size_t part) const {
    std::string text = options_.message;
    if (text.empty()) {
      text = files_.size() == 1 ? fmt::format("Upload {}", files_.front().name)
                                : fmt::format("Upload {} files", files_.size());
    }
    if (part > 1) text += fmt::format(" (part {})", part);
    return text;
  }

  bool commit(const CommitParts& all) {
    report_.files_unchanged = unchanged_.exchange(0);
    report_.files_ignored = ignored_.exchange(0);
    if (all.deletions.empty() && all.large.empty() && all.files.empty()) {
      if (report_.commit.empty()) report_.commit = content_.require_revision(revision_);
      report_.commit_url = content_.web_url() + "/commit/" + report_.commit;
      return true;
    }
    auto deletion = all.deletions.begin();
    auto large = all.large.begin();
    auto file = all.files.begin();
    std::string parent = parent_;
    for (std::size_t part = 1;
         deletion != all.deletions.end() || large != all.large.end() || file != all.files.end();
         ++part) {
      tools_.stop.check();
      CommitParts now;
      now.header = {summary(part), part == 1 ? options_.description : std::string(), parent};
      std::size_t room = kOperationsAtOnce;
      std::uint64_t inline_bytes = 0;
      for (; room > 0 && deletion != all.deletions.end(); --room)
        now.deletions.push_back(*deletion++);
      for (; room > 0 && large != all.large.end(); --room) now.large.push_back(*large++);
      for (; room > 0 && file != all.files.end(); --room) {
        if (inline_bytes > 0 && inline_bytes + file->size_bytes > kInlineBytesAtOnce) break;
        inline_bytes += file->size_bytes;
        now.files.push_back(*file++);
      }
      const auto answer = content_.commit(revision_, commit_body(now), as_pull_request_);
      if (!answer) return false;
      fault_point("upload.committed");
      take(*answer, now);
      report_.sent_bytes += inline_bytes;
      parent = answer->commit_oid;
      if (as_pull_request_) {
        revision_ = pull_request_ref(answer->pull_request_url);
        as_pull_request_ = false;
      }
    }
    return true;
  }

  void take(const wire::CommitAnswer& answer, const CommitParts& parts) {
    report_.commit = answer.commit_oid;
    report_.commit_url = answer.commit_url.empty()
                             ? content_.web_url() + "/commit/" + answer.commit_oid
                             : answer.commit_url;
    if (!answer.pull_request_url.empty()) report_.pull_request_url = answer.pull_request_url;
    ++report_.commits;
    report_.files_committed += parts.large.size() + parts.files.size();
    report_.files_deleted += parts.deletions.size();
  }

  /// Where the rest of a pull request that was just made goes.
  static std::string pull_request_ref(std::string_view url) {
    const std::string_view number = url.substr(url.rfind('/') + 1);
    if (number.empty() || number.size() > 9 ||
        number.find_first_not_of("0123456789") != number.npos) {
      throw Error(ErrorKind::corrupt, "the hub does not say which pull request it made");
    }
    return "refs/pr/" + std::string(number);
  }

  const UploadFolderOptions& options_;
  const Tools& tools_;
  remote::HubConnection hub_;
  remote::HubContent content_;
  HubLink link_;
  FolderSite site_;
  std::string revision_;  ///< what is committed to: once it is made, the pull request
  bool as_pull_request_;  ///< it has yet to be made
  std::string prefix_;
  std::vector<LocalFile> files_;
  std::string parent_;  ///< the commit that the hub compared with; may be empty
  Synchronized<std::vector<store::WorkingFile>> seen_;
  std::atomic<std::uint64_t> unchanged_{0};
  std::atomic<std::uint64_t> ignored_{0};
  UploadFolderReport report_;
};

}  // namespace

UploadFolderReport upload_folder(const Connections& connections, const UploadFolderOptions& options,
                                 const Tools& tools) {
  return Upload(connections, options, tools).run();
}

}  // namespace mhub::sync
