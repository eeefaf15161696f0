#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/tree_pages.hpp>

namespace mhub::repo {

namespace {

constexpr int kDepthAtMost = 256;

class PageReader {
public:
  PageReader(Repository& repository, const TreePageOptions& options)
      : repository_(repository), options_(options) {}

  /// `after` is relative to `tree`, whose own path is `folder` ("a/b/", or empty).
  void read(const ObjectId& tree, const std::string& folder, std::string_view after, int depth) {
    if (depth > kDepthAtMost)
      throw Error(ErrorKind::corrupt, "tree {} is nested too deeply", tree.hex());
    const auto entries = read_tree(repository_, tree);
    auto entry = entries.begin();
    if (!after.empty()) {
      const std::string_view name = after.substr(0, after.find('/'));
      entry = std::find_if(entries.begin(), entries.end(),
                           [&](const TreeEntry& one) { return one.name == name; });
      const bool ends_here = name.size() == after.size();
      if (entry == entries.end() || (!ends_here && !may_enter(*entry)))
        throw Error(ErrorKind::usage, "{} is no place to go on from", printable(options_.after));
      // Of a folder that was told last, its content has yet to be told.
      if (may_enter(*entry))
        read(entry->id, folder + entry->name + "/",
             ends_here ? std::string_view() : after.substr(name.size() + 1), depth + 1);
      ++entry;
    }
    for (; entry != entries.end() && !page_.has_more; ++entry) {
      if (entry->mode == FileMode::submodule || entry->mode == FileMode::none) continue;
      if (page_.entries.size() == options_.limit) {
        page_.has_more = true;
        return;
      }
      page_.entries.push_back({folder + entry->name, entry->mode, entry->id});
      if (may_enter(*entry)) read(entry->id, folder + entry->name + "/", {}, depth + 1);
    }
  }

  TreePage take() { return std::move(page_); }

private:
  bool may_enter(const TreeEntry& entry) const {
    return options_.is_recursive && entry.mode == FileMode::tree;
  }

  Repository& repository_;
  const TreePageOptions& options_;
  TreePage page_;
};

}  // namespace

TreePage list_tree_page(Repository& repository, const ObjectId& tree,
                        const TreePageOptions& options) {
  PageReader reader(repository, options);
  reader.read(tree, {}, options.after, 0);
  return reader.take();
}

}  // namespace mhub::repo
