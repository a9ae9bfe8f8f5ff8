/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.c: one QMP connection: greeting, calls matched to replies by id, events, timeouts, the
 * end.
 *
 * Invariants:
 *   - A call leaves `pending` before its function runs. So the function runs once, whatever the
 *     function does.
 *   - Callbacks run only inside qmp_client_free() and qmp_client_pump() (and in the callers of
 *     qmp_client_pump(): call, settle, handshake). Callbacks may send and call; callbacks must not
 *     free the client.
 *   - Input that arrived before the connection ended is dispatched before the end takes effect:
 *     `ended` records the end, finish() makes the end the sticky error. So a reply that was sent
 *     just before a disconnect is never lost, and the choice of the sticky error does not depend on
 *     timing.
 *   - Replies to calls that timed out are recognized by their id and dropped. A reply with an id
 *     that was never used breaks the connection.
 */
#include "qmp/codec.h"
#include "qmp/qmp.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_BYTES  65536
#define READS_MAX   16  /* per fill(): a flood of input must not delay the timeouts */
#define RETRY_MS    5   /* between two attempts to connect */
#define LEAVE_MS    500 /* for the answer of a gdbstub that has to be left running */
#define NO_DEADLINE INT64_MAX

typedef struct {
    int64_t id;
    char *command;
    int timeout_ms;
    int64_t began, deadline; /* as g_get_monotonic_time() */
    QmpReplyFunc func;
    void *data;
} Call;

typedef struct {
    QmpEventFunc func;
    void *data;
} Handler;

struct QmpClient {
    int fd;
    QmpCodec *codec;
    GByteArray *out; /* what the socket did not accept yet; only the first command may be partial */
    GQueue pending;  /* of Call, in the order of sending, which is the order of ids */
    int64_t next_id;
    GHashTable *handlers; /* event name -> Handler; only looked up, never iterated */
    Handler other_events;
    int64_t event_us; /* time of the event under dispatch */
    bool greeted, ready;
    GError *ended;  /* no more input will come; finish() makes it sticky */
    GError *broken; /* the sticky error */
    unsigned posted;
    GError *post_error;
};

/* G_DEFINE_QUARK is not used: its static variable is a race of threads that call first. */
GQuark qmp_error_quark(void)
{
    return g_quark_from_static_string("qmp-error-quark");
}

/* --- time --- */

static int64_t deadline_after(int timeout_ms)
{
    return timeout_ms < 0 ? NO_DEADLINE
                          : g_get_monotonic_time() + (int64_t)timeout_ms * G_TIME_SPAN_MILLISECOND;
}

#define HURRIED_MS 1000 /* shortest limit of a wait after qmp_hurry() */

static atomic_llong hurried_until = NO_DEADLINE;

void qmp_hurry(int limit_ms)
{
    atomic_store(&hurried_until, deadline_after(limit_ms));
}

static int64_t hurried(int64_t began, int64_t deadline)
{
    int64_t until = atomic_load(&hurried_until);

    return until == NO_DEADLINE || deadline == NO_DEADLINE
               ? deadline
               : MIN(deadline, MAX(until, began + HURRIED_MS * G_TIME_SPAN_MILLISECOND));
}

/* Milliseconds until `deadline` for poll(2), rounded up so that a wait does not end just before the
 * deadline. */
static int ms_until(int64_t deadline)
{
    int64_t left;

    if (deadline == NO_DEADLINE)
        return -1;
    left = deadline - g_get_monotonic_time();
    return left <= 0 ? 0 : (int)MIN((left + 999) / G_TIME_SPAN_MILLISECOND, INT_MAX);
}

int qmp_ms_left(int64_t began_us, int timeout_ms)
{
    int64_t deadline =
        timeout_ms < 0 ? NO_DEADLINE : began_us + (int64_t)timeout_ms * G_TIME_SPAN_MILLISECOND;

    return ms_until(hurried(began_us, deadline));
}

/* Time of one poll(2) in ms: until `deadline`, but at most QMP_LOOK_MS, because qmp_hurry() may be
 * called meanwhile. */
