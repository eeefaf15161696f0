#pragma once
// Signed links to LFS objects: they carry their own authority, since several clients send no
// credentials to them.

#include <string>

#include <mhub/wire/lfs.hpp>

#include "router.hpp"

namespace mhub::serve {

enum class LinkUse { download, upload, verify };

/// A link for `object` of the call's repository, good for kSignedUrlLifetimeS.
std::string make_link(const Call& call, LinkUse use, const wire::LfsObject& object);

/// True if the request's query carries a signature at all.
bool has_link_signature(const Request& request);
/// Checks the signature (query) against path and method and sets `call.repo`, `call.is_signed`.
/// Throws Refused 403, which git-lfs takes as an expired link and asks for a new one.
void check_link(Hub& hub, Call& call);
/// The size that a checked link was made for.
std::uint64_t linked_size(const Request& request);

}  // namespace mhub::serve
