#include <mhub/base/error.hpp>
#include <mhub/repo/attributes.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

namespace {

std::filesystem::path place_of_store(repo::Repository& repository,
                                     std::optional<std::filesystem::path> given) {
  if (given) return *std::move(given);
  if (auto configured = repository.config().get_path("mhub.store")) {
    return configured->is_absolute() ? *configured : repository.common_folder() / *configured;
  }
  return repository.common_folder() / "mhub";
}

}  // namespace

Workspace Workspace::open(const std::filesystem::path& start,
                          std::optional<std::filesystem::path> store_folder, unsigned jobs) {
  return Workspace(std::make_unique<repo::Repository>(repo::Repository::discover(start)),
                   std::move(store_folder), jobs);
}

Workspace::Workspace(std::unique_ptr<repo::Repository> repository,
                     std::optional<std::filesystem::path> store_folder, unsigned jobs)
    : repository_(std::move(repository)),
      store_folder_(place_of_store(*repository_, std::move(store_folder))),
      jobs_(jobs) {}

Workspace::Workspace(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

store::Store& Workspace::store() {
  if (!store_) {
    store::StoreOptions options;
    options.jobs = jobs_;
    store_ = store::Store::open(store_folder_, options);
  }
  return *store_;
}

std::filesystem::path Workspace::root() const {
  return repository_->require_work_tree();
}

bool glob_matches(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos) {
    const std::size_t slash = path.rfind('/');
    return repo::wildmatch(pattern,
                           slash == std::string_view::npos ? path : path.substr(slash + 1));
  }
  if (pattern.front() == '/') pattern.remove_prefix(1);
  // A folder stands for all below it.
  if (!pattern.empty() && pattern.back() == '/') return path.substr(0, pattern.size()) == pattern;
  return repo::wildmatch(pattern, path);
}

bool PathFilter::wants(std::string_view path) const {
  const auto matches = [&](const std::string& pattern) { return glob_matches(pattern, path); };
  if (std::any_of(exclude.begin(), exclude.end(), matches)) return false;
  return include.empty() || std::any_of(include.begin(), include.end(), matches);
}

}  // namespace mhub::sync
