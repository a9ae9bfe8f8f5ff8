/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-gateway.c: gateways with real sockets, their peers absent, slow and gone. */
#include "controller/fabric/gateway.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/network/frame.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct {
    char *dir, *ours, *theirs;
    int peer; /* bound to theirs */
} Fixture;

static unsigned warnings;

static void count_warning(const char *line)
{
    g_assert_nonnull(strstr(line, "gateway gw: nobody takes its frames"));
    warnings++;
}

static int bind_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    f->dir = g_dir_make_tmp("gateway.XXXXXX", NULL);
    f->ours = g_build_filename(f->dir, "ours", NULL);
    f->theirs = g_build_filename(f->dir, "theirs", NULL);
    f->peer = bind_to(f->theirs);
    warnings = 0;
    log_set_writer(count_warning);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    log_set_writer(NULL);
    fd_clear(&f->peer);
    g_unlink(f->theirs);
    g_assert_false(g_file_test(f->ours, G_FILE_TEST_EXISTS));
    g_assert_cmpint(g_rmdir(f->dir), ==, 0);
    g_free(f->dir);
    g_free(f->ours);
    g_free(f->theirs);
}

static Gateway *open_gateway(const Fixture *f, bool with_peer)
{
    GatewayOptions o = {.unix_path = f->ours, .peer = with_peer ? f->theirs : NULL};
    GError *error = NULL;
    Gateway *g = gateway_new("gw", &o, &error);

    g_assert_no_error(error);
    return g;
}

static void peer_sends(const Fixture *f, const void *data, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_strlcpy(address.sun_path, f->ours, sizeof(address.sun_path));
    g_assert_cmpint(sendto(f->peer, data, size, 0, (struct sockaddr *)&address, sizeof(address)),
                    ==, (gssize)size);
}

static void peer_gets(const Fixture *f, const char *expected)
{
    char text[64] = "";

    g_assert_cmpint(recv(f->peer, text, sizeof(text) - 1, 0), ==, (gssize)strlen(expected));
    g_assert_cmpstr(text, ==, expected);
}

static bool send_text(Gateway *g, const char *text)
{
    return gateway_send(g, (const uint8_t *)text, strlen(text));
}

static void stats_are(const Gateway *g, uint64_t received, uint64_t sent, uint64_t refused)
{
    g_assert_cmpuint(gateway_stats(g)->received, ==, received);
    g_assert_cmpuint(gateway_stats(g)->sent, ==, sent);
    g_assert_cmpuint(gateway_stats(g)->refused, ==, refused);
}

static void test_both_ways(Fixture *f, gconstpointer data)
{
    g_autoptr(Gateway) g = open_gateway(f, true);
    const uint8_t *frame;
    size_t size;

    (void)data;
    g_assert_null(gateway_receive(g, &size));
    peer_sends(f, "one", 3);
    peer_sends(f, "three", 5);
    frame = gateway_receive(g, &size);
    g_assert_cmpmem(frame, size, "one", 3);
    frame = gateway_receive(g, &size);
    g_assert_cmpmem(frame, size, "three", 5);
    g_assert_null(gateway_receive(g, &size));
    g_assert_true(send_text(g, "two"));
    peer_gets(f, "two");
    stats_are(g, 2, 1, 0);
    g_assert_cmpuint(warnings, ==, 0);
    g_assert_true(g_str_has_prefix(gateway_describe(g), "unix="));
}

/* Without peer= whoever has sent last is answered; nobody, as long as nobody has. */
static void test_learns(Fixture *f, gconstpointer data)
{
    g_autoptr(Gateway) g = open_gateway(f, false);
    size_t size;

    (void)data;
    g_assert_false(send_text(g, "lost"));
    g_assert_false(send_text(g, "lost too"));
    g_assert_cmpuint(warnings, ==, 1);
    peer_sends(f, "hello", 5);
    g_assert_nonnull(gateway_receive(g, &size));
    g_assert_true(send_text(g, "yes"));
    peer_gets(f, "yes");
    stats_are(g, 1, 1, 2);
}

/* Gone, then back: counted, told once for each time. */
static void test_peer_gone(Fixture *f, gconstpointer data)
{
    g_autoptr(Gateway) g = open_gateway(f, true);

    (void)data;
    fd_clear(&f->peer);
    for (unsigned i = 0; i < 5; i++)
        g_assert_false(send_text(g, "refused"));
    g_unlink(f->theirs);
    g_assert_false(send_text(g, "not there"));
    stats_are(g, 0, 0, 6);
    g_assert_cmpuint(warnings, ==, 1);
    f->peer = bind_to(f->theirs);
    g_assert_true(send_text(g, "back"));
    peer_gets(f, "back");
    fd_clear(&f->peer);
    g_assert_false(send_text(g, "gone again"));
    g_assert_cmpuint(warnings, ==, 2);
    stats_are(g, 0, 1, 7);
}

