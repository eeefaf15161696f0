// How many parameters the files of a root folder have, read from a repository beside no hub.

#include <map>

#include "hf/weights.hpp"
#include "safetensors_file.hpp"
#include "support/git_repo.hpp"

namespace mhub::serve {
namespace {

using test::safetensors_file;
using test::safetensors_header;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
const std::string kIndexName = "model.safetensors.index.json";

std::string header_of(const std::string& type, const std::string& shape) {
  return R"({"a":{"dtype":")" + type + R"(","shape":[)" + shape + "]}}";
}

/// A root folder that is being filled, and the large files that there are.
class Folder {
public:
  void put(const std::string& name, const std::string& content) {
    files_.add({name, repo::FileMode::regular, repo::write_blob(*git_, as_bytes(content))});
  }
  /// As a large file, of which `content` is all that is read.
  void put_large(const std::string& name, const std::string& content) {
    put_pointer(name, content, content.size());
    large_[sha256_of(as_bytes(content)).hex()] = content;
  }
  void put_pointer(const std::string& name, const std::string& content, std::uint64_t size) {
    put(name, "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                  sha256_of(as_bytes(content)).hex() + "\nsize " + std::to_string(size) + "\n");
  }

  std::optional<wire::ParameterCounts> count() {
    read_bytes = 0;
    return count_parameters(files_, *git_,
                            [&](const WalkedPointer& pointer, std::uint64_t offset,
                                std::uint64_t length) -> std::optional<Bytes> {
                              const auto found = large_.find(pointer.sha256.hex());
                              if (found == large_.end()) return std::nullopt;
                              REQUIRE(offset + length <= pointer.size_bytes);
                              read_bytes += length;
                              const auto part = found->second.substr(offset, length);
                              Bytes bytes(length);  // what lies beyond is zeros
                              const ByteView view = as_bytes(part);
                              std::copy(view.begin(), view.end(), bytes.begin());
                              return bytes;
                            });
  }
  std::string id() const { return files_.id(); }

  std::uint64_t read_bytes = 0;  ///< of large files

private:
  test::GitRepo git_{true};
  WeightFiles files_;
  std::map<std::string, std::string> large_;
};

TEST_CASE("one file of weights is counted, wherever it lies", "[serve][weights]") {
  using Counts = wire::ParameterCounts;
  Folder in_git;
  in_git.put("model.safetensors", safetensors_file(header_of("F32", "300,400")));
  // Others beside it are something else.
  in_git.put("adapter.safetensors", safetensors_file(header_of("F32", "1")));
  in_git.put(kIndexName, "{}");
  CHECK(in_git.count() == Counts{{"F32", 120000}});

  Folder large;
  large.put_large("model.safetensors", safetensors_file(header_of("BF16", "7")));
  CHECK(large.count() == Counts{{"BF16", 7}});

  // A header beyond what is read at first.
  const std::string header = safetensors_header(5000);
  REQUIRE(header.size() > 200000);
  Folder many;
  many.put_large("model.safetensors", safetensors_file(header));
  CHECK(many.count() == Counts{{"F32", 30000}});
  CHECK(many.read_bytes == header.size() + 8);
  Folder many_in_git;
  many_in_git.put("model.safetensors", safetensors_file(header));
  CHECK(many_in_git.count() == Counts{{"F32", 30000}});
}

TEST_CASE("the files that an index names are counted together", "[serve][weights]") {
  Folder folder;
  folder.put(
      kIndexName,
      R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-1.safetensors"}})");
  folder.put_large("m-1.safetensors", safetensors_file(header_of("F32", "10")));
  CHECK_FALSE(folder.count());  // one is missing
  folder.put("m-2.safetensors", safetensors_file(header_of("I8", "3")));
  folder.put("m-3.safetensors", safetensors_file(header_of("I8", "100")));
  CHECK(folder.count() == wire::ParameterCounts{{"F32", 10}, {"I8", 3}});

  Folder large_index;
  large_index.put_large(kIndexName, R"({"weight_map":{"a":"m.safetensors"}})");
  large_index.put("m.safetensors", safetensors_file(header_of("F16", "2")));
  CHECK(large_index.count() == wire::ParameterCounts{{"F16", 2}});

  Folder outside;
  outside.put(kIndexName, R"({"weight_map":{"a":"../m.safetensors"}})");
  outside.put("m.safetensors", safetensors_file(header_of("F16", "2")));
  CHECK_FALSE(outside.count());
}

TEST_CASE("weights that cannot be read have no known number of parameters", "[serve][weights]") {
  const std::string good = safetensors_file(header_of("F32", "1"));
  for (const std::string& bad :
       {std::string(), std::string("x"), good.substr(0, 8), good.substr(0, 20),
        std::string(8, '\xff') + "{}", safetensors_file("[]")}) {
    Folder in_git;
    in_git.put("model.safetensors", bad);
    CHECK_FALSE(in_git.count());
    if (bad.empty()) continue;  // a pointer to nothing is none
    Folder large;
    large.put_large("model.safetensors", bad);
    CHECK_FALSE(large.count());
  }
  Folder none;
  none.put("weights.safetensors", good);
  CHECK_FALSE(none.count());
  Folder not_held;
  not_held.put_pointer("model.safetensors", good, good.size());
  CHECK_FALSE(not_held.count());
}

TEST_CASE("no more is read than a model's headers may take", "[serve][weights]") {
  // 64 MiB for all: five headers of 15 MiB are too many.
  std::string header = header_of("F32", "1");
  header.resize(15 * kMiB, ' ');
  const std::string content = safetensors_file(header);
  const auto count_shards = [&](int shards) {
    Folder folder;
    std::string map;
    for (int i = 0; i < shards; ++i) {
      const std::string name = std::to_string(i) + ".safetensors";
      map += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"" + name + "\"";
      folder.put_large(name, content);
    }
    folder.put(kIndexName, R"({"weight_map":{)" + map + "}}");
    const auto counts = folder.count();
    CHECK(folder.read_bytes <= 64 * kMiB);
    return counts;
  };
  CHECK(count_shards(4) == wire::ParameterCounts{{"F32", 4}});
  CHECK_FALSE(count_shards(5));
  // However large the file says that it is.
  Folder huge;
  huge.put_pointer("model.safetensors", "nothing", UINT64_MAX);
  CHECK_FALSE(huge.count());
  Folder index;
  index.put_pointer(kIndexName, "nothing", 33 * kMiB);
  CHECK_FALSE(index.count());
  CHECK(index.read_bytes == 0);
}

TEST_CASE("weights are told apart by name and content", "[serve][weights]") {
  Folder a;
  CHECK(a.id().empty());
  a.put("README.md", "x");
  CHECK(a.id().empty());
  a.put("model.safetensors", "1");
  const std::string first = a.id();
  CHECK_FALSE(first.empty());
  a.put("config.json", "x");
  CHECK(a.id() == first);
  Folder other_content;
  other_content.put("model.safetensors", "2");
  CHECK(other_content.id() != first);
  Folder other_name;
  other_name.put("more.safetensors", "1");
  CHECK(other_name.id() != first);
  a.put(kIndexName, "{}");
  CHECK(a.id() != first);
}

}  // namespace
}  // namespace mhub::serve
