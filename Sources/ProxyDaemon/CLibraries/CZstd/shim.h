/* zstd with contexts that are made once a thread: making one costs more than packing a small value.
   Only static inline wrappers: there is nothing to compile. */
#pragma once
#include <stddef.h>
#include <zstd.h>

/* The packed size, or 0 where it does not fit or memory is short. */
static inline size_t gw_zstd_compress(void *out, size_t capacity, const void *from, size_t count, int level) {
    static _Thread_local ZSTD_CCtx *context;
    if (!context) context = ZSTD_createCCtx();
    if (!context) return 0;
    size_t written = ZSTD_compressCCtx(context, out, capacity, from, count, level);
    return ZSTD_isError(written) ? 0 : written;
}

/* Whether exactly `count` bytes came out. Never writes more. */
static inline int gw_zstd_decompress(void *out, size_t count, const void *from, size_t packed) {
    static _Thread_local ZSTD_DCtx *context;
    if (!context) context = ZSTD_createDCtx();
    return context && ZSTD_decompressDCtx(context, out, count, from, packed) == count;
}
