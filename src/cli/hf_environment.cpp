#include "hf_environment.hpp"

#include <charconv>

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>

namespace mhub::cli {
namespace {

/// With "~" at its start taken for HOME, as Python does it.
std::filesystem::path expanded(const Environment& environment, const std::string& path) {
  const auto home = environment.find("HOME");
  if (home && (path == "~" || path.starts_with("~/"))) return *home + path.substr(1);
  return path;
}

}  // namespace

std::filesystem::path hf_cache_folder(const Environment& environment) {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const auto folder = environment.find(name)) return expanded(environment, *folder);
  }
  if (const auto home = environment.find("HF_HOME")) return expanded(environment, *home) / "hub";
  if (const auto cache = environment.find("XDG_CACHE_HOME"))
    return expanded(environment, *cache) / "huggingface" / "hub";
  if (const auto home = environment.find("HOME"))
    return std::filesystem::path(*home) / ".cache" / "huggingface" / "hub";
  throw Error(ErrorKind::config, "neither HF_HUB_CACHE nor HOME says where the cache is")
      .hint("name a folder with --cache-dir");
}

bool is_switched_on(const Environment& environment, std::string_view name) {
  return mhub::is_switched_on(environment.find(name).value_or(""));
}

std::uint32_t timeout_ms(const Environment& environment, std::string_view name) {
  constexpr std::uint32_t kSecondsAtMost = 24 * 60 * 60;
  const auto text = environment.find(name);
  if (!text) return 0;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size() || seconds > kSecondsAtMost) {
    throw Error(ErrorKind::config, "{} is set to {}, which is no number of seconds", name,
                printable(*text));
  }
  return seconds * 1000;
}

bool is_offline(const Environment& environment) {
  return is_switched_on(environment, "HF_HUB_OFFLINE") ||
         is_switched_on(environment, "TRANSFORMERS_OFFLINE");
}

}  // namespace mhub::cli
