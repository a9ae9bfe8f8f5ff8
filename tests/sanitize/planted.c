/* SPDX-License-Identifier: GPL-3.0-or-later */
/* planted.c: reads behind what was allocated, and races: each sanitizer is to find its own before the tests run. */
#include <pthread.h>
#include <stdlib.h>

static volatile int raced;

static void *race(void *data)
{
    (void)data;
    for (int i = 0; i < 1000; i++)
        raced++;
    return NULL;
}

int main(void)
{
    volatile size_t behind = 1;
    volatile int *place = calloc(1, sizeof(*place));
    pthread_t other;

    if (!place || pthread_create(&other, NULL, race, NULL) != 0)
        return 1;
    race(NULL);
    pthread_join(other, NULL);
    raced = place[behind];
    free((void *)place);
    return 0;
}
