#pragma once
// A commit being put together from the lines that a client sends, then made on whatever the branch
// has become by then.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include <mhub/repo/objects.hpp>
#include <mhub/wire/hub_commit.hpp>

#include "hf/tree_plan.hpp"
#include "hf/write_target.hpp"
#include "router.hpp"

namespace mhub::serve {

/// Blobs are written as lines come; nothing refers to them before make_tree()'s tree is committed.
/// One thread at a time. Functions throw Refused: 400, 404, 413, 422.
class CommitBuild {
public:
  CommitBuild(const Call& call, repo::Repository& repository)
      : call_(call), repository_(repository) {}

  /// One line without its line feed, not blank; the first is the header.
  void add_line(std::string_view line);
  /// After the last line.
  void finish();

  const wire::CommitHeader& header() const { return header_; }
  std::size_t operation_count() const { return operations_.size(); }
  /// What the operations make of the tip's tree.
  repo::ObjectId make_tree(const Tip& tip);

private:
  struct Put {
    std::string path;
    std::string old_path;
    repo::ObjectId blob;
    bool is_large = false;
  };
  using Operation = std::variant<Put, wire::CommitDeletion, wire::CommitCopy>;
  /// The tree that copies are taken from.
  struct Source {
    std::string revision;
    TreePlan tree;
  };

  Put read(const wire::CommitFile& file);
  Put read(const wire::CommitLargeFile& file);
  /// Throws Refused 422 unless the repository holds the file, with that size if one is given.
  std::uint64_t require_held(const Sha256& file, std::optional<std::uint64_t> size_bytes,
                             std::string_view path);
  void copy(const wire::CommitCopy& copy, const Tip& tip, TreePlan& plan,
            std::vector<std::string>& large);
  /// Adds rules for those of `large` that none covers.
  void cover(const std::vector<std::string>& large, TreePlan& plan);

  const Call& call_;
  repo::Repository& repository_;
  bool has_header_ = false;
  wire::CommitHeader header_;
  std::vector<Operation> operations_;
  std::map<Sha256, std::uint64_t> held_;  ///< large files that the commit needs, and their sizes
  std::optional<Source> source_;
};

/// The tree of a tip: that of its commit, or what a repository begins with.
repo::ObjectId tree_of(repo::Repository& repository, const Call& call, const Tip& tip);

}  // namespace mhub::serve
