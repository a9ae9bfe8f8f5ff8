/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-rpc-client.c: a connection to the control socket: lines, limits, a program that does not read. */
#include "controller/serve/client.h"
#include "controller/serve/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Client *client;
    int peer;
    GString *lines; /* with bars behind them; "LONG" for one that was too long */
    bool ended, gone;
    bool holds; /* each line but "now" is a request that waits */
    uint64_t dropped;
} Rig;

static bool on_line(Client *c, const char *line, gsize size, void *data)
{
    Rig *r = data;
    bool waits = r->holds && strcmp(line, "now") != 0;

    if (waits && client_state(c)->waiting >= CLIENT_MAX_WAITING)
        return false;
    g_string_append_printf(r->lines, "%s|", size > RPC_MAX_LINE ? "LONG" : line);
    client_state(c)->waiting += waits;
    return true;
}

static void on_ended(Client *c, void *data)
{
    Rig *r = data;

    (void)c;
    g_assert_false(r->ended);
    r->ended = true;
}

static void on_gone(Client *c, void *data)
{
    Rig *r = data;

    (void)c;
    g_assert_false(r->gone);
    r->gone = true;
}

static void on_dropped(Client *c, uint64_t n, void *data)
{
    Rig *r = data;

    (void)c;
    r->dropped += n;
}

static const ClientEvents events = {on_line, on_ended, on_gone, on_dropped};

static void rig_up(Rig *r, gconstpointer data)
{
    int pair[2];

    (void)data;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    r->peer = pair[1];
    r->lines = g_string_new(NULL);
    r->client = client_new(pair[0], pair[0], 1, &events, r);
}

static void rig_down(Rig *r, gconstpointer data)
{
    (void)data;
    client_free(r->client);
    if (r->peer >= 0)
        close(r->peer);
    g_string_free(r->lines, TRUE);
}

static void serve(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* Writes all, while the client reads. */
static void say(const Rig *r, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = send(r->peer, text, size, MSG_DONTWAIT);

        g_assert_true(n >= 0 || errno == EAGAIN);
        text += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
        serve();
    }
    serve();
}

static void test_lines(Rig *r, gconstpointer data)
{
    (void)data;
    say(r, "one\ntw", 6);
    g_assert_cmpstr(r->lines->str, ==, "one|");
    say(r, "o\n\n\nthree\n", 10);
    g_assert_cmpstr(r->lines->str, ==, "one|two|three|");
    say(r, "four", 4);
    shutdown(r->peer, SHUT_WR);
    serve();
    g_assert_cmpstr(r->lines->str, ==, "one|two|three|four|");
    g_assert_true(r->ended);
    g_assert_false(r->gone);
    close(r->peer);
    r->peer = -1;
    serve();
    g_assert_true(r->gone);
}

static void test_long(Rig *r, gconstpointer data)
{
    g_autofree char *most = g_strnfill(RPC_MAX_LINE, 'x'),
                    *more = g_strnfill(RPC_MAX_LINE * 3, 'y');

    (void)data;
    say(r, most, RPC_MAX_LINE);
    say(r, "\n", 1);
    g_assert_cmpuint(r->lines->len, ==, RPC_MAX_LINE + 1);
    g_string_truncate(r->lines, 0);
    say(r, more, RPC_MAX_LINE * 3);
    g_assert_cmpstr(r->lines->str, ==, "LONG|");
    say(r, "y\nnext\n", 7);
    g_assert_cmpstr(r->lines->str, ==, "LONG|next|");
}

/* Of a program that asks and asks no more than the limit is taken, but for what need not wait; when
 * some are answered all come, in order, also those that came before its end. */
