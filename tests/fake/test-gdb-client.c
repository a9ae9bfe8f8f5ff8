/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-gdb-client.c: the client against a stub that plays a script on a socketpair.
 *
 * A script is lines of "> BYTES the client must send" and "< BYTES the stub sends then"; the stub
 * runs in a thread of its own and closes the socket at "x". {TEXT} stands for a framed packet.
 */
#include "gdbstub-client/gdbstub.h"
#include "gdbstub-client/packet.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOON  5000
#define SHORT 50

typedef struct {
    int fd;
    const char *const *script;
    GThread *thread;
    GdbClient *client;
} Fake;

/* Replaces each {TEXT} by its frame. */
static GString *expand(const char *line)
{
    GString *out = g_string_new(NULL);

    while (*line) {
        const char *end = *line == '{' ? strchr(line, '}') : NULL;

        if (end) {
            gdb_packet_append(out, line + 1, (size_t)(end - line - 1));
            line = end + 1;
        } else {
            g_string_append_c(out, *line++);
        }
    }
    return out;
}

static void expect_bytes(int fd, const GString *expected)
{
    g_autoptr(GString) got = g_string_new(NULL);

    while (got->len < expected->len) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        char byte;

        g_assert_cmpint(poll(&item, 1, SOON), ==, 1);
        g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 1);
        g_string_append_c(got, byte);
    }
    g_assert_cmpstr(got->str, ==, expected->str);
}

static gpointer play(gpointer data)
{
    Fake *fake = data;

    for (const char *const *line = fake->script; *line; line++) {
        g_autoptr(GString) bytes = expand(strlen(*line) > 2 ? *line + 2 : "");

        switch (**line) {
        case '>':
            expect_bytes(fake->fd, bytes);
            break;
        case '<':
            g_assert_cmpint(send(fake->fd, bytes->str, bytes->len, MSG_NOSIGNAL), ==,
                            (gssize)bytes->len);
            break;
        case 'w': /* lets a timeout of SHORT pass */
            g_usleep(4 * SHORT * 1000);
            break;
        case 'x':
            shutdown(fake->fd, SHUT_RDWR);
            break;
        default:
            g_assert_not_reached();
        }
    }
    return NULL;
}

static void fake_start(Fake *fake, const char *const *script)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    fake->fd = fds[0];
    fake->script = script;
    fake->client = gdb_client_new(fds[1]);
    fake->thread = g_thread_new("stub", play, fake);
}

static void fake_end(Fake *fake)
{
    g_thread_join(fake->thread);
    gdb_client_free(fake->client);
    close(fake->fd);
}

#define START(...)                                                                                 \
    static const char *const script[] = {__VA_ARGS__, NULL};                                       \
    g_autoptr(GError) error = NULL;                                                                \
    Fake fake;                                                                                     \
    fake_start(&fake, script)

#define HELLO "{qSupported:multiprocess+;vContSupported+;xmlRegisters=i386,arm}"

static void test_handshake(void)
{
    START("> " HELLO, "< +{PacketSize=1000;vContSupported+}", "> +{vCont?}", "< +{vCont;c;C;s;S}");
    g_assert_true(gdb_client_handshake(fake.client, SOON, &error));
    g_assert_cmpuint(gdb_client_packet_size(fake.client), ==, 0x1000);
    fake_end(&fake);
}

static void test_no_ack(void)
{
    unsigned flags = 0;

    START("> " HELLO, "< +{PacketSize=200;QStartNoAckMode+}", "> +{QStartNoAckMode}", "< +{OK}",
          "> +{vCont?}", "< {vCont;c;s}", "> {qqemu.sstep}", "< {T02thread:01;}{0x5}");
    g_assert_true(gdb_client_handshake(fake.client, SOON, &error));
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_cmpuint(flags, ==, 5);
    g_assert_cmpuint(gdb_client_unasked_stops(fake.client), ==, 1);
    fake_end(&fake);
}

