#include "CKernelsRehearsal.h"

#define CK_NAME "AVX-512 BF16 (rehearsed)"
#define CK_KERNELS ck_rehearsed_kernels_512_bf16
#define LANES 16
#define TILE_ROWS 12
#define FUSED 0
#define WEIGHTS PAIRS
#define DOT(sum, a, b) ((sum) + low_of(a) * low_of(b) + high_of(a) * high_of(b))
#define low_of(pairs) ((vector)((bits)(pairs) << 16))
#define high_of(pairs) ((vector)((bits)(pairs) & 0xffff0000u))
#define NARROW(values) (__builtin_convertvector(round_up((bits)(values)) >> 16, halves))
#define round_up(given) ((given) + 0x7fff + ((given) >> 16 & 1))

// Nothing here crosses into code that was compiled for wider registers.
#pragma clang diagnostic ignored "-Wpsabi"
#include "../../Sources/ProxyDaemon/CLibraries/CKernels/encoder.inc"

const ck_kernels *ck_rehearsed_avx512_bf16(void) { return &CK_KERNELS; }
