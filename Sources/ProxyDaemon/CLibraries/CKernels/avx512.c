// AVX-512: Intel servers since Skylake, AMD since Zen 4.

#include "paths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define CK_NAME "AVX-512"
#define CK_KERNELS ck_avx512
#define LANES 16
// 24 of the 32 registers hold sums.
#define TILE_ROWS 12
#define FUSED 1
#define WEIGHTS HALF
#define WIDEN(pointer) ((vector)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(pointer))))

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#include "encoder.inc"
#pragma clang attribute pop
#endif
