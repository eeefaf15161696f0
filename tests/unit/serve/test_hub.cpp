#include "test_hub.hpp"

namespace mhub::test {

std::filesystem::path hook_program() {
  return MHUB_TEST_HOOK;
}

}  // namespace mhub::test
