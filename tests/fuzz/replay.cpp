// Runs a fuzz target over the files of a folder, without a fuzzer: each whole, and cut short at
// many places. A missing folder counts as empty; the empty input is always tried.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t runs = 1;
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      const std::size_t step = std::max<std::size_t>(1, bytes.size() / 64);
      for (std::size_t size = bytes.size();; size -= std::min(step, size)) {
        // An own allocation of the exact size lets AddressSanitizer see a read past the end.
        const std::vector<std::uint8_t> input(bytes.begin(),
                                              bytes.begin() + static_cast<std::ptrdiff_t>(size));
        LLVMFuzzerTestOneInput(input.data(), input.size());
        ++runs;
        if (size == 0) break;
      }
    }
  }
  std::cout << runs << " inputs\n";
  return 0;
}
