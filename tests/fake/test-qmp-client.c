/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-qmp-client.c: the QMP client against a scripted peer at the other end of a socketpair.
 *
 * A script is a list of steps, JSON in it is written with single quotes:
 *   "-> {...}"   expect exactly this command, its id taken off
 *   "<- ..."     send these messages in one write; $1 is the id of the first command of the script
 *   "flood"      send events until they fill any buffer, without reading
 *   "close"      close at once; without it the peer waits for the client to close, and nothing more
 *                may come
 * The peer plays the greeting first. Which side acts next is always decided by the script, never by
 * time.
 */
#include "qmp/codec.h"
#include "qmp/qmp.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS  20000 /* a test that hangs fails after this */
#define MAX_COMMANDS 16

#define GREETING                                                                                   \
    "<- {'QMP': {'version': {'qemu': {'micro': 22, 'minor': 2, 'major': 7}, 'package': ''},"       \
    " 'capabilities': ['oob']}}"
#define HELLO       GREETING, "-> {'execute':'qmp_capabilities'}", "<- {'return': {}, 'id': $1}"
#define SCRIPT(...) ((const char *const[]){__VA_ARGS__, NULL})

typedef struct {
    int fd;
    const char *const *script;
    QmpCodec *codec;
    int64_t ids[MAX_COMMANDS];
    unsigned n_ids;
    GThread *thread;
} Peer;

/* --- the peer --- */

static char *double_quotes(const char *text)
{
    return g_strdelimit(g_strdup(text), "'", '"');
}

static void peer_write(Peer *peer, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(peer->fd, bytes, length, MSG_NOSIGNAL);

        g_assert_cmpint(n, >, 0);
        bytes += n;
        length -= (size_t)n;
    }
}

/* Reads what comes next; false at the end of the stream. */
static bool peer_read(Peer *peer)
{
    struct pollfd p = {.fd = peer->fd, .events = POLLIN};
    char buffer[65536];
    ssize_t n;

    g_assert_cmpint(poll(&p, 1, PATIENCE_MS), ==, 1);
    n = recv(peer->fd, buffer, sizeof(buffer), 0);
    return n > 0 && qmp_codec_feed(peer->codec, buffer, (size_t)n, NULL);
}

static void peer_expect(Peer *peer, const char *expected)
{
    g_autofree char *text = double_quotes(expected);
    g_autoptr(json_object) command = NULL;
    json_object *id;

    while (!qmp_codec_has_next(peer->codec))
        g_assert_true(peer_read(peer));
    command = qmp_codec_next(peer->codec);
    g_assert_true(json_object_object_get_ex(command, "id", &id));
    g_assert_cmpuint(peer->n_ids, <, MAX_COMMANDS);
    peer->ids[peer->n_ids++] = json_object_get_int64(id);
    json_object_object_del(command, "id");
    g_assert_cmpstr(qmp_json_text(command), ==, text);
}

static void peer_send(Peer *peer, const char *template)
{
    g_autofree char *text = double_quotes(template);
    g_autoptr(GString) out = g_string_new(NULL);

    for (const char *p = text; *p; p++) {
        char *end = NULL;
        unsigned long n = *p == '$' ? strtoul(p + 1, &end, 10) : 0;

        if (n == 0) {
            g_string_append_c(out, *p);
            continue;
        }
        g_assert_cmpuint(n, <=, peer->n_ids);
        g_string_append_printf(out, "%" G_GINT64_FORMAT, peer->ids[n - 1]);
        p = end - 1;
    }
    g_string_append(out, "\r\n");
    peer_write(peer, out->str, out->len);
}

static void peer_flood(Peer *peer)
{
    for (int i = 0; i < 50000; i++)
        peer_send(peer, "{'event': 'FLOOD', 'data': {'padding': '........................'}}");
}

static void *peer_run(void *data)
{
    Peer *peer = data;

    for (const char *const *step = peer->script; *step; step++) {
        if (g_str_has_prefix(*step, "-> "))
            peer_expect(peer, *step + 3);
        else if (g_str_has_prefix(*step, "<- "))
            peer_send(peer, *step + 3);
        else if (strcmp(*step, "flood") == 0)
            peer_flood(peer);
        else if (strcmp(*step, "close") == 0)
            goto close;
        else
            g_error("unknown step '%s'", *step);
    }
    while (peer_read(peer))
        ;
    g_assert_false(qmp_codec_has_next(peer->codec));
close:
    close(peer->fd);
    return NULL;
}

/* For a peer whose descriptor is still the listening one. */
static void *peer_accept(void *data)
{
    Peer *peer = data;

    peer->fd = accept(peer->fd, NULL, NULL);
    g_assert_cmpint(peer->fd, >=, 0);
    return peer_run(peer);
}

static QmpClient *peer_start(Peer *peer, const char *const *script)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    *peer = (Peer){.fd = fds[1], .script = script};
    peer->codec = qmp_codec_new(QMP_CODEC_MAX_MESSAGE);
    peer->thread = g_thread_new("peer", peer_run, peer);
    return qmp_client_new(fds[0]);
}

/* As peer_start(), for scripts that begin with HELLO. */
static QmpClient *peer_meet(Peer *peer, const char *const *script)
{
    QmpClient *client = peer_start(peer, script);
    g_autoptr(GError) error = NULL;

    g_assert_true(qmp_client_handshake(client, PATIENCE_MS, &error));
    g_assert_no_error(error);
    return client;
}

