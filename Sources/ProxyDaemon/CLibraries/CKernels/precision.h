// Rounding of single precision to shorter forms, to the nearest even.

#ifndef CK_PRECISION_H
#define CK_PRECISION_H

#include <stdint.h>
#include <string.h>

static inline uint32_t ck_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// IEEE half precision. Too large numbers become infinite. For numbers, not for NaN. Without branches, so that loops over it
// become loops over vectors.
static inline uint16_t ck_half(float value) {
    const uint32_t bits = ck_bits(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    // Below 2^-14 a half has a fixed step of 2^-24, as a float has between 0.5 and 1: adding 0.5 rounds to it.
    float positive;
    memcpy(&positive, &magnitude, sizeof positive);
    const uint32_t small = ck_bits(positive + 0.5f) - ck_bits(0.5f);
    // Elsewhere from bias 127 to bias 15; then half of the last place that stays, less one where that place is even.
    const uint32_t rebased = magnitude - (112u << 23);
    const uint32_t large = (rebased + 0xfff + (rebased >> 13 & 1)) >> 13;
    const uint32_t finite = magnitude < 0x38800000 ? small : large;
    return (uint16_t)(sign | (magnitude < 0x477ff000 ? finite : 0x7c00));
}

// bfloat16: the upper half of a float. For numbers, not for NaN.
static inline uint16_t ck_brain(float value) {
    const uint32_t bits = ck_bits(value);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
