// Vectors of four floats, which every CPU of today has. ARM widens half precision for free; SSE2 cannot, so weights stay
// in single precision there.

#include "paths.h"

#define CK_NAME "portable"
#define CK_KERNELS ck_portable
#define LANES 4
#if defined(__aarch64__)
#include <arm_neon.h>
#define TILE_ROWS 8
#define FUSED 1
#define WEIGHTS HALF
#define WIDEN(pointer) ((vector)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(pointer))))
#else
#define TILE_ROWS 6
#define FUSED 0
#define WEIGHTS SINGLE
#endif

#include "encoder.inc"