/* Closes the client and asserts that the peer's script was played to its end. */
static void peer_finish(Peer *peer, QmpClient *client)
{
    qmp_client_free(client);
    g_thread_join(peer->thread);
    qmp_codec_free(peer->codec);
}

/* --- what the client reports --- */

/* One line per callback, in the order they came. */
static void log_reply(G_GNUC_UNUSED QmpClient *client, const char *result, const GError *error,
                      void *data)
{
    g_assert_true((result == NULL) != (error == NULL));
    g_string_append_printf(data, "%s\n", result ? result : error->message);
}

static void log_event(G_GNUC_UNUSED QmpClient *client, const char *event, const char *data_json,
                      void *data)
{
    g_string_append_printf(data, "%s %s\n", event, data_json);
}

static void log_other_event(QmpClient *client, const char *event, const char *data_json, void *data)
{
    g_string_append(data, "other ");
    log_event(client, event, data_json, data);
}

static void count_event(G_GNUC_UNUSED QmpClient *client, G_GNUC_UNUSED const char *event,
                        G_GNUC_UNUSED const char *data_json, void *data)
{
    ++*(int *)data;
}

static void send_logged(QmpClient *client, const char *command, int timeout_ms, GString *log)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(qmp_client_send(client, command, NULL, timeout_ms, log_reply, log, &error));
    g_assert_no_error(error);
}

static void pump_all(QmpClient *client)
{
    while (qmp_client_pending(client) > 0)
        qmp_client_pump(client, PATIENCE_MS, NULL);
}

/* --- handshake --- */

static void test_greeting_in_single_bytes(void)
{
    g_autofree char *greeting = double_quotes(&GREETING[3]);
    Peer peer = {.script =
                     SCRIPT("-> {'execute':'qmp_capabilities'}", "<- {'return': {}, 'id': $1}",
                            "-> {'execute':'stop'}", "<- {'return': {}, 'id': $2}")};
    g_autoptr(GError) error = NULL;
    QmpClient *client;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    client = qmp_client_new(fds[0]);
    g_assert_cmpint(qmp_client_fd(client), ==, fds[0]);
    peer.fd = fds[1];
    peer.codec = qmp_codec_new(QMP_CODEC_MAX_MESSAGE);
    for (const char *p = greeting; *p; p++) {
        peer_write(&peer, p, 1);
        g_assert_true(qmp_client_pump(client, 0, &error));
    }
    peer.thread = g_thread_new("peer", peer_run, &peer);
    g_assert_true(qmp_client_handshake(client, PATIENCE_MS, &error));
    g_assert_true(qmp_client_handshake(client, 0, &error)); /* has nothing left to do */
    g_assert_true(qmp_stop(client, PATIENCE_MS, &error));
    g_assert_no_error(error);
    g_assert_null(qmp_client_broken(client));
    peer_finish(&peer, client);
}

/* The handshake fails with this error, which then sticks for every other call. */
static void handshake_fails(const char *const *script, QmpError code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) again = NULL;
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client = peer_start(&peer, script);

    g_assert_false(qmp_client_handshake(client, PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, (int)code);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_true(g_error_matches(qmp_client_broken(client), QMP_ERROR, (int)code));
    g_assert_false(qmp_client_send(client, "stop", NULL, -1, log_reply, log, &again));
    g_assert_cmpstr(again->message, ==, message);
    g_clear_error(&again);
    g_assert_false(qmp_client_pump(client, -1, &again));
    g_assert_cmpstr(again->message, ==, message);
    g_clear_error(&again);
    g_assert_false(qmp_client_settle(client, -1, &again));
    g_assert_cmpstr(again->message, ==, message);
    g_assert_cmpstr(log->str, ==, "");
    peer_finish(&peer, client);
}

static void test_not_qmp(void)
{
    handshake_fails(SCRIPT("<- SSH-2.0-OpenSSH_9.2p1", "close"), QMP_ERROR_PROTOCOL,
                    "not QMP: expected a JSON object at byte 0: 'SSH-2.0-OpenSSH_9.2p1\\r\\n'");
    handshake_fails(SCRIPT("close"), QMP_ERROR_DISCONNECTED,
                    "the peer closed the connection before its greeting");
    handshake_fails(SCRIPT("<- {'QMP': {'version':", "close"), QMP_ERROR_DISCONNECTED,
                    "the peer closed the connection in the middle of a message");
    handshake_fails(SCRIPT("<- {'hello': 1}", "close"), QMP_ERROR_PROTOCOL,
                    "not QMP: expected a greeting: '{\"hello\":1}'");
    handshake_fails(SCRIPT("<- {'QMP': 7}", "close"), QMP_ERROR_PROTOCOL,
                    "not QMP: expected a greeting: '{\"QMP\":7}'");
    handshake_fails(SCRIPT(GREETING, "-> {'execute':'qmp_capabilities'}",
                           "<- {'error': {'class': 'CommandNotFound', 'desc': 'no'}, 'id': $1}"),
                    QMP_ERROR_COMMAND, "CommandNotFound: no");
}

