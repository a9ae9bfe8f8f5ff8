/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * planted.c: faults that the sanitizers of this build have to find before the tests run. Without an
 * argument it prints their names; with a name it commits that fault.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_THREAD__
#define FAULTS "race"
#else
#define FAULTS "address undefined leak"
#endif

static volatile int raced;
static void *volatile kept;

static void *race(void *data)
{
    (void)data;
    for (int i = 0; i < 1000; i++)
        raced++;
    return NULL;
}

int main(int argc, char **argv)
{
    volatile int number = INT_MAX;
    pthread_t other;

    if (argc != 2) {
        puts(FAULTS);
    } else if (strcmp(argv[1], "address") == 0) {
        kept = calloc(1, sizeof(number));
        free(kept);
        number = *(int *)kept;
    } else if (strcmp(argv[1], "undefined") == 0) {
        number = number + 1;
    } else if (strcmp(argv[1], "leak") == 0) {
        kept = malloc(1);
        kept = NULL;
    } else if (strcmp(argv[1], "race") == 0 && pthread_create(&other, NULL, race, NULL) == 0) {
        race(NULL);
        pthread_join(other, NULL);
    }
    return 0;
}