static int ms_to_look(int64_t deadline)
{
    int left = ms_until(deadline);

    return left < 0 ? QMP_LOOK_MS : MIN(left, QMP_LOOK_MS);
}

/* --- errors --- */

static bool fail_with(const GError *cause, GError **error)
{
    if (error)
        *error = g_error_copy(cause);
    return false;
}

/* Takes over `cause`. An earlier failure stays the sticky one. */
static void stick(QmpClient *client, GError *cause)
{
    if (client->broken)
        g_error_free(cause);
    else
        client->broken = cause;
}

static void end_input(QmpClient *client, GError *cause)
{
    if (client->ended)
        g_error_free(cause);
    else
        client->ended = cause;
}

static void end_with_errno(QmpClient *client, const char *what)
{
    end_input(client, g_error_new(QMP_ERROR, QMP_ERROR_DISCONNECTED, "the connection broke: %s: %s",
                                  what, g_strerror(errno)));
}

static bool is_open(const QmpClient *client)
{
    return !client->broken && !client->ended;
}

static bool protocol_error(QmpClient *client, const char *why, json_object *message)
{
    stick(client, g_error_new(QMP_ERROR, QMP_ERROR_PROTOCOL, "not QMP: %s: '%.200s'", why,
                              qmp_json_text(message)));
    return false;
}

/* --- calls --- */

static void call_free(Call *call)
{
    g_free(call->command);
    g_free(call);
}

/* Takes over a call that is no longer pending, and runs the call's function. */
static void end_call(QmpClient *client, Call *call, const char *result, const GError *error)
{
    call->func(client, result, error, call->data);
    call_free(call);
}

static void end_all_calls(QmpClient *client, const GError *error)
{
    Call *call;

    while ((call = g_queue_pop_head(&client->pending)) != NULL)
        end_call(client, call, NULL, error);
}

static int64_t due(const Call *call)
{
    return hurried(call->began, call->deadline);
}

static int64_t nearest_deadline(const QmpClient *client)
{
    int64_t nearest = NO_DEADLINE;

    for (const GList *l = client->pending.head; l; l = l->next)
        nearest = MIN(nearest, due(l->data));
    return nearest;
}

static Call *take_expired(QmpClient *client, int64_t now, int64_t id_limit)
{
    for (GList *l = client->pending.head; l; l = l->next) {
        Call *call = l->data;

        if (due(call) <= now && call->id < id_limit) {
            g_queue_delete_link(&client->pending, l);
            return call;
        }
    }
    return NULL;
}

static void expire_calls(QmpClient *client)
{
    int64_t now = g_get_monotonic_time();
    int64_t id_limit = client->next_id; /* a callback may send again and again */
    Call *call;

    while ((call = take_expired(client, now, id_limit)) != NULL) {
        g_autoptr(GError) late =
            g_error_new(QMP_ERROR, QMP_ERROR_TIMEOUT, "no reply to %s within %d ms", call->command,
                        call->timeout_ms);

        end_call(client, call, NULL, late);
    }
}

/* --- bytes --- */

static void take_end_of_file(QmpClient *client)
{
    const char *where = qmp_codec_in_message(client->codec) ? " in the middle of a message"
                        : client->greeted                   ? ""
                                                            : " before its greeting";

    end_input(client, g_error_new(QMP_ERROR, QMP_ERROR_DISCONNECTED,
                                  "the peer closed the connection%s", where));
}

/* Detaches from a gdbstub that was taken for a QMP monitor. A gdbstub stops the guest when a client
 * connects, and reports the stop if the guest ran. The detach lets the guest run again. The answer
 * is awaited, because the gdbstub may drop input that is still unread when we close. */