/* What a gdbstub says whose guest ran until we came: it is let run again. */
static void test_gdbstub(void)
{
    static const char stopped[] = "$T02thread:p01.01;#03";
    g_autoptr(GError) error = NULL;
    QmpClient *client;
    char said[16] = "";
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    client = qmp_client_new(fds[0]);
    g_assert_cmpint(write(fds[1], stopped, strlen(stopped)), ==, strlen(stopped));
    g_assert_cmpint(shutdown(fds[1], SHUT_WR), ==, 0); /* nobody need wait for its answer */
    g_assert_false(qmp_client_handshake(client, PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
    g_assert_cmpint(read(fds[1], said, sizeof(said) - 1), ==, strlen("+$D;1#b0"));
    g_assert_cmpstr(said, ==, "+$D;1#b0");
    qmp_client_free(client);
    close(fds[1]);
}

static void test_no_greeting(void)
{
    g_autoptr(GError) error = NULL;
    Peer peer = {0};
    QmpClient *client = peer_start(&peer, &(const char *const){NULL});

    g_assert_false(qmp_client_handshake(client, 1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
    g_assert_true(g_error_matches(qmp_client_broken(client), QMP_ERROR, QMP_ERROR_TIMEOUT));
    peer_finish(&peer, client);
}

static void *get_into_a_hurry(void *data)
{
    (void)data;
    g_usleep(50000);
    qmp_hurry(100);
    return NULL;
}

/* A wait that is under way ends as well as one that begins then. */
static void test_hurry(void)
{
    int64_t start = g_get_monotonic_time();
    GThread *thread = g_thread_new("hurry", get_into_a_hurry, NULL);

    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        Peer peer = {0};
        QmpClient *client = peer_start(&peer, &(const char *const){NULL});

        g_assert_false(qmp_client_handshake(client, 600000, &error));
        g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
        peer_finish(&peer, client);
    }
    g_thread_join(thread);
    qmp_hurry(-1);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 60 * G_USEC_PER_SEC);
}

static void test_connect(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("qmp-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    g_autofree char *too_long = g_strnfill(200, 'x');
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    Peer peer = {.script = SCRIPT(HELLO)};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    QmpClient *client;

    g_assert_null(qmp_client_connect(path, 1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_CONNECT);
    g_assert_nonnull(strstr(error->message, path));
    g_clear_error(&error);
    g_assert_null(qmp_client_connect(too_long, -1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_CONNECT);
    g_clear_error(&error);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    g_assert_null(qmp_client_connect(path, 1, &error)); /* nobody accepts */
    g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
    g_clear_error(&error);
    close(accept(listener, NULL, NULL));

    peer.codec = qmp_codec_new(QMP_CODEC_MAX_MESSAGE);
    peer.fd = listener;
    peer.thread = g_thread_new("peer", peer_accept, &peer);
    client = qmp_client_connect(path, PATIENCE_MS, &error);
    g_assert_no_error(error);
    peer_finish(&peer, client);
    close(listener);
    g_assert_null(qmp_client_connect(path, 1, &error)); /* the name is there, the listener gone */
    g_assert_error(error, QMP_ERROR, QMP_ERROR_CONNECT);
    unlink(path);
    rmdir(dir);
}

/* --- replies --- */

static void test_many_replies_in_one_read(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'a'}", "-> {'execute':'b'}", "-> {'execute':'c'}",
                      "<- {'return': 1, 'id': $2}{'return': [2], 'id': $3}\r\n"
                      "{'return': null, 'id': $4}"));

    send_logged(client, "a", PATIENCE_MS, log);
    send_logged(client, "b", PATIENCE_MS, log);
    send_logged(client, "c", PATIENCE_MS, log);
    g_assert_cmpuint(qmp_client_pending(client), ==, 3);
    pump_all(client);
    g_assert_cmpstr(log->str, ==, "1\n[2]\nnull\n");
    peer_finish(&peer, client);
}

static void test_replies_out_of_order(void)
{
    g_autoptr(GString) a = g_string_new(NULL);
    g_autoptr(GString) b = g_string_new(NULL);
    Peer peer;
    QmpClient *client =
        peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'a'}", "-> {'execute':'b'}",
                                "<- {'return': 'to b', 'id': $3}\r\n{'return': 'to a', 'id': $2}"));

    send_logged(client, "a", PATIENCE_MS, a);
    send_logged(client, "b", PATIENCE_MS, b);
    pump_all(client);
    g_assert_cmpstr(a->str, ==, "\"to a\"\n");
    g_assert_cmpstr(b->str, ==, "\"to b\"\n");
    peer_finish(&peer, client);
}

static void test_events_between_replies(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'a'}", "-> {'execute':'b'}",
                      "<- {'event': 'STOP', 'timestamp': {'seconds': 1, 'microseconds': 2}}",
                      "<- {'return': 1, 'id': $2}",
                      "<- {'timestamp': {'seconds': 1, 'microseconds': 2}, 'event': 'SHUTDOWN',"
                      " 'data': {'guest': false}}",
                      "<- {'event': 'RESET', 'data': {}}{'event': 'QUIET'}",
                      "<- {'return': 2, 'id': $3}"));

    qmp_client_on_event(client, "STOP", log_event, log);
    qmp_client_on_event(client, "SHUTDOWN", log_event, log);
    qmp_client_on_event(client, NULL, log_other_event, log);
    qmp_client_on_event(client, "RESET", log_event, log);
    qmp_client_on_event(client, "RESET", NULL, NULL);
    send_logged(client, "a", PATIENCE_MS, log);
    send_logged(client, "b", PATIENCE_MS, log);
    pump_all(client);
    g_assert_cmpstr(log->str, ==,
                    "STOP {}\n1\nSHUTDOWN {\"guest\":false}\nother RESET {}\nother QUIET {}\n2\n");
    peer_finish(&peer, client);
}