/* What it does not read at once is kept, in order; too much is refused. Nothing waits. */
static void test_slow_peer(Fixture *f, gconstpointer data)
{
    enum { SIZE = 1500, MANY = 4000 };
    g_autoptr(Gateway) g = open_gateway(f, true);
    uint8_t frame[SIZE] = {0};
    unsigned taken = 0, got = 0;

    (void)data;
    while (taken < MANY) {
        frame[0] = (uint8_t)taken;
        frame[1] = (uint8_t)(taken >> 8);
        if (!gateway_send(g, frame, SIZE))
            break;
        taken++;
    }
    g_assert_cmpuint(taken, >, GATEWAY_MAX_BEHIND / SIZE);
    g_assert_cmpuint(taken, <, MANY);
    while (got < taken) {
        gssize n = recv(f->peer, frame, SIZE, 0);

        if (n < 0) {
            gateway_flush(g);
            continue;
        }
        g_assert_cmpint(n, ==, SIZE);
        g_assert_cmpuint(frame[0] | (unsigned)frame[1] << 8, ==, got);
        got++;
    }
    stats_are(g, 0, taken, 1);
    g_assert_cmpuint(warnings, ==, 0);
}

/* What was kept for a peer that goes is dropped and counted. */
static void test_slow_peer_gone(Fixture *f, gconstpointer data)
{
    g_autoptr(Gateway) g = open_gateway(f, true);
    unsigned sent = 0;

    (void)data;
    for (; sent < 600; sent++)
        g_assert_true(send_text(g, "x"));
    fd_clear(&f->peer);
    gateway_flush(g);
    g_assert_cmpuint(gateway_stats(g)->sent + gateway_stats(g)->refused, ==, sent);
    g_assert_cmpuint(gateway_stats(g)->refused, >, 0);
    g_assert_false(send_text(g, "x"));
}

/* The network refuses it by its size. */
static void test_too_large(Fixture *f, gconstpointer data)
{
    g_autoptr(Gateway) g = open_gateway(f, true);
    g_autofree uint8_t *large = g_malloc0(FRAME_MAX + 1);
    size_t size;

    (void)data;
    peer_sends(f, large, FRAME_MAX + 1);
    peer_sends(f, "", 0);
    g_assert_nonnull(gateway_receive(g, &size));
    g_assert_cmpuint(size, ==, FRAME_MAX + 1);
    g_assert_nonnull(gateway_receive(g, &size));
    g_assert_cmpuint(size, ==, 0);
}

static void refused(const GatewayOptions *o, const char *expected)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(gateway_new("gw", o, &error));
    g_assert_error(error, GATEWAY_ERROR, 0);
    if (!strstr(error->message, expected))
        g_error("'%s' does not say '%s'", error->message, expected);
}

static void test_path(Fixture *f, gconstpointer data)
{
    g_autofree char *none = g_build_filename(f->dir, "none", "x", NULL);
    fd_auto old = bind_to(f->ours);

    (void)data;
    refused(&(GatewayOptions){.unix_path = f->ours}, "that a program uses");
    fd_clear(&old); /* as if its owner had been killed */
    g_assert_true(g_file_test(f->ours, G_FILE_TEST_EXISTS));
    gateway_free(open_gateway(f, true));
    g_assert_true(g_file_set_contents(f->ours, "precious", -1, NULL));
    refused(&(GatewayOptions){.unix_path = f->ours}, "something else than a socket");
    g_assert_true(g_file_test(f->ours, G_FILE_TEST_IS_REGULAR));
    g_unlink(f->ours);
    refused(&(GatewayOptions){.unix_path = none}, "No such file or directory");
}

static void test_options(Fixture *f, gconstpointer data)
{
    g_autofree char *most = g_strnfill(107, 'x'), *more = g_strnfill(108, 'x');

    (void)data;
    g_assert_true(gateway_check(&(GatewayOptions){.unix_path = most}, NULL));
    refused(&(GatewayOptions){.unix_path = more}, "the path has 108 bytes");
    refused(&(GatewayOptions){.unix_path = f->ours, .peer = more}, "peer='xxx");
    refused(&(GatewayOptions){.unix_path = ""}, "unix=''");
    refused(&(GatewayOptions){.unix_path = f->ours, .peer = f->ours}, "own socket");
    refused(&(GatewayOptions){.unix_path = NULL}, "unix=PATH or tap=IFNAME");
    refused(&(GatewayOptions){.peer = f->theirs}, "unix=PATH or tap=IFNAME");
    refused(&(GatewayOptions){.unix_path = f->ours, .tap = "t"}, "unix=PATH or tap=IFNAME");
    refused(&(GatewayOptions){.tap = "t", .peer = f->theirs}, "a tap device has none");
    refused(&(GatewayOptions){.tap = "sixteen-letters-"}, "1 to 15 bytes");
    refused(&(GatewayOptions){.tap = "nosuchtap"}, "no such interface");
    refused(&(GatewayOptions){.tap = "lo"}, "tap='lo'");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *, gconstpointer);
    } tests[] = {
        {"/gateway/both-ways", test_both_ways},
        {"/gateway/learns", test_learns},
        {"/gateway/peer-gone", test_peer_gone},
        {"/gateway/slow-peer", test_slow_peer},
        {"/gateway/slow-peer-gone", test_slow_peer_gone},
        {"/gateway/too-large", test_too_large},
        {"/gateway/path", test_path},
        {"/gateway/options", test_options},
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].func, tear_down);
    return g_test_run();
}
