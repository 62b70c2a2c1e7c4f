// AVX-512 with VPOPCNTDQ: Intel servers since Ice Lake, AMD since Zen 4.

#include "scanners.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define CK_NAME "AVX-512"
#define CK_SCANNER ck_scan_avx512
#define BITS(words) ((uint64_t __attribute__((vector_size(64))))_mm512_popcnt_epi64((__m512i)(words)))

#pragma clang attribute push(__attribute__((target("avx512f,avx512vpopcntdq,popcnt"))), apply_to = function)
#include "scan512.inc"
#pragma clang attribute pop
#endif
