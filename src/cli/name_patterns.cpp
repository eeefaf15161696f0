#include "name_patterns.hpp"

#include <CLI/CLI.hpp>

#include "command.hpp"

namespace mhub::cli {

void add_patterns(CLI::App* command, sync::NamePatterns& patterns) {
  values(command, "-I,--include", patterns.include, "GLOB",
         "Only files that match; may be given several times");
  values(command, "-X,--exclude", patterns.exclude, "GLOB",
         "No files that match; may be given several times");
}

}  // namespace mhub::cli
