/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page-arena.h: numbered pages in memory, each counted by how many use it (page-store.h). One thread
 * at a time.
 */
#ifndef BASE_PAGE_ARENA_H
#define BASE_PAGE_ARENA_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES ((size_t)4096)

/* No page: its bytes are zeros. */
#define PAGE_ZEROS 0u

typedef struct PageArena PageArena;

PageArena *page_arena_new(void);
void page_arena_free(PageArena *arena);

/* A page with one user. PAGE_ZEROS, with an error of G_FILE_ERROR: there are no more. */
uint32_t page_arena_take(PageArena *arena, GError **error);
void page_arena_use(PageArena *arena, uint32_t page);
/* One user less; without users it is free. */
void page_arena_leave(PageArena *arena, uint32_t page);
unsigned page_arena_users(const PageArena *arena, uint32_t page);
/* Gives back the memory of free pages, but for some that are used first. */
void page_arena_trim(PageArena *arena);

/* PAGE_BYTES bytes, which stay where they are as long as the page has users. */
const uint8_t *page_arena_bytes(const PageArena *arena, uint32_t page);
/* Whether the bytes of `next` lie right behind those of `page`. */
bool page_arena_follows(uint32_t page, uint32_t next);
/* Writes to pages that follow each other. False: errno says why. */
bool page_arena_write(const PageArena *arena, uint32_t first, const void *data, size_t size);

/* Bytes of memory that all pages take, free ones included. */
int64_t page_arena_held(const PageArena *arena);

#endif
