// The search of the semantic cache: finds codes of 384 bits that differ from a query's in few of them. Once for each kind of
// CPU; all find the same. Nothing here allocates, locks or keeps state.

#ifndef CODE_SCAN_H
#define CODE_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum {
    // Words of a code.
    CK_CODE_WORDS = 6,
};

// Goes through `rows` codes, one behind the other. Writes the numbers of those at a distance of at most `cut` to `found`,
// which has room for `rows`, in rising order. Returns how many there are.
typedef size_t ck_scan_function(
    const uint64_t *codes, size_t rows, const uint64_t *query, uint32_t cut, uint32_t *found
);

typedef struct {
    const char *name;
    ck_scan_function *scan;
} ck_scanner;

typedef enum {
    // Counts bits as the compiler knows; on ARM with NEON.
    CK_SCAN_PORTABLE,
    // The instruction that counts a word's bits: x86 since 2008.
    CK_SCAN_POPCNT,
    // Looks up the bits of 32 half-bytes at a time.
    CK_SCAN_AVX2,
    // AVX-512 that counts the bits of eight words at a time (VPOPCNTDQ).
    CK_SCAN_AVX512,
} ck_scan_path;

// The scanner of a path; NULL where this CPU does not have its instructions.
const ck_scanner *ck_scanner_of(ck_scan_path path);

// The fastest path that this CPU has.
ck_scan_path ck_best_scan_path(void);

#endif
