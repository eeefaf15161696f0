#include "git2.hpp"

#include <cstring>

namespace mhub::repo {

namespace {

ErrorKind kind_of(int code, int error_class) {
  switch (code) {
    case GIT_ENOTFOUND:
      return ErrorKind::not_found;
    case GIT_EEXISTS:
    case GIT_ENONFASTFORWARD:
    case GIT_ECONFLICT:
    case GIT_EUNMERGED:
    case GIT_EMODIFIED:
    case GIT_EMERGECONFLICT:
      return ErrorKind::conflict;
    case GIT_EAMBIGUOUS:
    case GIT_EINVALIDSPEC:
    case GIT_EINVALID:
    case GIT_EBAREREPO:
    case GIT_EPEEL:
      return ErrorKind::usage;
    case GIT_ELOCKED:
      return ErrorKind::busy;
    case GIT_EOWNER:
      return ErrorKind::denied;
    case GIT_EMISMATCH:
      return ErrorKind::corrupt;
    default:
      break;
  }
  switch (error_class) {
    case GIT_ERROR_CONFIG:
      return ErrorKind::config;
    case GIT_ERROR_ZLIB:
    case GIT_ERROR_ODB:
    case GIT_ERROR_INDEX:
    case GIT_ERROR_OBJECT:
    case GIT_ERROR_TREE:
    case GIT_ERROR_TAG:
    case GIT_ERROR_INDEXER:
    case GIT_ERROR_SHA:
      return ErrorKind::corrupt;
    case GIT_ERROR_INVALID:
      return ErrorKind::usage;
    default:
      return ErrorKind::io;
  }
}

}  // namespace

void start_libgit2() {
  static const int started = [] {
    const int result = git_libgit2_init();
    if (result > 0) {
      // Loose objects, references and the index reach the disk before whatever refers to them.
      git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    }
    return result;
  }();
  if (started < 0) throw Error(ErrorKind::internal, "cannot start libgit2");
}

Error git_failure(int code, std::string_view doing) {
  const git_error* last = git_error_last();
  const int error_class = last != nullptr ? last->klass : GIT_ERROR_NONE;
  const std::string why =
      last != nullptr && last->message != nullptr ? printable(last->message) : "unknown reason";
  Error error(kind_of(code, error_class), "cannot {}: {}", doing, why);
  if (code == GIT_EOWNER) {
    return std::move(error).hint(
        "the repository belongs to another user; add its path to safe.directory in your git "
        "settings if you trust it");
  }
  if (why.find(std::strerror(ENOSPC)) != std::string::npos)
    return std::move(error).hint("free some space on that disk and run the command again");
  return error;
}

git_oid to_oid(const ObjectId& id) {
  git_oid oid;
  std::memcpy(oid.id, id.bytes.data(), sizeof oid.id);
  return oid;
}

ObjectId from_oid(const git_oid& oid) {
  ObjectId id;
  std::memcpy(id.bytes.data(), oid.id, sizeof oid.id);
  return id;
}

const char* c_text(const std::string& text) {
  if (text.find('\0') != std::string::npos)
    throw Error(ErrorKind::usage, "{} holds a NUL character", printable(text));
  return text.c_str();
}

std::optional<ObjectId> ObjectId::parse(std::string_view text) {
  ObjectId id;
  if (text.size() != 2 * id.bytes.size() || !from_hex(text, std::span<std::byte>(id.bytes)))
    return std::nullopt;
  return id;
}

}  // namespace mhub::repo
