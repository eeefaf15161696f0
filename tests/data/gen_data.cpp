// gen_data: deterministic files for tests, benchmarks and the quickstart.
//
// Every byte is a function of (seed, stream, index) through splitmix64, so a file of any size can
// be made again anywhere and none has to be shipped. Weights are Gaussian like trained ones: a
// sigma for each tensor, varied by row, rounded to bf16; their bytes compress as real bf16 weights
// do (the low byte is noise, the high byte has about 2.6 bits of entropy).

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numbers>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ull;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
  return value ^ (value >> 31);
}

std::uint64_t number(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  return mix(mix(mix(seed) ^ stream) ^ index);
}

/// In (0, 1].
double unit(std::uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 1.0) * 0x1p-53;
}

double gauss(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  const double radius = std::sqrt(-2.0 * std::log(unit(number(seed, stream, 2 * index))));
  return radius * std::cos(2.0 * std::numbers::pi * unit(number(seed, stream, 2 * index + 1)));
}

std::uint16_t to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// "64M", "1G", "100K", "17".
std::uint64_t parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) throw std::runtime_error("not a size: " + std::string(text));
  const std::string_view unit_name(end, text.data() + text.size() - end);
  if (unit_name.empty()) return value;
  if (unit_name == "K") return value << 10;
  if (unit_name == "M") return value << 20;
  if (unit_name == "G") return value << 30;
  throw std::runtime_error("not a size: " + std::string(text));
}

void noise_into(std::vector<char>& block, std::uint64_t seed, std::uint64_t offset) {
  for (std::size_t at = 0; at < block.size(); at += 8) {
    const std::uint64_t word = number(seed, 0, (offset + at) / 8);
    std::memcpy(block.data() + at, &word, std::min<std::size_t>(8, block.size() - at));
  }
}

void write_noise(std::ostream& out, std::uint64_t seed, std::uint64_t size_bytes) {
  std::vector<char> block;
  for (std::uint64_t done = 0; done < size_bytes; done += block.size()) {
    block.resize(std::min<std::uint64_t>(kBlockBytes, size_bytes - done));
    noise_into(block, seed, done);
    out.write(block.data(), static_cast<std::streamsize>(block.size()));
  }
}

