/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data-view.h: a mapped file in memory (memfile.h) of which the holes are known: to read one through
 * the mapping would give it memory. */
#ifndef BASE_DATA_VIEW_H
#define BASE_DATA_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int fd;
    const uint8_t *bytes; /* NULL: an empty file */
    size_t size;
    size_t data, hole; /* the next data at or behind the last place, and their end */
} DataView;

/* The descriptor stays the caller's. False: errno says why. */
bool data_view_open(DataView *view, int fd);
void data_view_close(const DataView *view);

/* Whether the file has data at this place, which is below its size; if not, view->data is where the
 * next data are. Places ascend from call to call. False: errno says why. */
bool data_view_has(DataView *view, size_t at, bool *has);

#endif
