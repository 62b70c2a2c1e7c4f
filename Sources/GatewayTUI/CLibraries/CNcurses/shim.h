#pragma once
#define _GNU_SOURCE 1
#define NCURSES_WIDECHAR 1
#include <ncursesw/curses.h>
