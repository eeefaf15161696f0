#pragma once
// GET {repo}/compare/{a}..{b}: the difference between two revisions as text; GET
// {repo}/treesize/{rev}/{path}: how much lies below a folder.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> compare_routes();

}  // namespace mhub::serve