static void test_bad_checksum(void)
{
    unsigned flags = 0;

    START("> {qqemu.sstep}", "< +$0x7#00", "> -", "< $0x", "< 7#df");
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_cmpuint(flags, ==, 7);
    fake_end(&fake);
}

static void test_nak(void)
{
    unsigned flags = 0;

    START("> {qqemu.sstep}", "< -", "> {qqemu.sstep}", "< +{0x7}");
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    fake_end(&fake);
}

static void test_nak_for_ever(void)
{
    unsigned flags = 42;

    START("> {qqemu.sstep}", "< ---------", "w");
    g_assert_false(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_PROTOCOL);
    g_assert_cmpuint(flags, ==, 42);
    g_clear_error(&error);
    g_assert_false(gdb_drain(fake.client, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_PROTOCOL);
    fake_end(&fake);
}

static void test_death_in_packet(void)
{
    uint8_t bytes[4];

    START("> {m1000,4}", "< +$00", "x");
    g_assert_false(gdb_memory_read(fake.client, 0x1000, bytes, 4, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_DISCONNECTED);
    g_assert_error(gdb_client_broken(fake.client), GDB_ERROR, GDB_ERROR_DISCONNECTED);
    g_clear_error(&error);
    g_assert_false(gdb_step(fake.client, NULL, SOON, NULL, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_DISCONNECTED);
    fake_end(&fake);
}

static void test_errors(void)
{
    uint8_t bytes[4] = {9, 9, 9, 9};

    START("> {m1000,4}", "< +{E14}", "> +{Z2,10,4}", "< +{}", "> +{Z3,10,4}", "< +{E22}",
          "> +{m1000,4}", "< +{00zz0000}");
    g_assert_false(gdb_memory_read(fake.client, 0x1000, bytes, 4, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_assert_cmpstr(error->message, ==,
                    "gdbstub: QEMU refuses to read 4 bytes at 0x1000: no memory can be read there "
                    "(E14)");
    g_clear_error(&error);
    g_assert_false(gdb_point_insert(fake.client, GDB_POINT_WRITE, 0x10, 4, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(gdb_point_insert(fake.client, GDB_POINT_READ, 0x10, 4, SOON, &error));
    g_assert_cmpstr(error->message, ==, "gdbstub: QEMU refuses a watchpoint at 0x10 (E22)");
    g_clear_error(&error);
    g_assert_false(gdb_memory_read(fake.client, 0x1000, bytes, 4, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_assert_cmpint(bytes[0], ==, 9);
    fake_end(&fake);
}

/* Stops that QMP caused: before, behind and instead of what was asked for. */
static void test_unasked_stops(void)
{
    unsigned flags = 0;
    GdbStop stop;

    START("< {T02thread:p01.01;}{T02thread:p01.01;}", "> +{qqemu.sstep}",
          "< {T02thread:p01.01;}+{T02thread:p01.01;}{0x7}", "> +{vCont;s:p1.2}",
          "< {T02thread:p01.01;}+", "< {T05thread:p01.02;}", "> +{?}",
          "< {T02thread:p01.01;}+{T05thread:p01.01;}");
    /* readable: the first two are there before the request */
    struct pollfd item = {.fd = gdb_client_fd(fake.client), .events = POLLIN};
    g_assert_cmpint(poll(&item, 1, SOON), ==, 1);
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_cmpuint(flags, ==, 7);
    g_assert_cmpuint(gdb_client_unasked_stops(fake.client), ==, 4);
    g_assert_true(gdb_step(fake.client, &(GdbThread){1, 2}, SOON, &stop, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    g_assert_cmpint(stop.thread.tid, ==, 2);
    g_assert_true(gdb_query_halt_reason(fake.client, &stop, SOON, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    g_assert_cmpuint(gdb_client_unasked_stops(fake.client), ==, 6);
    fake_end(&fake);
}

/* A late answer is never the answer of the next request. */
static void test_late_reply(void)
{
    unsigned flags = 0;
    bool physical = false;

    START("> {qqemu.sstep}", "w", "< +{0x7}", "> +\003{qC}", "< +{QCp01.01}",
          "> +{qqemu.PhyMemMode}", "< +{1}");
    g_assert_false(gdb_sstep_get(fake.client, &flags, SHORT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_usleep(6 * SHORT * 1000);
    g_assert_true(gdb_phy_mem_mode_get(fake.client, &physical, SOON, &error));
    g_assert_true(physical);
    g_assert_cmpuint(flags, ==, 0);
    fake_end(&fake);
}

static void test_step_timeout(void)
{
    unsigned flags = 0;
    GdbStop stop;

    START("> {vCont;s}", "< +", "w", "< {T05thread:p01.01;}", "> +{qqemu.sstep}", "< +{0x7}");
    g_assert_false(gdb_step(fake.client, NULL, SHORT, &stop, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_assert_true(gdb_client_running(fake.client));
    g_assert_null(gdb_client_broken(fake.client));
    g_assert_false(gdb_sstep_get(fake.client, &flags, SHORT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_true(gdb_step_wait(fake.client, &stop, SOON, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    fake_end(&fake);
}

/* Spinning changes neither answers nor timeouts. */
static void test_spin(void)
{
    gint64 start;
    GdbStop stop;

    START("> {vCont;s}", "< +", "w", "< {T05thread:p01.01;}", "> +{vCont;s}",
          "< +{T05thread:p01.01;}");
    gdb_client_set_spin(fake.client, 60 * G_USEC_PER_SEC);
    g_assert_true(gdb_step_send(fake.client, NULL, SOON, &error));
    start = g_get_monotonic_time();
    g_assert_false(gdb_step_wait(fake.client, &stop, SHORT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_assert_false(gdb_step_wait(fake.client, &stop, 0, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
    g_clear_error(&error);
    g_assert_cmpint(g_get_monotonic_time() - start, <, SOON * 1000);
    g_assert_true(gdb_step_wait(fake.client, &stop, SOON, &error));
    gdb_client_set_spin(fake.client, 10);
    g_assert_true(gdb_step(fake.client, NULL, SOON, &stop, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    fake_end(&fake);
}

/* A stop that another call read off the socket is still there for gdb_stop_wait(). */
static void test_stop_is_kept(void)
{
    unsigned flags = 0;
    GdbStop stop;

    START("> {vCont;c}", "< +{T02thread:p01.01;}", "> +{qqemu.sstep}", "< +{0x7}");
    g_assert_true(gdb_continue_send(fake.client, NULL, SOON, &error));
    struct pollfd item = {.fd = gdb_client_fd(fake.client), .events = POLLIN};
    g_assert_cmpint(poll(&item, 1, SOON), ==, 1);
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_true(gdb_stop_wait(fake.client, &stop, 0, &error));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_INT);
    g_assert_false(gdb_stop_wait(fake.client, &stop, SHORT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
    fake_end(&fake);
}

static void test_resume_refused(void)
{
    START("> {vCont;s:p1.7}", "< +{E22}", "> +{vCont;s}", "< +{}");
    g_assert_false(gdb_step(fake.client, &(GdbThread){1, 7}, SOON, NULL, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_clear_error(&error);
    g_assert_false(gdb_client_running(fake.client));
    g_assert_false(gdb_step(fake.client, NULL, SOON, NULL, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_false(gdb_resume(fake.client, "k", SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT);
    fake_end(&fake);
}

static void test_step_many(void)
{
    uint64_t done = 0;
    GdbStop stop;

    START("> {vCont;s}", "< +{T05thread:p01.01;}", "> +{vCont;s}", "< +{T05thread:p01.01;}",
          "> +{vCont;s}", "< +{T05thread:p01.01;watch:8;}", "> +{vCont;s}",
          "< +{T02thread:p01.01;}");
    g_assert_true(gdb_step_many(fake.client, NULL, 10, SOON, NULL, NULL, &stop, &done, &error));
    g_assert_cmpuint(done, ==, 3);
    g_assert_cmpint(stop.watch, ==, GDB_WATCH_WRITE);
    g_assert_true(gdb_step_many(fake.client, NULL, 10, SOON, NULL, NULL, &stop, &done, &error));
    g_assert_cmpuint(done, ==, 0);
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_INT);
    fake_end(&fake);
}

static void test_threads(void)
{
    START("> {qfThreadInfo}", "< +{mp01.01,p01.02}", "> +{qsThreadInfo}", "< +{mp02.03}",
          "> +{qsThreadInfo}", "< +{l}", "> +{qfThreadInfo}", "< +{mp01.01,}",
          "> +{qThreadExtraInfo,p1.2}", "< +{43505523305b68616c746564205d}",
          "> +{qThreadExtraInfo,p1.2}", "< +{4350zz}");
    g_autoptr(GArray) threads = gdb_threads(fake.client, SOON, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(threads->len, ==, 3);
    g_assert_cmpint(g_array_index(threads, GdbThread, 2).pid, ==, 2);
    g_assert_null(gdb_threads(fake.client, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    g_clear_error(&error);
    bool halted = false;
    GdbThread second = {1, 2};
    g_assert_true(gdb_thread_halted(fake.client, &second, &halted, SOON, &error));
    g_assert_true(halted);
    g_assert_false(gdb_thread_halted(fake.client, &second, &halted, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    fake_end(&fake);
}

#define XML                                                                                        \
    "l<target><feature name='f'><reg name='a' bitsize='32'/><reg name='b' bitsize='16'/>"          \
    "</feature></target>"

/* A stub without p and P. */
static void test_g_fallback(void)
{
    uint64_t value = 0;

    START("> {qXfer:features:read:target.xml:0,18c}", "< +{" XML "}", "> +{Hgp1.2}", "< +{OK}",
          "> +{p1}", "< +{}", "> +{g}", "< +{0102030405060708}", "> +{P1=cdab}", "< +{}", "> +{g}",
          "< +{0102030405060708}", "> +{G01020304cdab0708}", "< +{OK}", "> +{g}",
          "< +{01020304cdab0708}");
    GdbThread thread = {1, 2};
    g_assert_true(gdb_register_read(fake.client, &thread, "b", &value, SOON, &error));
    g_assert_cmphex(value, ==, 0x0605);
    g_assert_true(gdb_register_write(fake.client, &thread, "b", 0xabcd, SOON, &error));
    g_assert_false(gdb_register_write(fake.client, &thread, "b", 0x10000, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_false(gdb_register_read(fake.client, &thread, "c", &value, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT);
    fake_end(&fake);
}

/* "info x" prints two lines in two packets; what comes unasked is nobody's output. */
static void test_monitor(void)
{
    g_autoptr(GString) output = g_string_new("old");
    unsigned flags;

    START("> {qRcmd,696e666f2078}", "< +{O6f6e650a}{O74776f0a}{OK}", "> +{qRcmd,79}",
          "< +{T02thread:01;}{OK}", "> +{qqemu.sstep}", "< +{O6c617465}{0x5}", "> +{qRcmd,7a}",
          "< +{E22}");
    g_assert_true(gdb_monitor(fake.client, "info x", output, SOON, &error));
    g_assert_cmpstr(output->str, ==, "one\ntwo\n");
    g_assert_true(gdb_monitor(fake.client, "y", output, SOON, &error));
    g_assert_cmpstr(output->str, ==, "");
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_cmpstr(output->str, ==, "");
    g_assert_false(gdb_monitor(fake.client, "z", output, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    fake_end(&fake);
}

static void test_garbage(void)
{
    unsigned flags = 0;
    g_autofree char *noise = g_strnfill(5000, '?');
    g_autofree char *line = g_strconcat("< ", noise, NULL);
    const char *const script[] = {"> {qqemu.sstep}", "< noise+more{0x7}", "> +{qqemu.sstep}", line,
                                  NULL};
    g_autoptr(GError) error = NULL;
    Fake fake;

    fake_start(&fake, script);
    g_assert_true(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_false(gdb_sstep_get(fake.client, &flags, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_PROTOCOL);
    fake_end(&fake);
}

/* A monitor, say: found at its first byte, not when the time is up. */
static void test_no_stub(void)
{
    gint64 began = g_get_monotonic_time();

    START("< QEMU 7.2.22 monitor");
    g_assert_false(gdb_client_handshake(fake.client, SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_PROTOCOL);
    g_assert_cmpint(g_get_monotonic_time() - began, <, SOON * 1000 / 2);
    fake_end(&fake);
}

/* That of a process that runs already is not waited for. */
static void test_no_socket_of_process(void)
{
    gint64 began = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    g_assert_null(gdb_client_connect_process("/nonexistent/gdb.sock", getpid(), SOON, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_CONNECT);
    g_assert_nonnull(strstr(error->message, "/nonexistent/gdb.sock"));
    g_assert_cmpint(g_get_monotonic_time() - began, <, SOON * 1000 / 2);
}

static void test_no_socket(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(gdb_client_connect("/nonexistent/gdb.sock", SHORT, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_CONNECT);
    gdb_client_free(NULL);
}

static void *stub_of_other(void *data)
{
    static const char stopped[] = "$T02thread:p01.01;#03";
    int fd = accept(GPOINTER_TO_INT(data), NULL, NULL);
    GString *said = g_string_new(NULL);
    char c;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(send(fd, stopped, strlen(stopped), MSG_NOSIGNAL), ==, strlen(stopped));
    while (said->len < strlen("+$D;1#b0") && read(fd, &c, 1) == 1)
        g_string_append_c(said, c);
    close(fd);
    return g_string_free(said, FALSE);
}

static void test_stub_of_other(void)
{
    g_autofree char *dir = g_dir_make_tmp("test-gdb-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "gdb", NULL), *said = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autoptr(GError) error = NULL;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GThread *thread;

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    thread = g_thread_new("stub", stub_of_other, GINT_TO_POINTER(listener));
    g_assert_null(gdb_client_connect_process(path, getppid(), SOON, &error));
    said = g_thread_join(thread);
    g_assert_error(error, GDB_ERROR, GDB_ERROR_CONNECT);
    g_assert_nonnull(strstr(error->message, "not of the QEMU with the monitor"));
    g_assert_cmpstr(said, ==, "+$D;1#b0");
    close(listener);
    unlink(path);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb/client/handshake", test_handshake);
    g_test_add_func("/gdb/client/no-ack", test_no_ack);
    g_test_add_func("/gdb/client/bad-checksum", test_bad_checksum);
    g_test_add_func("/gdb/client/nak", test_nak);
    g_test_add_func("/gdb/client/nak-for-ever", test_nak_for_ever);
    g_test_add_func("/gdb/client/death-in-packet", test_death_in_packet);
    g_test_add_func("/gdb/client/errors", test_errors);
    g_test_add_func("/gdb/client/unasked-stops", test_unasked_stops);
    g_test_add_func("/gdb/client/late-reply", test_late_reply);
    g_test_add_func("/gdb/client/step-timeout", test_step_timeout);
    g_test_add_func("/gdb/client/spin", test_spin);
    g_test_add_func("/gdb/client/stop-is-kept", test_stop_is_kept);
    g_test_add_func("/gdb/client/resume-refused", test_resume_refused);
    g_test_add_func("/gdb/client/step-many", test_step_many);
    g_test_add_func("/gdb/client/threads", test_threads);
    g_test_add_func("/gdb/client/g-fallback", test_g_fallback);
    g_test_add_func("/gdb/client/monitor", test_monitor);
    g_test_add_func("/gdb/client/garbage", test_garbage);
    g_test_add_func("/gdb/client/no-stub", test_no_stub);
    g_test_add_func("/gdb/client/no-socket", test_no_socket);
    g_test_add_func("/gdb/client/no-socket-of-process", test_no_socket_of_process);
    g_test_add_func("/gdb/client/stub-of-other", test_stub_of_other);
    return g_test_run();
}
