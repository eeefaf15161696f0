#include "remote_source.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "hub_link.hpp"
#include "plan.hpp"
#include "working_source.hpp"

namespace mhub::sync {

namespace {

/// How much of a file is fetched around a wanted chunk; its neighbours are likely to be wanted
/// next.
constexpr std::uint64_t kWindowBytes = std::uint64_t{8} << 20;
constexpr std::size_t kKeptBytes = std::size_t{32} << 20;

/// Where a run of a xorb's chunks stands in a file.
struct Place {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  std::size_t file = 0;
  std::uint64_t offset = 0;  ///< of chunk `first`
};

struct Known {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
};

}  // namespace

struct RemoteSource::State {
  Workspace& workspace;
  const Connections& connections;
  const Tools& tools;
  WorkingSource working;
  std::vector<Known> files;
  std::unordered_map<xet::XorbHash, std::vector<Place>> places;
  std::vector<std::unique_ptr<HubLink>> links;
  bool linked = false;
  std::set<std::pair<const HubLink*, std::size_t>> refused;  ///< files that a remote does not have
  std::unordered_map<xet::ChunkHash, Bytes> kept;
  std::size_t kept_bytes = 0;

  void keep(const xet::ChunkHash& hash, ByteView bytes) {
    if (kept_bytes + bytes.size() > kKeptBytes) {
      kept.clear();
      kept_bytes = 0;
    }
    if (kept.try_emplace(hash, bytes.begin(), bytes.end()).second) kept_bytes += bytes.size();
  }

  void connect() {
    if (linked) return;
    linked = true;
    for (const std::string& name : data_remotes(workspace.repository(), {})) {
      if (auto link = open_data_link(workspace.repository(), connections, name, tools))
        links.push_back(std::move(link));
    }
  }

  /// Fetches file bytes around [offset, offset + size) and keeps the chunks, or the bytes
  /// themselves from a hub that knows whole files only.
  void fetch(HubLink& link, std::size_t number, std::uint64_t offset, const xet::ChunkRef& ref) {
    if (refused.contains({&link, number})) return;
    const Known& file = files[number];
    const wire::LfsObject object{file.sha256, file.size_bytes};
    const wire::LfsBatchAnswer answer =
        link.lfs().batch(wire::LfsOperation::download, std::span(&object, 1));
    const wire::LfsObjectAnswer& found = answer.objects.front();
    if (!found.download) {
      refused.insert({&link, number});
      return;
    }
    if (answer.transfer != wire::kTransferMhubXet) {
      fetch_bytes(link, found, offset, ref);
      return;
    }
    const auto action = wire::parse_xet_download_action(*found.download);
    remote::CasClient& cas = link.cas(action.refresh_url, action.token);
    const std::uint64_t end = std::min(file.size_bytes, offset + kWindowBytes);
    const auto part = cas.reconstruct(action.file, wire::ByteRange{offset, end - 1});
    if (!part) return;
    const DownloadPlan plan = plan_download(
        *part, offset, end - offset, [](const xet::XorbHash&, std::uint32_t) { return 0u; }, false);
    for (const RangeFetch& one : plan.fetches) {
      const wire::XorbFetch& from = part->fetches[one.fetch];
      cas.fetch_chunks(from.url, from.ranges[one.range],
                       [&](std::uint32_t, const xet::ChunkHash& hash, ByteView bytes) {
                         tools.stop.check();
                         keep(hash, bytes);
                       });
    }
  }

  void fetch_bytes(HubLink& link, const wire::LfsObjectAnswer& object, std::uint64_t offset,
                   const xet::ChunkRef& ref) {
    struct Enough {};
    Bytes chunk;
    std::uint64_t at = 0;
    try {
      link.lfs().download(
          object, offset, [&](std::uint64_t start) { at = start; },
          [&](ByteView bytes) {
            tools.stop.check();
            const std::uint64_t skip =
                at < offset ? std::min<std::uint64_t>(offset - at, bytes.size()) : 0;
            at += bytes.size();
            append(chunk, bytes.subspan(static_cast<std::size_t>(skip)));
            if (chunk.size() >= ref.size_bytes) throw Enough{};
          });
    } catch (const Enough&) {
      // The rest of the file is not wanted.
    }
    if (chunk.size() < ref.size_bytes) return;
    chunk.resize(ref.size_bytes);
    if (xet::hash_chunk(chunk) == ref.hash) keep(ref.hash, chunk);
  }
};

RemoteSource::RemoteSource(Workspace& workspace, const Connections& connections, const Tools& tools)
    : state_(new State{workspace,
                       connections,
                       tools,
                       WorkingSource(workspace.store()),
                       {},
                       {},
                       {},
                       false,
                       {},
                       {},
                       0}) {
  workspace.store().for_each_file([&](const store::FileRecord& record) {
    std::uint64_t offset = 0;
    for (const xet::Term& term : record.terms) {
      state_->places[term.xorb].push_back(
          {term.first_chunk, term.end_chunk, state_->files.size(), offset});
      offset += term.size_bytes;
    }
    state_->files.push_back({record.sha256, record.size_bytes});
  });
}

RemoteSource::~RemoteSource() = default;

std::optional<Bytes> RemoteSource::read_chunk(const xet::Term& term, std::uint32_t chunk,
                                              const xet::ChunkRef& ref) {
  State& state = *state_;
  if (const auto found = state.kept.find(ref.hash); found != state.kept.end()) return found->second;
  if (auto bytes = state.working.read_chunk(term, chunk, ref)) return bytes;
  const auto places = state.places.find(term.xorb);
  if (places == state.places.end()) return std::nullopt;
  const auto xorb = state.workspace.store().find_xorb(term.xorb);
  if (!xorb) return std::nullopt;
  state.connect();
  for (const Place& place : places->second) {
    if (chunk < place.first || chunk >= place.end) continue;
    std::uint64_t offset = place.offset;
    for (std::uint32_t i = place.first; i < chunk; ++i)
      offset += xorb->index.chunks.at(i).size_bytes;
    for (const auto& link : state.links) {
      try {
        state.fetch(*link, place.file, offset, ref);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        state.tools.progress.note(fmt::format("{}: {}", link->key(), error.message()));
      }
      if (const auto found = state.kept.find(ref.hash); found != state.kept.end())
        return found->second;
    }
  }
  return std::nullopt;
}

}  // namespace mhub::sync
