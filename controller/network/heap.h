/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap.h: a priority queue with a total order: (time, rank, sequence). The caller makes each (time,
 * rank, sequence) unique, so the order of popping never depends on the order of pushing.
 */
#ifndef NETWORK_HEAP_H
#define NETWORK_HEAP_H

#include "controller/base/vtime.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    VTime time;
    uint64_t rank, sequence;
    void *item;
} HeapEntry;

/* All zero is an empty heap. Memory is kept for later pushes until heap_clear(). */
typedef struct {
    HeapEntry *entries;
    size_t len, capacity;
} Heap;

void heap_push(Heap *heap, HeapEntry entry);

/* Reports whether entry `a` is popped before entry `b`. */
bool heap_before(const HeapEntry *a, const HeapEntry *b);

/* Returns a copy of all entries in the order of popping; the caller frees the copy with g_free().
 * NULL if the heap is empty. */
HeapEntry *heap_sorted(const Heap *heap);

/* Removes the first entry and returns its item. The heap must not be empty. */
void *heap_pop(Heap *heap);

/* Frees the memory of the heap, not of the items. */
void heap_clear(Heap *heap);

/* Returns the first entry, or NULL; valid until the next push or pop. */
static inline const HeapEntry *heap_top(const Heap *heap)
{
    return heap->len > 0 ? heap->entries : NULL;
}

#endif
