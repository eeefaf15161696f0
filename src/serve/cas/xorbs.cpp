// Xorbs: receiving whole ones, and giving out the byte ranges that a reconstruction named.

#include <fcntl.h>

#include <mhub/base/fault.hpp>
#include <mhub/wire/cas_answers.hpp>
#include <mhub/xet/xorb.hpp>

#include "cas/cas_face.hpp"
#include "cas/xorb_url.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kUploadWindowBytes = 256 << 10;

/// Every byte is read and every chunk hashed, even if the hub has the xorb: only who really holds
/// the bytes may refer to them afterwards.
class XorbConsumer : public BodyConsumer {
public:
  XorbConsumer(std::shared_ptr<Call> call, const xet::XorbHash& hash)
      : call_(std::move(call)), hash_(hash) {}

  void consume(ByteView bytes) override {
    received_ += bytes.size();
    if (received_ > xet::kXorbMaxUploadBytes) throw Refused(413, "the xorb is too large");
    guard([&] { receiver().write(bytes); });
  }

  Response finish() override {
    bool is_new = false;
    guard([&] { is_new = receiver().commit(hash_); });
    fault_point("serve.xorb_received");
    Catalog& catalog = *call_->hub.catalog;
    // "Already here" is told only to who could know: that others have it is their business.
    const auto grant = catalog.find_grant(call_->who.viewer(), call_->repo->id, hash_);
    catalog.add_xorb(call_->repo->id, hash_,
                     call_->who.user ? std::optional(call_->who.user->id) : std::nullopt);
    call_->hub.early_digests.xorb_arrived(call_->repo->id, hash_);
    return json_response(200, wire::xorb_upload_answer_json(is_new || !grant || !grant->whole));
  }

private:
  store::Store::XorbReceiver& receiver() {
    if (!receiver_) receiver_ = call_->hub.store->receive_xorb();
    return *receiver_;
  }

  /// What the sender got wrong is the sender's error.
  template <class Work>
  static void guard(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::corrupt) throw Refused(400, error.message());
      throw;
    }
  }

  std::shared_ptr<Call> call_;
  xet::XorbHash hash_;
  std::unique_ptr<store::Store::XorbReceiver> receiver_;
  std::uint64_t received_ = 0;
};

std::unique_ptr<BodySink> receive_xorb(std::shared_ptr<Call> call) {
  require_prefix(call->words[0]);
  const auto hash = require_hash<xet::XorbHash>(call->words[1]);
  const auto length = call->request->content_length();
  if (length && *length > xet::kXorbMaxUploadBytes) throw Refused(413, "the xorb is too large");
  if (length && *length == 0) throw Refused(400, "the xorb is empty");
  Hub& hub = call->hub;
  return sink_to_consumer(hub.worker_spawn(), hub.slow_spawn(),
                          std::make_unique<XorbConsumer>(std::move(call), hash),
                          kUploadWindowBytes);
}

Response describe_xorb(Call& call) {
  if (!call.request->is_head) throw Refused(404, "a xorb is read through signed URLs alone");
  require_prefix(call.words[0]);
  const auto hash = require_hash<xet::XorbHash>(call.words[1]);
  const auto grant = call.hub.catalog->find_grant(call.who.viewer(), call.repo->id, hash);
  const auto record = grant ? call.hub.store->find_xorb(hash) : std::nullopt;
  // Who may use part of it only would learn how long the rest is.
  if (!record || !record->local ||
      !grant->covers({0, static_cast<std::uint32_t>(record->index.chunks.size())}))
    throw Refused(404, "not found");
  Response response;
  describe_length(response, record->index.body_bytes());
  return response;
}

/// Parts of a file one after another, each under its own heading (RFC 9110, section 14.6).
class MultipartSource : public BlockSource {
public:
  struct Part {
    std::string heading;
    InclusiveRange range;
  };
  MultipartSource(std::unique_ptr<File> file, std::vector<Part> parts, std::string ending)
      : file_(std::move(file)), parts_(std::move(parts)), ending_(std::move(ending)) {}

