#include <mhub/cli/run.hpp>

int main(int argc, char** argv) {
  return mhub::cli::run(argc, argv);
}
