#include "CKernelsRehearsal.h"

#define CK_NAME "AVX-512 (rehearsed)"
#define CK_KERNELS ck_rehearsed_kernels_512
#define LANES 16
#define TILE_ROWS 12
#define FUSED 0
#define WEIGHTS HALF
#define WIDEN(pointer) widen_words(pointer)

// Nothing here crosses into code that was compiled for wider registers.
#pragma clang diagnostic ignored "-Wpsabi"
#include "../../Sources/ProxyDaemon/CLibraries/CKernels/encoder.inc"

const ck_kernels *ck_rehearsed_avx512(void) { return &CK_KERNELS; }
