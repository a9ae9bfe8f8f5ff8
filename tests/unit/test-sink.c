/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-sink.c: files and FIFOs that the user names, sockets that others left, and what is told of
 * output that is lost. Nothing here may end by a signal, so main() begins as metronome's does.
 */
#include "controller/base/sink.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/base/process.h"
#include "controller/base/socket-file.h"
#include "controller/base/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char *dir;
static GString *told;

static void note(const char *line)
{
    g_string_append(told, line);
}

static char *in_dir(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static bool knows(const char *head, gsize size)
{
    return size >= 2 && memcmp(head, "ok", 2) == 0;
}

static void put(const char *path, const char *text)
{
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void assert_holds(const char *path, const char *text)
{
    g_autofree char *found = NULL;

    g_assert_true(g_file_get_contents(path, &found, NULL, NULL));
    g_assert_cmpstr(found, ==, text);
}

static Sink *open_sink(const char *path)
{
    g_autoptr(GError) error = NULL;
    Sink *s = sink_open(path, "capture", knows, &error);

    g_assert_no_error(error);
    g_assert_nonnull(s);
    g_string_truncate(told, 0);
    return s;
}

static void assert_refused(const char *path, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(sink_open(path, "capture", knows, &error));
    g_assert_nonnull(strstr(error->message, words));
}

/* --- files --- */

static void test_new(void)
{
    g_autofree char *path = in_dir("new");
    Sink *s = open_sink(path);

    sink_write(s, "one ", 4);
    sink_write(s, "two", 3);
    g_assert_true(sink_is_open(s));
    assert_holds(path, "one two");
    sink_close(s);
    g_assert_cmpstr(told->str, ==, "");
    sink_close(NULL);
}

static void test_older(void)
{
    g_autofree char *path = in_dir("older");

    put(path, "ok, and much longer");
    sink_close(open_sink(path));
    assert_holds(path, "");
    sink_close(open_sink(path)); /* what is empty is nobody's loss */
}

/* Two sinks would mix what they write. */
static void test_two(void)
{
    g_autofree char *path = in_dir("two"), *link = in_dir("two-link");
    Sink *first = open_sink(path);
    pid_t child = fork();

    if (child == 0) { /* it has the descriptor, too */
        pause();
        _exit(0);
    }
    g_assert_cmpint(child, >, 0);
    g_assert_cmpint(symlink(path, link), ==, 0);
    assert_refused(path, "something else is being written to it at present");
    assert_refused(link, "something else is being written to it at present");
    sink_write(first, "ok", 2);
    assert_refused(path, "something else is being written to it at present");
    assert_holds(path, "ok");
    sink_close(first);
    sink_close(open_sink(path));
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
}

static void test_foreign(void)
{
    static const char *const texts[] = {"precious", "o", "\n"};
    g_autofree char *path = in_dir("foreign"), *link = in_dir("link"), *none = in_dir("no/where");

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        put(path, texts[i]);
        assert_refused(path, "there is a file already that is no capture");
        assert_holds(path, texts[i]);
    }
    g_assert_cmpint(symlink(path, link), ==, 0);
    assert_refused(link, "there is a file already that is no capture");
    assert_refused(dir, "Is a directory");
    assert_refused(none, "No such file");
}

static void test_full(void)
{
    Sink *s = open_sink("/dev/full");

    sink_write(s, "x", 1);
    sink_write(s, "y", 1);
    g_assert_false(sink_is_open(s));
    sink_close(s);
    g_assert_cmpstr(told->str, ==,
                    "metronome: error: the capture ends here: can't write '/dev/full': No space "
                    "left on device\n"); /* once */
    g_assert_nonnull(output_loss());
}

static void test_limit(void)
{
    g_autofree char *path = in_dir("limited");
    struct rlimit before, limit;
    Sink *s = open_sink(path);

    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    limit = before;
    limit.rlim_cur = 3;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    sink_write(s, "12345", 5);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    g_assert_false(sink_is_open(s));
    sink_close(s);
    g_assert_nonnull(strstr(told->str, "File too large"));
    assert_holds(path, "123");
}

/* --- FIFOs --- */

static char *new_fifo(const char *name)
{
    char *path = in_dir(name);

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    return path;
}

static void test_no_reader(void)
{
    g_autofree char *path = new_fifo("no-reader");

    assert_refused(path, "start its reader first");
}

static void test_reader_leaves(void)
{
    g_autofree char *path = new_fifo("leaves");
    fd_auto reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    Sink *s = open_sink(path);

    sink_write(s, "one", 3);
    g_assert_true(sink_is_open(s));
    fd_clear(&reader);
    sink_write(s, "two", 3);
    g_assert_false(sink_is_open(s));
    sink_close(s);
    g_assert_nonnull(strstr(told->str, "nobody reads it any more"));
}

/* What it does not read at once is kept for it. */
static void test_slow_reader(void)
{
    g_autofree char *path = new_fifo("slow"), *all = g_malloc0(1 << 20);
    fd_auto reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    Sink *s = open_sink(path);
    gsize got = 0;
    ssize_t n;

    sink_write(s, all, 1 << 20);
    g_assert_true(sink_is_open(s));
    while ((n = read(reader, all, 65536)) > 0) {
        got += (gsize)n;
        sink_write(s, "", 0);
    }
    g_assert_cmpuint(got, ==, 1 << 20);
    sink_close(s);
    g_assert_cmpstr(told->str, ==, "");
}

static void test_never_reads(void)
{
    g_autofree char *path = new_fifo("never"), *all = g_malloc0(1 << 20);
    fd_auto reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    Sink *s = open_sink(path);

    g_assert_cmpint(reader, >=, 0);
    sink_write(s, all, 1 << 20);
    sink_close(s);
    g_assert_nonnull(strstr(told->str, "the capture is cut off: nobody reads"));
}

/* --- sockets --- */

static int listen_at(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                     sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_true(type == SOCK_DGRAM || listen(fd, 1) == 0);
    return fd;
}

static void refuses(const char *path, const char *why)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(socket_file_bind(path, SOCK_STREAM, 0600, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, why));
}

