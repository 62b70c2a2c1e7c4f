// Which kernels this CPU can run.

#include "paths.h"
#include "precision.h"

// The compiler's runtime also asks whether the operating system saves the wide registers.
const ck_kernels *ck_kernels_of(ck_path path) {
#if defined(__x86_64__)
    const int avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    switch (path) {
    case CK_PORTABLE: return &ck_portable;
    case CK_AVX2: return avx2 ? &ck_avx2 : 0;
    case CK_AVX512: return avx512 ? &ck_avx512 : 0;
    case CK_AVX512_BF16: return avx512 && __builtin_cpu_supports("avx512bf16") ? &ck_avx512_bf16 : 0;
    }
    return 0;
#else
    return path == CK_PORTABLE ? &ck_portable : 0;
#endif
}

ck_path ck_best_path(void) {
    static const ck_path fastest_first[] = { CK_AVX512_BF16, CK_AVX512, CK_AVX2 };
    for (int at = 0; at < 3; at++) {
        if (ck_kernels_of(fastest_first[at])) return fastest_first[at];
    }
    return CK_PORTABLE;
}

void ck_narrow(const float *values, size_t count, uint16_t *halves) {
    for (size_t at = 0; at < count; at++) halves[at] = ck_half(values[at]);
}
