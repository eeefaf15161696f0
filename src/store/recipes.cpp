#include "recipes.hpp"

#include <mhub/base/error.hpp>

namespace mhub::store {

namespace {

constexpr int kFilesPerStep = 1024;

void append_chunk(std::vector<xet::Term>& terms, const NewPlace& place, std::uint32_t size_bytes) {
  if (!terms.empty() && terms.back().xorb == place.xorb && terms.back().end_chunk == place.chunk) {
    ++terms.back().end_chunk;
    terms.back().size_bytes += size_bytes;
  } else {
    terms.push_back({place.xorb, place.chunk, place.chunk + 1, size_bytes});
  }
}

}  // namespace

void add_places(LocalStore& store, std::span<const xet::XorbHash> packed, NewPlaces& places) {
  for (const xet::XorbHash& hash : packed) {
    const auto table = store.xorb_table(hash);
    MHUB_ASSERT(table != nullptr);
    for (std::uint32_t i = 0; i < table->index.chunks.size(); ++i)
      places.emplace(table->index.chunks[i].hash, NewPlace{hash, i});
  }
}

bool all_local(Connection& connection, std::span<const xet::XorbHash> xorbs) {
  return std::all_of(xorbs.begin(), xorbs.end(), [&](const xet::XorbHash& hash) {
    const auto row = find_xorb_row(connection, hash);
    return row && row->local;
  });
}

void for_each_recipe(Connection& connection, const std::function<void(const FileRecord&)>& visit) {
  std::vector<Sha256> step;
  do {
    step = list_files_after(connection, step.empty() ? nullptr : &step.back(), kFilesPerStep);
    for (const Sha256& sha256 : step) {
      if (const auto file = find_file_row(connection, sha256)) visit(*file);
    }
  } while (!step.empty());
}

void move_recipes(LocalStore& store, Connection& connection,
                  const std::unordered_set<xet::XorbHash>& leaving, const NewPlaces& places) {
  for_each_recipe(connection, [&](const FileRecord& file) {
    const auto leaves = [&](const xet::Term& term) { return leaving.contains(term.xorb); };
    if (std::none_of(file.terms.begin(), file.terms.end(), leaves)) return;
    std::vector<xet::Term> terms;
    for (const xet::Term& term : file.terms) {
      const auto table = leaves(term) ? store.cache().get(connection, term.xorb) : nullptr;
      if (!table || term.end_chunk > table->index.chunks.size()) {
        terms.push_back(term);
        continue;
      }
      for (std::uint32_t i = term.first_chunk; i < term.end_chunk; ++i) {
        const xet::ChunkRef& chunk = table->index.chunks[i];
        const auto moved = places.find(chunk.hash);
        append_chunk(terms, moved != places.end() ? moved->second : NewPlace{term.xorb, i},
                     chunk.size_bytes);
      }
    }
    const Bytes blob = encode_terms(terms);
    connection.run("UPDATE files SET terms = ? WHERE sha256 = ?", ByteView(blob),
                   ByteView(file.sha256.bytes));
  });
}

}  // namespace mhub::store
