/* SPDX-License-Identifier: GPL-3.0-or-later */
/* planted.c: a fuzzer with the fault that PLANTED names: scripts/fuzz is to find each kind. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Volatile, so that the compiler keeps what is written there. */
static void *volatile lost;
static volatile int result, shift = 40;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *fault = getenv("PLANTED");

    if (!fault || len == 0)
        return 0;
    if (strcmp(fault, "crash") == 0)
        abort();
    if (strcmp(fault, "overread") == 0)
        result = bytes[len];
    if (strcmp(fault, "undefined") == 0)
        result = 1 << shift;
    if (strcmp(fault, "leak") == 0) {
        lost = malloc(16);
        lost = NULL;
    }
    if (strcmp(fault, "huge") == 0) {
        lost = malloc((size_t)600 << 20);
        free(lost);
    }
    while (strcmp(fault, "hang") == 0)
        ;
    return 0;
}
