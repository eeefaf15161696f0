#pragma once
// Which paths are large files (`filter=lfs` in .gitattributes), and editing those rules.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/repo/index.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

class Index;

/// git's glob matching with "/" kept apart (`*` and `?` stop there, `**` does not), bracket
/// expressions with ranges and POSIX classes, and backslash escapes.
bool wildmatch(std::string_view pattern, std::string_view text, bool ignore_case = false);

/// Answers from .gitattributes of every folder, $GIT_DIR/info/attributes and core.attributesFile,
/// by git's precedence, macros included. Folders' files are read once, so an object lives as long
/// as one command. One thread at a time.
class Attributes {
public:
  /// From the work tree, and where a folder's file is missing there, from the index (as git add
  /// does).
  static Attributes of_work_tree(Repository& repository);
  /// The same with an index that is not written yet, or never will be; it outlives the object.
  static Attributes of_work_tree(Repository& repository, const Index& index);
  /// From a tree, and where a folder's file is missing there, nothing (as a checkout of it does).
  static Attributes of_tree(Repository& repository, const ObjectId& tree);
  /// From what `read` returns as the text of a folder's .gitattributes ("" is the root), asked once
  /// a folder. Neither the user's nor the system's settings count.
  static Attributes of_texts(std::function<std::optional<std::string>(const std::string&)> read);

  Attributes(Attributes&&) noexcept;
  Attributes& operator=(Attributes&&) noexcept;
  ~Attributes();

  /// The attribute's value: "set", "unset" or the text given; nothing if unspecified.
  std::optional<std::string> value(std::string_view path, std::string_view attribute);
  /// True if `path` has filter=lfs.
  bool is_large(std::string_view path);

private:
  struct State;
  explicit Attributes(std::unique_ptr<State> state);
  static Attributes of_index(Repository& repository, std::shared_ptr<const Index> index);
  static std::unique_ptr<State> common_state(Repository& repository);
  static void finish(State& state);
  std::unique_ptr<State> state_;
};

/// One rule that tracks (or, with `-filter` or `!filter`, untracks) large files.
struct TrackedPattern {
  std::string pattern;  ///< decoded: spaces as spaces
  std::string source;   ///< which file, relative to the work tree, such as ".gitattributes"
  bool tracked = true;
};
/// All rules about `filter` of the work tree, in order of file and line.
std::vector<TrackedPattern> tracked_patterns(Repository& repository);

/// A pattern as .gitattributes needs it: spaces as [[:space:]], a "#" or a quote at the start
/// escaped. `literal` also escapes glob characters, for a file's own name.
std::string encode_pattern(std::string_view pattern, bool literal = false);
std::string decode_pattern(std::string_view encoded);

/// The text of a .gitattributes file with a line that tracks `pattern` at its end; `text` itself if
/// such a line is in force there already.
std::string with_tracked(std::string_view text, std::string_view pattern);
/// The text with a line for each of `files` at its end that tracks that one file: paths relative to
/// the folder of the .gitattributes, none of them tracked by it yet, without line feeds.
std::string with_tracked_files(std::string_view text, const std::vector<std::string>& files);
/// Without the lines that track `pattern`; other lines and comments stay as they are.
std::string without_tracked(std::string_view text, std::string_view pattern);

/// Applies with_tracked / without_tracked to `<work tree>/<folder>/.gitattributes` atomically; true
/// if the file changed. Throws Error: conflict if that file is a symlink, io.
bool track(Repository& repository, const std::vector<std::string>& patterns,
           const std::string& folder = {}, bool literal = false);
bool untrack(Repository& repository, const std::vector<std::string>& patterns,
             const std::string& folder = {});

}  // namespace mhub::repo