static void leave_gdbstub(const QmpClient *client, const char *data, size_t size)
{
    static const char stopped[] = "$T", detach[] = "+$D;1#b0";
    struct pollfd p = {.fd = client->fd, .events = POLLIN};

    if (!client->greeted && size >= strlen(stopped) &&
        memcmp(data, stopped, strlen(stopped)) == 0 &&
        send(client->fd, detach, strlen(detach), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        poll(&p, 1, LEAVE_MS);
}

/* Reads available input into the codec; dispatches nothing. */
static void fill(QmpClient *client)
{
    char buffer[READ_BYTES];
    GError *error = NULL;

    for (int i = 0; i < READS_MAX && is_open(client); i++) {
        ssize_t n = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

        if (n == 0) {
            take_end_of_file(client);
        } else if (n > 0) {
            if (!qmp_codec_feed(client->codec, buffer, (size_t)n, &error)) {
                leave_gdbstub(client, buffer, (size_t)n);
                end_input(client, error);
            }
        } else if (errno != EINTR) {
            if (errno != EAGAIN)
                end_with_errno(client, "reading");
            return;
        }
    }
}

/* Writes without waiting. Returns true while something is left to write. */
static bool drain(QmpClient *client)
{
    GByteArray *out = client->out;

    while (out->len > 0 && is_open(client)) {
        ssize_t n = send(client->fd, out->data, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            g_byte_array_remove_range(out, 0, (guint)n);
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            int saved = errno;

            fill(client); /* earlier input and the peer's own end come first */
            errno = saved;
            end_with_errno(client, "writing");
        }
    }
    return false;
}

static bool wait_for(QmpClient *client, short events, int timeout_ms)
{
    struct pollfd p = {.fd = client->fd, .events = events};

    return poll(&p, 1, timeout_ms) > 0 && (p.revents & ~POLLOUT) != 0;
}

/* Writes until all is out or the time is up. Reads meanwhile: a peer that is itself blocked writing
 * to us can read again only after we have read. */
static void flush(QmpClient *client, int64_t began, int64_t deadline)
{
    while (drain(client)) {
        int64_t until = hurried(began, deadline);

        if (ms_until(until) == 0)
            return;
        if (wait_for(client, POLLIN | POLLOUT, ms_to_look(until)))
            fill(client);
    }
}

/* --- messages --- */

static const char *string_member(json_object *object, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(object, key, &value) &&
                   json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

static int64_t int_member(json_object *object, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(object, key, &value) ? json_object_get_int64(value) : -1;
}

/* Parses "timestamp": {"seconds": …, "microseconds": …}. Both are -1 if QEMU's host has no time. */
static int64_t timestamp_us(json_object *message)
{
    json_object *stamp;
    int64_t seconds, micro;

    if (!json_object_object_get_ex(message, "timestamp", &stamp) ||
        !json_object_is_type(stamp, json_type_object))
        return -1;
    seconds = int_member(stamp, "seconds");
    micro = int_member(stamp, "microseconds");
    return seconds < 0 || seconds > INT32_MAX * INT64_C(1000) || micro < 0 || micro >= 1000000
               ? -1
               : seconds * 1000000 + micro;
}

static bool dispatch_event(QmpClient *client, json_object *message)
{
    const char *name = string_member(message, "event");
    json_object *data = NULL;
    const Handler *found;
    Handler handler;

    if (!name)
        return protocol_error(client, "an event without a name", message);
    if (json_object_object_get_ex(message, "data", &data) &&
        !json_object_is_type(data, json_type_object))
        return protocol_error(client, "an event with odd data", message);
    found = g_hash_table_lookup(client->handlers, name);
    handler = found ? *found : client->other_events; /* a copy: the handler may remove itself */
    client->event_us = timestamp_us(message);
    if (handler.func)
        handler.func(client, name, data ? qmp_json_text(data) : "{}", handler.data);
    return true;
}

static Call *take_call(QmpClient *client, int64_t id)
{
    for (GList *l = client->pending.head; l; l = l->next) {
        Call *call = l->data;

        if (call->id == id) {
            g_queue_delete_link(&client->pending, l);
            return call;
        }
    }
    return NULL;
}

static bool dispatch_reply(QmpClient *client, json_object *message, json_object *result,
                           json_object *problem)
{
    const char *class = problem ? string_member(problem, "class") : NULL;
    const char *description = problem ? string_member(problem, "desc") : NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *valid = NULL;
    json_object *id = NULL;
    Call *call;

    if (problem && (!class || !description))
        return protocol_error(client, "an error without class or description", message);
    if (!json_object_object_get_ex(message, "id", &id))
        return protocol_error(
            client, problem ? "the peer could not read a command" : "a reply without id", message);
    if (!json_object_is_type(id, json_type_int) || json_object_get_int64(id) < 1 ||
        json_object_get_int64(id) >= client->next_id)
        return protocol_error(client, "a reply to a command never sent", message);
    call = take_call(client, json_object_get_int64(id));
    if (!call)
        return true; /* the call timed out before */
    if (problem) {
        valid = g_utf8_make_valid(description, -1);
        error = g_error_new(QMP_ERROR, QMP_ERROR_COMMAND, "%s: %s", class, valid);
    }
    end_call(client, call, problem ? NULL : qmp_json_text(result), error);
    return true;
}

static bool dispatch(QmpClient *client, json_object *message)
{
    json_object *value = NULL;

    if (!client->greeted) {
        if (!json_object_object_get_ex(message, "QMP", &value) ||
            !json_object_is_type(value, json_type_object))
            return protocol_error(client, "expected a greeting", message);
        client->greeted = true;
        return true;
    }
    if (json_object_object_get_ex(message, "return", &value))
        return dispatch_reply(client, message, value, NULL);
    if (json_object_object_get_ex(message, "event", &value))
        return dispatch_event(client, message);
    if (json_object_object_get_ex(message, "error", &value) &&
        json_object_is_type(value, json_type_object))
        return dispatch_reply(client, message, NULL, value);
    return protocol_error(client, "neither reply nor event", message);
}

static void dispatch_all(QmpClient *client)
{
    while (!client->broken && qmp_codec_has_next(client->codec)) {
        g_autoptr(json_object) message = qmp_codec_next(client->codec);

        if (!dispatch(client, message))
            return;
    }
}

/* Ends all calls if the connection is over. */
static bool finish(QmpClient *client, GError **error)
{
    if (client->ended)
        stick(client, g_steal_pointer(&client->ended));
    if (!client->broken)
        return true;
    end_all_calls(client, client->broken);
    return fail_with(client->broken, error);
}

/* --- public functions --- */

QmpClient *qmp_client_new(int fd)
{
    QmpClient *client = g_new0(QmpClient, 1);

    client->fd = fd;
    client->codec = qmp_codec_new(QMP_CODEC_MAX_MESSAGE);
    client->out = g_byte_array_new();
    client->next_id = 1;
    client->event_us = -1;
    client->handlers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&client->pending);
    /* Every call in this file passes MSG_DONTWAIT as well; O_NONBLOCK is for other code that
     * watches the socket. If fcntl fails, the descriptor is no socket, and the first read reports
     * that. */
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return client;
}

void qmp_client_free(QmpClient *client)
{
    g_autoptr(GError) closed = NULL;

    if (!client)
        return;
    closed = g_error_new(QMP_ERROR, QMP_ERROR_DISCONNECTED, "the connection was closed from here");
    if (!client->broken)
        client->broken = g_error_copy(closed); /* refuses a send from a callback from now on */
    end_all_calls(client, closed);
    close(client->fd);
    qmp_codec_free(client->codec);
    g_byte_array_unref(client->out);
    g_hash_table_unref(client->handlers);
    g_clear_error(&client->ended);
    g_clear_error(&client->broken);
    g_clear_error(&client->post_error);
    g_free(client);
}

int qmp_client_fd(const QmpClient *client)
{
    return client->fd;
}

const GError *qmp_client_broken(const QmpClient *client)
{
    return client->broken;
}

int64_t qmp_client_event_us(const QmpClient *client)
{
    return client->event_us;
}

unsigned qmp_client_pending(const QmpClient *client)
{
    return client->pending.length;
}

void qmp_client_on_event(QmpClient *client, const char *name, QmpEventFunc func, void *data)
{
    Handler handler = {func, data};

    if (!name)
        client->other_events = handler;
    else if (func)
        g_hash_table_replace(client->handlers, g_strdup(name),
                             g_memdup2(&handler, sizeof(handler)));
    else
        g_hash_table_remove(client->handlers, name);
}

/* Returns the command as one line of JSON, or NULL with QMP_ERROR_ARGUMENT. */
static char *command_line(const char *command, const char *args_json, int64_t id, GError **error)
{
    g_autoptr(json_object) line = json_object_new_object();
    json_object *args = NULL;

    json_object_object_add(line, "execute", json_object_new_string(command));
    if (args_json) {
        if (!qmp_json_parse(args_json, &args, error)) {
            g_prefix_error(error, "%s: the arguments are ", command);
            return NULL;
        }
        json_object_object_add(line, "arguments", args);
        if (!json_object_is_type(args, json_type_object)) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT,
                        "%s: the arguments are not a JSON object: '%.200s'", command, args_json);
            return NULL;
        }
    }
    json_object_object_add(line, "id", json_object_new_int64(id));
    /* QEMU answers an unreadable command without an id, and such an answer breaks the
     * connection. */
    if (!g_utf8_validate(qmp_json_text(line), -1, NULL)) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT, "%s: the arguments are not UTF-8",
                    command);
        return NULL;
    }
    return g_strconcat(qmp_json_text(line), "\n", NULL);
}

