/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qmp.h: a client for QEMU's machine protocol (QMP), usable on its own.
 *
 * Protocol: docs/interop/qmp-spec.txt (QEMU 7.2); commands: qapi/.
 *
 * A client owns one connected stream socket. A client is not thread-safe: one thread drives the
 * client at a time, and another thread may take the client over. A client starts no thread, sleeps
 * only in poll(2), prints nothing and needs no main loop. A main loop can watch qmp_client_fd() and
 * call qmp_client_pump(client, 0, …) when the descriptor becomes readable.
 *
 * JSON goes in and out as text, so that users of the library need no JSON library's header.
 * Timeouts are milliseconds of host time; a negative timeout waits without limit.
 *
 * The first failure of a connection sticks: every later call returns the same error. A failed
 * handshake sticks too. A callback may send, but must not free the client.
 */
#ifndef QMP_QMP_H
#define QMP_QMP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

#define QMP_ERROR (qmp_error_quark())
GQuark qmp_error_quark(void);

typedef enum {
    QMP_ERROR_CONNECT,      /* the socket can't be reached */
    QMP_ERROR_PROTOCOL,     /* the peer sent something other than QMP */
    QMP_ERROR_DISCONNECTED, /* the peer closed the connection, or it broke */
    QMP_ERROR_TIMEOUT,      /* no reply within the time of the call */
    QMP_ERROR_COMMAND,      /* QEMU answered with an error; the message is "CLASS: DESCRIPTION" */
    QMP_ERROR_REPLY,        /* QEMU's answer lacks what the typed call needs */
    QMP_ERROR_ARGUMENT,     /* the arguments of the caller are not a JSON object */
} QmpError;

typedef struct QmpClient QmpClient;

/*
 * Receives the end of one qmp_client_send(), exactly once: either `result` is the text of "return"
 * and `error` is NULL, or `error` is what ended the call and `result` is NULL. Both belong to the
 * client.
 */
typedef void (*QmpReplyFunc)(QmpClient *client, const char *result, const GError *error,
                             void *data);

/* Receives one event. data_json is the text of the event's "data", or "{}". */
typedef void (*QmpEventFunc)(QmpClient *client, const char *event, const char *data_json,
                             void *data);

/* Takes over a connected stream socket. Reads nothing from the socket yet. Never fails. */
QmpClient *qmp_client_new(int fd);

/* Connects to a unix socket and does the handshake. Tries again until timeout_ms is over, as long
 * as the socket does not exist yet or refuses. */
QmpClient *qmp_client_connect(const char *path, int timeout_ms, GError **error);

/* Ends every pending call with QMP_ERROR_DISCONNECTED and closes the socket. NULL is allowed. */
void qmp_client_free(QmpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpClient, qmp_client_free)

/* Returns the socket, to watch for input. The client owns the socket. */
int qmp_client_fd(const QmpClient *client);

/* Waits for QEMU's greeting, then sends qmp_capabilities. Both share timeout_ms. */
bool qmp_client_handshake(QmpClient *client, int timeout_ms, GError **error);

/* Returns the sticky error of a broken connection, owned by the client, or NULL. */
const GError *qmp_client_broken(const QmpClient *client);

/* Sets the handler of all events called `name`. `name` NULL: the handler of all events without a
 * handler of their own. Each name has one handler; func NULL removes the handler. */
void qmp_client_on_event(QmpClient *client, const char *name, QmpEventFunc func, void *data);

/*
 * Sends a command. args_json is the text of a JSON object, or NULL. `func` receives the reply
 * inside qmp_client_pump(). Returns false if the command could not be sent; `func` is then never
 * called.
 */
bool qmp_client_send(QmpClient *client, const char *command, const char *args_json, int timeout_ms,
                     QmpReplyFunc func, void *data, GError **error);

/* Returns the number of calls that wait for their reply. */
unsigned qmp_client_pending(const QmpClient *client);

/*
 * Waits at most timeout_ms for input, then dispatches all replies, events and timeouts that are
 * due. Returns false once the connection is broken, after every pending call was ended. True does
 * not mean that anything arrived.
 */
bool qmp_client_pump(QmpClient *client, int timeout_ms, GError **error);

/* Sends a command with qmp_client_send() and pumps until the reply arrives. Returns the text of
 * "return"; the caller frees the text with g_free(). */
char *qmp_client_call(QmpClient *client, const char *command, const char *args_json, int timeout_ms,
                      GError **error);

/*
 * A pipeline: qmp_client_post() sends a command at once and does not wait; any number may be
 * posted. qmp_client_settle() waits for the replies to all of them and returns the first error,
 * prefixed with the command's name. timeout_ms limits the whole wait.
 */
bool qmp_client_post(QmpClient *client, const char *command, const char *args_json, GError **error);
bool qmp_client_settle(QmpClient *client, int timeout_ms, GError **error);

/* Parses a request such as {"execute":"stop","arguments":{}} into its command and the text of its
 * arguments (NULL if there are none). The caller frees both with g_free(). */
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
    bool guest;            /* SHUTDOWN, RESET: the guest asked for the event */
    char why[QMP_WHY_MAX]; /* QEMU's reason or action: "guest-reset", "pause"; or "" */
} QmpRunEvent;

/* Parses an event from the arguments of a QmpEventFunc. *out is always filled, for any input. */
void qmp_run_event_parse(const char *name, const char *data_json, QmpRunEvent *out);

/* Returns the name of the i-th of these events, or NULL behind the last. */
const char *qmp_run_event_name(unsigned i);

/* Returns when QEMU sent the event that is being handled: µs of the time of day of QEMU's host, or
 * -1 if QEMU sent no time. For use in a QmpEventFunc. */
int64_t qmp_client_event_us(const QmpClient *client);

