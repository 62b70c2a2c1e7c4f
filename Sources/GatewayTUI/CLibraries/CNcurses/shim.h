#ifndef GATEWAY_CNCURSES_SHIM_H
#define GATEWAY_CNCURSES_SHIM_H

/* Set before curses.h is seen: without it the wide character functions do not exist in Swift. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/curses.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <wchar.h>

/* Globals that Swift 6 refuses as shared mutable state. No variables of our own: each object file would get a copy. */
static inline WINDOW *gateway_stdscr(void) { return stdscr; }
static inline WINDOW *gateway_curscr(void) { return curscr; }
static inline int gateway_colors(void) { return COLORS; }
static inline FILE *gateway_stdout(void) { return stdout; }
static inline FILE *gateway_stdin(void) { return stdin; }

/* Macros with casts, which the importer drops. */
static const attr_t GATEWAY_BOLD = A_BOLD, GATEWAY_DIM = A_DIM, GATEWAY_UNDERLINE = A_UNDERLINE,
                    GATEWAY_REVERSE = A_REVERSE;

/* LC_CTYPE only: LC_ALL would change the decimal point of every C library. Answers whether the encoding is UTF-8. */
static inline int gateway_use_locale(const char *name) {
  if (setlocale(LC_CTYPE, name) == NULL) return 0;
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* Colour pairs beyond 255 travel in the last argument; the short one would cut them. */
static inline int gateway_attr_set(WINDOW *window, attr_t attributes, int pair) {
  return wattr_set(window, attributes, (short)(pair > 32767 ? 32767 : pair), &pair);
}

static inline int gateway_add(WINDOW *window, int row, int column, const uint32_t *text, int count) {
  return mvwaddnwstr(window, row, column, (const wchar_t *)text, count);
}

/* No parameter may be called lines or columns: term.h makes macros of those. */
static inline int gateway_window_size(int descriptor, int *height, int *width) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  *height = size.ws_row;
  *width = size.ws_col;
  return 0;
}

#endif
