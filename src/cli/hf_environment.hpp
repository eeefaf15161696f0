#pragma once
// What the environment says to Hugging Face's tools, and so to those commands of ours that share
// their folders.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "environment.hpp"

namespace mhub::cli {

/// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else "hub" in HF_HOME, else "huggingface/hub" in
/// XDG_CACHE_HOME or ~/.cache. Throws Error: config if there is not even a HOME.
std::filesystem::path hf_cache_folder(const Environment& environment);

/// True if `name` is set to 1, ON, YES or TRUE, in any case of letters.
bool is_switched_on(const Environment& environment, std::string_view name);

/// The seconds that `name` is set to, in milliseconds; 0 if it is not set, or to 0. Throws Error:
/// config.
std::uint32_t timeout_ms(const Environment& environment, std::string_view name);

/// HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE.
bool is_offline(const Environment& environment);

}  // namespace mhub::cli
