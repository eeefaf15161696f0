#include <charconv>

#include <fmt/format.h>

#include <mhub/wire/lfs_pointer.hpp>

namespace mhub::wire {

namespace {

constexpr std::string_view kHead = "version https://git-lfs.github.com/spec/v1\noid sha256:";
constexpr std::string_view kSizeKey = "\nsize ";
constexpr std::size_t kHexDigits = 64;

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

std::string to_text(const LfsPointer& pointer) {
  return fmt::format("{}{}{}{}\n", kHead, pointer.sha256.hex(), kSizeKey, pointer.size_bytes);
}

std::optional<LfsPointer> parse_lfs_pointer(ByteView blob) {
  if (blob.size() >= kLfsPointerLimitBytes) return std::nullopt;
  std::string_view text = as_text(blob);
  if (!take(text, kHead) || text.size() < kHexDigits) return std::nullopt;
  const auto digest = Sha256::parse(text.substr(0, kHexDigits));
  if (!digest) return std::nullopt;
  text.remove_prefix(kHexDigits);
  if (!take(text, kSizeKey)) return std::nullopt;

  LfsPointer pointer{*digest, 0};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), pointer.size_bytes);
  if (error != std::errc{} || pointer.size_bytes == 0 || pointer.size_bytes > INT64_MAX)
    return std::nullopt;
  // Leading zeros, upper-case digits and whatever follows the size show here.
  if (to_text(pointer) != as_text(blob)) return std::nullopt;
  return pointer;
}

}  // namespace mhub::wire