/*
 * Waits for room in the socket, at most timeout_ms. The next pump writes bytes that did not fit by
 * then, and the call is pending like any other. So a command is never cut off half-way.
 */
bool qmp_client_send(QmpClient *client, const char *command, const char *args_json, int timeout_ms,
                     QmpReplyFunc func, void *data, GError **error)
{
    int64_t id = client->next_id, began = g_get_monotonic_time();
    int64_t deadline = deadline_after(timeout_ms);
    g_autofree char *line = NULL;
    Call *call;

    if (!is_open(client))
        return fail_with(client->broken ? client->broken : client->ended, error);
    line = command_line(command, args_json, id, error);
    if (!line)
        return false;
    client->next_id++;
    g_byte_array_append(client->out, (const guint8 *)line, (guint)strlen(line));
    flush(client, began, deadline);
    if (client->ended && client->out->len > 0)
        return fail_with(client->ended, error);
    call = g_new(Call, 1);
    *call = (Call){id, g_strdup(command), timeout_ms, began, deadline, func, data};
    g_queue_push_tail(&client->pending, call);
    return true;
}

/* Waits until the socket is readable, or writable if there is output, or until a deadline. */
static void await_peer(QmpClient *client, int64_t deadline)
{
    struct pollfd p = {.fd = client->fd, .events = POLLIN};
    int64_t until;

    if (client->out->len > 0)
        p.events |= POLLOUT;
    do
        until = MIN(deadline, nearest_deadline(client));
    while (poll(&p, 1, ms_to_look(until)) == 0 && ms_until(until) != 0);
}

