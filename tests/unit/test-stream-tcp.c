/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-stream-tcp.c: bytes go over the connection alone; its end has the reason of the launcher's
 * line, if that ends as well, whatever that line says.
 */
#include "controller/remote/stream-tcp.h"

#include "controller/remote/message.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    Stream stream; /* the first member */
    int fd;
    bool talks, ended;
    bool freed;
} Launcher;

static gssize launcher_read(Stream *stream, void *data, gsize size, GError **error)
{
    const Launcher *l = (const Launcher *)stream;

    memset(data, 'x', size);
    if (!l->ended)
        return l->talks ? (gssize)size : 0;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "the launcher's reason");
    return -1;
}

static int launcher_fd(const Stream *stream)
{
    return ((const Launcher *)stream)->fd;
}

static void launcher_free(Stream *stream)
{
    ((Launcher *)stream)->freed = true;
}

static const StreamOps launcher_ops = {
    .read = launcher_read, .fd = launcher_fd, .free = launcher_free};

static void check_end(bool talks, bool ended, const char *why)
{
    g_autoptr(GError) error = NULL;
    Launcher launcher = {{&launcher_ops}, -1, talks, ended, false};
    char heard[16];
    Stream *s;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    s = stream_new_tcp(pair[0], &launcher.stream);
    g_assert_cmpint(stream_read(s, heard, sizeof(heard), &error), ==, 0);
    g_assert_cmpint(send(pair[1], "hello", 5, 0), ==, 5);
    while (stream_read(s, heard, sizeof(heard), &error) == 0)
        g_assert_no_error(error);
    g_assert_cmpmem(heard, 5, "hello", 5);
    g_assert_cmpint(stream_read(s, heard, sizeof(heard), &error), ==, 0);
    close(pair[1]);
    g_assert_cmpint(stream_read(s, heard, sizeof(heard), &error), ==, -1);
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST);
    g_assert_cmpstr(error->message, ==, why);
    stream_free(s);
    g_assert_true(launcher.freed);
}

static void test_end(void)
{
    check_end(false, true, "the launcher's reason");
    check_end(true, true, "the launcher's reason");
}

/* Its agent floods it, perhaps for ever. */
static void test_talks(void)
{
    check_end(true, false, "its TCP connection: it was closed");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream-tcp/end", test_end);
    g_test_add_func("/stream-tcp/talks", test_talks);
    return g_test_run();
}