/* --- typed commands; each has QEMU's own name and names its source file in qapi/ --- */

typedef struct {
    int major, minor, micro;
    char *package; /* suffix of the distribution, may be "" */
} QmpVersion;

typedef struct {
    int64_t index;
    int64_t thread_id; /* host thread that runs this vCPU; one thread for all vCPUs under icount */
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
/* Sets *status to "paused", "running", "prelaunch", "shutdown", …; the caller frees *status with
 * g_free(). */
bool qmp_query_status(QmpClient *client, bool *running, char **status, int timeout_ms,
                      GError **error);

/* qapi/machine.json. Returns a GArray of QmpCpu; the array clears its elements when freed. */
GArray *qmp_query_cpus_fast(QmpClient *client, int timeout_ms, GError **error);

/* qapi/char.json. Reports whether a client is connected to the chardev that listens at `path`. */
bool qmp_query_chardev_taken(QmpClient *client, const char *path, bool *taken, int timeout_ms,
                             GError **error);

/* qapi/char.json. Reports whether a device uses the chardev; false too if there is none of that
 * label. */
bool qmp_query_chardev_used(QmpClient *client, const char *label, bool *used, int timeout_ms,
                            GError **error);

/* qapi/virtio.json. A queue of a virtio device: guest addresses at which the guest's driver has put
 * the parts of the queue. `avail` is 0 if no driver has set up the queue. */
typedef struct {
    int64_t size;
    uint64_t desc, avail, used;
} QmpVirtioQueue;

/* `path` is QEMU's name of the device (qom-tree). */
bool qmp_query_virtio_queue(QmpClient *client, const char *path, unsigned queue, int timeout_ms,
                            QmpVirtioQueue *out, GError **error);

/* qapi/replay.json. Reports the instructions executed so far; works without record/replay too. */
bool qmp_query_replay(QmpClient *client, int64_t *icount, int timeout_ms, GError **error);

/* qapi/migration.json. Always sends live:false, which leaves the block devices as they are. */
bool qmp_save_devices_state(QmpClient *client, const char *path, int timeout_ms, GError **error);
/* Posts the same command; qmp_client_settle() waits for the reply. */
bool qmp_post_save_devices_state(QmpClient *client, const char *path, GError **error);

/* Makes migration ready: QEMU reports its progress by MIGRATION events, does not limit its
 * bandwidth, and a machine that was loaded announces its network cards to nobody. without_ram: RAM that is shared with other processes is not part of the stream
 * (x-ignore-shared). Both sides of a migration need the same value. */
bool qmp_migrate_prepare(QmpClient *client, bool without_ram, int timeout_ms, GError **error);
/* Begins to send the stopped machine's state to `uri`, or to read it from there; the machine was
 * started with -incoming defer then. qmp_migrate_wait() waits for the end. */
bool qmp_migrate(QmpClient *client, const char *uri, int timeout_ms, GError **error);
bool qmp_migrate_incoming(QmpClient *client, const char *uri, int timeout_ms, GError **error);
/* Waits until the migration has ended. QEMU's reason for a failure is the error. */
bool qmp_migrate_wait(QmpClient *client, int timeout_ms, GError **error);

/* qapi/block-core.json (query-block): a drive and the file that takes its writes. */
typedef struct {
    char *drive; /* "disk0" */
    char *file;
    bool read_only;
} QmpDrive;

/* Returns a GArray of QmpDrive, without drives that hold no image; the array clears its elements
 * when freed. */
GArray *qmp_query_drives(QmpClient *client, int timeout_ms, GError **error);

/* qapi/net.json. The dgram netdev connects two unix sockets, named by path. */
bool qmp_netdev_add_dgram(QmpClient *client, const char *id, const char *local_path,
                          const char *remote_path, int timeout_ms, GError **error);
/* netdev may be NULL. */
bool qmp_netdev_add_hubport(QmpClient *client, const char *id, int64_t hubid, const char *netdev,
                            int timeout_ms, GError **error);
bool qmp_netdev_del(QmpClient *client, const char *id, int timeout_ms, GError **error);

/* qapi/qom.json. props_json is a JSON object with the properties other than qom-type and id. */
bool qmp_object_add(QmpClient *client, const char *type, const char *id, const char *props_json,
                    int timeout_ms, GError **error);
bool qmp_object_del(QmpClient *client, const char *id, int timeout_ms, GError **error);
/* value_json is the text of any JSON value. */
bool qmp_qom_set(QmpClient *client, const char *path, const char *property, const char *value_json,
                 int timeout_ms, GError **error);
/* Returns the property's value as JSON text; the caller frees the text with g_free(). */
char *qmp_qom_get(QmpClient *client, const char *path, const char *property, int timeout_ms,
                  GError **error);

/* human-monitor-command. Returns the monitor's text; the caller frees the text with g_free(). */
char *qmp_hmp(QmpClient *client, const char *line, int timeout_ms, GError **error);

/* --- ending a program soon --- */

/*
 * Limits every wait for a reply from now on, in all clients and all threads, also the waits under
 * way: a wait ends limit_ms from now, or one second after the wait's begin if that is later. Waits
 * without a limit stay unlimited. limit_ms -1 lifts the limit again. Async-signal-safe.
 */
void qmp_hurry(int limit_ms);

/* Period in ms at which a caller that polls a client's descriptor must call qmp_ms_left() again, to
 * notice qmp_hurry(). */
#define QMP_LOOK_MS 200
/* Returns the ms left of a wait of timeout_ms that began at began_us (g_get_monotonic_time());
 * qmp_hurry() shortens the wait. -1: no limit. */
int qmp_ms_left(int64_t began_us, int timeout_ms);

G_END_DECLS

#endif
