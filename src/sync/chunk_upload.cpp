#include "chunk_upload.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <unordered_set>

#include <mhub/base/fault.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/remote/file_body.hpp>

namespace mhub::sync {

namespace {

constexpr unsigned kUploadsAtOnce = 4;
/// Chunks that are looked up in the index together; bounds memory.
constexpr std::size_t kLookUpsAtOnce = std::size_t{1} << 16;
/// A shard is closed when its files' records reach this size.
constexpr std::size_t kShardTargetBytes = std::size_t{32} << 20;
constexpr std::size_t kShardRecordBytes = 48;
/// Files of fewer chunks, some 16 MiB, are checked quickly enough when all is sent.
constexpr std::size_t kAnnounceFromChunks = 256;

}  // namespace

class ChunkUploader::State {
public:
  State(UploadSite& site, WorkingSource& working, HubLink& link, const Tools& tools)
      : site_(site), store_(site.store()), working_(working), link_(link), tools_(tools) {}

  void send(remote::CasClient& cas, const std::vector<UploadFile>& files, bool takes_announcements,
            UploadProgress& progress) {
    try {
      send_group(cas, files, takes_announcements, progress);
    } catch (const Error& error) {
      // A hub that was reset, or collected its garbage, no longer has what was noted of it.
      if (error.kind() != ErrorKind::usage || distrust_index_) throw;
      tools_.progress.note(fmt::format("{} refused the recipes ({}); sending all chunks anew",
                                       link_.key(), error.message()));
      distrust_index_ = true;
      places_.clear();
      on_remote_.clear();
      send_group(cas, files, takes_announcements, progress);
      store_.forget_remote(link_.key());
      const std::vector<xet::XorbHash> held(on_remote_.begin(), on_remote_.end());
      store_.note_remote_xorbs(link_.key(), held);
    }
  }

  std::uint64_t new_raw_bytes = 0;
  std::uint64_t known_raw_bytes = 0;

private:
  void send_group(remote::CasClient& cas, const std::vector<UploadFile>& files,
                  bool takes_announcements, UploadProgress& progress) {
    ask_for_known_chunks(cas, files);
    look_up_places(files);
    UploadKnowledge knowledge;
    knowledge.remote_has = [&](const xet::XorbHash& xorb) { return remote_has(xorb); };
    knowledge.remote_place = [&](const xet::ChunkHash& chunk) { return place_on_remote(chunk); };
    knowledge.local_chunks = [&](const xet::XorbHash& xorb) -> std::uint32_t {
      const auto record = store_.find_xorb(xorb);
      return record && record->local ? static_cast<std::uint32_t>(record->index.chunks.size()) : 0;
    };
    const UploadPlan plan = plan_upload(files, knowledge);
    new_raw_bytes += plan.new_raw_bytes;
    known_raw_bytes += plan.known_raw_bytes;
    progress.advance(plan.known_raw_bytes);
    if (takes_announcements) announce_files(cas, files, plan);
    send_xorbs(cas, plan.whole_xorbs, progress);
    std::vector<xet::ShardXorb> made = send_repacked(cas, plan.repack, progress);
    for (const xet::XorbHash& xorb : plan.whole_xorbs) {
      const auto record = store_.find_xorb(xorb);
      if (record) made.push_back({xorb, record->index.body_bytes(), record->index.chunks});
    }
    register_files(cas, files, std::move(made));
  }

  /// The index's word, asked once for each xorb.
  bool remote_has(const xet::XorbHash& xorb) {
    if (on_remote_.contains(xorb)) return true;
    if (distrust_index_ || !asked_.insert(xorb).second) return false;
    if (!store_.remote_has_xorb(link_.key(), xorb)) return false;
    on_remote_.insert(xorb);
    return true;
  }

  /// Of what look_up_places() and the hub said.
  std::optional<RemotePlace> place_on_remote(const xet::ChunkHash& chunk) {
    if (const auto found = places_.find(chunk); found != places_.end()) return found->second;
    return std::nullopt;
  }

