/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-node-save.c: a node's identity and past, and its figures, are read as they were written; any
 * shorter bytes and any value out of range are refused. */
#include "controller/qemu/node-save.h"

#include "controller/engine/stats.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/node-error.h"
#include "controller/qemu/option-keys.h"

#include <string.h>

typedef struct {
    Node *node;
    GByteArray *bytes;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    NodeOptions *o = node_options_new("a-1");
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(node_options_set(o, "kernel", "/etc/../etc/passwd", &error));
    g_assert_true(node_options_set(o, "memory", "64M", &error));
    f->node = node_new(o, 3);
    f->node->version = g_strdup("10.0.2 (Debian)");
    f->node->transcript = g_strdup("a transcript");
    f->bytes = g_byte_array_new();
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    node_free(f->node);
    g_byte_array_unref(f->bytes);
}

static void test_identity(Fixture *f, gconstpointer data)
{
    NodeIdentity id = {0};
    g_autofree char *kernel = g_canonicalize_filename("/etc/../etc/passwd", NULL);
    Reader r;

    (void)data;
    node_identity_put(f->bytes, f->node);
    r = reader_of(f->bytes);
    node_identity_get(&r, &id);
    g_assert_null(reader_problem(&r));
    g_assert_cmpstr(id.name, ==, "a-1");
    g_assert_null(id.host);
    g_assert_cmpuint(id.index, ==, 3);
    g_assert_cmpstr(id.version, ==, "10.0.2 (Debian)");
    g_assert_cmpstr(id.transcript, ==, "a transcript");
    g_assert_cmpuint(id.given->len, ==, 4);
    g_assert_cmpstr(id.given->pdata[0], ==, "kernel");
    g_assert_cmpstr(id.given->pdata[1], ==, kernel);
    g_assert_true(node_identity_is(&id, f->node));
    id.index++;
    g_assert_false(node_identity_is(&id, f->node));
    id.index--;
    g_free(id.given->pdata[3]);
    id.given->pdata[3] = g_strdup("65M");
    g_assert_false(node_identity_is(&id, f->node));
    node_identity_clear(&id);
    node_identity_clear(&id); /* twice does no harm */
}

/* All that is shorter is bad, and leaves an identity that can be freed. */
static void test_identity_cut(Fixture *f, gconstpointer data)
{
    (void)data;
    node_identity_put(f->bytes, f->node);
    for (guint length = 0; length < f->bytes->len; length++) {
        Reader r = {f->bytes->data, f->bytes->data + length, false};
        NodeIdentity id = {0};

        node_identity_get(&r, &id);
        g_assert_true(r.bad);
        node_identity_clear(&id);
    }
}

static void test_identity_names(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *name;
        bool ok;
    } names[] = {{"b", true},
                 {"b_2-c", true},
                 {"", false},
                 {"..", false},
                 {"../b", false},
                 {"a/b", false},
                 {"2b", false},
                 {"-b", false},
                 {"b c", false},
                 {"b\n", false},
                 {"b\xc3\xa4", false},
                 {"abcdefghijabcdefghijabcdefghijab", true},
                 {"abcdefghijabcdefghijabcdefghijabc", false}};

    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        NodeIdentity id = {0};
        Reader r;

        g_free(f->node->name);
        f->node->name = g_strdup(names[i].name);
        g_byte_array_set_size(f->bytes, 0);
        node_identity_put(f->bytes, f->node);
        r = reader_of(f->bytes);
        node_identity_get(&r, &id);
        g_assert_cmpint(!r.bad, ==, names[i].ok);
        node_identity_clear(&id);
    }
}

/* --- the past --- */

static Node *other_node(void)
{
    return node_new(node_options_new("other"), 9);
}

static void fill_past(Node *n)
{
    n->state = NODE_FAILED;
    n->failure = g_error_new_literal(NODE_ERROR, NODE_ERROR_DIED, "it died");
    n->exit_status = -1;
    n->clock_stale = true;
    n->interval = INTERVAL_REARMS;
    n->clock.virtual_time = vtime(12345);
    n->clock.icount.n = 678;
    n->clock.bias = vtime(-9);
    n->clock.idle = n->clock.rough = true;
    n->life.becomes = NODE_PANICKED;
    n->life.stands = n->life.stopped = n->life.ends = true;
    g_strlcpy(n->life.why, "why", sizeof(n->life.why));
    n->life.resets = 4;
    for (unsigned i = 0; i < NODE_EVENT_KINDS; i++) {
        n->life.reported[i].n = i + 1;
        n->life.reported[i].last = vtime((int64_t)i * 7);
    }
}