bool qmp_client_pump(QmpClient *client, int timeout_ms, GError **error)
{
    int64_t deadline = deadline_after(timeout_ms);

    if (is_open(client)) {
        bool waiting = qmp_codec_has_next(client->codec); /* read by a send that waited */

        if (!waiting)
            await_peer(client, deadline);
        fill(client);
        drain(client);
    }
    dispatch_all(client);
    expire_calls(client);
    return finish(client, error);
}

typedef struct {
    bool done;
    char *result;
    GError *error;
} Answer;

static void take_answer(G_GNUC_UNUSED QmpClient *client, const char *result, const GError *error,
                        void *data)
{
    Answer *answer = data;

    answer->done = true;
    answer->result = g_strdup(result);
    answer->error = error ? g_error_copy(error) : NULL;
}

char *qmp_client_call(QmpClient *client, const char *command, const char *args_json, int timeout_ms,
                      GError **error)
{
    Answer answer = {0};

    if (!qmp_client_send(client, command, args_json, timeout_ms, take_answer, &answer, error))
        return NULL;
    while (!answer.done)
        qmp_client_pump(client, -1, NULL); /* the call's own deadline ends it */
    if (answer.error)
        g_propagate_error(error, answer.error);
    return answer.result;
}

/* Makes the failure sticky: a connection on which the handshake failed half-way is of no use,
 * because the late reply to the first attempt would answer a second attempt. */
static bool handshake_failed(QmpClient *client, GError *cause, GError **error)
{
    stick(client, cause);
    return finish(client, error);
}

