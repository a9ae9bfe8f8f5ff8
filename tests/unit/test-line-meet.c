/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-line-meet.c: over real sockets the one who knows the secret gets through a crowd of strangers,
 * and neither side takes another one.
 */
#include "controller/remote/line-meet.h"

#include "controller/base/fd.h"
#include "controller/base/vtime.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t secret[LINE_SECRET] = "this is a secret of 32 bytes....";
static const uint8_t other[LINE_SECRET] = "this is a secret of 32 bytes...,";
static const LineLook blind = {-1, NULL, NULL};

typedef struct {
    int listening, fd;
    unsigned strangers;
    const LineLook *look;
    GError *error;
} Listener;

static void *accept_one(void *data)
{
    Listener *l = data;

    l->fd = line_accept(l->listening, secret, l->look, &l->strangers, &l->error);
    return NULL;
}

static int stranger(unsigned port, const void *text, gsize size)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(connect(fd, (struct sockaddr *)&at, sizeof(at)), ==, 0);
    g_assert_cmpint(send(fd, text, size, MSG_NOSIGNAL), ==, (gssize)size);
    return fd;
}

/* Whether the other side ends the connection, and what it says before. */
static gssize read_to_end(int fd, uint8_t *data, gsize size)
{
    gsize got = 0;
    ssize_t n;

    while ((n = recv(fd, data + got, size - got, 0)) > 0)
        got += (gsize)n;
    return (gssize)got;
}

static void check_through(int one, int two)
{
    char text[6] = "";
    int yes = 0;
    socklen_t size = sizeof(yes);

    g_assert_cmpint(send(one, "hello", 5, 0), ==, 5);
    while (recv(two, text, 5, 0) != 5) /* not blocking */
        ;
    g_assert_cmpstr(text, ==, "hello");
    g_assert_cmpint(getsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, &size), ==, 0);
    g_assert_true(yes);
}

/* Gives up after some looks: else one whose proof is refused tries again for seconds. */
static bool look_few(void *data, GError **error)
{
    unsigned *looks = data;

    if ((*looks)++ < 20)
        return true;
    g_set_error(error, g_quark_from_static_string("test"), 1, "tried often enough");
    return false;
}

static void test_crowd(void)
{
    g_autoptr(GError) error = NULL;
    uint8_t heard[4096];
    unsigned port = 0;
    Listener l = {line_listen("127.0.0.1", 0, 0, &port, &error), -1, 0, &blind, NULL};
    int silent[2 * LINE_UNPROVED];
    GThread *thread;
    int fd, scan, liar;
    unsigned looks = 0;

    g_assert_no_error(error);
    for (unsigned i = 0; i < G_N_ELEMENTS(silent); i++) /* more than there are places */
        silent[i] = stranger(port, "metro", i % 6);
    scan = stranger(port, "GET / HTTP/1.0\r\n\r\n", 18);
    thread = g_thread_new("accept", accept_one, &l);
    g_assert_cmpint(read_to_end(scan, heard, sizeof(heard)), ==, 0);
    liar = line_connect("127.0.0.1", port, other, &(LineLook){-1, look_few, &looks}, &error);
    g_assert_cmpint(liar, ==, -1);
    g_assert_nonnull(strstr(error->message, "often enough"));
    g_clear_error(&error);
    fd = line_connect("127.0.0.1", port, secret, &blind, &error);
    g_assert_no_error(error);
    g_thread_join(thread);
    g_assert_no_error(l.error);
    check_through(fd, l.fd);
    g_assert_cmpuint(l.strangers, >, LINE_UNPROVED);
    for (unsigned i = 0; i < G_N_ELEMENTS(silent); i++) {
        g_assert_cmpint(read_to_end(silent[i], heard, sizeof(heard)), ==, 0);
        close(silent[i]);
    }
    close(scan);
    close(fd);
    close(l.fd);
    close(l.listening);
}

static void *answer_badly(void *data)
{
    int listening = *(int *)data, fd = accept(listening, NULL, NULL);
    uint8_t text[LINE_PART];

    g_assert_cmpint(recv(fd, text, sizeof(text), MSG_WAITALL), ==, sizeof(text));
    send(fd, text, LINE_NONCE, MSG_NOSIGNAL);
    g_assert_cmpint(recv(fd, text, HMAC_SIZE, MSG_WAITALL), ==, HMAC_SIZE);
    send(fd, text, HMAC_SIZE, MSG_NOSIGNAL);
    recv(fd, text, 1, 0); /* until the other side has closed it */
    close(fd);
    return NULL;
}

static void test_false_listener(void)
{
    g_autoptr(GError) error = NULL;
    unsigned port = 0;
    int listening = line_listen("127.0.0.1", 0, 0, &port, &error);
    GThread *thread;

    g_assert_no_error(error);
    g_assert_true(fcntl(listening, F_SETFL, 0) == 0);
    thread = g_thread_new("liar", answer_badly, &listening);
    g_assert_cmpint(line_connect("127.0.0.1", port, secret, &blind, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, "does not know the secret"));
    g_thread_join(thread);
    close(listening);
}

static bool give_up(void *data, GError **error)
{
    g_set_error(error, g_quark_from_static_string("test"), 1, "%s", (const char *)data);
    return false;
}

static void test_give_up(void)
{
    g_autoptr(GError) error = NULL;
    const LineLook look = {-1, give_up, (void *)"enough"};
    unsigned port = 0, strangers = 0;
    fd_auto listening = line_listen("127.0.0.1", 0, 0, &port, &error);

    g_assert_cmpint(line_accept(listening, secret, &look, &strangers, &error), ==, -1);
    g_assert_cmpstr(error->message, ==, "enough");
    g_clear_error(&error);
    g_assert_cmpint(line_connect("127.0.0.1", port, secret, &look, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, "enough"));
}

static void test_ports(void)
{
    g_autoptr(GError) error = NULL;
    unsigned port = 0, again = 0;
    fd_auto first = line_listen("127.0.0.1", 0, 0, &port, &error), second = -1;

    g_assert_cmpint(first, >=, 0);
    g_assert_cmpint(line_listen("127.0.0.1", port, port, &again, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, "is free at 127.0.0.1"));
    g_clear_error(&error);
    g_assert_cmpint(line_listen("192.0.2.1", 0, 0, &again, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, "bind="));
    g_clear_error(&error);
    second = line_listen("::1", 0, 0, &again, &error);
    if (second >= 0) /* a host may have no IPv6 */
        g_assert_cmpuint(again, >, 0);
}

static void test_names(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *v4 = line_name("10.0.0.1", 7), *v6 = line_name("::1", 7);
    g_autofree char *here = line_resolve("127.0.0.1", &error);

    g_assert_cmpstr(v4, ==, "10.0.0.1:7");
    g_assert_cmpstr(v6, ==, "[::1]:7");
    g_assert_cmpstr(here, ==, "127.0.0.1");
    g_assert_null(line_resolve("256.1.1.1.invalid", &error));
    g_assert_nonnull(strstr(error->message, "'256.1.1.1.invalid'"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/line-meet/crowd", test_crowd);
    g_test_add_func("/line-meet/false-listener", test_false_listener);
    g_test_add_func("/line-meet/give-up", test_give_up);
    g_test_add_func("/line-meet/ports", test_ports);
    g_test_add_func("/line-meet/names", test_names);
    return g_test_run();
}
