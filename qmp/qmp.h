/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qmp.h: a client for QEMU's machine protocol (QMP), usable on its own.
 *
 * Protocol: docs/interop/qmp-spec.txt (QEMU 7.2) and qapi/ for the commands.
 *
 * A client owns one connected stream socket. It is driven by whoever owns it at the moment and is
 * not thread-safe: hand it over, don't share it. It starts no thread, sleeps nowhere but in
 * poll(2), prints nothing, and needs no main loop; a main loop can watch qmp_client_fd() and call
 * qmp_client_pump(client, 0, …) when it becomes readable.
 *
 * JSON goes in and out as text, so that users of the library need no JSON library's header.
 * Timeouts are milliseconds of host time; a negative one waits without limit.
 *
 * The first failure of the connection sticks: every later call returns it again; so does a failed
 * handshake. A callback may send, but must not free the client.
 */
#ifndef QMP_QMP_H
#define QMP_QMP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define QMP_ERROR (qmp_error_quark())
GQuark qmp_error_quark(void);

typedef enum {
    QMP_ERROR_CONNECT,      /* the socket can't be reached */
    QMP_ERROR_PROTOCOL,     /* what came is not QMP */
    QMP_ERROR_DISCONNECTED, /* the peer closed the connection, or it broke */
    QMP_ERROR_TIMEOUT,      /* no reply within the call's time */
    QMP_ERROR_COMMAND,      /* QEMU answered with an error; the message is "CLASS: DESCRIPTION" */
    QMP_ERROR_REPLY,        /* QEMU's answer lacks what the typed call needs */
    QMP_ERROR_ARGUMENT,     /* the arguments given are not a JSON object */
} QmpError;

typedef struct QmpClient QmpClient;

/*
 * Called exactly once for each qmp_client_send(): with the text of "return" (error is NULL), or
 * with the error that ended the call (result is NULL). Both belong to the client.
 */
typedef void (*QmpReplyFunc)(QmpClient *client, const char *result, const GError *error,
                             void *data);

/* Called for each event, data_json is the text of its "data" or "{}". */
typedef void (*QmpEventFunc)(QmpClient *client, const char *event, const char *data_json,
                             void *data);

/* Takes over a connected stream socket; does not read from it yet. Never fails. */
QmpClient *qmp_client_new(int fd);

/* Connects to a unix socket and shakes hands; tries again until the time is up while the socket
 * does not exist yet or refuses. */
QmpClient *qmp_client_connect(const char *path, int timeout_ms, GError **error);

/* Ends every pending call with QMP_ERROR_DISCONNECTED, closes the socket. NULL is allowed. */
void qmp_client_free(QmpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpClient, qmp_client_free)

int qmp_client_fd(const QmpClient *client);

/* Greeting, then qmp_capabilities. */
bool qmp_client_handshake(QmpClient *client, int timeout_ms, GError **error);

/* The sticky error of a broken connection, or NULL. */
const GError *qmp_client_broken(const QmpClient *client);

/* Hands every event called `name` (NULL: all that no other handler took) to func; one handler a
 * name, func NULL removes it. */
void qmp_client_on_event(QmpClient *client, const char *name, QmpEventFunc func, void *data);

/*
 * Sends a command; args_json is the text of a JSON object or NULL. The reply comes through
 * qmp_client_pump(). Returns false, and never calls func, if it could not be sent.
 */
bool qmp_client_send(QmpClient *client, const char *command, const char *args_json, int timeout_ms,
                     QmpReplyFunc func, void *data, GError **error);

/* How many calls wait for their reply. */
unsigned qmp_client_pending(const QmpClient *client);

/*
 * Waits at most timeout_ms for input, then dispatches all replies, events and timeouts that are
 * there. Returns false once the connection is broken (after every pending call was ended).
 * Returning true says nothing about whether something came.
 */
bool qmp_client_pump(QmpClient *client, int timeout_ms, GError **error);

/* qmp_client_send() and pump until the reply is there; returns the text of "return", to be freed
 * with g_free(). */
char *qmp_client_call(QmpClient *client, const char *command, const char *args_json, int timeout_ms,
                      GError **error);

/*
 * A pipeline: post any number of commands, which go out at once, then settle: it waits for all of
 * their replies and returns the first error, named with its command. Time limit for the whole.
 */
bool qmp_client_post(QmpClient *client, const char *command, const char *args_json, GError **error);
bool qmp_client_settle(QmpClient *client, int timeout_ms, GError **error);

/* Takes a request such as {"execute":"stop","arguments":{}} apart: its command and the text of its
 * arguments (NULL if there are none), to be freed with g_free(). */
bool qmp_request_parse(const char *text, char **command, char **args_json, GError **error);

/* --- events about whether the machine runs: qapi/run-state.json --- */

typedef enum {
    QMP_RUN_OTHER, /* any other event */
    QMP_RUN_STOP,
    QMP_RUN_RESUME,
    QMP_RUN_SHUTDOWN,
    QMP_RUN_POWERDOWN,
    QMP_RUN_RESET,
    QMP_RUN_SUSPEND,
    QMP_RUN_SUSPEND_DISK,
    QMP_RUN_WAKEUP,
    QMP_RUN_WATCHDOG,
    QMP_RUN_PANICKED,
    QMP_RUN_CRASHLOADED,
} QmpRunEventKind;

