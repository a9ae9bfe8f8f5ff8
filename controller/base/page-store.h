/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page-store.h: contents of a file in memory (memfile.h) at several times, of which each page is
 * kept once: as long as it does not change, all contents share it. Pages of zeros take nothing.
 *
 * A PageStore holds what one file contained, StoredPages is what it contained at one time. What is
 * stored is compared with the contents that the file was last known to have, page by page, so that
 * it costs time for all pages that have data and memory for those that have changed. Pages lie in
 * files in memory: they end with this program. Any thread; a store has a lock, which is held as
 * long as one of these functions works on it.
 */
#ifndef BASE_PAGE_STORE_H
#define BASE_PAGE_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct PageStore PageStore;
typedef struct StoredPages StoredPages;

PageStore *page_store_new(void);
PageStore *page_store_ref(PageStore *store);
/* The store lives as long as there are contents in it. NULL does nothing. */
void page_store_unref(PageStore *store);

/* Stores what the file in memory contains. The caller owns the contents and needs no reference to
 * the store. NULL, with an error of G_FILE_ERROR: there is no memory; nothing has changed. */
StoredPages *page_store_put(PageStore *store, int fd, GError **error);
/* Gives back the memory of all pages that no other contents have. NULL does nothing. */
void stored_pages_free(StoredPages *pages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoredPages, stored_pages_free)

/* Makes the file in memory contain this. Only pages that differ are written; those of zeros that the
 * file has no data for take no memory. */
bool stored_pages_fill(StoredPages *pages, int fd, GError **error);

/* The bytes from `at` on, which is below the size: *n of them, at most to the end. NULL: *n zeros.
 * They stay where they are as long as the contents do. */
const uint8_t *stored_pages_at(const StoredPages *pages, int64_t at, size_t *n);
/* As memfile_read() of a file with these contents. */
ssize_t stored_pages_read(const StoredPages *pages, int64_t from, void *out, size_t size,
                          int64_t *at);

PageStore *stored_pages_store(const StoredPages *pages);
/* Size of the file. */
int64_t stored_pages_size(const StoredPages *pages);
/* Bytes of memory that stored_pages_free() would give back: what no other contents share. */
int64_t stored_pages_own_bytes(const StoredPages *pages);
/* Bytes of memory that all contents take together. */
int64_t page_store_bytes(PageStore *store);

#endif
