/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pages.c: one pass over the bytes, which are mapped; the digest is of the file on disk. */
#include "controller/save/pages.h"

#include "controller/base/memfile.h"
#include "controller/base/sha.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "metronome pages 1\n"
#define PAGE  ((size_t)4096)
#define PIECE ((size_t)1 << 17)
#define RUN   ((size_t)1 << 20) /* longest run: the digest reads it while it is in the cache */

typedef struct {
    const uint8_t *bytes; /* NULL: an empty file */
    size_t size;
} Map;

static bool fail(const char *what, GError **error)
{
    int number = errno;

    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number), "%s: %s", what,
                g_strerror(number));
    return false;
}

static bool map(int fd, Map *out)
{
    struct stat about;
    void *at;

    if (fstat(fd, &about) != 0)
        return false;
    *out = (Map){NULL, (size_t)about.st_size};
    if (out->size == 0)
        return true;
    at = mmap(NULL, out->size, PROT_READ, MAP_SHARED, fd, 0);
    out->bytes = at == MAP_FAILED ? NULL : at;
    return out->bytes;
}

static void unmap(Map *m)
{
    if (m->bytes)
        munmap((void *)m->bytes, m->size);
}

/* --- writing --- */

typedef struct {
    int fd;
    Sha sha;
    bool bad; /* errno says why */
} Writer;

static void put(Writer *w, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    sha_add(&w->sha, data, size);
    while (!w->bad && size > 0) {
        ssize_t n = write(w->fd, bytes, size);

        w->bad = n < 0 && errno != EINTR;
        bytes += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
    }
}

static void put_number(Writer *w, uint64_t number)
{
    uint64_t little = GUINT64_TO_LE(number);

    put(w, &little, sizeof(little));
}

/* The end of the run of pages that begins at `at`. */
static size_t run_end(const Map *m, size_t at, size_t end)
{
    size_t limit = MIN(end, at + RUN);

    while (at < limit && !memfile_is_zero(m->bytes + at, MIN(PAGE, m->size - at)))
        at += MIN(PAGE, m->size - at);
    return MIN(at, m->size);
}

static void write_extent(Writer *w, const Map *m, size_t at, size_t end)
{
    while (at < end && !w->bad) {
        size_t next = run_end(m, at, end);

        if (next > at) {
            put_number(w, at);
            put_number(w, next - at);
            put(w, m->bytes + at, next - at);
        }
        at = next > at ? next : at + PAGE;
    }
}

static void begin(Writer *w, int to, size_t size)
{
    *w = (Writer){.fd = to};
    sha_init(&w->sha);
    put(w, MAGIC, strlen(MAGIC));
    put_number(w, size);
}

static char *end(Writer *w, GError **error)
{
    if (w->bad)
        fail("can't write", error);
    return w->bad ? NULL : sha_hex(&w->sha);
}

char *pages_write(int from, int to, GError **error)
{
    off_t at = 0, end_at;
    char *sha256;
    Writer w;
    Map m;

    if (!map(from, &m)) {
        fail("can't read a file in memory", error);
        return NULL;
    }
    begin(&w, to, m.size);
    while (!w.bad && m.bytes && (at = lseek(from, at, SEEK_DATA)) >= 0) {
        end_at = lseek(from, at, SEEK_HOLE);
        write_extent(&w, &m, (size_t)at, end_at < 0 ? m.size : (size_t)end_at);
        at = end_at < 0 ? (off_t)m.size : end_at;
    }
    sha256 = end(&w, error);
    unmap(&m);
    return sha256;
}

/* The end of the run of stored pages that begins at `at`; `at`: there are zeros. */
static size_t stored_run_end(const StoredPages *from, size_t at)
{
    const size_t limit = MIN((size_t)stored_pages_size(from), at + RUN);
    size_t n;

    while (at < limit && stored_pages_at(from, (int64_t)at, &n))
        at += n;
    return MIN(at, limit);
}

