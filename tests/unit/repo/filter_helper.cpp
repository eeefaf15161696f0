// A filter process for the tests, run by git: clean turns each byte around and writes "C:" before
// it, smudge undoes that. Paths with "late" are delayed, with "bad" they fail at once, with "worse"
// after some content went out, and "lazy" is cleaned without reading the input.

#include <csignal>
#include <cstdio>
#include <map>

#include <mhub/base/error.hpp>
#include <mhub/repo/filter_process.hpp>

namespace {

using namespace mhub;
using namespace mhub::repo;

class Helper final : public FilterHandler {
public:
  void clean(const FilterRequest& request, FilterInput& input, FilterOutput& output) override {
    if (request.path.find("lazy") != std::string::npos) {
      output.write(as_bytes("lazy"));
      return;
    }
    output.write(as_bytes("C:"));
    copy(request, input, output);
  }

  Smudged smudge(const FilterRequest& request, FilterInput& input, FilterOutput& output) override {
    if (request.can_delay && request.path.find("late") != std::string::npos) {
      Bytes content(1 << 16);
      content.resize(input.read(content));
      waiting_[request.path] = content;
      return Smudged::delayed;
    }
    Bytes head(2);
    input.read(head);
    copy(request, input, output);
    return Smudged::done;
  }

  std::vector<std::string> ready() override {
    // One at a time, so that git has to ask again.
    if (next_ == waiting_.end()) next_ = waiting_.begin();
    if (named_ == waiting_.size()) return {};
    ++named_;
    return {(next_++)->first};
  }

  void smudge_ready(const FilterRequest& request, FilterOutput& output) override {
    Bytes content = waiting_.at(request.path);
    content.erase(content.begin(), content.begin() + 2);
    for (std::byte& byte : content) byte = ~byte;
    output.write(content);
  }

  void failed(const std::string& path, std::exception_ptr) override {
    std::fprintf(stderr, "helper: %s failed\n", path.c_str());
  }

private:
  static void copy(const FilterRequest& request, FilterInput& input, FilterOutput& output) {
    if (request.path.find("bad") != std::string::npos) throw Error(ErrorKind::io, "asked to fail");
    Bytes buffer(100'003);
    while (const std::size_t got = input.read(buffer)) {
      for (std::size_t i = 0; i < got; ++i) buffer[i] = ~buffer[i];
      output.write(ByteView(buffer).first(got));
    }
    if (request.path.find("worse") == std::string::npos) return;
    output.write(Bytes(1 << 20));
    throw Error(ErrorKind::io, "asked to fail late");
  }

  std::map<std::string, Bytes> waiting_;
  std::map<std::string, Bytes>::iterator next_ = waiting_.end();
  std::size_t named_ = 0;
};

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Helper helper;
    run_filter_process(0, 1, helper);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "helper: %s\n", error.what());
    return 1;
  }
}
