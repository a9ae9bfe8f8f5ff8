/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-console-state.c: whatever a saved console says of its lines and its digest, it is refused or
 * gives lines that are the same bytes from then on and that go on alike.
 *
 * The input: lines, recent lines and a digest as console_save() writes them. Log and transcript are
 * files, and their names those of the session: they are not read here.
 */
#include "controller/base/recent.h"
#include "controller/base/sha.h"
#include "controller/qemu/lines.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

typedef struct {
    Lines *lines;
    LinesWatch *watch;
    Recent *recent;
    Sha sha;
} World;

static void on_line(const char *text, gsize size, VTime time, void *recent)
{
    recent_add(recent, text, size, time);
}

static void world_init(World *w)
{
    g_autoptr(GRegex) pattern = g_regex_new("a.*b", G_REGEX_RAW, 0, NULL);

    w->lines = lines_new();
    w->watch = lines_watch(w->lines, pattern);
    w->recent = recent_new();
    lines_follow(w->lines, on_line, w->recent);
    lines_feed(w->lines, "one\ntwo", 7, vtime(1));
    sha_init(&w->sha);
}

static void world_clear(World *w)
{
    lines_free(w->lines);
    recent_free(w->recent);
}

static void world_load(World *w, Reader *r)
{
    lines_load(w->lines, r);
    lines_watch_load(w->lines, w->watch, r);
    recent_load(w->recent, r);
    sha_load(&w->sha, r);
}

static GByteArray *world_save(const World *w)
{
    GByteArray *out = g_byte_array_new();

    lines_save(w->lines, out);
    lines_watch_save(w->watch, out);
    recent_save(w->recent, out);
    sha_save(&w->sha, out);
    return out;
}

static void drive(World *w)
{
    g_autoptr(GRegex) pattern = g_regex_new("[a-z]+", G_REGEX_RAW, 0, NULL);
    g_autofree char *sha = NULL;
    VTime time;

    lines_open(w->lines, &time);
    lines_feed(w->lines, "a\033[1mb\r\nanother line\rb", 22, vtime(2));
    lines_await(w->lines, pattern);
    lines_feed(w->lines, "\nprompt", 7, vtime(3));
    lines_await(w->lines, NULL);
    lines_watch_again(w->watch);
    sha_add(&w->sha, "abc", 3);
    sha = sha_hex(&w->sha);
    demand(strlen(sha) == 64);
    for (unsigned i = 0; i < recent_count(w->recent); i++)
        demand(recent_line(w->recent, i).size <= RECENT_LINE_BYTES);
}

static void check_equal(const World *a, const World *b)
{
    g_autoptr(GByteArray) x = world_save(a), y = world_save(b);

    demand(x->len == y->len && memcmp(x->data, y->data, x->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree uint8_t *copy = g_malloc(len + 1);
    g_autoptr(GByteArray) saved = NULL;
    World a, b;
    Reader r = {copy, copy + len, false};

    if (len > 0)
        memcpy(copy, bytes, len);
    world_init(&a);
    world_init(&b);
    world_load(&a, &r);
    demand(r.at <= r.end);
    if (!r.bad) {
        saved = world_save(&a);
        r = reader_of(saved);
        world_load(&b, &r);
        demand(!reader_problem(&r));
        check_equal(&a, &b);
    }
    drive(&a); /* also what a refused input has left */
    if (saved) {
        drive(&b);
        check_equal(&a, &b);
    }
    world_clear(&a);
    world_clear(&b);
    return 0;
}
