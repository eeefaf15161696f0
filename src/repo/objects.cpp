// Objects of any kind, and blobs.

#include <mhub/repo/objects.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

std::optional<ObjectType> type_from_git(git_object_t type) {
  switch (type) {
    case GIT_OBJECT_COMMIT:
      return ObjectType::commit;
    case GIT_OBJECT_TREE:
      return ObjectType::tree;
    case GIT_OBJECT_BLOB:
      return ObjectType::blob;
    case GIT_OBJECT_TAG:
      return ObjectType::tag;
    case GIT_OBJECT_ANY:
    case GIT_OBJECT_INVALID:
    case GIT_OBJECT_OFS_DELTA:
    case GIT_OBJECT_REF_DELTA:
      break;
  }
  return std::nullopt;
}

struct Header {
  std::size_t size_bytes;
  git_object_t type;
};

std::optional<Header> find_header(Repository& repository, const ObjectId& id) {
  const git_oid oid = to_oid(id);
  Header header{};
  const int result =
      git_odb_read_header(&header.size_bytes, &header.type, odb_of(repository), &oid);
  if (result == GIT_ENOTFOUND) return std::nullopt;
  check(result, "read object " + id.hex());
  return header;
}

Header require_header(Repository& repository, const ObjectId& id) {
  const auto header = find_header(repository, id);
  if (!header) throw Error(ErrorKind::not_found, "object {} does not exist", id.hex());
  return *header;
}

std::optional<ObjectId> peel(Repository& repository, const ObjectId& id, git_object_t wanted) {
  const git_oid oid = to_oid(id);
  git_object* raw = nullptr;
  int result = git_object_lookup(&raw, git_of(repository), &oid, GIT_OBJECT_ANY);
  if (result == GIT_ENOTFOUND) return std::nullopt;
  check(result, "read object " + id.hex());
  const GitObject object(raw);
  git_object* peeled = nullptr;
  result = git_object_peel(&peeled, object.get(), wanted);
  if (result == GIT_EPEEL || result == GIT_EINVALIDSPEC || result == GIT_EAMBIGUOUS)
    return std::nullopt;
  check(result, "follow object " + id.hex());
  const GitObject owner(peeled);
  return from_oid(*git_object_id(peeled));
}

GitOdbObject read_object(Repository& repository, const ObjectId& id) {
  const git_oid oid = to_oid(id);
  git_odb_object* raw = nullptr;
  check(git_odb_read(&raw, odb_of(repository), &oid), "read object " + id.hex());
  return GitOdbObject(raw);
}

ByteView content_of(const GitOdbObject& object) {
  return {static_cast<const std::byte*>(git_odb_object_data(object.get())),
          git_odb_object_size(object.get())};
}

Bytes read_content(Repository& repository, const ObjectId& id) {
  const GitOdbObject object = read_object(repository, id);
  const ByteView content = content_of(object);
  return {content.begin(), content.end()};
}

}  // namespace

std::optional<ObjectType> object_type(Repository& repository, const ObjectId& id) {
  const auto header = find_header(repository, id);
  if (!header) return std::nullopt;
  return type_from_git(header->type);
}

std::uint64_t object_size(Repository& repository, const ObjectId& id) {
  return require_header(repository, id).size_bytes;
}

std::optional<ObjectId> peel_to_commit(Repository& repository, const ObjectId& id) {
  return peel(repository, id, GIT_OBJECT_COMMIT);
}

std::optional<ObjectId> peel_to_tree(Repository& repository, const ObjectId& id) {
  return peel(repository, id, GIT_OBJECT_TREE);
}

ObjectId hash_blob(ByteView content) {
  start_libgit2();
  git_oid oid;
  check(git_odb_hash(&oid, content.data(), content.size(), GIT_OBJECT_BLOB), "hash a blob");
  return from_oid(oid);
}

ObjectId write_blob(Repository& repository, ByteView content) {
  git_oid oid;
  check(git_odb_write(&oid, writable_odb_of(repository), content.data(), content.size(),
                      GIT_OBJECT_BLOB),
        "write a blob");
  return from_oid(oid);
}

ObjectId write_pointer(Repository& repository, const wire::LfsPointer& pointer) {
  return write_blob(repository, as_bytes(to_text(pointer)));
}

void use_blob(Repository& repository, const ObjectId& id, std::uint64_t limit_bytes,
              const std::function<void(ByteView)>& use) {
  const Header header = require_header(repository, id);
  if (header.type != GIT_OBJECT_BLOB)
    throw Error(ErrorKind::corrupt, "object {} is not a blob", id.hex());
  if (header.size_bytes > limit_bytes) {
    throw Error(ErrorKind::corrupt, "blob {} is {} long; at most {} are expected there", id.hex(),
                human_bytes(header.size_bytes), human_bytes(limit_bytes));
  }
  use(content_of(read_object(repository, id)));
}

Bytes read_blob(Repository& repository, const ObjectId& id, std::uint64_t limit_bytes) {
  Bytes bytes;
  use_blob(repository, id, limit_bytes,
           [&](ByteView content) { bytes.assign(content.begin(), content.end()); });
  return bytes;
}

BlobContent describe_blob(Repository& repository, const ObjectId& id) {
  const Header header = require_header(repository, id);
  if (header.type != GIT_OBJECT_BLOB)
    throw Error(ErrorKind::corrupt, "object {} is not a blob", id.hex());
  BlobContent content{header.size_bytes, std::nullopt};
  if (header.size_bytes < wire::kLfsPointerLimitBytes)
    content.pointer = wire::parse_lfs_pointer(read_content(repository, id));
  if (content.pointer) content.size_bytes = content.pointer->size_bytes;
  return content;
}

std::optional<wire::LfsPointer> read_pointer(Repository& repository, const ObjectId& id) {
  const auto header = find_header(repository, id);
  if (!header || header->type != GIT_OBJECT_BLOB ||
      header->size_bytes >= wire::kLfsPointerLimitBytes)
    return std::nullopt;
  return wire::parse_lfs_pointer(read_content(repository, id));
}

}  // namespace mhub::repo