static void assert_in_use(const char *path)
{
    socket_file_remove(path);
    g_assert_false(socket_file_is_free(path, NULL));
    g_assert_true(socket_file_fits(path, NULL));
    refuses(path, "that a program uses");
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* In use, then left behind, then replaced by one of each type, then gone. */
static void check_socket(const char *name, int type)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    g_autofree char *path = in_dir(name);
    fd_auto fd = listen_at(path, type);
    struct stat st;

    assert_in_use(path);
    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        fd_clear(&fd);
        g_assert_true(socket_file_is_free(path, NULL));
        fd = socket_file_bind(path, types[i], 0600, NULL);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(lstat(path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0600);
        assert_in_use(path); /* also a stream socket that does not listen yet */
    }
    fd_clear(&fd);
    socket_file_remove(path);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* Whoever connects to a gdbstub stops its guest. */
static void test_socket_is_not_disturbed(void)
{
    g_autofree char *path = in_dir("quiet");
    fd_auto fd = listen_at(path, SOCK_STREAM);

    assert_in_use(path);
    g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
    g_assert_cmpint(accept(fd, NULL, NULL), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    fd_clear(&fd);
    socket_file_remove(path);
}

static void test_sockets(void)
{
    g_autofree char *file = in_dir("no-socket"), *link = in_dir("to-left"), *left = in_dir("left");
    g_autofree char *long_path = g_strnfill(108, 'x');
    fd_auto fd = listen_at(left, SOCK_STREAM);

    check_socket("stream", SOCK_STREAM);
    check_socket("dgram", SOCK_DGRAM);
    fd_clear(&fd);
    put(file, "precious");
    socket_file_remove(file);
    refuses(file, "something else than a socket");
    g_assert_false(socket_file_fits(file, NULL));
    assert_holds(file, "precious");
    g_assert_cmpint(symlink(left, link), ==, 0);
    refuses(link, "something else than a socket");
    g_assert_true(g_file_test(left, G_FILE_TEST_EXISTS));
    if (geteuid() == 0) {
        g_assert_cmpint(chown(left, 65534, 65534), ==, 0);
        refuses(left, "that is not this user's");
        g_assert_true(g_file_test(left, G_FILE_TEST_EXISTS));
    }
    refuses(long_path, "108 bytes, that of a socket 107");
    refuses("", "the path is empty");
    refuses("/nowhere/at/all", "No such file");
}

/* --- standard output, in a child --- */

static int write_to(const char *path, int own)
{
    int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : own;

    process_ignore_signals(); /* it is a forked child */
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        return 99;
    for (unsigned i = 0; i < 3; i++)
        output_print("a line\n");
    return output_loss() ? 2 : 0;
}

static void check_output(const char *path, int own, int wanted)
{
    pid_t pid = fork();
    int status;

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        log_set_writer(note);
        _exit(write_to(path, own));
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, wanted);
}

static void test_output(void)
{
    int ends[2];

    check_output("/dev/null", -1, 0);
    check_output("/dev/full", -1, 2);
    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    close(ends[0]);
    check_output(NULL, ends[1], 0); /* its reader is gone: an ordinary end */
    close(ends[1]);
}

/* What is executed has the default actions. */
static void test_children(void)
{
    g_autofree char *text = NULL;
    const char *line;
    guint64 mask;

    g_assert_true(g_spawn_command_line_sync("cat /proc/self/status", &text, NULL, NULL, NULL));
    line = strstr(text, "SigIgn:");
    g_assert_nonnull(line);
    mask = g_ascii_strtoull(line + strlen("SigIgn:"), NULL, 16);
    g_assert_cmpuint(mask & (1u << (SIGPIPE - 1)), ==, 0);
    if (fork() == 0) {
        struct sigaction action;

        sigaction(SIGXFSZ, NULL, &action);
        _exit(action.sa_handler == SIG_DFL ? 0 : 1);
    } else {
        int status;

        wait(&status);
        g_assert_cmpint(status, ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_autofree char *made = NULL;
    int status;

    process_prepare();
    g_test_init(&argc, &argv, NULL);
    made = g_dir_make_tmp("test-sink-XXXXXX", NULL);
    dir = made;
    told = g_string_new(NULL);
    g_test_add_func("/output/standard", test_output); /* before anything is lost */
    g_test_add_func("/output/children", test_children);
    g_test_add_func("/sink/file/new", test_new);
    g_test_add_func("/sink/file/older", test_older);
    g_test_add_func("/sink/file/two", test_two);
    g_test_add_func("/sink/file/foreign", test_foreign);
    g_test_add_func("/sink/file/full", test_full);
    g_test_add_func("/sink/file/limit", test_limit);
    g_test_add_func("/sink/fifo/no-reader", test_no_reader);
    g_test_add_func("/sink/fifo/reader-leaves", test_reader_leaves);
    g_test_add_func("/sink/fifo/slow-reader", test_slow_reader);
    g_test_add_func("/sink/fifo/never-reads", test_never_reads);
    g_test_add_func("/socket-file", test_sockets);
    g_test_add_func("/socket-file/not-disturbed", test_socket_is_not_disturbed);
    log_set_writer(note);
    status = g_test_run();
    tree_remove(dir, NULL);
    g_string_free(told, TRUE);
    return status;
}
