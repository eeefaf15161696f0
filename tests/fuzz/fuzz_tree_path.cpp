// Names from trees: one that counts as safe stays below the folder it is put in.

#include <algorithm>
#include <filesystem>

#include <mhub/repo/work_tree.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path = fuzz::text(data, size);
  const bool safe = repo::is_safe_tree_path(path);
  fuzz::require(safe || !repo::is_safe_tree_path(path, repo::FileMode::symlink),
                "a symlink may not have a name that a file may not");
  fuzz::may_refuse([&] {
    repo::require_safe_tree_path(path);
    fuzz::require(safe, "both checks agree");
  });
  if (!safe) return 0;

  const std::filesystem::path below = "/folder";
  const std::filesystem::path joined = (below / path).lexically_normal();
  const auto end = std::mismatch(below.begin(), below.end(), joined.begin(), joined.end());
  fuzz::require(end.first == below.end() && end.second != joined.end(), "a safe path stays below");
  for (const std::filesystem::path& part : joined.lexically_relative(below)) {
    std::string lower = part.string();
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    while (!lower.empty() && (lower.back() == '.' || lower.back() == ' ')) lower.pop_back();
    fuzz::require(lower != ".git" && lower != "git~1", "no part can be taken for .git");
  }
  return 0;
}