static void test_error_reply(void)
{
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'device_del','arguments':{'id':'x'}}",
                      "<- {'id': $2, 'error': {'class': 'DeviceNotFound', 'desc': 'No x: 100%'}}",
                      "-> {'execute':'stop'}", "<- {'return': {}, 'id': $3}"));

    g_assert_null(qmp_client_call(client, "device_del", "{\"id\": \"x\"}", PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
    g_assert_cmpstr(error->message, ==, "DeviceNotFound: No x: 100%");
    g_clear_error(&error);
    g_assert_true(qmp_stop(client, PATIENCE_MS, &error));
    g_assert_no_error(error);
    peer_finish(&peer, client);
}

static void test_bad_arguments(void)
{
    static const char *const bad[] = {"",         "7",           "[]",    "null",
                                      "{\"a\":}", "{\"a\":NaN}", "{} {}", "{\"a\":\"\xff\"}"};
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client = peer_meet(&peer, SCRIPT(HELLO));

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(qmp_client_send(client, "x", bad[i], -1, log_reply, log, &error));
        g_assert_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT);
        g_assert_true(g_str_has_prefix(error->message, "x: "));
    }
    g_assert_cmpuint(qmp_client_pending(client), ==, 0);
    g_assert_null(qmp_client_broken(client));
    g_assert_cmpstr(log->str, ==, "");
    peer_finish(&peer, client);
}

/* The peer answers the slow call only after it got the next command, which goes out only after the
 * slow call timed out. */
static void test_timeout_and_late_reply(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'slow'}", "-> {'execute':'other'}",
                      "-> {'execute':'quick'}", "<- {'return': 'late', 'id': $2}",
                      "<- {'return': 'quick', 'id': $4}", "<- {'return': 'other', 'id': $3}"));

    send_logged(client, "slow", 1, log);
    send_logged(client, "other", -1, log);
    while (qmp_client_pending(client) == 2)
        g_assert_true(qmp_client_pump(client, -1, NULL));
    g_assert_cmpstr(log->str, ==, "no reply to slow within 1 ms\n");
    g_assert_null(qmp_client_broken(client));
    send_logged(client, "quick", PATIENCE_MS, log);
    pump_all(client);
    g_assert_cmpstr(log->str, ==, "no reply to slow within 1 ms\n\"quick\"\n\"other\"\n");
    peer_finish(&peer, client);
}

