#pragma once
// Matchers and small helpers that every unit test may use.

#include <filesystem>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>

#include "support/catch.hpp"

namespace mhub::test {

/// CHECK_THROWS_MATCHES(f(), Error, HasKind(ErrorKind::corrupt))
class HasKind : public Catch::MatcherBase<Error> {
public:
  explicit HasKind(ErrorKind kind) : kind_(kind) {}
  bool match(const Error& error) const override { return error.kind() == kind_; }
  std::string describe() const override { return fmt::format("is of kind {}", name_of(kind_)); }

private:
  ErrorKind kind_;
};

/// A folder of its own that goes with the object.
class TemporaryFolder {
public:
  explicit TemporaryFolder(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path())
      : path_(parent / unique_name("mhub-test")) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

/// A parent for temporary folders whose syncs cost nothing, for tests that sync a thousand times
/// and do not depend on the machine's own crash.
inline std::filesystem::path memory_folder() {
  const std::filesystem::path shared_memory = "/dev/shm";
  return std::filesystem::is_directory(shared_memory) ? shared_memory
                                                      : std::filesystem::temp_directory_path();
}

}  // namespace mhub::test
