// The bytes of a file. `resolve` gives a large file itself, `raw` the pointer that git has in its
// place. Clients learn nearly everything from headers, mostly of an answer to HEAD, so that HEAD
// and GET say the same.

#include <nlohmann/json.hpp>

#include <mhub/wire/xet_token.hpp>

#include "content.hpp"
#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/read_face.hpp"
#include "http/ranged.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::string_view kXetInfoType = "application/vnd.xet-fileinfo+json";
/// A blob is read whole. What is larger belongs into a large file, and comes by git alone.
constexpr std::uint64_t kBlobBytesAtMost = std::uint64_t{256} << 20;
/// Up to this size a blob is sent as it is, beyond it from one place in memory.
constexpr std::uint64_t kSmallBlobBytes = kSmallAnswerBytes;

/// Only types that a browser shows and does not run. Whatever else a repository holds is never for
/// the browser to interpret under the hub's own address.
std::string_view media_type(std::string_view path, bool is_large) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".png", "image/png"},   {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},   {".webp", "image/webp"}, {".wav", "audio/wav"},
      {".flac", "audio/flac"}, {".mp3", "audio/mpeg"},  {".ogg", "audio/ogg"},
      {".mp4", "video/mp4"},   {".webm", "video/webm"}};
  const auto dot = path.rfind('.');
  const std::string ending = lower_case(dot == std::string_view::npos ? "" : path.substr(dot));
  for (const auto& [known, type] : kTypes) {
    if (ending == known) return type;
  }
  return is_large ? "application/octet-stream" : "text/plain; charset=utf-8";
}

std::string disposition(const Request& request, std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  std::string plain;
  for (const char c : name) plain += c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '_';
  return fmt::format("{}; filename*=UTF-8''{}; filename=\"{}\"",
                     flag(request, "download") ? "attachment" : "inline", percent_encode(name),
                     plain);
}

/// What says where the file stands, alike in all answers about it.
void add_place(const Call& call, const RevisionPath& where, Response& response) {
  response.with(std::string(kRepoCommitHeader), where.revision.commit->hex());
  const bool is_open = !call.repo->is_private && call.repo->gating == wire::Gating::none;
  const std::string who = is_open ? "public" : "private";
  // What a branch holds may be kept too, but not used without asking.
  response.with("Cache-Control",
                who + (where.revision.is_fixed ? ", max-age=86400, immutable" : ", no-cache"));
  response.with("Vary", "Accept, Origin, Authorization");
}

void add_content(const Call& call, const RevisionPath& where, bool is_large, Response& response) {
  response.with("Content-Type", std::string(media_type(where.path, is_large)));
  response.with("Content-Disposition", disposition(*call.request, where.path));
  response.with("X-Content-Type-Options", "nosniff");
  response.with("Content-Security-Policy", "default-src 'none'; sandbox");
}

struct XetPlace {
  std::string hash;
  std::string refresh_url;
  std::string reconstruction_url;
};

void add_xet(const XetPlace& xet, Response& response) {
  response.with(std::string(wire::kXetHashHeader), xet.hash);
  response.with("Link", fmt::format("<{}>; rel=\"xet-auth\", <{}>; rel=\"xet-reconstruction-info\"",
                                    xet.refresh_url, xet.reconstruction_url));
  response.with("X-Xet-Refresh-Route", xet.refresh_url);
}

Response not_modified(const std::string& etag) {
  Response response;
  response.status = 304;
  response.with("ETag", etag);
  return response;
}

