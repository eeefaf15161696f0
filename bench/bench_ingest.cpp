// How fast a file gets into a store, beside SHA-256 alone over the same file in the same run, which
// is what no way of adding a file to git can do without.
//
//   bench_ingest [FILE|SIZE_MIB] [ROUNDS] [STORE_FOLDER]
//
// Without a file it makes one of incompressible bytes. The file is read once beforehand, so that
// both find it in the page cache; every round ingests into an empty store, durably.

#include <chrono>
#include <cstdlib>

#include <sys/resource.h>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>
#include <mhub/store/ingest.hpp>

using namespace mhub;

namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

double seconds_of(const ::timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;
};

template <class Work>
Cost measure(Work&& work) {
  ::rusage before;
  ::rusage after;
  ::getrusage(RUSAGE_SELF, &before);
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  ::getrusage(RUSAGE_SELF, &after);
  return {taken.count(), seconds_of(after.ru_utime) - seconds_of(before.ru_utime) +
                             seconds_of(after.ru_stime) - seconds_of(before.ru_stime)};
}

void make_noise(const std::filesystem::path& path, std::uint64_t size_bytes) {
  AtomicFile out(real_file_system(), path);
  Bytes block(kBlockBytes);
  std::uint64_t state = 1;
  for (std::uint64_t done = 0; done < size_bytes; done += block.size()) {
    for (std::size_t i = 0; i < block.size(); i += 8) {
      state += 0x9E3779B97F4A7C15u;
      std::uint64_t z = state;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      store_le(block.data() + i, z ^ (z >> 31));
    }
    out.file().write(block);
  }
  out.commit();
}

std::vector<Sha256> hash_files(const std::vector<std::filesystem::path>& files) {
  std::vector<Sha256> digests;
  Bytes block(kBlockBytes);
  for (const auto& path : files) {
    const auto file = real_file_system().open_read(path);
    Sha256Hasher hasher;
    for (std::uint64_t offset = 0;;) {
      const std::size_t got = file->read_at(block, offset);
      hasher.update(ByteView(block).first(got));
      offset += got;
      if (got < block.size()) break;
    }
    digests.push_back(hasher.finish());
  }
  return digests;
}

void run(const std::vector<std::filesystem::path>& files, int rounds,
         const std::filesystem::path& folder) {
  double size_gb = 0;
  for (const auto& file : files)
    size_gb += static_cast<double>(std::filesystem::file_size(file)) / 1e9;
  const std::vector<Sha256> expected = hash_files(files);  // also warms the page cache
  fmt::print("{} files, {:.3f} GB\n", files.size(), size_gb);
  fmt::print("{:>5}  {:>12}  {:>12}  {:>6}  {:>10}  {:>10}  {:>9}\n", "round", "sha256 GB/s",
             "ingest GB/s", "ratio", "sha256 cpu", "ingest cpu", "again GB/s");
  for (int round = 1; round <= rounds; ++round) {
    const Cost alone = measure([&] { MHUB_ASSERT(hash_files(files) == expected); });
    const auto store_folder = folder / unique_name("bench-store");
    Cost ingest;
    Cost again;
    {
      const auto store = store::Store::open(store_folder);
      const auto add = [&] {
        const auto batch = store->start_ingest();
        for (std::size_t i = 0; i < files.size(); ++i) {
          const auto added = batch->add_file(files[i], silent_progress(), never_stopped());
          MHUB_ASSERT(added.sha256 == expected[i]);
        }
        batch->commit();
      };
      ingest = measure(add);
      again = measure(add);
    }
    std::filesystem::remove_all(store_folder);
    fmt::print("{:>5}  {:>12.3f}  {:>12.3f}  {:>6.2f}  {:>8.2f} s  {:>8.2f} s  {:>9.3f}\n", round,
               size_gb / alone.seconds, size_gb / ingest.seconds, alone.seconds / ingest.seconds,
               alone.cpu_seconds, ingest.cpu_seconds, size_gb / again.seconds);
  }
  ::rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak memory {}\n", human_bytes(static_cast<std::uint64_t>(usage.ru_maxrss) * 1024));
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const std::string what = count > 1 ? arguments[1] : "4096";
    const int rounds = count > 2 ? std::atoi(arguments[2]) : 3;
    const std::filesystem::path folder =
        count > 3 ? std::filesystem::path(arguments[3]) : std::filesystem::temp_directory_path();
    if (std::filesystem::exists(what)) {
      std::vector<std::filesystem::path> files;
      if (std::filesystem::is_directory(what)) {
        for (const auto& entry : std::filesystem::directory_iterator(what)) {
          if (entry.is_regular_file()) files.push_back(entry.path());
        }
      } else {
        files.push_back(what);
      }
      run(files, rounds, folder);
      return 0;
    }
    const auto noise = folder / unique_name("bench-noise");
    make_noise(noise, std::strtoull(what.c_str(), nullptr, 10) << 20);
    run({noise}, rounds, folder);
    std::filesystem::remove(noise);
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "bench_ingest: {}\n", error.message());
    return 1;
  }
}
