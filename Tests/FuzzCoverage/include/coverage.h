#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include <stddef.h>

/// Tells libFuzzer of the counters that are not zero at this moment, and of those near them; of no others. Called once, before
/// its loop begins. Gives how many it is told of.
size_t fuzz_coverage_watch_touched(void);

#endif
