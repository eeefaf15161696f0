#include <array>
#include <map>
#include <unordered_map>

#include <mhub/repo/filter_process.hpp>
#include <mhub/store/ingest.hpp>
#include <mhub/sync/filter.hpp>

#include "download.hpp"
#include "hub_link.hpp"
#include "materialise.hpp"
#include "remote_source.hpp"

namespace mhub::sync {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
/// What is no pointer goes through memory, as it does in git.
constexpr std::uint64_t kPassedLimitBytes = std::uint64_t{1} << 30;

class LargeFileFilter final : public repo::FilterHandler {
public:
  LargeFileFilter(Workspace& workspace, const Connections& connections,
                  const FilterOptions& options, const Tools& tools)
      : workspace_(workspace),
        connections_(connections),
        options_(options),
        tools_(tools),
        working_(workspace.store()),
        folder_(filter_folder(workspace.repository())),
        run_(random_name()) {}

  ~LargeFileFilter() override {
    for (const auto& [sha256, fetched] : fetched_) {
      std::error_code ignored;
      std::filesystem::remove(fetched.file, ignored);
    }
  }

  void clean(const repo::FilterRequest& request, repo::FilterInput& input,
             repo::FilterOutput& output) override {
    const Bytes head = read_head(input);
    if (head.empty() || pointer_in(head)) {
      output.write(head);
      return;
    }
    const store::IngestedFile file = with_context(
        [&] { return "adding " + printable(request.path); }, [&] { return ingest(head, input); });
    output.write(as_bytes(wire::to_text({file.sha256, file.size_bytes})));
  }

  Smudged smudge(const repo::FilterRequest& request, repo::FilterInput& input,
                 repo::FilterOutput& output) override {
    const Bytes head = read_head(input);
    const auto pointer = pointer_in(head);
    if (!pointer || options_.no_data) {
      pass(head, input, output);
      return Smudged::done;
    }
    if (write_from_disk(*pointer, output)) return Smudged::done;
    if (request.can_delay) {
      delayed_[request.path] = *pointer;
      unnamed_.push_back(request.path);
      return Smudged::delayed;
    }
    fetch({{request.path, *pointer}});
    write_fetched(request.path, *pointer, output);
    return Smudged::done;
  }

  std::vector<std::string> ready() override {
    if (unnamed_.empty()) return {};
    std::map<std::string, wire::LfsPointer> wanted;
    for (const std::string& path : unnamed_) wanted.emplace(path, delayed_.at(path));
    try {
      fetch(wanted);
    } catch (const Error& error) {
      // git would give up without a word on each file; so each is told of when it is asked for.
      if (error.kind() == ErrorKind::interrupted) throw;
      fetch_failure_ = error;
    }
    return std::exchange(unnamed_, {});
  }

  void smudge_ready(const repo::FilterRequest& request, repo::FilterOutput& output) override {
    const auto found = delayed_.find(request.path);
    if (found == delayed_.end())
      throw Error(ErrorKind::corrupt, "git asks for {} once more", printable(request.path));
    const wire::LfsPointer pointer = found->second;
    delayed_.erase(found);
    write_fetched(request.path, pointer, output);
  }

  void failed(const std::string& path, std::exception_ptr why) override {
    try {
      std::rethrow_exception(why);
    } catch (const Error& error) {
      tell(path, error);
    } catch (const std::exception& error) {
      tell(path, Error(ErrorKind::internal, "{}", error.what()));
    } catch (...) {
      tell(path, Error(ErrorKind::internal, "something unknown went wrong"));
    }
  }

private:
  /// A content that came from a remote, on its way to git.
  struct Fetched {
    std::filesystem::path file;
    std::size_t wanted = 0;  ///< how often git will still ask for it
  };

  void tell(const std::string& path, const Error& error) noexcept {
    try {
      if (options_.on_failed) options_.on_failed(path, error);
    } catch (...) {
      // There is nobody left to tell.
    }
  }

  static std::string random_name() {
    std::array<std::byte, 8> bytes{};
    fill_random(bytes);
    return to_hex(bytes);
  }

  static Bytes read_head(repo::FilterInput& input) {
    Bytes head(wire::kLfsPointerLimitBytes);
    head.resize(input.read(head));
    return head;
  }

  static std::optional<wire::LfsPointer> pointer_in(const Bytes& head) {
    if (head.size() >= wire::kLfsPointerLimitBytes) return std::nullopt;
    return wire::parse_lfs_pointer(head);
  }

  store::IngestedFile ingest(const Bytes& head, repo::FilterInput& input) {
    const auto batch = workspace_.store().start_ingest();
    const auto file = batch->start_file();
    file->write(head);
    Bytes block(kBlockBytes);
    while (const std::size_t got = input.read(block)) {
      tools_.stop.check();
      file->write(ByteView(block).first(got));
    }
    const store::IngestedFile done = file->finish();
    batch->commit();
    return done;
  }

