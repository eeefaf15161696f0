#include <mhub/base/error.hpp>
#include <mhub/base/progress.hpp>

namespace mhub {

namespace {

class SilentProgress final : public Progress {
public:
  void phase(std::string_view, std::uint64_t) override {}
  void grow(std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void note(std::string_view) override {}
};

}  // namespace

Progress& silent_progress() {
  static SilentProgress instance;
  return instance;
}

void StopToken::check() const {
  if (stop_requested()) throw Error(ErrorKind::interrupted, "interrupted");
}

const StopToken& never_stopped() {
  static const StopToken instance;
  return instance;
}

}  // namespace mhub
