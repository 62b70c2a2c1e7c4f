#define _GNU_SOURCE
#include "CProgram.h"
#include <link.h>
#include <sys/prctl.h>

int gw_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* The first object is the program itself. */
static int note(struct dl_phdr_info *info, size_t size, void *context) {
  struct gw_code *code = context;
  (void)size;
  for (int at = 0; at < info->dlpi_phnum; at++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[at];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0 || (part->p_flags & PF_W) != 0) continue;
    code->start = info->dlpi_addr + part->p_vaddr;
    code->size = part->p_filesz;
  }
  return 1;
}

struct gw_code gw_program_code(void) {
  struct gw_code code = {0, 0};
  dl_iterate_phdr(note, &code);
  return code;
}
