#include "CKernelsRehearsal.h"

#define CK_NAME "AVX-512 (rehearsed)"
#define CK_SCANNER ck_rehearsed_scanner_512
#define BITS(words) __builtin_elementwise_popcount(words)

// Nothing here crosses into code that was compiled for wider registers.
#pragma clang diagnostic ignored "-Wpsabi"
#include "../../Sources/ProxyDaemon/CLibraries/CKernels/scan512.inc"

const ck_scanner *ck_rehearsed_scan_avx512(void) { return &CK_SCANNER; }
