#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include <lz4frame.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>
#include <mhub/xet/chunker.hpp>
#include <mhub/xet/compression.hpp>

namespace mhub::xet {

namespace {

// Of a sample, this much is looked at; a decision then costs less than storing one chunk.
constexpr std::size_t kSampleMaxBytes = 32768;
// What a trial has to save for compression to be worth its time: one byte in this many.
constexpr std::size_t kWorthwhileShare = 128;
// A byte phase whose popcounts differ more than this from the average calls for grouping.
constexpr double kGroupingDivergence = 0.02;

/// Scratch space that a thread keeps between chunks.
struct Workspace {
  Bytes grouped;
  Bytes frame;

  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }

  std::span<std::byte> grouped_room(std::size_t size_bytes) {
    if (grouped.size() < size_bytes) grouped.resize(size_bytes);
    return std::span(grouped).first(size_bytes);
  }
};

/// One LZ4 frame of `bytes`, valid until this thread's next call.
ByteView lz4_frame(ByteView bytes) {
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  Bytes& frame = Workspace::of_this_thread().frame;
  const std::size_t room = LZ4F_compressFrameBound(bytes.size(), &preferences);
  if (frame.size() < room) frame.resize(room);
  const std::size_t written =
      LZ4F_compressFrame(frame.data(), frame.size(), bytes.data(), bytes.size(), &preferences);
  if (LZ4F_isError(written))
    throw Error(ErrorKind::internal, "lz4 cannot compress: {}", LZ4F_getErrorName(written));
  return ByteView(frame).first(written);
}

/// `chunk` compressed by `scheme`, which is not `none`; valid until this thread's next call.
ByteView compressed(Scheme scheme, ByteView chunk) {
  if (scheme == Scheme::lz4) return lz4_frame(chunk);
  const auto grouped = Workspace::of_this_thread().grouped_room(chunk.size());
  group_bytes4(chunk, grouped);
  return lz4_frame(grouped);
}

using Decoder = CHandle<LZ4F_dctx, LZ4F_freeDecompressionContext>;

Decoder make_decoder() {
  LZ4F_dctx* context = nullptr;
  const std::size_t code = LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
  if (LZ4F_isError(code))
    throw Error(ErrorKind::internal, "lz4 cannot start: {}", LZ4F_getErrorName(code));
  return Decoder(context);
}

/// A thread keeps its decoder from frame to frame, but not past a faulty one: even reset, that of
/// lz4 1.9 remembers the length which such a frame had told, and refuses the next frame for it.
void decode_lz4_frame(ByteView frame, std::span<std::byte> out) {
  thread_local Decoder kept;
  Decoder decoder = kept ? std::move(kept) : make_decoder();
  LZ4F_decompressOptions_t options{};
  options.stableDst = 1;
  std::size_t read = 0;
  std::size_t written = 0;
  for (;;) {
    std::size_t out_bytes = out.size() - written;
    std::size_t in_bytes = frame.size() - read;
    const std::size_t left = LZ4F_decompress(decoder.get(), out.data() + written, &out_bytes,
                                             frame.data() + read, &in_bytes, &options);
    if (LZ4F_isError(left))
      throw Error(ErrorKind::corrupt, "chunk is no valid lz4 frame: {}", LZ4F_getErrorName(left));
    read += in_bytes;
    written += out_bytes;
    if (left == 0) break;
    if (in_bytes == 0 && out_bytes == 0)
      throw Error(ErrorKind::corrupt, "lz4 frame of a chunk is cut short or longer than declared");
  }
  if (read != frame.size())
    throw Error(ErrorKind::corrupt, "{} bytes follow the lz4 frame of a chunk",
                frame.size() - read);
  if (written != out.size())
    throw Error(ErrorKind::corrupt, "chunk decompresses to {} bytes instead of {}", written,
                out.size());
  kept = std::move(decoder);
}

/// True if the four byte phases differ so much in their popcounts that grouping should help: the
/// largest Kullback-Leibler divergence of a phase from the average over all of them.
bool phases_differ(ByteView sample) {
  std::array<std::array<std::uint32_t, 256>, 4> values{};
  std::size_t at = 0;
  for (; at + 4 <= sample.size(); at += 4) {
    for (std::size_t phase = 0; phase < 4; ++phase)
      ++values[phase][std::to_integer<std::size_t>(sample[at + phase])];
  }
  for (; at < sample.size(); ++at) ++values[at % 4][std::to_integer<std::size_t>(sample[at])];

  std::array<std::array<std::uint32_t, 9>, 4> counts{};
  for (std::size_t phase = 0; phase < 4; ++phase) {
    for (std::size_t value = 0; value < 256; ++value)
      counts[phase][static_cast<std::size_t>(std::popcount(value))] += values[phase][value];
  }

  const auto total = static_cast<double>(sample.size());
  double largest = 0;
  for (std::size_t phase = 0; phase < 4; ++phase) {
    const auto phase_bytes = static_cast<double>((sample.size() + 3 - phase) / 4);
    double divergence = 0;
    for (std::size_t bin = 0; bin < 9; ++bin) {
      if (counts[phase][bin] == 0) continue;
      const double p = counts[phase][bin] / phase_bytes;
      const double q =
          (counts[0][bin] + counts[1][bin] + counts[2][bin] + counts[3][bin] + 1.0) / total;
      divergence += p * std::log(p / q);
    }
    largest = std::max(largest, divergence);
  }
  return largest > kGroupingDivergence;
}

bool pays(Scheme scheme, ByteView sample) {
  return compressed(scheme, sample).size() < sample.size() - sample.size() / kWorthwhileShare;
}

}  // namespace

bool is_known_scheme(std::uint8_t id) {
  return id <= static_cast<std::uint8_t>(Scheme::grouped4_lz4);
}

Scheme compress_chunk(Scheme scheme, ByteView chunk, Bytes& out) {
  MHUB_ASSERT(chunk.size() <= kChunkMaxBytes);
  if (scheme != Scheme::none) {
    const ByteView smaller = compressed(scheme, chunk);
    if (smaller.size() < chunk.size()) {
      out.assign(smaller.begin(), smaller.end());
      return scheme;
    }
  }
  out.assign(chunk.begin(), chunk.end());
  return Scheme::none;
}

void decompress_chunk(Scheme scheme, ByteView payload, std::span<std::byte> out) {
  switch (scheme) {
    case Scheme::none:
      if (payload.size() != out.size())
        throw Error(ErrorKind::corrupt, "raw chunk has {} bytes instead of {}", payload.size(),
                    out.size());
      if (!out.empty()) std::memcpy(out.data(), payload.data(), out.size());
      return;
    case Scheme::lz4:
      decode_lz4_frame(payload, out);
      return;
    case Scheme::grouped4_lz4: {
      const auto grouped = Workspace::of_this_thread().grouped_room(out.size());
      decode_lz4_frame(payload, grouped);
      ungroup_bytes4(grouped, out);
      return;
    }
  }
  throw Error(ErrorKind::corrupt, "unknown compression scheme {}", static_cast<unsigned>(scheme));
}

Scheme choose_scheme(ByteView sample) {
  sample = sample.first(std::min(sample.size(), kSampleMaxBytes));
  if (sample.empty()) return Scheme::none;
  const bool grouping = phases_differ(sample);
  const Scheme likely = grouping ? Scheme::grouped4_lz4 : Scheme::lz4;
  if (pays(likely, sample)) return likely;
  const Scheme other = grouping ? Scheme::lz4 : Scheme::grouped4_lz4;
  return pays(other, sample) ? other : Scheme::none;
}

}  // namespace mhub::xet
