// AVX-512 with products of bfloat16: Intel servers since Cooper Lake and Sapphire Rapids, AMD since Zen 4.

#include "paths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define CK_NAME "AVX-512 BF16"
#define CK_KERNELS ck_avx512_bf16
#define LANES 16
// 24 of the 32 registers hold sums.
#define TILE_ROWS 12
#define FUSED 1
#define WEIGHTS PAIRS
#define DOT(sum, a, b) ((vector)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b)))
#define NARROW(values) ((halves)_mm512_cvtneps_pbh((__m512)(values)))

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c"))), apply_to = function)
#include "encoder.inc"
#pragma clang attribute pop
#endif
