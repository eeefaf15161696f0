#include "hf/commit_build.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <mhub/repo/attributes.hpp>

#include "content.hpp"
#include "hf/files.hpp"
#include "hf/first_commit.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// A longer file of rules is left as it is.
constexpr std::uint64_t kRulesLimitBytes = 4 << 20;

std::string rules_file_of(const std::string& folder) {
  return folder.empty() ? ".gitattributes" : folder + "/.gitattributes";
}

}  // namespace

repo::ObjectId tree_of(repo::Repository& repository, const Call& call, const Tip& tip) {
  return tip.commit ? repo::read_commit(repository, *tip.commit).tree
                    : first_tree(repository, call.repo->name.type);
}

void CommitBuild::add_line(std::string_view text) {
  wire::CommitLine line;
  try {
    line = wire::parse_commit_line(text);
  } catch (const Error& error) {
    throw Refused(400, error.message());
  }
  if (auto* header = std::get_if<wire::CommitHeader>(&line)) {
    if (has_header_) throw Refused(400, "a commit has one header");
    has_header_ = true;
    header_ = std::move(*header);
    if (header_.summary.find_first_not_of(" \t\r\n") == std::string::npos)
      throw Refused(400, "a commit needs a summary");
    if (header_.summary.find('\0') != std::string::npos ||
        header_.description.find('\0') != std::string::npos)
      throw Refused(400, "a commit's message holds a NUL character");
    return;
  }
  if (!has_header_) throw Refused(400, "a commit begins with its header");
  if (operations_.size() >= wire::kCommitMaxOperations)
    throw Refused(413, fmt::format("a commit has at most {} operations; make several of it",
                                   wire::kCommitMaxOperations));
  if (const auto* file = std::get_if<wire::CommitFile>(&line)) {
    operations_.emplace_back(read(*file));
  } else if (const auto* large = std::get_if<wire::CommitLargeFile>(&line)) {
    operations_.emplace_back(read(*large));
  } else if (auto* deletion = std::get_if<wire::CommitDeletion>(&line)) {
    require_path(deletion->path);
    operations_.emplace_back(std::move(*deletion));
  } else if (auto* copied = std::get_if<wire::CommitCopy>(&line)) {
    require_path(copied->path);
    require_path(copied->source_path);
    operations_.emplace_back(std::move(*copied));
  }
}

void CommitBuild::finish() {
  if (!has_header_) throw Refused(400, "a commit begins with its header");
}

CommitBuild::Put CommitBuild::read(const wire::CommitFile& file) {
  require_path(file.path);
  if (!file.old_path.empty()) require_path(file.old_path);
  const auto pointer = read_loose_pointer(as_text(file.content));
  if (pointer) require_held(pointer->sha256, pointer->size_bytes, file.path);
  return {file.path, file.old_path, repo::write_blob(repository_, file.content),
          pointer.has_value()};
}

CommitBuild::Put CommitBuild::read(const wire::CommitLargeFile& file) {
  require_path(file.path);
  if (!file.old_path.empty()) require_path(file.old_path);
  const std::uint64_t size = require_held(file.sha256, file.size_bytes, file.path);
  // Nothing stands for itself: there are no pointers to it.
  const auto blob = size == 0 ? repo::write_blob(repository_, {})
                              : repo::write_pointer(repository_, {file.sha256, size});
  return {file.path, file.old_path, blob, size > 0};
}

std::uint64_t CommitBuild::require_held(const Sha256& file, std::optional<std::uint64_t> size_bytes,
                                        std::string_view path) {
  auto held = held_.find(file);
  if (held == held_.end()) {
    const auto listed = call_.hub.catalog->find_file(call_.repo->id, file);
    if (!listed)
      throw Refused(422, fmt::format("the hub does not hold the content of {} (sha256 {}) for this "
                                     "repository; upload it first",
                                     printable(path), file.hex()));
    held = held_.emplace(file, listed->size_bytes).first;
  }
  if (size_bytes && *size_bytes != held->second)
    throw Refused(422, fmt::format("{} has {} bytes (sha256 {}), not {}", printable(path),
                                   held->second, file.hex(), *size_bytes));
  return held->second;
}

