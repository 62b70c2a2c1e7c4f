/* The settings of the C library's heap, which Swift's Glibc module leaves out. */
#pragma once
#include <malloc.h>
