#pragma once
// The environment variables, read once. No other part of the program reads them.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mhub::cli {

class Environment {
public:
  /// Nothing is set.
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}
  /// What the process was started with.
  static Environment of_process();

  /// A variable that is set and not empty.
  std::optional<std::string> find(std::string_view name) const;

private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace mhub::cli