void CommitBuild::copy(const wire::CommitCopy& copy, const Tip& tip, TreePlan& plan,
                       std::vector<std::string>& large) {
  if (!source_ || source_->revision != copy.source_revision) {
    Tip from = tip;
    if (!copy.source_revision.empty()) {
      from.commit = commit_named(repository_, copy.source_revision);
      if (!from.commit) refuse_revision(copy.source_revision);
    }
    source_.emplace(
        Source{copy.source_revision, TreePlan(repository_, tree_of(repository_, call_, from))});
  }
  const auto file = source_->tree.find(copy.source_path);
  if (!file || file->mode == repo::FileMode::submodule)
    throw Refused(404, "EntryNotFound",
                  "A file with this name doesn't exist: " + printable(copy.source_path));
  const HubFile source = read_hub_file(repository_, {copy.source_path, file->mode, file->id});
  if (source.pointer) {
    require_held(source.pointer->sha256, source.pointer->size_bytes, copy.source_path);
    large.push_back(copy.path);
  }
  plan.put(copy.path, *file);
}

void CommitBuild::cover(const std::vector<std::string>& large, TreePlan& plan) {
  auto rules = repo::Attributes::of_texts([&](const std::string& folder) {
    return plan.text(rules_file_of(folder), kRulesLimitBytes);
  });
  std::vector<std::string> uncovered;
  for (const std::string& path : large) {
    const auto file = plan.find(path);
    if (file && repo::is_file(file->mode) && !rules.is_large(path)) uncovered.push_back(path);
  }
  if (uncovered.empty()) return;
  std::sort(uncovered.begin(), uncovered.end());
  uncovered.erase(std::unique(uncovered.begin(), uncovered.end()), uncovered.end());
  const std::string name = rules_file_of("");
  const auto text = plan.text(name, kRulesLimitBytes);
  // Something else of that name, which git does not read as rules either.
  if (!text && plan.find(name)) return;
  const std::string more = repo::with_tracked_files(text.value_or(""), uncovered);
  plan.put(name, repo::write_blob(repository_, as_bytes(more)));
}

repo::ObjectId CommitBuild::make_tree(const Tip& tip) {
  TreePlan plan(repository_, tree_of(repository_, call_, tip));
  source_.reset();
  std::vector<std::string> large;
  for (const Operation& operation : operations_) {
    if (const auto* put = std::get_if<Put>(&operation)) {
      if (!put->old_path.empty() && put->old_path != put->path) plan.remove_file(put->old_path);
      plan.put(put->path, put->blob);
      if (put->is_large) large.push_back(put->path);
    } else if (const auto* deletion = std::get_if<wire::CommitDeletion>(&operation)) {
      switch (deletion->what) {
        case wire::CommitDeletion::What::file:
          plan.remove_file(deletion->path);
          break;
        case wire::CommitDeletion::What::folder:
          plan.remove_folder(deletion->path);
          break;
        case wire::CommitDeletion::What::either:
          plan.remove(deletion->path);
          break;
      }
    } else if (const auto* copied = std::get_if<wire::CommitCopy>(&operation)) {
      copy(*copied, tip, plan, large);
    }
  }
  cover(large, plan);
  std::vector<Sha256> files;
  for (const auto& [file, size] : held_) {
    if (size > 0) files.push_back(file);
  }
  if (const auto lost = list_files_for(call_.hub, files, call_.repo->id); !lost.empty())
    throw Refused(422, "the hub has lost the content with sha256 " + lost.front().hex() +
                           "; upload it again");
  return plan.write();
}

}  // namespace mhub::serve