static void test_call_timeout(void)
{
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'slow'}"));

    g_assert_null(qmp_client_call(client, "slow", NULL, 1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
    g_assert_cmpuint(qmp_client_pending(client), ==, 0);
    g_assert_true(qmp_client_pump(client, 0, NULL));
    peer_finish(&peer, client);
}

static void breaks(const char *line, const char *message)
{
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'a'}", line));

    g_assert_null(qmp_client_call(client, "a", NULL, PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
    g_assert_cmpstr(error->message, ==, message);
    peer_finish(&peer, client);
}

static void test_broken_messages(void)
{
    breaks("<- {'return': {}, 'id': 99}",
           "not QMP: a reply to a command never sent: '{\"return\":{},\"id\":99}'");
    breaks("<- {'return': {}, 'id': 'x'}",
           "not QMP: a reply to a command never sent: '{\"return\":{},\"id\":\"x\"}'");
    breaks("<- {'return': {}}", "not QMP: a reply without id: '{\"return\":{}}'");
    breaks("<- {'error': {'class': 'C', 'desc': 'D'}}",
           "not QMP: the peer could not read a command: "
           "'{\"error\":{\"class\":\"C\",\"desc\":\"D\"}}'");
    breaks("<- {'error': {'class': 'C'}, 'id': $2}",
           "not QMP: an error without class or description: "
           "'{\"error\":{\"class\":\"C\"},\"id\":2}'");
    breaks("<- {'error': 1, 'id': $2}",
           "not QMP: neither reply nor event: '{\"error\":1,\"id\":2}'");
    breaks("<- {'event': 1}", "not QMP: an event without a name: '{\"event\":1}'");
    breaks("<- {'event': 'E', 'data': 1}",
           "not QMP: an event with odd data: '{\"event\":\"E\",\"data\":1}'");
    breaks("<- {'QMP': {}}", "not QMP: neither reply nor event: '{\"QMP\":{}}'");
    breaks("<- {} garbage", "not QMP: neither reply nor event: '{}'");
}

/* --- the end --- */

/* A reply that was sent just before the end still counts; all others end once. */
static void test_disconnect(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client =
        peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'a'}", "-> {'execute':'b'}",
                                "-> {'execute':'c'}", "<- {'return': 'to b', 'id': $3}", "close"));

    send_logged(client, "a", 600000, log);
    send_logged(client, "b", 600000, log);
    send_logged(client, "c", -1, log);
    pump_all(client);
    g_assert_cmpstr(log->str, ==,
                    "\"to b\"\nthe peer closed the connection\nthe peer closed the connection\n");
    g_assert_false(qmp_client_pump(client, -1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    g_clear_error(&error);
    g_assert_null(qmp_client_call(client, "d", NULL, -1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    peer_finish(&peer, client);
    g_assert_cmpstr(log->str, ==,
                    "\"to b\"\nthe peer closed the connection\nthe peer closed the connection\n");
}

/* The peer is gone before we write: no SIGPIPE, and its last words are heard. */
static void test_send_after_close(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'quit'}", "<- {'event': 'SHUTDOWN'}", "close"));

    qmp_client_on_event(client, "SHUTDOWN", log_event, log);
    send_logged(client, "quit", -1, log);
    g_thread_join(peer.thread);
    g_assert_false(qmp_client_send(client, "a", NULL, -1, log_reply, log, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    g_assert_cmpstr(error->message, ==, "the peer closed the connection");
    g_assert_cmpstr(log->str, ==, ""); /* nothing is called from within send */
    g_assert_false(qmp_client_pump(client, 0, NULL));
    g_assert_cmpstr(log->str, ==, "SHUTDOWN {}\nthe peer closed the connection\n");
    qmp_client_free(client);
    qmp_codec_free(peer.codec);
}

static void test_free_ends_calls(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client = peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'a'}", "-> {'execute':'b'}"));

    send_logged(client, "a", -1, log);
    g_assert_true(qmp_client_post(client, "b", NULL, NULL));
    peer_finish(&peer, client);
    g_assert_cmpstr(log->str, ==, "the connection was closed from here\n");
    qmp_client_free(NULL);
}

/* --- callbacks that send --- */

typedef struct {
    GString *log;
    int left; /* how many more commands to send */
    int timeout_ms;
} Chain;

static void send_next(QmpClient *client, const char *result, const GError *error, void *data)
{
    Chain *chain = data;

    log_reply(client, result, error, chain->log);
    if (chain->left-- > 0 &&
        !qmp_client_send(client, "next", NULL, chain->timeout_ms, send_next, chain, NULL))
        g_string_append(chain->log, "refused\n");
}

static void test_reentrant_send(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Chain chain = {log, 9, -1};
    Peer peer;
    QmpClient *client =
        peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'first'}", "<- {'return': 1, 'id': $2}",
                                "-> {'execute':'next'}", "<- {'return': 2, 'id': $3}",
                                "-> {'execute':'next'}", "close"));

    g_assert_true(qmp_client_send(client, "first", NULL, -1, send_next, &chain, NULL));
    while (qmp_client_pump(client, -1, NULL))
        ;
    g_assert_cmpstr(log->str, ==, "1\n2\nthe peer closed the connection\nrefused\n");
    peer_finish(&peer, client);
}

/* A call that times out at once and sends its like again must not keep the pump busy for ever. */
static void test_reentrant_timeouts(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Chain chain = {log, 1, 0};
    Peer peer;
    QmpClient *client =
        peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'first'}", "-> {'execute':'next'}"));

    g_assert_true(qmp_client_send(client, "first", NULL, 0, send_next, &chain, NULL));
    g_assert_true(qmp_client_pump(client, -1, NULL));
    g_assert_cmpuint(qmp_client_pending(client), ==, 1);
    g_assert_true(qmp_client_pump(client, -1, NULL));
    g_assert_cmpuint(qmp_client_pending(client), ==, 0);
    g_assert_cmpstr(log->str, ==, "no reply to first within 0 ms\nno reply to next within 0 ms\n");
    peer_finish(&peer, client);
}

static void stop_on_event(QmpClient *client, G_GNUC_UNUSED const char *event,
                          G_GNUC_UNUSED const char *data_json, void *data)
{
    qmp_client_on_event(client, "GO", NULL, NULL);
    send_logged(client, "stop", -1, data);
}

static void test_send_from_event(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    Peer peer;
    QmpClient *client =
        peer_meet(&peer, SCRIPT(HELLO, "-> {'execute':'a'}",
                                "<- {'event': 'GO'}{'event': 'GO'}{'return': 1, 'id': $2}",
                                "-> {'execute':'stop'}", "<- {'return': 2, 'id': $3}"));

    qmp_client_on_event(client, "GO", stop_on_event, log);
    send_logged(client, "a", -1, log);
    pump_all(client);
    g_assert_cmpstr(log->str, ==, "1\n2\n");
    peer_finish(&peer, client);
}

