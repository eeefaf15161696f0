#pragma once
// What Hugging Face's client notes in a folder that files were downloaded into, so that the next
// download knows what need not come again:
//
//   .cache/huggingface/.gitignore, CACHEDIR.TAG
//   .cache/huggingface/download/<path>.metadata   three lines: commit, id, Unix time
//   .cache/huggingface/download/<path>.lock       held while the file is fetched (flock)
//   .cache/huggingface/trees/<commit>.json        the commit's files

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/base/file_lock.hpp>
#include <mhub/base/progress.hpp>

#include "content_id.hpp"

namespace mhub::sync {

/// What a file was when it was downloaded.
struct DownloadNote {
  std::string commit;
  std::string id;
};

/// Threads and processes may share a folder.
class LocalFolder {
public:
  explicit LocalFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  /// Where listings are kept.
  std::filesystem::path notes() const { return root_ / ".cache" / "huggingface"; }
  std::filesystem::path place(std::string_view path) const { return root_ / path; }
  /// As place(), with its folders made.
  std::filesystem::path make_place(std::string_view path) const;
  /// For PartialFile.
  std::filesystem::path partial(std::string_view path, const ContentId& id) const;

  /// The next three with the lock held.
  FileLock lock(std::string_view path, const StopToken& stop) const;
  /// Nothing if there is no note, or the file has changed since it was written.
  std::optional<DownloadNote> find_note(std::string_view path) const;
  void put_note(std::string_view path, const std::string& commit, const ContentId& id) const;

private:
  std::filesystem::path note(std::string_view path, std::string_view ending) const;
  std::filesystem::path root_;
};

}  // namespace mhub::sync
