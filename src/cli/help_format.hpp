#pragma once
// The look of --help.

#include <memory>

#include <CLI/CLI.hpp>

namespace mhub::cli {

std::shared_ptr<CLI::Formatter> make_help_format();

}  // namespace mhub::cli
