#include "lfs/links.hpp"

#include <charconv>

#include "hub.hpp"

namespace mhub::serve {

namespace {

std::string_view purpose_of(LinkUse use) {
  switch (use) {
    case LinkUse::download:
      return "lfs-download";
    case LinkUse::upload:
      return "lfs-upload";
    case LinkUse::verify:
      return "lfs-verify";
  }
  return "";
}

std::vector<std::string> parts_of(std::int64_t repo, std::string_view oid, std::string_view size,
                                  std::string_view expires) {
  return {std::to_string(repo), lower_case(oid), std::string(size), std::string(expires)};
}

[[noreturn]] void refuse() {
  throw Refused(403, "the link has expired or is not this hub's");
}

}  // namespace

std::string make_link(const Call& call, LinkUse use, const wire::LfsObject& object) {
  const std::string oid = object.oid.hex();
  const std::string size = std::to_string(object.size_bytes);
  const std::string expires = std::to_string(unix_now() + kSignedUrlLifetimeS);
  const std::string signature =
      call.hub.signer.sign(purpose_of(use), parts_of(call.repo->id, oid, size, expires));
  return call.url() + "/" + call.repo->name.path() + ".git/info/lfs/objects/" + oid +
         (use == LinkUse::verify ? "/verify" : "") + "?size=" + size + "&expires=" + expires +
         "&signature=" + signature;
}

bool has_link_signature(const Request& request) {
  return request.parameter("signature").has_value();
}

void check_link(Hub& hub, Call& call) {
  const Request& request = *call.request;
  const std::string size = request.parameter("size").value_or("");
  const std::string expires = request.parameter("expires").value_or("");
  const std::string signature = request.parameter("signature").value_or("");
  const LinkUse use = request.method == Method::put    ? LinkUse::upload
                      : request.method == Method::post ? LinkUse::verify
                                                       : LinkUse::download;
  const auto repo = call.name ? hub.catalog->find_repo_under(*call.name) : std::nullopt;
  if (!repo || call.words.empty()) refuse();
  if (!hub.signer.check(purpose_of(use), parts_of(repo->id, call.words[0], size, expires),
                        signature))
    refuse();
  std::int64_t until = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), until);
  if (until <= unix_now()) refuse();
  call.repo = repo;
  call.is_signed = true;
}

std::uint64_t linked_size(const Request& request) {
  const std::string text = request.parameter("size").value_or("");
  std::uint64_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

}  // namespace mhub::serve
