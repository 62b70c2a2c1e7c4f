/* Where the program's own code lies, which Swift's Glibc module cannot tell. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct gw_code {
  uintptr_t start;
  size_t size;
};

/* The bytes of the program's code; none where it cannot be told. */
struct gw_code gw_program_code(void);
