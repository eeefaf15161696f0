#pragma once
// Content and short ways that the store's tests share.

#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>
#include <mhub/store/store.hpp>

#include "support/matchers.hpp"

namespace mhub::test {

/// Incompressible bytes, the same for the same seed (SplitMix64).
inline Bytes random_bytes(std::size_t size_bytes, std::uint64_t seed) {
  Bytes out(size_bytes);
  for (std::size_t i = 0; i < size_bytes; i += 8) {
    seed += 0x9E3779B97F4A7C15u;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    store_le(out.data() + i, z, std::min<std::size_t>(8, size_bytes - i));
  }
  return out;
}

/// Bytes that LZ4 makes much smaller, without long repeats.
inline Bytes text_bytes(std::size_t size_bytes, std::uint64_t seed) {
  static constexpr std::string_view kWords[] = {"layer ", "norm ", "attention ", "weight ",
                                                "bias ",  "mlp ",  "embedding ", "head "};
  const Bytes choices = random_bytes(size_bytes / 4 + 8, seed);
  Bytes out;
  for (std::size_t i = 0; out.size() < size_bytes; ++i)
    append(out, as_bytes(kWords[std::to_integer<unsigned>(choices[i]) % std::size(kWords)]));
  out.resize(size_bytes);
  return out;
}

inline Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) append(out, part);
  return out;
}

/// A store in a folder of its own; fsync is left out unless a test is about it.
inline std::unique_ptr<store::Store> open_store(const std::filesystem::path& folder,
                                                FileSystem* fs = nullptr, bool durable = false) {
  store::StoreOptions options;
  options.fs = fs;
  options.jobs = 2;
  options.durable = durable;
  return store::Store::open(folder, options);
}

/// Ingests one file's bytes through write() in pieces of `piece_bytes` and commits.
inline store::FileRecord ingest(store::Store& store, ByteView bytes,
                                std::size_t piece_bytes = 100'000) {
  const auto batch = store.start_ingest();
  const auto file = batch->start_file();
  for (std::size_t done = 0; done < bytes.size(); done += piece_bytes)
    file->write(bytes.subspan(done, std::min(piece_bytes, bytes.size() - done)));
  const auto finished = file->finish();
  batch->commit();
  return store.find_file(finished.sha256).value();
}

inline Bytes read_back(store::Store& store, const store::FileRecord& file, std::uint64_t offset = 0,
                       std::uint64_t length = UINT64_MAX, store::ChunkSource* elsewhere = nullptr) {
  Bytes out;
  store.read_file(
      file, offset, length, [&](ByteView bytes) { append(out, bytes); }, elsewhere);
  return out;
}

inline std::filesystem::path xorb_path(const store::Store& store, const xet::XorbHash& hash) {
  return store.folder() / "xorbs" / hash.text().substr(0, 2) / hash.text();
}

inline Bytes file_bytes(const std::filesystem::path& path) {
  return read_file(real_file_system(), path, std::uint64_t{1} << 30);
}

/// Puts other bytes into a file that is there, read-only or not, without changing its name.
inline void overwrite(const std::filesystem::path& path, ByteView bytes) {
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const auto file = real_file_system().open_write(path, 0644);
  file->truncate(0);
  file->write_at(bytes, 0);
}

/// Flips a bit at `offset`.
inline void damage(const std::filesystem::path& path, std::size_t offset) {
  Bytes bytes = file_bytes(path);
  bytes.at(offset) ^= std::byte{0x10};
  overwrite(path, bytes);
}

/// Serialised chunks of `bytes` as a peer would send them.
inline Bytes serialised_xorb(ByteView bytes, xet::Scheme scheme = xet::Scheme::none) {
  Bytes body;
  std::size_t begin = 0;
  for (const std::uint32_t length : xet::chunk_lengths(bytes)) {
    xet::append_record(body, scheme, bytes.subspan(begin, length));
    begin += length;
  }
  return body;
}

}  // namespace mhub::test