  Block next() override {
    constexpr std::uint64_t kBlockBytes = 256 << 10;
    Bytes out;
    if (part_ == parts_.size()) {
      if (ending_.empty()) return nullptr;
      append(out, as_bytes(std::exchange(ending_, {})));
      return std::make_shared<const Bytes>(std::move(out));
    }
    const Part& part = parts_[part_];
    if (done_ == 0) append(out, as_bytes(part.heading));
    const std::uint64_t count = std::min(kBlockBytes, part.range.size_bytes() - done_);
    const std::size_t before = out.size();
    out.resize(before + count);
    if (file_->read_at(std::span(out).subspan(before), part.range.first + done_) != count)
      throw Error(ErrorKind::corrupt, "a xorb's file is too short");
    done_ += count;
    if (done_ == part.range.size_bytes()) {
      ++part_;
      done_ = 0;
    }
    return std::make_shared<const Bytes>(std::move(out));
  }

private:
  std::unique_ptr<File> file_;
  std::vector<Part> parts_;
  std::string ending_;
  std::size_t part_ = 0;
  std::uint64_t done_ = 0;
};

Response multipart(Call& call, std::unique_ptr<File> file, std::uint64_t file_bytes,
                   const std::vector<InclusiveRange>& ranges) {
  const std::string boundary = "mhub-" + sha256_of(as_bytes(call.request->request_id)).hex();
  std::vector<MultipartSource::Part> parts;
  std::uint64_t total = 0;
  for (const InclusiveRange& range : ranges) {
    std::string heading = fmt::format(
        "{}--{}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {}-{}/{}\r\n\r\n",
        parts.empty() ? "" : "\r\n", boundary, range.first, range.last, file_bytes);
    total += heading.size() + range.size_bytes();
    parts.push_back({std::move(heading), range});
  }
  std::string ending = fmt::format("\r\n--{}--\r\n", boundary);
  total += ending.size();
  Response response;
  response.status = 206;
  response.with("Content-Type", "multipart/byteranges; boundary=" + boundary);
  response.stream_bytes = total;
  response.body = stream_blocks(
      call.hub.worker_spawn(),
      std::make_unique<MultipartSource>(std::move(file), std::move(parts), std::move(ending)));
  return response;
}

Response xorb_data(Call& call) {
  const auto hash = require_hash<xet::XorbHash>(call.words[0]);
  const auto allowed = check_xorb_url(call.hub.signer, *call.request, hash);
  const auto asked = parse_closed_ranges(call.request->header("Range"));
  if (!asked) throw Refused(403, "this URL is good for its byte ranges alone");
  const bool is_one = asked->size() == 1 &&
                      std::find(allowed.begin(), allowed.end(), asked->front()) != allowed.end();
  if (!is_one && *asked != allowed) throw Refused(403, "this URL is for other byte ranges");

  std::unique_ptr<File> file;
  try {
    file = call.hub.store->open_xorb(hash);
  } catch (const Error& error) {
    // Collected or repacked since: a new reconstruction tells where the bytes are now.
    if (error.kind() == ErrorKind::not_found) throw Refused(403, "the xorb has moved");
    throw;
  }
  const std::uint64_t file_bytes = file->stat().size_bytes;
  for (const InclusiveRange& range : *asked) {
    if (range.last >= file_bytes)
      throw Error(ErrorKind::corrupt, "xorb {} is shorter than its index says", hash.text());
  }
  if (!is_one) return multipart(call, std::move(file), file_bytes, *asked);
  const InclusiveRange range = asked->front();
  Response response;
  response.status = 206;
  response.with("Content-Type", "application/octet-stream")
      .with("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, file_bytes));
  UniqueFd copy(::fcntl(file->descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!copy) throw system_error(errno, "open a xorb");
  response.body = FileSlice{std::move(copy), range.first, range.size_bytes()};
  return response;
}

}  // namespace

std::vector<Route> xorb_routes() {
  Route post;
  post.method = Method::post;
  post.pattern = "/v1/xorbs/{prefix}/{hash}";
  post.access = Access::cas_write;
  post.receive = receive_xorb;
  Route head;
  head.pattern = "/v1/xorbs/{prefix}/{hash}";
  head.access = Access::cas_read;
  head.run = Run::worker;
  head.handle = describe_xorb;
  Route data;
  data.pattern = "/v1/xorb-data/{hash}";
  data.access = Access::signed_url;
  data.run = Run::worker;
  data.handle = xorb_data;
  return {post, head, data};
}

}  // namespace mhub::serve
