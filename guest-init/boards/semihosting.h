/* SPDX-License-Identifier: GPL-3.0-or-later */
/* semihosting.h: the instruction by which a board asks QEMU, and what programs ask for. */
#include "board.h"

int semihosting_call(int operation, void *block);

/* --- semihosting.c --- */

enum { SEMIHOSTING_WRITE = 4 }; /* mode "w" */

void semihosting_print(const char *text);
int semihosting_open(const char *path, unsigned mode); /* a handle, or -1 */
/* Number of bytes that were not written. */
int semihosting_write(int handle, const char *bytes, uint32_t size);
uint32_t semihosting_elapsed(void); /* the host's ns, the lower half */
