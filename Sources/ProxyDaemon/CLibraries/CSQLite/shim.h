/* Variadic, so Swift does not see it. */
#pragma once
#include <sqlite3.h>

/* No sums of what the library has allocated: each of its allocations takes a lock for them. Has no effect once a database
   has been opened. */
static inline int gw_sqlite_without_sums(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
