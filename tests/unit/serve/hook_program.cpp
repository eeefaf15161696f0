// Stands for the mhub binary when a test's hub has git run its hook.

#include <cstdlib>
#include <iostream>

#include <mhub/serve/hook.hpp>

int main(int, char** arguments) {
  if (!mhub::serve::is_hook_call(arguments[0])) return 2;
  return mhub::serve::run_hook(arguments[0], std::cin, std::cerr, [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  });
}
