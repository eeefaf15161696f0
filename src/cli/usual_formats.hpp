#pragma once
// Which files a new repository tracks as large.

#include <string>
#include <vector>

namespace mhub::cli {

/// Patterns for .gitattributes: model weights, datasets, archives, media.
std::vector<std::string> usual_patterns();

}  // namespace mhub::cli
