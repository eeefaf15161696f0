// An object is worth nothing before something refers to it, but must be on the medium by then.
// Syncing each loose object by itself costs milliseconds; an `add` of ten thousand files would take
// minutes. So new objects gather here, behind libgit2's interface for object databases, and go to
// disk together just before the index or a reference is written: one pack, three syncs.

#include "object_buffer.hpp"

#include <cstring>

#include <zlib.h>

#include <mhub/base/sha1.hpp>

namespace mhub::repo {

namespace {

/// Up to so many objects are written one by one, so that single commits leave no packs behind.
constexpr std::size_t kLooseLimit = 8;
constexpr std::size_t kHeldLimitBytes = 32 << 20;
/// Larger objects are not held but written at once.
constexpr std::size_t kObjectLimitBytes = 1 << 20;

/// Appends to a pack and to its checksum.
class PackStream {
public:
  PackStream(git_odb* odb, std::size_t objects) {
    git_odb_writepack* raw = nullptr;
    check(git_odb_write_pack(&raw, odb, nullptr, nullptr), "write a pack of objects");
    pack_.reset(raw);
    Bytes header;
    append(header, as_bytes("PACK"));
    constexpr std::uint32_t kVersion = 2;
    append_big_endian(header, kVersion);
    append_big_endian(header, static_cast<std::uint32_t>(objects));
    put(header);
  }

  void add(git_object_t type, ByteView content) {
    // Type and size: four bits of size beside the type, then seven a byte.
    Bytes entry;
    std::size_t size = content.size();
    unsigned byte = (static_cast<unsigned>(type) << 4) | static_cast<unsigned>(size & 15);
    for (size >>= 4; size != 0; size >>= 7) {
      entry.push_back(static_cast<std::byte>(byte | 0x80));
      byte = static_cast<unsigned>(size & 0x7f);
    }
    entry.push_back(static_cast<std::byte>(byte));
    const std::size_t head = entry.size();
    ::uLongf packed = ::compressBound(static_cast<::uLong>(content.size()));
    entry.resize(head + packed);
    if (::compress(reinterpret_cast<::Bytef*>(entry.data() + head), &packed,
                   reinterpret_cast<const ::Bytef*>(content.data()),
                   static_cast<::uLong>(content.size())) != Z_OK)
      throw Error(ErrorKind::internal, "cannot compress an object");
    entry.resize(head + packed);
    put(entry);
  }

  void commit() {
    append_to_pack(hasher_.finish());
    check(pack_->commit(pack_.get(), &progress_), "write a pack of objects");
  }

private:
  static void append_big_endian(Bytes& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.push_back(static_cast<std::byte>((value >> shift) & 0xff));
    }
  }

  void put(ByteView bytes) {
    hasher_.update(bytes);
    append_to_pack(bytes);
  }

  void append_to_pack(ByteView bytes) {
    check(pack_->append(pack_.get(), bytes.data(), bytes.size(), &progress_),
          "write a pack of objects");
  }

  struct FreePack {
    void operator()(git_odb_writepack* pack) const noexcept { pack->free(pack); }
  };
  std::unique_ptr<git_odb_writepack, FreePack> pack_;
  Sha1Hasher hasher_;
  git_indexer_progress progress_{};
};

}  // namespace

/// What libgit2 calls. The C struct comes first, so that its address is the object's.
struct ObjectBuffer::Backend {
  git_odb_backend base;
  ObjectBuffer* buffer;

  static ObjectBuffer& of(git_odb_backend* base) {
    return *reinterpret_cast<Backend*>(base)->buffer;
  }

  static const Object* find(git_odb_backend* base, const git_oid* oid) {
    const auto& objects = of(base).objects_;
    const auto found = objects.find(from_oid(*oid));
    return found == objects.end() ? nullptr : &found->second;
  }

  static int read(void** data, std::size_t* size, git_object_t* type, git_odb_backend* base,
                  const git_oid* oid) noexcept {
    const Object* object = find(base, oid);
    if (object == nullptr) return GIT_ENOTFOUND;
    *data = git_odb_backend_data_alloc(base, object->content.size() + 1);
    if (*data == nullptr) return GIT_ERROR;
    if (!object->content.empty())
      std::memcpy(*data, object->content.data(), object->content.size());
    static_cast<char*>(*data)[object->content.size()] = '\0';
    *size = object->content.size();
    *type = object->type;
    return 0;
  }

  static int read_header(std::size_t* size, git_object_t* type, git_odb_backend* base,
                         const git_oid* oid) noexcept {
    const Object* object = find(base, oid);
    if (object == nullptr) return GIT_ENOTFOUND;
    *size = object->content.size();
    *type = object->type;
    return 0;
  }