std::fstream open(const std::string& path, std::ios::openmode mode) {
  std::fstream file(path, mode | std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return file;
}

void close(std::fstream& file, const std::string& path) {
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

// --- commands ------------------------------------------------------------------------------------

using Args = std::vector<std::string>;

void noise(const Args& args) {
  std::fstream file = open(args.at(0), std::ios::out | std::ios::trunc);
  write_noise(file, parse_size(args.at(2)), parse_size(args.at(1)));
  close(file, args.at(0));
}

/// A safetensors file of bf16 matrices, 1024 columns, `tensors` of equal height, about `size`
/// bytes.
void weights(const Args& args) {
  const std::uint64_t size_bytes = parse_size(args.at(1));
  const std::uint64_t seed = parse_size(args.at(2));
  const std::uint64_t tensors = args.size() > 3 ? parse_size(args[3]) : 16;
  constexpr std::uint64_t kColumns = 1024;
  const std::uint64_t rows = std::max<std::uint64_t>(1, size_bytes / 2 / kColumns / tensors);
  const std::uint64_t tensor_bytes = rows * kColumns * 2;

  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  for (std::uint64_t t = 0; t < tensors; ++t) {
    header += ",\"layers." + std::to_string(t) + ".weight\":{\"dtype\":\"BF16\",\"shape\":[" +
              std::to_string(rows) + "," + std::to_string(kColumns) + "],\"data_offsets\":[" +
              std::to_string(t * tensor_bytes) + "," + std::to_string((t + 1) * tensor_bytes) +
              "]}";
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::fstream file = open(args.at(0), std::ios::out | std::ios::trunc);
  const std::uint64_t header_bytes = header.size();
  file.write(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  file << header;

  // Box-Muller for each weight is slow; a table of normal quantiles drawn from at random is as good
  // here and lets a gigabyte be made in seconds.
  std::vector<float> normal(1 << 16);
  for (std::size_t i = 0; i < normal.size(); ++i) {
    normal[i] = static_cast<float>(gauss(seed, 1'000'000, i));
  }
  std::vector<std::uint16_t> row(kColumns);
  for (std::uint64_t t = 0; t < tensors; ++t) {
    const double sigma = 0.01 + 0.03 * unit(number(seed, t, ~0ull));
    for (std::uint64_t r = 0; r < rows; ++r) {
      const double scale = sigma * (0.7 + 0.6 * unit(number(seed, t, ~1ull - r)));
      for (std::uint64_t c = 0; c < kColumns; c += 4) {
        std::uint64_t bits = number(seed, t, (r * kColumns + c) / 4);
        // A jitter of the scale spreads the table's values over all mantissas.
        const auto jitter = static_cast<float>(scale * (0.95 + 0.1 * unit(mix(bits))));
        for (std::uint64_t k = 0; k < 4; ++k, bits >>= 16) {
          row[c + k] = to_bf16(normal[bits & 0xffff] * jitter);
        }
      }
      file.write(reinterpret_cast<const char*>(row.data()),
                 static_cast<std::streamsize>(row.size() * sizeof row[0]));
    }
  }
  close(file, args.at(0));
}

/// Replaces bytes in place: overwrite PATH OFFSET LENGTH SEED.
void overwrite(const Args& args) {
  std::fstream file = open(args.at(0), std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(parse_size(args.at(1))));
  write_noise(file, parse_size(args.at(3)), parse_size(args.at(2)));
  close(file, args.at(0));
}

/// Makes the file longer: insert PATH OFFSET LENGTH SEED.
void insert(const Args& args) {
  const std::string& path = args.at(0);
  const std::string fresh = path + ".gen_data";
  std::uint64_t before = parse_size(args.at(1));
  std::fstream from = open(path, std::ios::in);
  std::fstream to = open(fresh, std::ios::out | std::ios::trunc);
  std::vector<char> block(kBlockBytes);
  while (before > 0) {
    from.read(block.data(),
              static_cast<std::streamsize>(std::min<std::uint64_t>(before, kBlockBytes)));
    if (from.gcount() == 0) throw std::runtime_error("offset lies past the end of " + path);
    to.write(block.data(), from.gcount());
    before -= static_cast<std::uint64_t>(from.gcount());
  }
  write_noise(to, parse_size(args.at(3)), parse_size(args.at(2)));
  while (from.read(block.data(), kBlockBytes), from.gcount() > 0) {
    to.write(block.data(), from.gcount());
  }
  close(to, fresh);
  std::filesystem::rename(fresh, path);
}

/// Flips one bit: flip PATH OFFSET.
void flip(const Args& args) {
  std::fstream file = open(args.at(0), std::ios::in | std::ios::out);
  const auto offset = static_cast<std::streamoff>(parse_size(args.at(1)));
  file.seekg(offset);
  const int byte = file.get();
  if (byte < 0) throw std::runtime_error("offset lies past the end of " + args.at(0));
  file.seekp(offset);
  file.put(static_cast<char>(byte ^ 1));
  close(file, args.at(0));
}

/// Trains a little: flips the lowest bit of every second element in the last PERCENT of the file,
/// as an optimiser step over the last layers would. tune PATH PERCENT SEED [ELEMENT_BYTES]
void tune(const Args& args) {
  const std::uint64_t size_bytes = std::filesystem::file_size(args.at(0));
  const std::uint64_t element = args.size() > 3 ? parse_size(args[3]) : 2;
  std::uint64_t at = size_bytes - size_bytes * parse_size(args.at(1)) / 100;
  at -= at % element;
  std::fstream file = open(args.at(0), std::ios::in | std::ios::out);
  std::vector<char> block(kBlockBytes);
  while (at < size_bytes) {
    const std::uint64_t count = std::min<std::uint64_t>(kBlockBytes, size_bytes - at);
    file.seekg(static_cast<std::streamoff>(at));
    file.read(block.data(), static_cast<std::streamsize>(count));
    for (std::uint64_t i = 0; i + element <= count; i += element) {
      if (number(parse_size(args.at(2)), 7, at + i) & 1) {
        block[i] = static_cast<char>(block[i] ^ 1);
      }
    }
    file.seekp(static_cast<std::streamoff>(at));
    file.write(block.data(), static_cast<std::streamsize>(count));
    at += count;
  }
  close(file, args.at(0));
}

struct Command {
  std::string_view name;
  std::string_view usage;
  std::size_t least_args;
  void (*run)(const Args&);
};

constexpr Command kCommands[] = {
    {"noise", "PATH SIZE SEED", 3, noise},
    {"weights", "PATH SIZE SEED [TENSORS]", 3, weights},
    {"overwrite", "PATH OFFSET LENGTH SEED", 4, overwrite},
    {"insert", "PATH OFFSET LENGTH SEED", 4, insert},
    {"flip", "PATH OFFSET", 2, flip},
    {"tune", "PATH PERCENT SEED [ELEMENT_BYTES]", 3, tune},
};

}  // namespace

int main(int argc, char** argv) {
  try {
    const Args words(argv + 1, argv + argc);
    for (const Command& command : kCommands) {
      if (words.size() > command.least_args && words[0] == command.name) {
        command.run(Args(words.begin() + 1, words.end()));
        return 0;
      }
    }
    for (const Command& command : kCommands) {
      std::cerr << "gen_data " << command.name << ' ' << command.usage << '\n';
    }
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "gen_data: " << error.what() << '\n';
    return 1;
  }
}
