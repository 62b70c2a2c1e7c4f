/* What this process is made of and may show of itself, which Swift's Glibc module cannot tell. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct gw_code {
  uintptr_t start;
  size_t size;
};

/* Has the kernel write no memory of this process to core files or collectors, and show none of it to other processes of the
 * same user. 0, or -1 with errno. */
int gw_forbid_dumps(void);

/* The bytes of the program's code; none where it cannot be told. */
struct gw_code gw_program_code(void);