  static int exists(git_odb_backend* base, const git_oid* oid) noexcept {
    return find(base, oid) != nullptr ? 1 : 0;
  }

  static int exists_prefix(git_oid* out, git_odb_backend* base, const git_oid* prefix,
                           std::size_t digits) noexcept {
    int matches = 0;
    for (const auto& [id, object] : of(base).objects_) {
      const git_oid oid = to_oid(id);
      if (git_oid_ncmp(&oid, prefix, digits) != 0) continue;
      if (++matches > 1) return GIT_EAMBIGUOUS;
      *out = oid;
    }
    return matches == 1 ? 0 : GIT_ENOTFOUND;
  }

  static int read_prefix(git_oid* out, void** data, std::size_t* size, git_object_t* type,
                         git_odb_backend* base, const git_oid* prefix,
                         std::size_t digits) noexcept {
    const int result = exists_prefix(out, base, prefix, digits);
    return result == 0 ? read(data, size, type, base, out) : result;
  }

  static int write(git_odb_backend* base, const git_oid* oid, const void* data, std::size_t size,
                   git_object_t type) noexcept {
    // A failure makes libgit2 go on to the next backend, which writes a loose object.
    if (size > kObjectLimitBytes) return GIT_ERROR;
    try {
      ObjectBuffer& buffer = of(base);
      const ObjectId id = from_oid(*oid);
      const auto* bytes = static_cast<const std::byte*>(data);
      if (!buffer.objects_.try_emplace(id, Object{type, Bytes(bytes, bytes + size)}).second)
        return 0;
      buffer.order_.push_back(id);
      buffer.held_bytes_ += size;
      return 0;
    } catch (...) {
      return GIT_ERROR;
    }
  }

  static int write_stream(git_odb_stream**, git_odb_backend*, git_object_size_t,
                          git_object_t) noexcept {
    return GIT_ERROR;  // what is streamed is large: to the next backend
  }

  static void free(git_odb_backend* base) noexcept {
    auto* backend = reinterpret_cast<Backend*>(base);
    delete backend->buffer;
    delete backend;
  }
};

ObjectBuffer& ObjectBuffer::add_to(git_odb* odb, const std::filesystem::path& objects_folder) {
  std::unique_ptr<ObjectBuffer> buffer(new ObjectBuffer(odb, objects_folder));
  auto backend = std::make_unique<Backend>();
  check(git_odb_init_backend(&backend->base, GIT_ODB_BACKEND_VERSION), "open the objects");
  backend->base.read = Backend::read;
  backend->base.read_prefix = Backend::read_prefix;
  backend->base.read_header = Backend::read_header;
  backend->base.write = Backend::write;
  backend->base.writestream = Backend::write_stream;
  backend->base.exists = Backend::exists;
  backend->base.exists_prefix = Backend::exists_prefix;
  backend->base.free = Backend::free;
  constexpr int kBeforeAllOthers = 1000;
  check(git_odb_add_backend(odb, &backend->base, kBeforeAllOthers), "open the objects");
  backend->buffer = buffer.release();
  return *backend.release()->buffer;
}

bool ObjectBuffer::is_full() const {
  return held_bytes_ > kHeldLimitBytes;
}

void ObjectBuffer::flush() {
  if (order_.empty()) return;
  if (order_.size() <= kLooseLimit)
    write_loose();
  else
    write_pack();
  drop();
  check(git_odb_refresh(odb_), "look for new objects");
}

void ObjectBuffer::drop() {
  objects_.clear();
  order_.clear();
  held_bytes_ = 0;
}

void ObjectBuffer::write_loose() {
  git_odb_backend* raw = nullptr;
  constexpr int kUsualCompression = -1;
  constexpr int kSync = 1;
  check(git_odb_backend_loose(&raw, objects_folder_.c_str(), kUsualCompression, kSync, 0, 0),
        "open the objects");
  const LooseBackend loose(raw);
  for (const ObjectId& id : order_) {
    const Object& object = objects_.at(id);
    const git_oid oid = to_oid(id);
    check(raw->write(raw, &oid, object.content.data(), object.content.size(), object.type),
          "write object " + id.hex());
  }
}

void ObjectBuffer::write_pack() {
  PackStream pack(odb_, order_.size());
  for (const ObjectId& id : order_) {
    const Object& object = objects_.at(id);
    pack.add(object.type, object.content);
  }
  pack.commit();
}

}  // namespace mhub::repo