  /// Fills places_ with what the index knows of chunks whose own xorb the remote has not, a part of
  /// them at a time.
  void look_up_places(const std::vector<UploadFile>& files) {
    std::vector<xet::ChunkHash> part;
    const auto look = [&] {
      const auto found = store_.find_chunks(part);
      for (std::size_t i = 0; i < part.size(); ++i) {
        const auto held = std::find_if(found[i].begin(), found[i].end(),
                                       [&](const auto& place) { return remote_has(place.xorb); });
        if (held != found[i].end())
          places_.try_emplace(part[i], RemotePlace{held->xorb, held->chunk});
      }
      part.clear();
    };
    for (const UploadFile& file : files) {
      for (const WantedChunk& chunk : file.chunks) {
        if (remote_has(chunk.xorb) || places_.contains(chunk.ref.hash)) continue;
        part.push_back(chunk.ref.hash);
        if (part.size() >= kLookUpsAtOnce) look();
      }
    }
    look();
  }

  void ask_for_known_chunks(remote::CasClient& cas, const std::vector<UploadFile>& files) {
    ThreadPool pool(kUploadsAtOnce);
    struct Question {
      const UploadFile* file;
      std::size_t chunk;
      std::future<std::optional<xet::Shard>> answer;
    };
    std::vector<Question> questions;
    const auto take_answers = [&] {
      for (Question& question : questions) {
        if (const auto shard = question.answer.get()) match(*question.file, question.chunk, *shard);
      }
      questions.clear();
    };
    for (const UploadFile& file : files) {
      for (std::size_t i = 0; i < file.chunks.size(); ++i) {
        const WantedChunk& chunk = file.chunks[i];
        const bool is_first_of_many = i == 0 && file.chunks.size() > 1;
        if (!is_first_of_many && !xet::is_dedup_eligible(chunk.ref.hash)) continue;
        if (remote_has(chunk.xorb) || places_.contains(chunk.ref.hash)) continue;
        tools_.stop.check();
        questions.push_back({&file, i, pool.submit([&cas, hash = chunk.ref.hash] {
                               return cas.find_dedup(hash);
                             })});
        // Answers early in a file spare questions later in it.
        if (questions.size() >= kUploadsAtOnce) take_answers();
      }
    }
    take_answers();
  }

  /// Notes where the hub says the run around chunk `at` of `file` lies.
  void match(const UploadFile& file, std::size_t at, const xet::Shard& shard) {
    if (!shard.footer) return;
    const auto keyed = [&](std::size_t i) {
      return xet::keyed_chunk_hash(shard.footer->hmac_key, file.chunks[i].ref.hash);
    };
    const xet::ChunkHash wanted = keyed(at);
    for (const xet::ShardXorb& xorb : shard.xorbs) {
      for (std::size_t entry = 0; entry < xorb.chunks.size(); ++entry) {
        if (xorb.chunks[entry].hash != wanted) continue;
        const auto agree = [&](std::size_t e, std::size_t i) {
          return xorb.chunks[e].size_bytes == file.chunks[i].ref.size_bytes &&
                 xorb.chunks[e].hash == keyed(i);
        };
        const auto note = [&](std::size_t e, std::size_t i) {
          places_.try_emplace(file.chunks[i].ref.hash,
                              RemotePlace{xorb.hash, static_cast<std::uint32_t>(e)});
        };
        for (std::size_t e = entry, i = at;
             e < xorb.chunks.size() && i < file.chunks.size() && agree(e, i); ++e, ++i)
          note(e, i);
        for (std::size_t e = entry, i = at; e > 0 && i > 0 && agree(e - 1, i - 1); --e, --i)
          note(e - 1, i - 1);
        break;
      }
    }
  }