static void test_flood(Rig *r, gconstpointer data)
{
    g_autoptr(GString) text = g_string_new(NULL), all = g_string_new(NULL);

    (void)data;
    for (unsigned i = 0; i < 200; i++) {
        const char *now = i == CLIENT_MAX_WAITING ? "now" : "";

        g_string_append_printf(text, "%s\n%u\n", now, i);
        g_string_append_printf(all, "%s%s%u|", now, *now ? "|" : "", i);
    }
    r->holds = true;
    say(r, text->str, text->len);
    shutdown(r->peer, SHUT_WR);
    serve();
    g_assert_cmpuint(client_state(r->client)->waiting, ==, CLIENT_MAX_WAITING);
    g_assert_true(g_str_has_suffix(r->lines->str, "|63|now|"));
    g_assert_false(r->ended);
    for (unsigned i = 0; i < 200; i++) {
        client_state(r->client)->waiting--;
        client_go_on(r->client);
        serve();
    }
    g_assert_cmpstr(r->lines->str, ==, all->str);
    g_assert_true(r->ended);
    g_assert_true(client_has_ended(r->client));
}

static char *hear(const Rig *r)
{
    GString *heard = g_string_new(NULL);
    char chunk[65536];
    ssize_t n;

    for (;;) {
        serve();
        n = recv(r->peer, chunk, sizeof(chunk), MSG_DONTWAIT);
        if (n <= 0)
            return g_string_free(heard, FALSE);
        g_string_append_len(heard, chunk, n);
    }
}

/* A program that does not read: notifications are dropped and counted, answers are not; nothing of
 * it is read meanwhile. */
static void test_slow(Rig *r, gconstpointer data)
{
    g_autofree char *fill = g_strnfill(65535, 'n'), *note = g_strconcat(fill, "\n", NULL);
    g_autofree char *heard = NULL;

    (void)data;
    for (unsigned i = 0; i < 100; i++)
        client_note(r->client, note);
    client_answer(r->client, "the answer\n");
    client_flush(r->client);
    serve();
    send(r->peer, "asks\n", 5, 0);
    serve();
    g_assert_cmpstr(r->lines->str, ==, "");
    g_assert_cmpuint(r->dropped, ==, 0);
    heard = hear(r);
    g_assert_nonnull(strstr(heard, "the answer\n"));
    g_assert_cmpuint(r->dropped, >, 50);
    g_assert_cmpuint(strlen(heard), ==, (100 - r->dropped) * 65536 + strlen("the answer\n"));
    g_assert_cmpstr(r->lines->str, ==, "asks|");
}

static void test_lost(Rig *r, gconstpointer data)
{
    (void)data;
    client_lost(r->client, 5);
    g_assert_cmpuint(r->dropped, ==, 5);
}

static void test_gone(Rig *r, gconstpointer data)
{
    (void)data;
    close(r->peer);
    r->peer = -1;
    client_answer(r->client, "to nobody\n");
    client_flush(r->client);
    g_assert_false(r->gone); /* from the main loop */
    serve();
    g_assert_true(r->gone);
    client_answer(r->client, "to nobody\n");
    client_flush(r->client);
    client_drain(r->client, 1000);
}

static void test_close(Rig *r, gconstpointer data)
{
    g_autofree char *heard = NULL;

    (void)data;
    client_answer(r->client, "last\n");
    client_close_when_sent(r->client);
    serve();
    g_assert_true(r->gone);
    heard = hear(r);
    g_assert_cmpstr(heard, ==, "last\n");
}

/* The end waits for nobody longer than it says. */
static void test_drain(Rig *r, gconstpointer data)
{
    g_autofree char *note = g_strnfill(3 << 20, 'x');
    gint64 began = g_get_monotonic_time();

    (void)data;
    client_answer(r->client, note);
    client_drain(r->client, 50);
    g_assert_cmpint(g_get_monotonic_time() - began, >=, 50000);
    g_assert_false(r->gone);
}

#define ADD(name, func) g_test_add("/rpc/client/" name, Rig, NULL, rig_up, func, rig_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("lines", test_lines);
    ADD("long", test_long);
    ADD("flood", test_flood);
    ADD("slow", test_slow);
    ADD("lost", test_lost);
    ADD("gone", test_gone);
    ADD("close", test_close);
    ADD("drain", test_drain);
    return g_test_run();
}