#define QMP_WHY_MAX 32

typedef struct {
    QmpRunEventKind kind;
    bool guest;            /* SHUTDOWN, RESET: the guest wanted it */
    char why[QMP_WHY_MAX]; /* reason, or action, as QEMU calls it: "guest-reset", "pause"; or "" */
} QmpRunEvent;

/* What a QmpEventFunc is given; whatever it holds, *out is filled. */
void qmp_run_event_parse(const char *name, const char *data_json, QmpRunEvent *out);

/* The names of these events, NULL behind the last. */
const char *qmp_run_event_name(unsigned i);

/* In a QmpEventFunc: when QEMU sent the event, in µs of its host's time of day; -1 if it did not
 * say. */
int64_t qmp_client_event_us(const QmpClient *client);

/* --- typed commands; each has QEMU's own name and its qapi/ file as source --- */

typedef struct {
    int major, minor, micro;
    char *package; /* distribution's suffix, may be "" */
} QmpVersion;

typedef struct {
    int64_t index;
    int64_t thread_id; /* host thread that runs this vCPU; the same for all under icount */
    char *qom_path;
    char *target; /* "aarch64" */
} QmpCpu;

/* qapi/control.json */
bool qmp_query_version(QmpClient *client, QmpVersion *version, int timeout_ms, GError **error);
void qmp_version_clear(QmpVersion *version);
bool qmp_quit(QmpClient *client, int timeout_ms, GError **error);

/* qapi/misc.json, qapi/run-state.json */
bool qmp_stop(QmpClient *client, int timeout_ms, GError **error);
bool qmp_cont(QmpClient *client, int timeout_ms, GError **error);
/* *status is "paused", "running", "prelaunch", "shutdown", …; free with g_free(). */
bool qmp_query_status(QmpClient *client, bool *running, char **status, int timeout_ms,
                      GError **error);

/* qapi/machine.json; a GArray of QmpCpu that clears its elements when freed. */
GArray *qmp_query_cpus_fast(QmpClient *client, int timeout_ms, GError **error);

/* qapi/char.json: whether somebody is connected to the chardev that listens at this path. */
bool qmp_query_chardev_taken(QmpClient *client, const char *path, bool *taken, int timeout_ms,
                             GError **error);

/* qapi/virtio.json. A queue of a virtio device: where the guest's driver has put its parts, by the
 * guest's addresses; avail is 0 where no driver has. */
typedef struct {
    int64_t size;
    uint64_t desc, avail, used;
} QmpVirtioQueue;

/* path: QEMU's name of the device (qom-tree). */
bool qmp_query_virtio_queue(QmpClient *client, const char *path, unsigned queue, int timeout_ms,
                            QmpVirtioQueue *out, GError **error);

/* qapi/replay.json: instructions executed so far; works without record/replay too. */
bool qmp_query_replay(QmpClient *client, int64_t *icount, int timeout_ms, GError **error);

/* qapi/migration.json; always with live:false, which leaves the block devices as they are. */
bool qmp_save_devices_state(QmpClient *client, const char *path, int timeout_ms, GError **error);
/* Likewise, posted: qmp_client_settle() waits for it. */
bool qmp_post_save_devices_state(QmpClient *client, const char *path, GError **error);

/* qapi/net.json. dgram between two unix sockets, named by path. */
bool qmp_netdev_add_dgram(QmpClient *client, const char *id, const char *local_path,
                          const char *remote_path, int timeout_ms, GError **error);
bool qmp_netdev_add_hubport(QmpClient *client, const char *id, int64_t hubid, const char *netdev,
                            int timeout_ms, GError **error);
bool qmp_netdev_del(QmpClient *client, const char *id, int timeout_ms, GError **error);

/* qapi/qom.json; props_json is a JSON object with the properties beside qom-type and id. */
bool qmp_object_add(QmpClient *client, const char *type, const char *id, const char *props_json,
                    int timeout_ms, GError **error);
bool qmp_object_del(QmpClient *client, const char *id, int timeout_ms, GError **error);
bool qmp_qom_set(QmpClient *client, const char *path, const char *property, const char *value_json,
                 int timeout_ms, GError **error);
char *qmp_qom_get(QmpClient *client, const char *path, const char *property, int timeout_ms,
                  GError **error);

/* human-monitor-command: the monitor's text. */
char *qmp_hmp(QmpClient *client, const char *line, int timeout_ms, GError **error);

/* --- whoever wants to end --- */

/*
 * From now on no wait for a reply lasts longer than limit_ms, or than a second where it begins
 * later than that; -1: as ever. For all clients, in all threads, also for waits under way; not for
 * those without a limit. Async-signal-safe.
 */
void qmp_hurry(int limit_ms);

/* Whoever polls a client's descriptor himself looks again after so long, … */
#define QMP_LOOK_MS 200
/* … at what is left of a wait of timeout_ms that began then (g_get_monotonic_time()), in ms. */
int qmp_ms_left(int64_t began_us, int timeout_ms);

#endif
