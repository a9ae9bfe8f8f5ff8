/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap.c: a binary heap in an array.
 */
#include "controller/network/heap.h"

#include <glib.h>
#include <stdlib.h>

bool heap_before(const HeapEntry *a, const HeapEntry *b)
{
    if (a->time.ns != b->time.ns)
        return a->time.ns < b->time.ns;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return a->sequence < b->sequence;
}

void heap_push(Heap *heap, HeapEntry entry)
{
    size_t i = heap->len++;

    if (heap->len > heap->capacity) {
        heap->capacity = MAX(16, 2 * heap->capacity);
        heap->entries = g_renew(HeapEntry, heap->entries, heap->capacity);
    }
    for (; i > 0 && heap_before(&entry, &heap->entries[(i - 1) / 2]); i = (i - 1) / 2)
        heap->entries[i] = heap->entries[(i - 1) / 2];
    heap->entries[i] = entry;
}

void *heap_pop(Heap *heap)
{
    HeapEntry *e = heap->entries, last;
    void *item = e[0].item;
    size_t i = 0;

    last = e[--heap->len];
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= heap->len)
            break;
        if (child + 1 < heap->len && heap_before(&e[child + 1], &e[child]))
            child++;
        if (!heap_before(&e[child], &last))
            break;
        e[i] = e[child];
        i = child;
    }
    e[i] = last;
    return item;
}

static int compare(const void *a, const void *b)
{
    return heap_before(a, b) ? -1 : heap_before(b, a);
}

HeapEntry *heap_sorted(const Heap *heap)
{
    HeapEntry *copy = g_memdup2(heap->entries, heap->len * sizeof(*copy));

    if (copy)
        qsort(copy, heap->len, sizeof(*copy), compare);
    return copy;
}

void heap_clear(Heap *heap)
{
    g_free(heap->entries);
    *heap = (Heap){0};
}