  void send_xorbs(remote::CasClient& cas, const std::vector<xet::XorbHash>& xorbs,
                  UploadProgress& progress) {
    ThreadPool pool(kUploadsAtOnce);
    std::vector<std::future<void>> running;
    std::atomic<bool> failed{false};
    for (const xet::XorbHash& xorb : xorbs) {
      running.push_back(pool.submit([this, &cas, &failed, &progress, xorb] {
        if (failed) return;
        try {
          tools_.stop.check();
          std::shared_ptr<File> file = store_.open_xorb(xorb);
          const auto record = store_.find_xorb(xorb);
          if (!record) throw Error(ErrorKind::not_found, "xorb {} is gone", xorb.text());
          cas.upload_xorb(xorb, watched(remote::file_body(file, 0, record->index.body_bytes()),
                                        record->index.raw_bytes(), progress));
          store_.note_remote_xorbs(link_.key(), std::span(&xorb, 1));
          fault_point("push.xorb_sent");
        } catch (...) {
          failed = true;
          throw;
        }
      }));
    }
    wait_all(running);
    on_remote_.insert(xorbs.begin(), xorbs.end());
  }

  /// Packs chunks into new xorbs as they are stored, without compressing them again, and sends each
  /// when it is full.
  std::vector<xet::ShardXorb> send_repacked(remote::CasClient& cas,
                                            const std::vector<WantedChunk>& chunks,
                                            UploadProgress& progress) {
    std::vector<xet::ShardXorb> made;
    Bytes body;
    std::vector<xet::ChunkRef> refs;
    std::uint64_t raw_bytes = 0;
    const auto send = [&] {
      if (refs.empty()) return;
      const xet::XorbHash xorb = xet::xorb_hash(refs);
      cas.upload_xorb(xorb, watched(net::Body::view(body), raw_bytes, progress));
      store_.note_remote_chunks(xorb, 0, refs);
      store_.note_remote_xorbs(link_.key(), std::span(&xorb, 1));
      on_remote_.insert(xorb);
      for (std::size_t i = 0; i < refs.size(); ++i)
        places_[refs[i].hash] = {xorb, static_cast<std::uint32_t>(i)};
      made.push_back({xorb, static_cast<std::uint32_t>(body.size()), refs});
      body.clear();
      refs.clear();
      raw_bytes = 0;
      fault_point("push.xorb_sent");
    };
    for (const WantedChunk& chunk : chunks) {
      tools_.stop.check();
      const Bytes record = stored_record(chunk);
      if (refs.size() == xet::kXorbMaxChunks || body.size() + record.size() > xet::kXorbMaxBytes ||
          raw_bytes + chunk.ref.size_bytes > xet::kXorbMaxBytes)
        send();
      append(body, record);
      refs.push_back(chunk.ref);
      raw_bytes += chunk.ref.size_bytes;
    }
    send();
    return made;
  }

  /// The chunk as a record, verified.
  Bytes stored_record(const WantedChunk& chunk) {
    for (const store::ChunkPlace& place : store_.find_chunk(chunk.ref.hash)) {
      if (!place.local) continue;
      try {
        Bytes record = store_.read_records(place.xorb, place.chunk, place.chunk + 1);
        xet::RecordReader reader(record);
        Bytes raw;
        if (const auto read = reader.next();
            read && xet::decode_record(*read, raw) == chunk.ref.hash)
          return record;
      } catch (const Error& error) {
        tools_.progress.note(fmt::format("xorb {}: {}", place.xorb.text(), error.message()));
      }
    }
    auto raw = working_.read_chunk(chunk.xorb, chunk.index, chunk.ref);
    if (!raw) {
      if (!elsewhere_) elsewhere_ = site_.elsewhere();
      if (*elsewhere_) {
        raw = (*elsewhere_)
                  ->read_chunk({chunk.xorb, chunk.index, chunk.index + 1, chunk.ref.size_bytes},
                               chunk.index, chunk.ref);
      }
    }
    if (raw) {
      Bytes record;
      xet::append_record(record, xet::choose_scheme(*raw), *raw);
      return record;
    }
    throw Error(ErrorKind::not_found, "chunk {} of xorb {} is neither here nor on a remote",
                chunk.index, chunk.xorb.text())
        .hint("run `mhub fsck` to see which files it belongs to");
  }