/* Both sides have more to write than the sockets hold, and the peer writes all before it reads. */
static void test_no_deadlock(void)
{
    g_autofree char *filler = g_strnfill(4 << 20, 'x');
    g_autofree char *args = g_strdup_printf("{\"x\":\"%s\"}", filler);
    g_autofree char *expected = g_strdup_printf("-> {'execute':'big','arguments':%s}", args);
    g_autofree char *result = NULL;
    g_autoptr(GError) error = NULL;
    int floods = 0;
    Peer peer;
    QmpClient *client;

    client = peer_start(&peer, SCRIPT(HELLO, "flood", expected, "<- {'return': {}, 'id': $2}"));
    qmp_client_on_event(client, "FLOOD", count_event, &floods);
    g_assert_true(qmp_client_handshake(client, PATIENCE_MS, &error)); /* may see the first events */
    /* Under sanitizers this takes some 20 s of CPU time. */
    result = qmp_client_call(client, "big", args, 6 * PATIENCE_MS, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(result, ==, "{}");
    g_assert_cmpint(floods, ==, 50000);
    peer_finish(&peer, client);
}

/* --- pipeline --- */

static void test_pipeline(void)
{
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'one','arguments':{'n':1}}", "-> {'execute':'two'}",
                      "-> {'execute':'three'}",
                      "<- {'return': {}, 'id': $2}"
                      "{'error': {'class': 'GenericError', 'desc': 'no two'}, 'id': $3}"
                      "{'error': {'class': 'GenericError', 'desc': 'no three'}, 'id': $4}",
                      "-> {'execute':'four'}", "<- {'return': {}, 'id': $5}",
                      "-> {'execute':'five'}", "-> {'execute':'six'}",
                      "<- {'return': {}, 'id': $6}", "-> {'execute':'seven'}", "close"));

    g_assert_true(qmp_client_settle(client, 0, &error)); /* nothing posted */
    g_assert_true(qmp_client_post(client, "one", "{\"n\": 1}", &error));
    g_assert_true(qmp_client_post(client, "two", NULL, &error));
    g_assert_false(qmp_client_post(client, "bad", "[]", NULL));
    g_assert_true(qmp_client_post(client, "three", NULL, &error));
    g_assert_false(qmp_client_settle(client, PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_COMMAND);
    g_assert_cmpstr(error->message, ==, "two: GenericError: no two");
    g_assert_cmpuint(qmp_client_pending(client), ==, 0);
    g_clear_error(&error);

    /* An error is told once; the next round starts clean. */
    g_assert_true(qmp_client_post(client, "four", NULL, &error));
    g_assert_true(qmp_client_settle(client, PATIENCE_MS, &error));
    g_assert_no_error(error);

    g_assert_true(qmp_client_post(client, "five", NULL, &error));
    g_assert_true(qmp_client_post(client, "six", NULL, &error));
    g_assert_false(qmp_client_settle(client, 100, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_TIMEOUT);
    g_assert_nonnull(strstr(error->message, "within 100 ms"));
    g_clear_error(&error);

    g_assert_true(qmp_client_post(client, "seven", NULL, &error));
    g_assert_false(qmp_client_settle(client, -1, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_DISCONNECTED);
    g_assert_cmpstr(error->message, ==, "seven: the peer closed the connection");
    peer_finish(&peer, client);
}

/* --- typed commands --- */

static void test_simple_commands(void)
{
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(
        &peer,
        SCRIPT(HELLO, "-> {'execute':'stop'}", "<- {'return': {}, 'id': $2}",
               "-> {'execute':'cont'}", "<- {'return': {}, 'id': $3}",
               "-> {'execute':'xen-save-devices-state',"
               "'arguments':{'filename':'/run/d/state','live':false}}",
               "<- {'return': {}, 'id': $4}",
               "-> {'execute':'netdev_add','arguments':{'type':'dgram','id':'n0',"
               "'local':{'type':'unix','path':'/l'},'remote':{'type':'unix','path':'/r'}}}",
               "<- {'return': {}, 'id': $5}",
               "-> {'execute':'netdev_add',"
               "'arguments':{'type':'hubport','id':'h0','hubid':3,'netdev':'n0'}}",
               "<- {'return': {}, 'id': $6}",
               "-> {'execute':'netdev_add','arguments':{'type':'hubport','id':'h1','hubid':3}}",
               "<- {'return': {}, 'id': $7}", "-> {'execute':'netdev_del','arguments':{'id':'h1'}}",
               "<- {'return': {}, 'id': $8}", "-> {'execute':'quit'}",
               "<- {'return': {}, 'id': $9}", "close"));

    g_assert_true(qmp_stop(client, PATIENCE_MS, &error));
    g_assert_true(qmp_cont(client, PATIENCE_MS, &error));
    g_assert_true(qmp_save_devices_state(client, "/run/d/state", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_add_dgram(client, "n0", "/l", "/r", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_add_hubport(client, "h0", 3, "n0", PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_add_hubport(client, "h1", 3, NULL, PATIENCE_MS, &error));
    g_assert_true(qmp_netdev_del(client, "h1", PATIENCE_MS, &error));
    g_assert_true(qmp_quit(client, PATIENCE_MS, &error));
    g_assert_no_error(error);
    peer_finish(&peer, client);
}

static void test_object_commands(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *value = NULL;
    g_autofree char *text = NULL;
    Peer peer;
    QmpClient *client = peer_meet(
        &peer,
        SCRIPT(HELLO,
               "-> {'execute':'object-add','arguments':{'qom-type':'filter-buffer','id':'f',"
               "'netdev':'h0','interval':9223372036854775807}}",
               "<- {'return': {}, 'id': $2}",
               "-> {'execute':'object-add','arguments':{'qom-type':'rng-builtin','id':'r'}}",
               "<- {'return': {}, 'id': $3}",
               "-> {'execute':'qom-set','arguments':{'path':'/objects/f',"
               "'property':'interval','value':1000}}",
               "<- {'return': {}, 'id': $4}",
               "-> {'execute':'qom-get','arguments':{'path':'/objects/f',"
               "'property':'interval'}}",
               "<- {'return': 1000, 'id': $5}",
               "-> {'execute':'object-del','arguments':{'id':'f'}}", "<- {'return': {}, 'id': $6}",
               "-> {'execute':'human-monitor-command',"
               "'arguments':{'command-line':'info version'}}",
               "<- {'return': '7.2.22\\r\\n', 'id': $7}"));

    g_assert_true(qmp_object_add(client, "filter-buffer", "f",
                                 "{\"netdev\": \"h0\", \"interval\": 9223372036854775807}",
                                 PATIENCE_MS, &error));
    g_assert_true(qmp_object_add(client, "rng-builtin", "r", NULL, PATIENCE_MS, &error));
    g_assert_true(qmp_qom_set(client, "/objects/f", "interval", "1000", PATIENCE_MS, &error));
    value = qmp_qom_get(client, "/objects/f", "interval", PATIENCE_MS, &error);
    g_assert_cmpstr(value, ==, "1000");
    g_assert_true(qmp_object_del(client, "f", PATIENCE_MS, &error));
    text = qmp_hmp(client, "info version", PATIENCE_MS, &error);
    g_assert_cmpstr(text, ==, "7.2.22\r\n");
    g_assert_no_error(error);
    peer_finish(&peer, client);
}

static void test_refused_arguments(void)
{
    static const char *const bad[] = {"{\"id\":\"other\"}", "{\"qom-type\":\"t\"}", "[]", "nope"};
    g_autoptr(GError) error = NULL;
    Peer peer;
    QmpClient *client = peer_meet(&peer, SCRIPT(HELLO));

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(qmp_object_add(client, "t", "i", bad[i], PATIENCE_MS, &error));
        g_assert_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT);
        g_assert_true(g_str_has_prefix(error->message, "object-add: "));
        g_clear_error(&error);
    }
    g_assert_false(qmp_qom_set(client, "/o", "p", "not json", PATIENCE_MS, &error));
    g_assert_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT);
    peer_finish(&peer, client);
}

static void test_queries(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) cpus = NULL;
    g_autofree char *status = NULL;
    QmpVersion version = {0};
    bool running = false;
    int64_t icount = 0;
    Peer peer;
    QmpClient *client = peer_meet(
        &peer, SCRIPT(HELLO, "-> {'execute':'query-version'}",
                      "<- {'return': {'qemu': {'micro': 22, 'minor': 2, 'major': 7},"
                      " 'package': 'Debian 1'}, 'id': $2}",
                      "-> {'execute':'query-status'}",
                      "<- {'return': {'status': 'running', 'running': true}, 'id': $3}",
                      "-> {'execute':'query-cpus-fast'}",
                      "<- {'return': [{'cpu-index': 0, 'thread-id': 41, 'qom-path': '/m/0',"
                      " 'target': 'aarch64'}, {'cpu-index': 1, 'thread-id': 42, 'qom-path': '/m/1',"
                      " 'target': 'aarch64', 'props': {}}], 'id': $4}",
                      "-> {'execute':'query-replay'}",
                      "<- {'return': {'icount': 9007199254740993, 'mode': 'none'}, 'id': $5}"));

    g_assert_true(qmp_query_version(client, &version, PATIENCE_MS, &error));
    g_assert_cmpint(version.major * 10000 + version.minor * 100 + version.micro, ==, 70222);
    g_assert_cmpstr(version.package, ==, "Debian 1");
    qmp_version_clear(&version);
    g_assert_null(version.package);
    g_assert_true(qmp_query_status(client, &running, &status, PATIENCE_MS, &error));
    g_assert_true(running);
    g_assert_cmpstr(status, ==, "running");
    cpus = qmp_query_cpus_fast(client, PATIENCE_MS, &error);
    g_assert_cmpuint(cpus->len, ==, 2);
    g_assert_cmpint(g_array_index(cpus, QmpCpu, 1).index, ==, 1);
    g_assert_cmpint(g_array_index(cpus, QmpCpu, 1).thread_id, ==, 42);
    g_assert_cmpstr(g_array_index(cpus, QmpCpu, 1).qom_path, ==, "/m/1");
    g_assert_cmpstr(g_array_index(cpus, QmpCpu, 1).target, ==, "aarch64");
    g_assert_true(qmp_query_replay(client, &icount, PATIENCE_MS, &error));
    g_assert_cmpint(icount, ==, 9007199254740993);
    g_assert_no_error(error);
    peer_finish(&peer, client);
}

typedef bool (*Query)(QmpClient *client, GError **error);

static bool try_version(QmpClient *client, GError **error)
{
    char untouched[] = "untouched";
    QmpVersion version = {.major = -1, .package = untouched};
    bool good = qmp_query_version(client, &version, PATIENCE_MS, error);

    g_assert_cmpint(version.major, ==, -1);
    g_assert_true(version.package == untouched);
    return good;
}

static bool try_status(QmpClient *client, GError **error)
{
    char untouched[] = "untouched", *status = untouched;
    bool running = true, good = qmp_query_status(client, &running, &status, PATIENCE_MS, error);

    g_assert_true(running && status == untouched);
    return good;
}

static bool try_replay(QmpClient *client, GError **error)
{
    int64_t icount = -5;
    bool good = qmp_query_replay(client, &icount, PATIENCE_MS, error);

    g_assert_cmpint(icount, ==, -5);
    return good;
}

static bool try_cpus(QmpClient *client, GError **error)
{
    return qmp_query_cpus_fast(client, PATIENCE_MS, error) != NULL;
}

static bool try_hmp(QmpClient *client, GError **error)
{
    return qmp_hmp(client, "", PATIENCE_MS, error) != NULL;
}

/* A reply that lacks what the call needs: an error that says so, outputs untouched, and the
 * connection lives on. */
static void test_broken_replies(void)
{
    static const struct {
        Query query;
        const char *command, *reply, *message;
    } cases[] = {
        {try_version, "query-version", "[]", "no usable 'object' in the reply '[]'"},
        {try_version, "query-version", "null", "no usable 'object' in the reply 'null'"},
        {try_version, "query-version", "{}", "no usable 'qemu' in the reply '{}'"},
        {try_version, "query-version", "{'qemu':{'major':7,'minor':'2'}}",
         "no usable 'minor' in the reply '{\"major\":7,\"minor\":\"2\"}'"},
        {try_version, "query-version", "{'qemu':{'major':7,'minor':2,'micro':0}}", NULL},
        {try_status, "query-status", "{'status':'running'}", NULL},
        {try_status, "query-status", "{'running':false}", NULL},
        {try_status, "query-status", "{'running':1,'status':'paused'}", NULL},
        {try_replay, "query-replay", "{'mode':'none'}", NULL},
        {try_replay, "query-replay", "{'icount':1.5}", NULL},
        {try_cpus, "query-cpus-fast", "{}", "no usable 'array' in the reply '{}'"},
        {try_cpus, "query-cpus-fast", "[1]", "no usable 'cpu-index' in the reply '1'"},
        {try_cpus, "query-cpus-fast",
         "[{'cpu-index':0,'thread-id':1,'qom-path':'/a','target':'t'},"
         "{'cpu-index':1,'thread-id':1,'qom-path':'/b'}]",
         NULL},
        {try_hmp, "human-monitor-command", "{}", "no usable 'string' in the reply '{}'"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *args = cases[i].query == try_hmp ? ",'arguments':{'command-line':''}" : "";
        g_autofree char *expected =
            g_strdup_printf("-> {'execute':'%s'%s}", cases[i].command, args);
        g_autofree char *reply = g_strdup_printf("<- {'return': %s, 'id': $2}", cases[i].reply);
        g_autoptr(GError) error = NULL;
        Peer peer;
        QmpClient *client = peer_meet(&peer, SCRIPT(HELLO, expected, reply));

        g_assert_false(cases[i].query(client, &error));
        g_assert_error(error, QMP_ERROR, QMP_ERROR_REPLY);
        g_assert_true(g_str_has_prefix(error->message, cases[i].command));
        if (cases[i].message)
            g_assert_true(g_str_has_suffix(error->message, cases[i].message));
        g_assert_true(qmp_client_pump(client, 0, NULL));
        peer_finish(&peer, client);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp/client/greeting-in-single-bytes", test_greeting_in_single_bytes);
    g_test_add_func("/qmp/client/not-qmp", test_not_qmp);
    g_test_add_func("/qmp/client/gdbstub", test_gdbstub);
    g_test_add_func("/qmp/client/no-greeting", test_no_greeting);
    g_test_add_func("/qmp/client/hurry", test_hurry);
    g_test_add_func("/qmp/client/connect", test_connect);
    g_test_add_func("/qmp/client/many-replies-in-one-read", test_many_replies_in_one_read);
    g_test_add_func("/qmp/client/replies-out-of-order", test_replies_out_of_order);
    g_test_add_func("/qmp/client/events-between-replies", test_events_between_replies);
    g_test_add_func("/qmp/client/error-reply", test_error_reply);
    g_test_add_func("/qmp/client/bad-arguments", test_bad_arguments);
    g_test_add_func("/qmp/client/timeout-and-late-reply", test_timeout_and_late_reply);
    g_test_add_func("/qmp/client/call-timeout", test_call_timeout);
    g_test_add_func("/qmp/client/broken-messages", test_broken_messages);
    g_test_add_func("/qmp/client/disconnect", test_disconnect);
    g_test_add_func("/qmp/client/send-after-close", test_send_after_close);
    g_test_add_func("/qmp/client/free-ends-calls", test_free_ends_calls);
    g_test_add_func("/qmp/client/reentrant-send", test_reentrant_send);
    g_test_add_func("/qmp/client/reentrant-timeouts", test_reentrant_timeouts);
    g_test_add_func("/qmp/client/send-from-event", test_send_from_event);
    g_test_add_func("/qmp/client/no-deadlock", test_no_deadlock);
    g_test_add_func("/qmp/client/pipeline", test_pipeline);
    g_test_add_func("/qmp/commands/simple", test_simple_commands);
    g_test_add_func("/qmp/commands/objects", test_object_commands);
    g_test_add_func("/qmp/commands/refused-arguments", test_refused_arguments);
    g_test_add_func("/qmp/commands/queries", test_queries);
    g_test_add_func("/qmp/commands/broken-replies", test_broken_replies);
    return g_test_run();
}
