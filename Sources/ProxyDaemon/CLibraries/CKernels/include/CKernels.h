// Kernels of a small BERT encoder (all-MiniLM-L6-v2: 384 wide, 12 heads of 32, 1,536 hidden), once for each kind of CPU.
//
// All of them read the same weights and do the same steps; they differ in the width of their vectors and in the form in
// which weights and activations are kept. Sequences stand one behind the other without padding. Nothing here allocates,
// locks or keeps state: calls may run side by side, each with a scratch of its own. Lengths and token numbers are the
// caller's to check.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CodeScan.h"

enum {
    CK_WIDTH = 384,
    CK_HEADS = 12,
    CK_HEAD_WIDTH = 32,
    CK_HIDDEN = 1536,
    // Tokens in the longest sequence: rows of the model's position table.
    CK_POSITIONS = 512,
};

// The weights of one layer. A packed matrix comes from `pack`; its inputs are always CK_WIDTH wide. `down` is four of
// them, one for each CK_WIDTH of the hidden numbers, one behind the other.
typedef struct {
    // Query, key and value under one another: 3 * CK_WIDTH outputs, the query's share divided by sqrt(CK_HEAD_WIDTH).
    const void *attention;
    const float *attention_bias;
    const void *mix;
    const float *mix_bias, *mix_gain, *mix_shift;
    const void *up;
    const float *up_bias;
    const void *down;
    const float *down_bias, *down_gain, *down_shift;
} ck_layer;

typedef struct {
    // A row of CK_WIDTH IEEE half-precision numbers for each token of the vocabulary.
    const uint16_t *words;
    // CK_POSITIONS rows; the embedding of the first segment is already added.
    const float *positions;
    const float *gain, *shift;
    const ck_layer *layers;
    size_t layer_count;
} ck_model;

// The functions for one kind of CPU.
typedef struct {
    const char *name;
    // Size of a packed matrix of that many outputs, in bytes; 0 where the number is no multiple of 96.
    size_t (*packed_bytes)(size_t outputs);
    // Packs outputs x CK_WIDTH weights, of which each row stands `row_stride` numbers behind the one before, times
    // `scale`.
    void (*pack)(const float *weights, size_t row_stride, size_t outputs, float scale, void *packed);
    // Size of the scratch for that many tokens in a call, in bytes. It is to be aligned to 64.
    size_t (*scratch_bytes)(size_t tokens);
    // Embeds `count` sequences: sequence i is tokens[starts[i]..<starts[i + 1]], starts[0] is 0, each has 1 to
    // CK_POSITIONS tokens. Writes CK_WIDTH numbers for each: the mean over its tokens, at unit length.
    void (*encode)(
        const ck_model *model, const int32_t *tokens, const size_t *starts, size_t count, void *scratch,
        float *embeddings
    );
} ck_kernels;

typedef enum {
    // Plain vectors of four: SSE2 on x86, NEON on ARM.
    CK_PORTABLE,
    // AVX2 with FMA and F16C; weights in half precision.
    CK_AVX2,
    // AVX-512 (F, BW, DQ, VL); weights in half precision.
    CK_AVX512,
    // AVX-512 with products of bfloat16; weights and activations in bfloat16, sums in single precision.
    CK_AVX512_BF16,
} ck_path;

// The kernels of a path; NULL where this CPU does not have its instructions.
const ck_kernels *ck_kernels_of(ck_path path);

// The fastest path that this CPU has.
ck_path ck_best_path(void);

// Rounds single precision to half precision, to the nearest even.
void ck_narrow(const float *values, size_t count, uint16_t *halves);

#endif