  static void pass(Bytes content, repo::FilterInput& input, repo::FilterOutput& output) {
    Bytes block(kBlockBytes);
    while (const std::size_t got = input.read(block)) {
      append(content, ByteView(block).first(got));
      if (content.size() > kPassedLimitBytes)
        throw Error(ErrorKind::config, "this is no pointer, and larger than {}",
                    human_bytes(kPassedLimitBytes));
    }
    output.write(content);
  }

  /// False, with nothing written, if the bytes are not all at hand.
  bool write_from_disk(const wire::LfsPointer& pointer, repo::FilterOutput& output) {
    const auto record = recipe_of(workspace_.store(), pointer);
    return record && is_at_hand(workspace_.store(), working_, *record) &&
           write_from_recipe(*record, working_, output);
  }

  /// False, with nothing written, if that turns out not to be possible.
  bool write_from_recipe(const store::FileRecord& record, store::ChunkSource& source,
                         repo::FilterOutput& output) {
    bool written = false;
    Sha256Hasher hasher;
    try {
      workspace_.store().read_file(
          record, 0, record.size_bytes,
          [&](ByteView bytes) {
            tools_.stop.check();
            written = true;
            hasher.update(bytes);
            output.write(bytes);
          },
          &source);
    } catch (const Error& error) {
      if (written || (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::not_found))
        throw;
      return false;
    }
    if (hasher.finish() != record.sha256)
      throw Error(ErrorKind::corrupt, "what the store has of it gives other bytes")
          .hint("mhub fsck --repair");
    return true;
  }

  /// What was added here refers to chunks that only a remote may have, without being a file there
  /// before it is pushed.
  bool write_from_parts(const wire::LfsPointer& pointer, repo::FilterOutput& output) {
    const auto record = recipe_of(workspace_.store(), pointer);
    if (!record) return false;
    RemoteSource source(workspace_, connections_, tools_);
    return write_from_recipe(*record, source, output);
  }

  void fetch(const std::map<std::string, wire::LfsPointer>& wanted) {
    std::vector<LargeTarget> targets;
    for (const auto& [path, pointer] : wanted) {
      Fetched& fetched = fetched_[pointer.sha256];
      if (fetched.wanted++ > 0) continue;
      fetched.file = folder_ / (pointer.sha256.hex() + "." + run_);
      LargeTarget target;
      target.path = path;
      target.pointer = pointer;
      target.aside = fetched.file;
      targets.push_back(std::move(target));
    }
    if (targets.empty()) return;
    real_file_system().create_folders(folder_);
    repo::Repository& repository = workspace_.repository();
    for (const std::string& remote : data_remotes(repository, {})) {
      if (targets.empty()) return;
      const auto link = open_data_link(repository, connections_, remote, tools_);
      if (!link) continue;
      DownloadTotals totals;
      targets = Downloader(workspace_, *link, working_, partial_folder(repository), tools_)
                    .fetch(
                        targets, [](const LargeTarget&, const FileStat&) {}, totals);
    }
  }

  void write_fetched(const std::string& path, const wire::LfsPointer& pointer,
                     repo::FilterOutput& output) {
    Fetched& fetched = fetched_.at(pointer.sha256);
    if (!real_file_system().stat(fetched.file)) {
      if (write_from_parts(pointer, output)) return;
      if (fetch_failure_) throw *fetch_failure_;
      throw Error(ErrorKind::not_found, "neither the store nor a remote has the bytes of {}",
                  printable(path))
          .hint("whoever added it has to push it: mhub push");
    }
    const auto file = real_file_system().open_read(fetched.file);
    Bytes block(kBlockBytes);
    for (std::uint64_t offset = 0;;) {
      tools_.stop.check();
      const std::size_t got = file->read_at(block, offset);
      output.write(ByteView(block).first(got));
      offset += got;
      if (got < block.size()) break;
    }
    if (--fetched.wanted > 0) return;
    real_file_system().remove(fetched.file);
    fetched_.erase(pointer.sha256);
  }

  Workspace& workspace_;
  const Connections& connections_;
  const FilterOptions& options_;
  const Tools& tools_;
  WorkingSource working_;
  const std::filesystem::path folder_;  ///< of what was fetched and git did not take yet
  const std::string run_;  ///< in the names of those files: several filters may run at once
  std::unordered_map<Sha256, Fetched> fetched_;
  std::unordered_map<std::string, wire::LfsPointer> delayed_;
  std::vector<std::string> unnamed_;  ///< of delayed_, not yet named to git
  std::optional<Error> fetch_failure_;
};

}  // namespace

void run_filter(Workspace& workspace, const Connections& connections, int in, int out,
                const FilterOptions& options, const Tools& tools) {
  LargeFileFilter filter(workspace, connections, options, tools);
  repo::run_filter_process(in, out, filter);
}

}  // namespace mhub::sync
