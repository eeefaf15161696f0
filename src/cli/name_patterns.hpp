#pragma once
// --include and --exclude, as the commands take them that need no repository on this machine.

#include <mhub/sync/download_files.hpp>

namespace CLI {
class App;
}

namespace mhub::cli {

/// For files of a repository on a hub.
void add_patterns(CLI::App* command, sync::NamePatterns& patterns);

}  // namespace mhub::cli
