// The scanners for CPUs without AVX-512, and which one this CPU can run.

#include "scanners.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static size_t scan_portable(
    const uint64_t *codes, size_t rows, const uint64_t *query, uint32_t cut, uint32_t *found
) {
    uint8x16_t sought[3];
    for (int piece = 0; piece < 3; piece++) sought[piece] = vreinterpretq_u8_u64(vld1q_u64(query + piece * 2));
    size_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        // At most 24 in each byte.
        uint8x16_t bits = vdupq_n_u8(0);
        for (int piece = 0; piece < 3; piece++) {
            const uint8x16_t code = vreinterpretq_u8_u64(vld1q_u64(codes + row * CK_CODE_WORDS + piece * 2));
            bits = vaddq_u8(bits, vcntq_u8(veorq_u8(code, sought[piece])));
        }
        count = ck_note(found, count, row, vaddlvq_u8(bits), cut);
    }
    return count;
}

const ck_scanner ck_scan_portable = { "NEON", scan_portable };
#else
static size_t scan_portable(
    const uint64_t *codes, size_t rows, const uint64_t *query, uint32_t cut, uint32_t *found
) {
    return ck_scan_words(codes, 0, rows, query, cut, found, 0);
}

const ck_scanner ck_scan_portable = { "portable", scan_portable };
#endif

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("popcnt"))), apply_to = function)
static size_t scan_popcnt(
    const uint64_t *codes, size_t rows, const uint64_t *query, uint32_t cut, uint32_t *found
) {
    return ck_scan_words(codes, 0, rows, query, cut, found, 0);
}
#pragma clang attribute pop

const ck_scanner ck_scan_popcnt = { "POPCNT", scan_popcnt };

#pragma clang attribute push(__attribute__((target("avx2,popcnt"))), apply_to = function)
// How many bits each byte has.
static inline __m256i bits_of(__m256i bytes) {
    const __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low);
    return _mm256_add_epi8(
        _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, low)), _mm256_shuffle_epi8(table, upper)
    );
}

// The first halves of both, and the second.
#define FIRSTS(a, b) _mm256_permute2x128_si256(a, b, 0x20)
#define SECONDS(a, b) _mm256_permute2x128_si256(a, b, 0x31)

// A row is three pieces of 16 bytes, so that four rows are six vectors.
static size_t scan_avx2(const uint64_t *codes, size_t rows, const uint64_t *query, uint32_t cut, uint32_t *found) {
    uint64_t twice[2 * CK_CODE_WORDS];
    for (int word = 0; word < 2 * CK_CODE_WORDS; word++) twice[word] = query[word % CK_CODE_WORDS];
    const __m256i limit = _mm256_set1_epi64x((long long)cut + 1);
    size_t count = 0, row = 0;
    for (; row + 4 <= rows; row += 4) {
        const uint64_t *code = codes + row * CK_CODE_WORDS;
        __m256i bits[6];
        for (int at = 0; at < 6; at++) {
            const __m256i sought = _mm256_loadu_si256((const __m256i *)(twice + at % 3 * 4));
            bits[at] = bits_of(_mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(code + at * 4)), sought));
        }
        // The pieces of rows 0 and 2, one beside the other, then those of rows 1 and 3; at most 24 in each byte.
        const __m256i even = _mm256_add_epi8(
            _mm256_add_epi8(FIRSTS(bits[0], bits[3]), SECONDS(bits[0], bits[3])), FIRSTS(bits[1], bits[4])
        );
        const __m256i odd = _mm256_add_epi8(
            _mm256_add_epi8(FIRSTS(bits[2], bits[5]), SECONDS(bits[2], bits[5])), SECONDS(bits[1], bits[4])
        );
        const __m256i evens = _mm256_sad_epu8(even, _mm256_setzero_si256());
        const __m256i odds = _mm256_sad_epu8(odd, _mm256_setzero_si256());
        const __m256i distances =
            _mm256_add_epi64(_mm256_unpacklo_epi64(evens, odds), _mm256_unpackhi_epi64(evens, odds));
        int near = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(limit, distances)));
        for (; near; near &= near - 1) found[count++] = (uint32_t)(row + (size_t)__builtin_ctz((unsigned)near));
    }
    return ck_scan_words(codes, row, rows, query, cut, found, count);
}
#pragma clang attribute pop

const ck_scanner ck_scan_avx2 = { "AVX2", scan_avx2 };
#endif

const ck_scanner *ck_scanner_of(ck_scan_path path) {
#if defined(__x86_64__)
    const int popcnt = __builtin_cpu_supports("popcnt");
    switch (path) {
    case CK_SCAN_PORTABLE: return &ck_scan_portable;
    case CK_SCAN_POPCNT: return popcnt ? &ck_scan_popcnt : 0;
    case CK_SCAN_AVX2: return popcnt && __builtin_cpu_supports("avx2") ? &ck_scan_avx2 : 0;
    case CK_SCAN_AVX512:
        return popcnt && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq")
            ? &ck_scan_avx512
            : 0;
    }
    return 0;
#else
    return path == CK_SCAN_PORTABLE ? &ck_scan_portable : 0;
#endif
}

ck_scan_path ck_best_scan_path(void) {
    static const ck_scan_path fastest_first[] = { CK_SCAN_AVX512, CK_SCAN_AVX2, CK_SCAN_POPCNT };
    for (int at = 0; at < 3; at++) {
        if (ck_scanner_of(fastest_first[at])) return fastest_first[at];
    }
    return CK_SCAN_PORTABLE;
}