Response serve_blob(Call& call, repo::Repository& git, const RevisionPath& where,
                    const HubFile& file) {
  const std::string etag = "\"" + file.blob.hex() + "\"";
  if (is_known_to_caller(*call.request, etag)) {
    Response response = not_modified(etag);
    add_place(call, where, response);
    return response;
  }
  if (file.blob_bytes > kBlobBytesAtMost)
    throw Refused(501, "NotImplemented",
                  "this file stands in git itself and is too large to be had other than by git");
  Ranged answer = begin_ranged(*call.request, etag, file.blob_bytes);
  Response& response = answer.response;
  add_place(call, where, response);
  add_content(call, where, false, response);
  if (answer.size_bytes == 0) return std::move(response);
  if (file.blob_bytes <= kSmallBlobBytes) {
    repo::use_blob(git, file.blob, kSmallBlobBytes, [&](ByteView content) {
      response.body = std::string(as_text(content.subspan(answer.offset, answer.size_bytes)));
    });
    return std::move(response);
  }
  auto held = call.hub.blob_budget.take(file.blob_bytes);
  if (!held) throw Refused(503, "the hub sends many files at the moment; try again");
  auto blob = std::make_shared<const Bytes>(repo::read_blob(git, file.blob, kBlobBytesAtMost));
  const ByteView part = ByteView(*blob).subspan(answer.offset, answer.size_bytes);
  response.stream_bytes = answer.size_bytes;
  response.body = stream_memory(call.hub, part, {std::move(blob), std::move(held)});
  return std::move(response);
}

Response serve_large(Call& call, const RevisionPath& where, const RepoFile& held) {
  const std::string sha256 = held.sha256.hex();
  const std::string etag = "\"" + sha256 + "\"";
  const XetPlace xet{
      held.xet_hash.text(),
      call.url() + call.repo->name.api_path() + "/xet-read-token/" + where.revision.commit->hex(),
      call.url() + "/v1/reconstructions/" + held.xet_hash.text()};
  const auto finish = [&](Response& response) {
    add_place(call, where, response);
    response.with("X-Linked-Size", std::to_string(held.size_bytes));
    response.with("X-Linked-Etag", etag);
    add_xet(xet, response);
  };
  if (!call.request->is_head &&
      call.request->header("Accept").find(kXetInfoType) != std::string_view::npos) {
    const nlohmann::json info = {{"hash", xet.hash},
                                 {"refreshUrl", xet.refresh_url},
                                 {"reconstructionUrl", xet.reconstruction_url},
                                 {"etag", etag},
                                 {"size", held.size_bytes}};
    Response response;
    response.body = info.dump();
    response.with("Content-Type", std::string(kXetInfoType)).with("ETag", etag);
    finish(response);
    return response;
  }
  if (is_known_to_caller(*call.request, etag)) {
    Response response = not_modified(etag);
    finish(response);
    return response;
  }
  store::FileRecord record = recipe_of(call, held);
  Ranged answer = begin_ranged(*call.request, etag, held.size_bytes);
  Response& response = answer.response;
  finish(response);
  add_content(call, where, true, response);
  if (answer.size_bytes > 0) {
    response.stream_bytes = answer.size_bytes;
    response.body = stream_file(call.hub, std::move(record), answer.offset, answer.size_bytes);
  }
  return std::move(response);
}

Response serve(Call& call, bool as_git_has_it) {
  auto git = open_git(call);
  const RevisionPath where = require_revision_path(git, call.rest);
  const auto entry = find_entry(git, where);
  if (!entry || entry->mode == repo::FileMode::tree) return no_entry(call, where.revision);
  const HubFile file = read_hub_file(git, *entry);
  if (!as_git_has_it && !call.request->is_head)
    call.hub.downloads.note(call.repo->id, call.holder());
  if (as_git_has_it || !file.pointer) return serve_blob(call, git, where, file);
  const auto held = find_held(call, file);
  if (!held) return no_entry(call, where.revision);
  return serve_large(call, where, *held);
}

}  // namespace

std::vector<Route> resolve_routes() {
  Route resolve;
  resolve.pattern = "/{repo}/resolve/*";
  resolve.access = Access::repo_content;
  resolve.run = Run::worker;
  resolve.handle = [](Call& call) { return serve(call, false); };
  Route raw = resolve;
  raw.pattern = "/{repo}/raw/*";
  raw.handle = [](Call& call) { return serve(call, true); };
  return {resolve, raw};
}

}  // namespace mhub::serve
