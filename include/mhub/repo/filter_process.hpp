#pragma once
// git's long-running filter protocol (gitprotocol: "filter.<driver>.process", version 2), by which
// git hands large files to mhub at `git add` and takes them at `git checkout`.

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mhub/base/bytes.hpp>
#include <mhub/repo/object_id.hpp>

namespace mhub::repo {

/// The content that git sends with a request.
class FilterInput {
public:
  virtual ~FilterInput() = default;
  /// Fills `out` as far as there is content; fewer bytes only at its end, 0 behind it.
  virtual std::size_t read(std::span<std::byte> out) = 0;
};

/// The content that goes back to git.
class FilterOutput {
public:
  virtual ~FilterOutput() = default;
  /// git reads nothing before it has sent all: at most 64 MiB may be written while the input is not
  /// read to its end (beyond that it throws Error: io), any amount afterwards.
  virtual void write(ByteView bytes) = 0;
};

struct FilterRequest {
  std::string path;                ///< from the root of the work tree
  std::string ref;                 ///< what is checked out, if git said so
  std::optional<ObjectId> commit;  ///< the commit or tree it comes from
  std::optional<ObjectId> blob;    ///< of what is smudged
  bool can_delay = false;
};

/// What a filter does. Throwing fails one file, not the process: git then treats the file as
/// filter.<driver>.required says. All calls come from the thread that runs the loop.
class FilterHandler {
public:
  virtual ~FilterHandler() = default;

  /// Working file content in, blob content (the pointer) out. Need not read to the end.
  virtual void clean(const FilterRequest& request, FilterInput& input, FilterOutput& output) = 0;

  enum class Smudged { done, delayed };
  /// Blob content in, working file content out. `delayed`, only where request.can_delay: nothing
  /// was written, and ready() will name the path later.
  virtual Smudged smudge(const FilterRequest& request, FilterInput& input,
                         FilterOutput& output) = 0;

  /// Waits until at least one delayed path is ready and returns all that are and were not yet
  /// returned; nothing once there are no more.
  virtual std::vector<std::string> ready() = 0;
  /// The content of a path that ready() returned.
  virtual void smudge_ready(const FilterRequest& request, FilterOutput& output) = 0;

  /// Told why a file (or ready(): no path) failed, as git only learns that it did. Must not throw.
  virtual void failed(const std::string& path, std::exception_ptr why) = 0;
};

/// Speaks the protocol on two descriptors (stdin and stdout of `mhub filter-process`) until git
/// closes its end. The process should ignore SIGPIPE. Throws Error: corrupt if the peer does not
/// speak the protocol, io.
void run_filter_process(int in, int out, FilterHandler& handler);

}  // namespace mhub::repo
