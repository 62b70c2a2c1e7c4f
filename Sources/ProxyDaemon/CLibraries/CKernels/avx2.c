// AVX2 with FMA and F16C: Intel since Haswell, AMD since Excavator.

#include "paths.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define CK_NAME "AVX2"
#define CK_KERNELS ck_avx2
#define LANES 8
// 12 of the 16 registers hold sums.
#define TILE_ROWS 6
#define FUSED 1
#define WEIGHTS HALF
#define WIDEN(pointer) ((vector)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(pointer))))

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "encoder.inc"
#pragma clang attribute pop
#endif
