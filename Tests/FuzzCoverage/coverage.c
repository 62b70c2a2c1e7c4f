// libFuzzer clears and reads every counter of the program with every input: here 460,000, of which a target reaches some hundred.
// So it is told only of those in parts of the code that the target's corpus reaches: three times the executions a second.
//
// The linker sends what the compiled modules say at their start here (--wrap, Package.swift).
#include "coverage.h"

#include <stdint.h>

/// Clang's SanitizerCoverage: one for each counter, in the same order.
struct pc {
    uintptr_t address, flags;
};

void __real___sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __real___sanitizer_cov_pcs_init(const struct pc *start, const struct pc *stop);

/// Counters that are told of together. libFuzzer takes at most 4,096 such parts.
enum { block = 512 };

static uint8_t *counters, *counters_end;
static const struct pc *pcs;

void __wrap___sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
    counters = start;
    counters_end = stop;
}

void __wrap___sanitizer_cov_pcs_init(const struct pc *start, const struct pc *stop)
{
    (void)stop;
    pcs = start;
}

static int is_touched(size_t number)
{
    uint8_t *end = counters + (number + 1) * block;
    for (uint8_t *at = counters + number * block; at < end && at < counters_end; at++)
        if (*at) return 1;
    return 0;
}

size_t fuzz_coverage_watch_touched(void)
{
    size_t all = (size_t)(counters_end - counters), blocks = (all + block - 1) / block, told = 0;
    // What is near is mostly the same file's: what an input reaches next.
    for (size_t number = 0; number < blocks; number++) {
        if (!is_touched(number) && !(number > 0 && is_touched(number - 1)) && !(number + 1 < blocks && is_touched(number + 1)))
            continue;
        size_t first = number * block, end = first + block < all ? first + block : all;
        __real___sanitizer_cov_8bit_counters_init(counters + first, counters + end);
        __real___sanitizer_cov_pcs_init(pcs + first, pcs + end);
        told += end - first;
    }
    return told;
}