static void put_stored(Writer *w, const StoredPages *from, size_t at, size_t run)
{
    const uint8_t *bytes;
    size_t n;

    put_number(w, at);
    put_number(w, run - at);
    for (; at < run; at += n) {
        bytes = stored_pages_at(from, (int64_t)at, &n);
        put(w, bytes, MIN(n, run - at));
    }
}

char *pages_write_stored(const StoredPages *from, int to, GError **error)
{
    const size_t size = (size_t)stored_pages_size(from);
    size_t run, n;
    Writer w;

    begin(&w, to, size);
    for (size_t at = 0; at < size && !w.bad; at = run) {
        run = stored_run_end(from, at);
        if (run > at) {
            put_stored(&w, from, at, run);
            continue;
        }
        stored_pages_at(from, (int64_t)at, &n);
        run = at + n;
    }
    return end(&w, error);
}

/* --- reading --- */

static bool damaged(const char *what, GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", what);
    return false;
}

/* What has been read so far, of which the digest is made. */
typedef struct {
    const uint8_t *bytes;
    size_t left;
    Sha sha;
} Source;

/* The next bytes of the file, which must have that many. */
static const uint8_t *take(Source *s, size_t size)
{
    const uint8_t *at = s->bytes;

    if (size == 0)
        return at; /* perhaps of an empty file, which is not mapped */
    sha_add(&s->sha, at, size);
    s->bytes += size;
    s->left -= size;
    return at;
}

static uint64_t take_number(Source *s)
{
    uint64_t little;

    memcpy(&little, take(s, sizeof(little)), sizeof(little));
    return GUINT64_FROM_LE(little);
}

/* Copies a run of pages, by pieces that are in the CPU's cache for both of its readers. */
static bool copy_run(Source *s, int to, uint64_t length, uint64_t place)
{
    while (length > 0) {
        size_t size = MIN(length, PIECE);

        if (!memfile_write(to, take(s, size), size, (off_t)place))
            return false;
        length -= size;
        place += size;
    }
    return true;
}

static bool unpack(Source *s, int to, GError **error)
{
    const size_t head = 2 * sizeof(uint64_t);
    uint64_t size;

    if (s->left < strlen(MAGIC) + sizeof(size) ||
        memcmp(take(s, strlen(MAGIC)), MAGIC, strlen(MAGIC)) != 0)
        return damaged("it does not begin as a file of pages", error);
    size = take_number(s);
    if (size > INT64_MAX || ftruncate(to, (off_t)size) != 0)
        return fail("no memory for its pages", error);
    while (s->left > 0) {
        uint64_t place, length;

        if (s->left < head)
            return damaged("it ends in the middle of a run of pages", error);
        place = take_number(s);
        length = take_number(s);
        if (length > s->left || place > size || length > size - place)
            return damaged("a run of its pages is longer than the file", error);
        if (!copy_run(s, to, length, place))
            return fail("no memory for its pages", error);
    }
    return true;
}

/* A digest that is not right comes before what is wrong with the bytes. */
static bool check_digest(Source *s, const char *sha256, GError **error)
{
    g_autofree char *digest = NULL;

    take(s, s->left);
    digest = sha_hex(&s->sha);
    if (strcmp(digest, sha256) == 0)
        return true;
    g_clear_error(error);
    return damaged("its contents are not those that were saved (SHA-256)", error);
}

bool pages_read(int from, int to, const char *sha256, GError **error)
{
    GError *e = NULL;
    Source s;
    bool ok;
    Map m;

    if (!map(from, &m))
        return fail("it can't be read", error);
    s = (Source){.bytes = m.bytes, .left = m.size};
    sha_init(&s.sha);
    ok = unpack(&s, to, &e);
    ok = check_digest(&s, sha256, &e) && ok;
    if (!ok)
        g_propagate_error(error, e);
    unmap(&m);
    return ok;
}
