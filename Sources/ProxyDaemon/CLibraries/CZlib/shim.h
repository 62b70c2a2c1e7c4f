/* zlib's inflating side: what its macros hide from Swift. Only static inline wrappers: there is nothing to compile. */
#pragma once
#include <stdlib.h>
#include <zlib.h>

/* A stream that reads gzip or zlib, whichever comes; NULL where memory is short. */
static inline z_stream *gw_inflate_open(void) {
    z_stream *stream = (z_stream *)calloc(1, sizeof(z_stream));
    if (stream && inflateInit2(stream, MAX_WBITS + 32) != Z_OK) {
        free(stream);
        stream = NULL;
    }
    return stream;
}

static inline void gw_inflate_close(z_stream *stream) {
    inflateEnd(stream);
    free(stream);
}

/* Unpacks from `in` to `out`. Takes the counts of both and gives back what was used of them. Returns zlib's code. */
static inline int gw_inflate(z_stream *stream, const void *in, unsigned *in_count, void *out, unsigned *out_count) {
    stream->next_in = (Bytef *)in;
    stream->avail_in = *in_count;
    stream->next_out = (Bytef *)out;
    stream->avail_out = *out_count;
    int code = inflate(stream, Z_NO_FLUSH);
    *in_count -= stream->avail_in;
    *out_count -= stream->avail_out;
    return code;
}
