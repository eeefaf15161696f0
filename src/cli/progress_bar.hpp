#pragma once
// Progress for a person: a bar on a terminal, a plain line now and then elsewhere.

#include <functional>
#include <memory>
#include <mutex>

#include <mhub/base/progress.hpp>

namespace mhub::cli {

enum class ProgressStyle {
  bar,    ///< one line that is drawn again ten times a second
  lines,  ///< a line every ten seconds of a phase, and its end if it took that long
  notes,  ///< notes only
};

struct ProgressOptions {
  ProgressStyle style = ProgressStyle::lines;
  int descriptor = 2;  ///< where to write; a terminal for `bar`
  unsigned redraw_ms = 100;
  unsigned line_every_ms = 10'000;
};

/// Draws on a thread of its own; callers only add to counters, so that nobody waits for a terminal
/// or pipe that takes nothing: what can't be written at once is dropped. Its destructor leaves the
/// terminal clean; errors are to be printed after that.
std::unique_ptr<Progress> make_progress(const ProgressOptions& options);

/// Progress for a whole run of the program: what is drawn can be taken away, for a question or a
/// remark, while those who report still hold this. The next phase or note draws again.
class LastingProgress : public Progress {
public:
  /// `make` makes what draws, each time that it is needed.
  explicit LastingProgress(std::function<std::unique_ptr<Progress>()> make);

  void phase(std::string_view name, std::uint64_t total_bytes) override;
  void grow(std::uint64_t more_bytes) override;
  void advance(std::uint64_t done_bytes) override;
  void note(std::string_view line) override;
  /// Takes away what is drawn, and with it the phase.
  void end();

private:
  std::function<std::unique_ptr<Progress>()> make_;
  std::mutex mutex_;  // of all below
  std::unique_ptr<Progress> drawn_;
};

/// "uploading  45 % [#########           ] 1.2 GiB of 2.7 GiB, 312 MiB/s, 0:05 left", at most
/// `columns` wide. `total_bytes` 0: unknown. Pure.
std::string draw_bar(std::string_view phase, std::uint64_t done_bytes, std::uint64_t total_bytes,
                     double seconds, unsigned columns);

/// The same as a sentence for logs: "uploading: 45 %, 1.2 GiB of 2.7 GiB, 312 MiB/s".
std::string progress_line(std::string_view phase, std::uint64_t done_bytes,
                          std::uint64_t total_bytes, double seconds);

}  // namespace mhub::cli
