#include <openssl/evp.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/sha1.hpp>

namespace mhub {

struct Sha1Hasher::State {
  CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};

  void start() {
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) != 1)
      throw Error(ErrorKind::internal, "libcrypto offers no SHA-1");
  }
};

Sha1Hasher::Sha1Hasher() : state_(std::make_unique<State>()) {
  state_->start();
}
Sha1Hasher::~Sha1Hasher() = default;
Sha1Hasher::Sha1Hasher(Sha1Hasher&&) noexcept = default;
Sha1Hasher& Sha1Hasher::operator=(Sha1Hasher&&) noexcept = default;

void Sha1Hasher::update(ByteView bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

Sha1 Sha1Hasher::finish() {
  Sha1 digest;
  EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                     nullptr);
  state_->start();
  return digest;
}

}  // namespace mhub