static void test_past(Fixture *f, gconstpointer data)
{
    Node *other = other_node();
    g_autoptr(GByteArray) again = g_byte_array_new();
    Reader r;

    (void)data;
    fill_past(f->node);
    node_past_put(f->bytes, f->node);
    r = reader_of(f->bytes);
    node_past_get(&r, other);
    g_assert_null(reader_problem(&r));
    g_assert_cmpint(other->state, ==, NODE_FAILED);
    g_assert_cmpstr(other->failure->message, ==, "it died");
    g_assert_cmpint(other->exit_status, ==, -1);
    g_assert_cmpint(other->clock.bias.ns, ==, -9);
    g_assert_cmpstr(other->life.why, ==, "why");
    node_past_put(again, other);
    g_assert_cmpmem(f->bytes->data, f->bytes->len, again->data, again->len);
    g_clear_error(&f->node->failure); /* one that goes on has no failure */
    f->node->state = NODE_PAUSED;
    g_byte_array_set_size(f->bytes, 0);
    node_past_put(f->bytes, f->node);
    r = reader_of(f->bytes);
    node_past_get(&r, other);
    g_assert_null(other->failure);
    g_assert_cmpint(other->state, ==, NODE_PAUSED);
    other->state = f->node->state = NODE_ADDED;
    node_free(other);
}

static void test_past_damaged(Fixture *f, gconstpointer data)
{
    Node *other = other_node();

    (void)data;
    fill_past(f->node);
    node_past_put(f->bytes, f->node);
    for (guint length = 0; length < f->bytes->len; length++) {
        Reader r = {f->bytes->data, f->bytes->data + length, false};

        node_past_get(&r, other);
        g_assert_true(r.bad);
    }
    for (guint i = 0; i < f->bytes->len; i++) {
        guint8 was = f->bytes->data[i];
        Reader r;

        f->bytes->data[i] = 0xff;
        r = reader_of(f->bytes);
        node_past_get(&r, other);
        g_assert_cmpint(other->state, <=, NODE_FAILED);
        g_assert_cmpint(other->life.becomes, <=, NODE_FAILED);
        g_assert_cmpint(other->interval, <=, INTERVAL_REARMS);
        f->bytes->data[i] = was;
    }
    g_clear_error(&f->node->failure);
    g_clear_error(&other->failure);
    other->state = f->node->state = NODE_ADDED;
    node_free(other);
}

/* --- figures --- */

static void stats_free(NodeStats *s)
{
    dist_clear(&s->overshoot);
    dist_clear(&s->idle_skip);
}

static void test_stats(void)
{
    NodeStats a = {.missed = 1, .overshot = 2, .repairs = 3, .waited_for = UINT64_MAX},
              b = {.missed = 99};
    g_autoptr(GByteArray) bytes = g_byte_array_new(), again = g_byte_array_new();
    Reader r;

    a.waited.ns = 5;
    for (int64_t i = 0; i < 100; i++) {
        dist_add(&a.overshoot, i % 3);
        dist_add(&b.overshoot, 1000);
        dist_add(&b.idle_skip, 1000);
    }
    node_stats_put(bytes, &a);
    r = reader_of(bytes);
    node_stats_get(&r, &b); /* over other figures */
    g_assert_null(reader_problem(&r));
    g_assert_cmpuint(b.waited_for, ==, UINT64_MAX);
    g_assert_cmpint(dist_max(&b.overshoot), ==, 2);
    g_assert_cmpuint(dist_summary(&b.overshoot).count, ==, 100);
    g_assert_cmpuint(dist_summary(&b.idle_skip).count, ==, 0);
    node_stats_put(again, &b);
    g_assert_cmpmem(bytes->data, bytes->len, again->data, again->len);
    for (guint length = 0; length < bytes->len; length++) {
        r = (Reader){bytes->data, bytes->data + length, false};
        node_stats_get(&r, &b);
        g_assert_true(r.bad);
    }
    for (guint i = 0; i < bytes->len; i++) { /* counts of values too: no more memory than bytes */
        guint8 was = bytes->data[i];

        bytes->data[i] = 0xff;
        r = reader_of(bytes);
        node_stats_get(&r, &b);
        dist_summary(&b.overshoot);
        bytes->data[i] = was;
    }
    stats_free(&a);
    stats_free(&b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/node-save/identity", Fixture, NULL, set_up, test_identity, tear_down);
    g_test_add("/node-save/identity-cut", Fixture, NULL, set_up, test_identity_cut, tear_down);
    g_test_add("/node-save/identity-names", Fixture, NULL, set_up, test_identity_names, tear_down);
    g_test_add("/node-save/past", Fixture, NULL, set_up, test_past, tear_down);
    g_test_add("/node-save/past-damaged", Fixture, NULL, set_up, test_past_damaged, tear_down);
    g_test_add_func("/node-save/stats", test_stats);
    return g_test_run();
}
