#include "git/inflate.hpp"

#include <array>

#include <zlib.h>

#include "http/message.hpp"

namespace mhub::serve {

struct Inflater::State {
  z_stream stream{};
  std::uint64_t left_bytes = 0;
  bool ended = false;
  ~State() { ::inflateEnd(&stream); }
};

Inflater::Inflater(std::uint64_t limit_bytes) : state_(std::make_unique<State>()) {
  state_->left_bytes = limit_bytes;
  constexpr int kGzipWindow = 15 + 16;
  if (::inflateInit2(&state_->stream, kGzipWindow) != Z_OK)
    throw Error(ErrorKind::internal, "zlib does not start");
}

Inflater::~Inflater() = default;

void Inflater::inflate(ByteView bytes, Bytes& out) {
  z_stream& stream = state_->stream;
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::array<std::byte, 32768> piece;
  while (stream.avail_in > 0 && !state_->ended) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int code = ::inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      throw Refused(400, "the request body is not valid gzip");
    const std::size_t made = piece.size() - stream.avail_out;
    if (made > state_->left_bytes) throw Refused(413, "the request body inflates to too much");
    state_->left_bytes -= made;
    append(out, ByteView(piece).first(made));
    state_->ended = code == Z_STREAM_END;
    if (made == 0 && code == Z_BUF_ERROR) break;
  }
  if (state_->ended && stream.avail_in > 0)
    throw Refused(400, "the request body goes on after its gzip stream");
}

void Inflater::finish() const {
  if (!state_->ended) throw Refused(400, "the request body's gzip stream is cut short");
}

}  // namespace mhub::serve
