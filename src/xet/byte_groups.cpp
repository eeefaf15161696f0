// Byte grouping by 4: four streams, each with every fourth byte, one after another. Where the
// length is no multiple of 4, the first streams are one byte longer.

#include <array>

#include <mhub/base/error.hpp>
#include <mhub/xet/compression.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mhub::xet {

namespace {

constexpr std::size_t kGroups = 4;

std::array<std::size_t, kGroups> group_starts(std::size_t size) {
  std::array<std::size_t, kGroups> starts{};
  for (std::size_t i = 1; i < kGroups; ++i)
    starts[i] = starts[i - 1] + size / kGroups + (size % kGroups >= i ? 1 : 0);
  return starts;
}

#if defined(__SSE2__)

inline __m128i load(const std::byte* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

inline void store(std::byte* at, __m128i value) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), value);
}

inline __m128i even_bytes(__m128i a, __m128i b) {
  const __m128i mask = _mm_set1_epi16(0x00ff);
  return _mm_packus_epi16(_mm_and_si128(a, mask), _mm_and_si128(b, mask));
}

inline __m128i odd_bytes(__m128i a, __m128i b) {
  return _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
}

#endif

}  // namespace

void group_bytes4(ByteView in, std::span<std::byte> out) {
  MHUB_ASSERT(in.size() == out.size());
  const auto starts = group_starts(in.size());
  std::array<std::byte*, kGroups> group;
  for (std::size_t i = 0; i < kGroups; ++i) group[i] = out.data() + starts[i];
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; at + 64 <= in.size(); at += 64) {
    const __m128i a = load(&in[at]);
    const __m128i b = load(&in[at + 16]);
    const __m128i c = load(&in[at + 32]);
    const __m128i d = load(&in[at + 48]);
    const __m128i even_ab = even_bytes(a, b);
    const __m128i even_cd = even_bytes(c, d);
    const __m128i odd_ab = odd_bytes(a, b);
    const __m128i odd_cd = odd_bytes(c, d);
    store(group[0] + at / 4, even_bytes(even_ab, even_cd));
    store(group[1] + at / 4, even_bytes(odd_ab, odd_cd));
    store(group[2] + at / 4, odd_bytes(even_ab, even_cd));
    store(group[3] + at / 4, odd_bytes(odd_ab, odd_cd));
  }
#endif
  for (; at < in.size(); ++at) group[at % kGroups][at / kGroups] = in[at];
}

void ungroup_bytes4(ByteView in, std::span<std::byte> out) {
  MHUB_ASSERT(in.size() == out.size());
  const auto starts = group_starts(in.size());
  std::array<const std::byte*, kGroups> group;
  for (std::size_t i = 0; i < kGroups; ++i) group[i] = in.data() + starts[i];
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; at + 64 <= out.size(); at += 64) {
    const __m128i g0 = load(group[0] + at / 4);
    const __m128i g1 = load(group[1] + at / 4);
    const __m128i g2 = load(group[2] + at / 4);
    const __m128i g3 = load(group[3] + at / 4);
    const __m128i low01 = _mm_unpacklo_epi8(g0, g1);
    const __m128i high01 = _mm_unpackhi_epi8(g0, g1);
    const __m128i low23 = _mm_unpacklo_epi8(g2, g3);
    const __m128i high23 = _mm_unpackhi_epi8(g2, g3);
    store(&out[at], _mm_unpacklo_epi16(low01, low23));
    store(&out[at + 16], _mm_unpackhi_epi16(low01, low23));
    store(&out[at + 32], _mm_unpacklo_epi16(high01, high23));
    store(&out[at + 48], _mm_unpackhi_epi16(high01, high23));
  }
#endif
  for (; at < out.size(); ++at) out[at] = group[at % kGroups][at / kGroups];
}

}  // namespace mhub::xet
