// The loop. git sends a whole request before it reads the answer: an answer that fills the pipe
// while the input is not yet read to its end would make both sides wait for ever. Output is
// therefore held back until then. A status goes before the content and another one after it, so
// that a handler that fails early is answered with a plain error, and one that fails late still
// reports it.

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include <mhub/base/error.hpp>
#include <mhub/repo/filter_process.hpp>

#include "pkt_line.hpp"

namespace mhub::repo {

namespace {

/// Output that may wait for the end of its input.
constexpr std::size_t kHeldLimitBytes = 64 << 20;

class PacketInput final : public FilterInput {
public:
  explicit PacketInput(PktReader& reader) : reader_(reader) {}

  std::size_t read(std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size() && more()) {
      const std::size_t part = std::min(out.size() - done, left_.size());
      std::memcpy(out.data() + done, left_.data(), part);
      left_ = left_.subspan(part);
      done += part;
    }
    return done;
  }

  bool ended() const { return ended_ && left_.empty(); }

  void drain() {
    while (more()) left_ = {};
  }

private:
  bool more() {
    while (left_.empty() && !ended_) {
      const auto data = reader_.read();
      if (data)
        left_ = *data;
      else
        ended_ = true;
    }
    return !left_.empty();
  }

  PktReader& reader_;
  ByteView left_;
  bool ended_ = false;
};

class PacketOutput final : public FilterOutput {
public:
  PacketOutput(PktWriter& writer, PacketInput& input) : writer_(writer), input_(input) {}

  void write(ByteView bytes) override {
    append(held_, bytes);
    if (input_.ended()) {
      if (held_.size() >= kPktDataLimitBytes) send();
    } else if (held_.size() > kHeldLimitBytes) {
      throw Error(ErrorKind::io, "the filtered content outgrew {} before its input was read",
                  human_bytes(kHeldLimitBytes));
    }
  }

  void succeed() {
    start();
    writer_.write(held_);
    writer_.flush();
    writer_.flush();  // an empty second list: the first status stands
  }

  void fail() {
    input_.drain();
    if (!started_) {
      writer_.list({"status=error"});
      return;
    }
    writer_.flush();
    writer_.list({"status=error"});
  }

private:
  void start() {
    if (started_) return;
    input_.drain();
    writer_.list({"status=success"});
    started_ = true;
  }

  void send() {
    start();
    writer_.write(held_);
    held_.clear();
  }

  PktWriter& writer_;
  PacketInput& input_;
  Bytes held_;
  bool started_ = false;
};

class Session {
public:
  Session(int in, int out, FilterHandler& handler) : reader_(in), writer_(out), handler_(handler) {}

  void run() {
    greet();
    while (!reader_.at_end()) serve();
  }

private:
  static bool contains(const std::vector<std::string>& lines, std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }

  void greet() {
    const auto hello = reader_.read_list();
    if (hello.empty() || hello[0] != "git-filter-client" || !contains(hello, "version=2"))
      throw Error(ErrorKind::corrupt, "this is to be started by git, as a filter process");
    writer_.list({"git-filter-server", "version=2"});
    const auto offered = reader_.read_list();
    for (const std::string_view capability :
         {"capability=clean", "capability=smudge", "capability=delay"}) {
      if (contains(offered, capability)) writer_.line(capability);
    }
    writer_.flush();
  }

  void serve() {
    std::string command;
    FilterRequest request;
    for (const std::string& line : reader_.read_list()) {
      const std::size_t equals = line.find('=');
      const std::string key = line.substr(0, equals);
      const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1);
      if (key == "command") command = value;
      if (key == "pathname") request.path = value;
      if (key == "ref") request.ref = value;
      if (key == "treeish") request.commit = ObjectId::parse(value);
      if (key == "blob") request.blob = ObjectId::parse(value);
      if (key == "can-delay") request.can_delay = value == "1";
    }
    if (command == "list_available_blobs")
      list_ready();
    else if (command == "clean" || command == "smudge")
      convert(command == "clean", request);
    else
      throw Error(ErrorKind::corrupt, "git sent the unknown filter command {}", printable(command));
  }

  void convert(bool clean, const FilterRequest& request) {
    PacketInput input(reader_);
    PacketOutput output(writer_, input);
    bool delayed = false;
    try {
      if (clean) {
        handler_.clean(request, input, output);
      } else if (!request.can_delay && ready_.erase(request.path) > 0) {
        handler_.smudge_ready(request, output);
      } else {
        delayed = handler_.smudge(request, input, output) == FilterHandler::Smudged::delayed;
        MHUB_ASSERT(!delayed || request.can_delay);
      }
    } catch (...) {
      handler_.failed(request.path, std::current_exception());
      output.fail();
      return;
    }
    if (delayed) {
      input.drain();
      writer_.list({"status=delayed"});
    } else {
      output.succeed();
    }
  }

  void list_ready() {
    try {
      for (const std::string& path : handler_.ready()) {
        ready_.insert(path);
        writer_.line("pathname=" + path);
      }
    } catch (...) {
      handler_.failed({}, std::current_exception());
      writer_.flush();
      writer_.list({"status=error"});
      return;
    }
    writer_.flush();
    writer_.list({"status=success"});
  }

  PktReader reader_;
  PktWriter writer_;
  FilterHandler& handler_;
  std::unordered_set<std::string> ready_;  ///< named to git, not asked for yet
};

}  // namespace

void run_filter_process(int in, int out, FilterHandler& handler) {
  Session(in, out, handler).run();
}

}  // namespace mhub::repo