  /// Of large files, those whose recipes do not depend on what is yet to be packed.
  void announce_files(remote::CasClient& cas, const std::vector<UploadFile>& files,
                      const UploadPlan& plan) {
    const std::unordered_set<xet::XorbHash> coming(plan.whole_xorbs.begin(),
                                                   plan.whole_xorbs.end());
    if (coming.empty()) return;
    const auto place = [&](const WantedChunk& chunk) -> std::optional<RemotePlace> {
      if (coming.contains(chunk.xorb) || remote_has(chunk.xorb))
        return RemotePlace{chunk.xorb, chunk.index};
      return place_on_remote(chunk.ref.hash);
    };
    xet::Shard shard;
    std::size_t shard_bytes = 0;
    for (const UploadFile& file : files) {
      if (file.chunks.size() < kAnnounceFromChunks || shard_bytes >= kShardTargetBytes) continue;
      if (!std::all_of(file.chunks.begin(), file.chunks.end(), place)) continue;
      shard.files.push_back(
          make_shard_file(file, [&](const WantedChunk& chunk) { return *place(chunk); }));
      shard_bytes += shard_file_bytes(shard.files.back());
    }
    if (!shard.files.empty()) cas.announce_shard(xet::make_upload_shard(shard));
  }

  static std::size_t shard_file_bytes(const xet::ShardFile& file) {
    return (2 + 2 * file.terms.size()) * kShardRecordBytes;
  }

  void register_files(remote::CasClient& cas, const std::vector<UploadFile>& files,
                      std::vector<xet::ShardXorb> made) {
    xet::Shard shard;
    shard.xorbs = std::move(made);
    std::size_t shard_bytes = 0;
    for (const xet::ShardXorb& xorb : shard.xorbs)
      shard_bytes += (xorb.chunks.size() + 1) * kShardRecordBytes;
    const auto send = [&] {
      if (shard.files.empty() && shard.xorbs.empty()) return;
      tools_.stop.check();
      cas.upload_shard(xet::make_upload_shard(shard));
      fault_point("push.shard_sent");
      shard = {};
      shard_bytes = 0;
    };
    for (const UploadFile& file : files) {
      shard.files.push_back(make_shard_file(file, [&](const WantedChunk& chunk) -> RemotePlace {
        if (remote_has(chunk.xorb)) return {chunk.xorb, chunk.index};
        if (const auto place = place_on_remote(chunk.ref.hash)) return *place;
        // It may lie in a xorb that was sent for other chunks.
        for (const store::ChunkPlace& place : store_.find_chunk(chunk.ref.hash)) {
          if (remote_has(place.xorb)) return {place.xorb, place.chunk};
        }
        throw Error(ErrorKind::internal, "chunk {} was not sent", chunk.ref.hash.text());
      }));
      shard_bytes += shard_file_bytes(shard.files.back());
      if (shard_bytes >= kShardTargetBytes) send();
    }
    send();
  }

  UploadSite& site_;
  store::Store& store_;
  WorkingSource& working_;
  HubLink& link_;
  const Tools& tools_;
  /// Places on the remote that are not in the index: learned from the hub, or just made.
  std::unordered_map<xet::ChunkHash, RemotePlace> places_;
  std::unordered_set<xet::XorbHash> on_remote_;
  std::unordered_set<xet::XorbHash> asked_;  ///< whether the index says that the remote has them
  /// The hub refused a recipe: only what this run has sent counts as being there.
  bool distrust_index_ = false;
  std::optional<std::unique_ptr<store::ChunkSource>> elsewhere_;  ///< once it is asked for
};

ChunkUploader::ChunkUploader(UploadSite& site, WorkingSource& working, HubLink& link,
                             const Tools& tools)
    : state_(std::make_unique<State>(site, working, link, tools)) {}

ChunkUploader::~ChunkUploader() = default;

void ChunkUploader::send(remote::CasClient& cas, const std::vector<UploadFile>& files,
                         bool takes_announcements, UploadProgress& progress) {
  state_->send(cas, files, takes_announcements, progress);
}

std::uint64_t ChunkUploader::new_raw_bytes() const {
  return state_->new_raw_bytes;
}

std::uint64_t ChunkUploader::known_raw_bytes() const {
  return state_->known_raw_bytes;
}

}  // namespace mhub::sync