bool qmp_client_handshake(QmpClient *client, int timeout_ms, GError **error)
{
    int64_t began = g_get_monotonic_time();
    g_autofree char *result = NULL;
    GError *cause = NULL;
    int left = -1;

    if (client->ready)
        return finish(client, error);
    while (!client->greeted && left != 0) {
        left = qmp_ms_left(began, timeout_ms);
        if (!qmp_client_pump(client, left < 0 ? QMP_LOOK_MS : MIN(left, QMP_LOOK_MS), error))
            return false;
    }
    if (!client->greeted) {
        cause = g_error_new(QMP_ERROR, QMP_ERROR_TIMEOUT,
                            "no QMP greeting within %d ms; QEMU serves one client a socket, so "
                            "another one may hold it",
                            timeout_ms);
        return handshake_failed(client, cause, error);
    }
    result =
        qmp_client_call(client, "qmp_capabilities", NULL, qmp_ms_left(began, timeout_ms), &cause);
    if (!result)
        return handshake_failed(client, cause, error);
    client->ready = true;
    return true;
}

/* --- connecting --- */

static int open_socket(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        fd = -1;
    }
    return fd;
}

/* ENOENT, ECONNREFUSED: QEMU did not bind or listen yet. EAGAIN: QEMU's queue of connections is
 * full. */
static bool may_come_up(int error_number)
{
    return error_number == ENOENT || error_number == ECONNREFUSED || error_number == EAGAIN ||
           error_number == EINTR;
}

QmpClient *qmp_client_connect(const char *path, int timeout_ms, GError **error)
{
    int64_t deadline = deadline_after(timeout_ms);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autoptr(QmpClient) client = NULL;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_CONNECT,
                    "'%s': longer than the %zu bytes a unix socket's name may have", path,
                    sizeof(address.sun_path) - 1);
        return NULL;
    }
    strcpy(address.sun_path, path);
    while ((fd = open_socket(&address)) < 0) {
        int saved = errno, left = ms_until(deadline);

        if (!may_come_up(saved) || left == 0) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_CONNECT, "'%s': can't connect: %s", path,
                        g_strerror(saved));
            return NULL;
        }
        poll(NULL, 0, left < 0 ? RETRY_MS : MIN(left, RETRY_MS));
    }
    client = qmp_client_new(fd);
    if (!qmp_client_handshake(client, ms_until(deadline), error)) {
        g_prefix_error(error, "'%s': ", path);
        return NULL;
    }
    return g_steal_pointer(&client);
}

/* --- the pipeline: calls whose function keeps the first error --- */

/* `data` is the command's name; this function frees it. */
static void take_posted(QmpClient *client, G_GNUC_UNUSED const char *result, const GError *error,
                        void *data)
{
    g_autofree char *command = data;

    client->posted--;
    if (!error || client->post_error)
        return;
    client->post_error = g_error_copy(error);
    if (!g_error_matches(error, QMP_ERROR, QMP_ERROR_TIMEOUT)) /* a timeout names it */
        g_prefix_error(&client->post_error, "%s: ", command);
}

bool qmp_client_post(QmpClient *client, const char *command, const char *args_json, GError **error)
{
    g_autofree char *name = g_strdup(command);

    /* No deadline yet: qmp_client_settle() sets one for all posted calls. */
    if (!qmp_client_send(client, command, args_json, -1, take_posted, name, error))
        return false;
    g_steal_pointer(&name);
    client->posted++;
    return true;
}

bool qmp_client_settle(QmpClient *client, int timeout_ms, GError **error)
{
    int64_t began = g_get_monotonic_time(), deadline = deadline_after(timeout_ms);

    for (GList *l = client->pending.head; l; l = l->next) {
        Call *call = l->data;

        if (call->func == take_posted) {
            call->began = began;
            call->deadline = deadline;
            call->timeout_ms = timeout_ms;
        }
    }
    while (client->posted > 0)
        qmp_client_pump(client, -1, NULL);
    if (client->post_error) {
        g_propagate_error(error, g_steal_pointer(&client->post_error));
        return false;
    }
    return !client->broken || fail_with(client->broken, error);
}
