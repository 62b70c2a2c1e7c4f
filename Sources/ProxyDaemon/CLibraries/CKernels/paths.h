// The tables of kernels, one for each kind of CPU.

#ifndef CK_PATHS_H
#define CK_PATHS_H

#include "CKernels.h"

extern const ck_kernels ck_portable;
#if defined(__x86_64__)
extern const ck_kernels ck_avx2, ck_avx512, ck_avx512_bf16;
#endif

#endif
