#include <mhub/wire/safetensors.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"

namespace mhub::wire {
namespace {

Bytes length_bytes(std::uint64_t length) {
  Bytes bytes;
  append_le(bytes, length);
  return bytes;
}

TEST_CASE("parameters are counted by the types that a header names", "[wire][safetensors]") {
  const auto counts = count_parameters(
      R"({"__metadata__":{"format":"pt","shape":"x","dtype":"no type"},)"
      R"("a":{"dtype":"F32","shape":[300,400],"data_offsets":[0,480000]},)"
      R"("b":{"data_offsets":[480000,480028],"shape":[7],"dtype":"F32"},)"
      R"("scalar":{"dtype":"BF16","shape":[],"data_offsets":[480028,480030]},)"
      R"("none":{"dtype":"I64","shape":[3,0],"data_offsets":[480030,480030]}}   )");
  REQUIRE(counts);
  CHECK(*counts == ParameterCounts{{"F32", 120007}, {"BF16", 1}, {"I64", 0}});
  CHECK(total_of(*counts) == 120008);
  CHECK(count_parameters("{}") == ParameterCounts{});
  // What is not known here says nothing.
  CHECK(count_parameters(
            R"({"a":{"dtype":"U8","shape":[2],"more":{"shape":[9],"dtype":"F32"},"n":[[1]]}})") ==
        ParameterCounts{{"U8", 2}});
}

TEST_CASE("what is no header counts nothing", "[wire][safetensors]") {
  for (const char* bad : {
           "",
           "x",
           "7",
           "\"text\"",
           "[]",
           R"([{"dtype":"F32","shape":[1]}])",
           R"({"a":1})",
           R"({"a":[]})",
           R"({"a":{}})",
           R"({"a":{"dtype":"F32"}})",
           R"({"a":{"shape":[1]}})",
           R"({"a":{"dtype":"F32","shape":1}})",
           R"({"a":{"dtype":"F32","shape":{}}})",
           R"({"a":{"dtype":"F32","shape":[[1]]}})",
           R"({"a":{"dtype":"F32","shape":["1"]}})",
           R"({"a":{"dtype":"F32","shape":[-1]}})",
           R"({"a":{"dtype":"F32","shape":[1.5]}})",
           R"({"a":{"dtype":"F32","shape":[null]}})",
           R"({"a":{"dtype":7,"shape":[1]}})",
           R"({"a":{"dtype":"","shape":[1]}})",
           R"({"a":{"dtype":"F 32","shape":[1]}})",
           R"({"a":{"dtype":"F32","shape":[1]},"b":{"shape":[1]}})",
           R"({"a":{"dtype":"F32","shape":[1]}} x)",
           R"({"a":{"dtype":"F32","shape":[1]})",
       }) {
    INFO(bad);
    CHECK_FALSE(count_parameters(bad));
  }
  CHECK_FALSE(count_parameters(R"({"a":{"x":)" + std::string(40, '[') + std::string(40, ']') +
                               R"(,"dtype":"F32","shape":[1]}})"));
}

TEST_CASE("counts that no number holds are refused", "[wire][safetensors]") {
  CHECK(count_parameters(R"({"a":{"dtype":"F32","shape":[9223372036854775807]}})"));
  for (const char* bad : {R"({"a":{"dtype":"F32","shape":[9223372036854775808]}})",
                          R"({"a":{"dtype":"F32","shape":[4294967296,4294967296]}})",
                          R"({"a":{"dtype":"F32","shape":[9223372036854775807]},)"
                          R"("b":{"dtype":"F16","shape":[1]}})"}) {
    INFO(bad);
    CHECK_FALSE(count_parameters(bad));
  }
  std::string many = "{";
  for (int i = 0; i < 65; ++i)
    many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"T)" + std::to_string(i) +
            R"(","shape":[1]})";
  CHECK_FALSE(count_parameters(many + "}"));
  ParameterCounts counts{{"F32", 2}};
  CHECK(add_counts(counts, {{"F32", 3}, {"I8", 1}}));
  CHECK(counts == ParameterCounts{{"F32", 5}, {"I8", 1}});
  CHECK_FALSE(add_counts(counts, {{"F16", 1}, {"I8", 9223372036854775807U}}));
  CHECK(counts == ParameterCounts{{"F32", 5}, {"I8", 1}});
}

TEST_CASE("a header ends within its file", "[wire][safetensors]") {
  CHECK(safetensors_header_bytes(length_bytes(92), 100) == 92U);
  CHECK_FALSE(safetensors_header_bytes(length_bytes(93), 100));
  CHECK_FALSE(safetensors_header_bytes(length_bytes(UINT64_MAX), UINT64_MAX));
  CHECK(safetensors_header_bytes(length_bytes(kSafetensorsMaxHeaderBytes), UINT64_MAX));
  CHECK_FALSE(safetensors_header_bytes(length_bytes(kSafetensorsMaxHeaderBytes + 1), UINT64_MAX));
  CHECK_FALSE(safetensors_header_bytes(ByteView(length_bytes(0)).first(7), 100));
  CHECK_FALSE(safetensors_header_bytes(length_bytes(0), 7));
}

TEST_CASE("an index names each of its files once", "[wire][safetensors]") {
  CHECK(
      find_safetensors_shards(
          R"({"metadata":{"total_size":9,"weight_map":"x"},)"
          R"("weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-1.safetensors"}})") ==
      std::set<std::string>{"m-1.safetensors", "m-2.safetensors"});
  for (const char* bad :
       {"", "[]", "{}", R"({"weight_map":{}})", R"({"weight_map":"a"})", R"({"weight_map":["a"]})",
        R"({"weight_map":{"a":1}})", R"({"weight_map":{"a":["b"]}})",
        R"({"weight_map":{"a":{"b":"c"}}})", R"({"weight_map":{"a":"b"})"}) {
    INFO(bad);
    CHECK_FALSE(find_safetensors_shards(bad));
  }
  const auto index_of = [](std::size_t files) {
    std::string text = R"({"weight_map":{)";
    for (std::size_t i = 0; i < files; ++i)
      text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"" + std::to_string(i) + "\"";
    return text + "}}";
  };
  CHECK(find_safetensors_shards(index_of(kSafetensorsMaxShards)));
  CHECK_FALSE(find_safetensors_shards(index_of(kSafetensorsMaxShards + 1)));
}

}  // namespace
}  // namespace mhub::wire
