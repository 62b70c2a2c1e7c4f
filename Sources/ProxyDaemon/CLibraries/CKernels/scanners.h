// The scanners, one for each kind of CPU.

#ifndef CK_SCANNERS_H
#define CK_SCANNERS_H

#include "CodeScan.h"

extern const ck_scanner ck_scan_portable;
#if defined(__x86_64__)
extern const ck_scanner ck_scan_popcnt, ck_scan_avx2, ck_scan_avx512;
#endif

// Puts a row's number behind those that were found, in any case, and counts it if it is near: cheaper than a branch that is
// guessed wrong. There are never more found than rows were seen.
static inline size_t ck_note(uint32_t *found, size_t count, size_t row, uint32_t distance, uint32_t cut) {
    found[count] = (uint32_t)row;
    return count + (distance <= cut);
}

// The rows from `row` on, a word at a time. `count` were found before.
static inline __attribute__((always_inline)) size_t ck_scan_words(
    const uint64_t *codes, size_t row, size_t rows, const uint64_t *query, uint32_t cut, uint32_t *found, size_t count
) {
    for (; row < rows; row++) {
        const uint64_t *code = codes + row * CK_CODE_WORDS;
        uint32_t distance = 0;
        for (int word = 0; word < CK_CODE_WORDS; word++) {
            distance += (uint32_t)__builtin_popcountll(code[word] ^ query[word]);
        }
        count = ck_note(found, count, row, distance, cut);
    }
    return count;
}

#endif
