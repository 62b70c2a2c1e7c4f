// The code for AVX-512, compiled for CPUs without it: the same tiles, panels and packing, on vectors that the
// compiler cuts up, with the few instructions of that path spelled out. So what a test machine cannot run can still be
// tested, all but those instructions.

#ifndef CKERNELS_REHEARSAL_H
#define CKERNELS_REHEARSAL_H

#include "CKernels.h"

// As CK_AVX512.
const ck_kernels *ck_rehearsed_avx512(void);
// As CK_AVX512_BF16.
const ck_kernels *ck_rehearsed_avx512_bf16(void);

// As CK_SCAN_AVX512.
const ck_scanner *ck_rehearsed_scan_avx512(void);

#endif
