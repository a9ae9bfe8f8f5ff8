/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.c: see gate.h. Reading notes, sending tokens and opening are plain system calls that
 * allocate nothing; arming and disarming go over QMP while the node stands still.
 */
#include "controller/engine/gate.h"

#include "controller/base/fd.h"
#include "controller/engine/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Token and pcap record header fill over half of a one-page pipe: two never fit. */
#define TOKEN_SIZE   3000
#define TOKEN_RECORD (sizeof(DumpHead) + TOKEN_SIZE)
#define PIPE_SIZE    4096
#define HALT_MS      2000 /* for a stop in the middle of a quantum */

/* Any number that no other hub of the machine has. */
#define HUB_ID 28020

/* filter-buffer's interval is an uint32 of µs (net/filter-buffer.c). */
#define MAX_INTERVAL_US INT64_C(4294967295)

typedef struct {
    uint64_t sequence;
    uint8_t filler[TOKEN_SIZE - sizeof(uint64_t)];
} Token;

G_STATIC_ASSERT(sizeof(Token) == TOKEN_SIZE);

struct Gate {
    Node *node;
    int token_fd, note_fd, dump_fd;
    int witness_fd; /* -1: none */
    char *token_path, *control_path, *note_path, *dump_path, *witness_path;

    GatePlan plan;
    bool armed;
    int64_t next_us;      /* boundary of the next note, node's virtual µs */
    uint64_t sent, noted; /* tokens since arming */
    uint64_t sequence;    /* of the last token ever sent */
    Token token;          /* it */
    DumpClock note_clock, witness_clock;
};

static bool fail_errno(const char *what, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "%s: %s", what, g_strerror(errno));
    return false;
}

static bool socket_address(const char *path, struct sockaddr_un *out, GError **error)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (g_strlcpy(out->sun_path, path, sizeof(out->sun_path)) < sizeof(out->sun_path))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM,
                "'%s' is too long for a socket: set XDG_RUNTIME_DIR to a shorter folder", path);
    return false;
}

/* A FIFO that we hold open before QEMU opens it, so that neither waits for the other. */
static int make_fifo(const char *path, GError **error)
{
    int fd;

    unlink(path);
    if (mkfifo(path, 0600) != 0 || (fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
        fail_errno(path, error);
        return -1;
    }
    return fd;
}

/* Hands over from the read-write descriptor to a read-only one: QEMU's end is then seen as EOF, and
 * ours as EPIPE, which opens the gate of an attached QEMU for good. */
static bool reopen_read_only(const char *path, int *fd, GError **error)
{
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (reader < 0)
        return fail_errno(path, error);
    close(*fd);
    *fd = reader;
    return true;
}

static bool skip_file_header(int fd, GError **error)
{
    uint8_t header[DUMP_FILE_HEADER];

    errno = EPROTO;
    return read(fd, header, sizeof(header)) == sizeof(header) ||
           fail_errno("filter-dump wrote no file header", error);
}

static bool post_object(const Gate *g, const char *type, const char *id, const char *props,
                        GError **error)
{
    g_autofree char *args = g_strdup_printf(
        "{\"qom-type\":\"%s\",\"id\":\"%s\",\"netdev\":\"mtg\",%s}", type, id, props);

    return qmp_client_post(g->node->qmp, "object-add", args, error);
}

static bool post_del(const Gate *g, const char *id, GError **error)
{
    g_autofree char *args = g_strdup_printf("{\"id\":\"%s\"}", id);

    return qmp_client_post(g->node->qmp, "object-del", args, error);
}

static bool post_set(const Gate *g, const char *id, const char *property, const char *value,
                     GError **error)
{
    g_autofree char *args =
        g_strdup_printf("{\"path\":\"%s\",\"property\":\"%s\",\"value\":%s}", id, property, value);

    return qmp_client_post(g->node->qmp, "qom-set", args, error);
}

static bool settle(const Gate *g, GError **error)
{
    return qmp_client_settle(g->node->qmp, NODE_REPLY_MS, error);
}

static bool add_netdev(const Gate *g, GError **error)
{
    QmpClient *qmp = g->node->qmp;

    return qmp_netdev_add_dgram(qmp, "mtg", g->token_path, g->control_path, NODE_REPLY_MS, error) &&
           qmp_netdev_add_hubport(qmp, "mth", HUB_ID, "mtg", NODE_REPLY_MS, error);
}

static bool post_notes(const Gate *g, const char *id, const char *path, GError **error)
{
    g_autofree char *props =
        g_strdup_printf("\"queue\":\"tx\",\"maxlen\":%d,\"file\":\"%s\"", DUMP_NOTE_PAYLOAD, path);

    return post_object(g, "filter-dump", id, props, error);
}

/* In the order in which a token passes them; the ticks are put between the first two. */
static bool add_dumps(const Gate *g, GError **error)
{
    g_autofree char *dump = g_strdup_printf("\"queue\":\"tx\",\"file\":\"%s\"", g->dump_path);

    return (g->witness_fd < 0 || post_notes(g, "mtw", g->witness_path, error)) &&
           post_notes(g, "mtn", g->note_path, error) &&
           post_object(g, "filter-dump", "mtd", dump, error) && settle(g, error);
}

static bool open_sockets(Gate *g, GError **error)
{
    struct sockaddr_un control;

    if (!socket_address(g->control_path, &control, error))
        return false;
    unlink(g->control_path);
    unlink(g->token_path);
    g->token_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (g->token_fd < 0 || bind(g->token_fd, (struct sockaddr *)&control, sizeof(control)) != 0)
        return fail_errno(g->control_path, error);
    return true;
}

static bool connect_token(Gate *g, GError **error)
{
    struct sockaddr_un token;

    return socket_address(g->token_path, &token, error) &&
           (connect(g->token_fd, (struct sockaddr *)&token, sizeof(token)) == 0 ||
            fail_errno(g->token_path, error));
}

/* One record in the dump's pipe from the start: the first token already blocks. */
static bool prefill(const Gate *g, GError **error)
{
    static const uint8_t record[TOKEN_RECORD];

    return write(g->dump_fd, record, sizeof(record)) == sizeof(record) ||
           fail_errno("can't fill the gate's pipe", error);
}

static bool build(Gate *g, GError **error)
{
    GError *e = NULL;

    if (!open_sockets(g, error))
        return false;
    g->note_fd = make_fifo(g->note_path, error);
    if (g->note_fd < 0)
        return false;
    g->dump_fd = make_fifo(g->dump_path, error);
    if (g->dump_fd < 0)
        return false;
    if (fcntl(g->dump_fd, F_SETPIPE_SZ, PIPE_SIZE) != PIPE_SIZE)
        return fail_errno("can't make a pipe of one page", error);
    if (g->node->icount.sleep_on) {
        g->witness_fd = make_fifo(g->witness_path, error);
        if (g->witness_fd < 0)
            return false;
    }
    if (g->node->attached) /* a controller that was killed may have left its gate there */
        attached_remove_gate(g->node->qmp);
    if (!add_netdev(g, &e) || !add_dumps(g, &e)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                    "QEMU %s can't hold the gate (%s); metronome needs QEMU 7.2 or later "
                    "with netdev dgram, filter-buffer and filter-dump",
                    g->node->version, e->message);
        g_error_free(e);
        return false;
    }
    return connect_token(g, error) && skip_file_header(g->note_fd, error) &&
           (g->witness_fd < 0 || skip_file_header(g->witness_fd, error)) &&
           skip_file_header(g->dump_fd, error) && prefill(g, error) &&
           reopen_read_only(g->note_path, &g->note_fd, error) &&
           reopen_read_only(g->dump_path, &g->dump_fd, error);
}

Gate *gate_new(Node *node, GError **error)
{
    Gate *g = g_new0(Gate, 1);

    g->node = node;
    g->token_fd = g->note_fd = g->dump_fd = g->witness_fd = -1;
    g->token_path = g_build_filename(node->dir, "token", NULL);
    g->control_path = g_build_filename(node->dir, "control", NULL);
    g->note_path = g_build_filename(node->dir, "note", NULL);
    g->dump_path = g_build_filename(node->dir, "dump", NULL);
    g->witness_path = g_build_filename(node->dir, "witness", NULL);
    if (!build(g, error))
        g_clear_pointer(&g, gate_free);
    return g;
}

void gate_free(Gate *g)
{
    if (!g)
        return;
    fd_clear(&g->token_fd);
    fd_clear(&g->note_fd);
    fd_clear(&g->dump_fd);
    fd_clear(&g->witness_fd);
    g_free(g->token_path);
    g_free(g->control_path);
    g_free(g->note_path);
    g_free(g->dump_path);
    g_free(g->witness_path);
    g_free(g);
}

bool gate_remove(Gate *g, GError **error)
{
    return gate_disarm(g, error) && post_del(g, "mtd", error) && post_del(g, "mtn", error) &&
           (g->witness_fd < 0 || post_del(g, "mtw", error)) &&
           qmp_client_post(g->node->qmp, "netdev_del", "{\"id\":\"mth\"}", error) &&
           qmp_client_post(g->node->qmp, "netdev_del", "{\"id\":\"mtg\"}", error) &&
           settle(g, error);
}

int gate_note_fd(const Gate *g)
{
    return g->note_fd;
}

static bool send_token(Gate *g, GError **error)
{
    g->token.sequence = ++g->sequence;
    if (send(g->token_fd, &g->token, sizeof(g->token), MSG_NOSIGNAL) != sizeof(g->token))
        return fail_errno("QEMU takes no token", error);
    g->sent++;
    return true;
}

bool gate_tokens_taken(const Gate *g)
{
    int bytes = 0;

    return ioctl(g->token_fd, SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

/* The node stands still, so this can't come too late: every round trip gives QEMU's main loop,
 * which reads the token's socket, another turn. */
static bool wait_taken(Gate *g, GError **error)
{
    HTime start = htime_now();

    while (!gate_tokens_taken(g)) {
        if (htime_sub(htime_now(), start).ns > NODE_REPLY_MS * NS_PER_MS) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU does not read its tokens");
            return false;
        }
        if (!qmp_client_post(g->node->qmp, "query-status", NULL, error) || !settle(g, error))
            return false;
    }
    return true;
}

/* Each further stage goes in front of those that are there, behind the witness. */
static bool post_tick(const Gate *g, unsigned stage, int64_t interval_us, GError **error)
{
    g_autofree char *id = g_strdup_printf("mt%u", stage);
    g_autofree char *props = g_strdup_printf(
        "\"queue\":\"tx\",\"position\":\"%s,\"interval\":%" PRId64,
        g->witness_fd < 0 ? "head\"" : "id=mtw\",\"insert\":\"behind\"", interval_us);

    return post_object(g, "filter-buffer", id, props, error);
}

/* Timers with equal deadlines fire in the order of creation, so each boundary moves every token one
 * stage on. The token is sent after its stage exists and before the next one does. */
static bool load_stage(Gate *g, unsigned stage, int64_t interval_us, GError **error)
{
    return post_tick(g, stage, interval_us, error) && settle(g, error) && send_token(g, error) &&
           (stage + 1 == g->plan.stages || wait_taken(g, error));
}

/* The interval counts from the node's present µs; a new value holds for the re-arms, or arms anew
 * (trial.h). */
static bool set_followers(const Gate *g, int64_t interval_us, GError **error)
{
    g_autofree char *quantum = g_strdup_printf("%" PRId64, g->plan.quantum_us);

    if (!g->plan.tries && (g->plan.boundaries == 1 || g->plan.quantum_us == interval_us))
        return true;
    for (unsigned stage = 0; stage < g->plan.stages; stage++) {
        g_autofree char *id = g_strdup_printf("mt%u", stage);

        if (!post_set(g, id, "interval", quantum, error))
            return false;
    }
    return true;
}

static bool post_brake(const Gate *g, const char *id, int64_t interval_us, GError **error)
{
    g_autofree char *props = g_strdup_printf("\"queue\":\"rx\",\"interval\":%" PRId64, interval_us);

    return post_object(g, "filter-buffer", id, props, error);
}

static bool post_brakes(const Gate *g, int64_t now_us, GError **error)
{
    int64_t last_us = g->plan.first_us + (int64_t)(g->plan.boundaries - 1) * g->plan.quantum_us;

    return (!g->plan.brake || post_brake(g, "mtb", last_us + 1 - now_us, error)) &&
           (!g->plan.grain_us || post_brake(g, "mtf", g->plan.grain_us, error));
}

bool gate_keeps_up(const Gate *g, const GatePlan *plan)
{
    const Node *n = g->node;

    return plan->boundaries == 1 || n->interval == INTERVAL_HOLDS ||
           plan->first_us - vtime_floor_us(n->clock.virtual_time) == plan->quantum_us;
}

bool gate_arm(Gate *g, const GatePlan *plan, GError **error)
{
    int64_t now_us = vtime_floor_us(g->node->clock.virtual_time);
    int64_t interval_us = plan->first_us - now_us;

    g_assert(!g->armed && plan->boundaries > 0 && interval_us > 0 && interval_us < MAX_INTERVAL_US);
    g->plan = *plan;
    g->plan.stages = (unsigned)MIN(plan->stages, plan->boundaries);
    g->sent = g->noted = 0;
    g->next_us = plan->first_us;
    g->armed = true;
    for (unsigned stage = 0; stage < g->plan.stages; stage++)
        if (!load_stage(g, stage, interval_us, error))
            return false;
    return post_brakes(g, now_us, error) && set_followers(g, interval_us, error) &&
           settle(g, error) && wait_taken(g, error);
}

/* While tokens are inside, the filters behind the ticks look away: what the dying ticks let out
 * must neither write a note nor block QEMU's main thread. */
static bool post_dumps_status(const Gate *g, const char *status, GError **error)
{
    return post_set(g, "mtn", "status", status, error) &&
           post_set(g, "mtd", "status", status, error);
}

bool gate_disarm(Gate *g, GError **error)
{
    bool inside = g->sent != g->noted;

    if (!g->armed)
        return true;
    g->armed = false;
    if (inside && !(wait_taken(g, error) && post_dumps_status(g, "\"off\"", error)))
        return false;
    for (unsigned stage = 0; stage < g->plan.stages; stage++) {
        g_autofree char *id = g_strdup_printf("mt%u", stage);

        if (!post_del(g, id, error))
            return false;
    }
    return (!g->plan.brake || post_del(g, "mtb", error)) &&
           (!g->plan.grain_us || post_del(g, "mtf", error)) &&
           (!inside || post_dumps_status(g, "\"on\"", error)) && settle(g, error);
}

/* Whether this token was taken before its boundary. What the witness saw of tokens that were lost
 * at a disarming comes first. */
static bool taken_in_time(Gate *g, uint64_t sequence)
{
    uint8_t record[DUMP_NOTE_RECORD];
    uint64_t seen = 0;
    DumpHead head;
    int64_t at_us = 0;

    while (seen < sequence) {
        ssize_t n = read(g->witness_fd, record, sizeof(record));

        if (n <= 0 || !dump_read_note(record, (gsize)n, TOKEN_SIZE, &head, &seen))
            return false;
        at_us = dump_time(&g->witness_clock, &head, vtime_floor_us(g->node->clock.virtual_time));
    }
    return seen == sequence && at_us < g->next_us;
}

static NoteKind judge(const Gate *g, int64_t late_us, bool in_time)
{
    const Icount *icount = &g->node->icount;

    if (late_us == 0)
        return NOTE_ON_TIME;
    if (late_us < 0)
        return NOTE_BROKEN;
    if (icount->enabled && late_us * NS_PER_US < INT64_C(1) << icount->shift)
        return NOTE_GRAIN;
    return icount->sleep_on && in_time ? NOTE_IDLE : NOTE_MISSED;
}

Note gate_read_note(Gate *g)
{
    uint64_t sequence = g->sequence - (g->sent - g->noted) + 1, number;
    uint8_t record[DUMP_NOTE_RECORD];
    ssize_t n = read(g->note_fd, record, sizeof(record));
    DumpHead head;
    Note note;
    bool in_time;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return (Note){.kind = NOTE_NONE};
    if (n <= 0)
        return (Note){.kind = NOTE_GONE};
    if (!dump_read_note(record, (gsize)n, TOKEN_SIZE, &head, &number) || number != sequence)
        return (Note){.kind = NOTE_BROKEN};
    g->noted++;
    in_time = g->witness_fd >= 0 && taken_in_time(g, sequence);
    note.stamp_us = dump_time(&g->note_clock, &head, g->next_us);
    note.late_us = note.stamp_us - g->next_us;
    note.kind = judge(g, note.late_us, in_time);
    g->next_us = note.stamp_us + g->plan.quantum_us;
    return note;
}

/* Takes one record out of the full pipe: the write that blocks the vCPU goes through. */
static bool take_record(Gate *g, GError **error)
{
    uint8_t record[TOKEN_RECORD];
    ssize_t n = read(g->dump_fd, record, sizeof(record));

    if (n == sizeof(record))
        return true;
    errno = n < 0 ? errno : EPIPE;
    return fail_errno("the gate's pipe is broken", error);
}

bool gate_open(Gate *g, GError **error)
{
    return (g->sent >= g->plan.boundaries || send_token(g, error)) && take_record(g, error);
}

/* An idle node that holds further tokens may reach its next gate before the stop is handled. */
static bool pass_gate(Gate *g, GError **error)
{
    Note note = gate_read_note(g);

    return note.kind == NOTE_NONE || note.kind == NOTE_GONE || take_record(g, error);
}

static bool await_stop(Gate *g, int timeout_ms, GError **error)
{
    struct pollfd fds[] = {{.fd = qmp_client_fd(g->node->qmp), .events = POLLIN},
                           {.fd = g->note_fd, .events = POLLIN}};
    int64_t began = g_get_monotonic_time();

    while (qmp_client_pending(g->node->qmp) > 0) {
        int left = qmp_ms_left(began, timeout_ms);

        if (poll(fds, G_N_ELEMENTS(fds), MIN(left, QMP_LOOK_MS)) == 0) {
            if (left == 0)
                break; /* settle says so */
            continue;
        }
        if ((fds[1].revents & POLLIN) && !pass_gate(g, error))
            return false;
        if ((fds[1].revents & POLLHUP) && !(fds[1].revents & POLLIN))
            fds[1].fd = -1; /* QEMU is on its way out: the connection tells the rest */
        if (!qmp_client_pump(g->node->qmp, 0, error))
            return false;
    }
    return qmp_client_settle(g->node->qmp, timeout_ms, error);
}

bool gate_stop(Gate *g, GError **error)
{
    bool ok;

    g->node->expect_stop = true;
    ok = qmp_client_post(g->node->qmp, "stop", NULL, error) && take_record(g, error) &&
         await_stop(g, NODE_REPLY_MS, error);
    g->node->expect_stop = false;
    return ok;
}

bool gate_halt(Gate *g, GError **error)
{
    char state = node_process_state(g->node);
    bool ok;

    /* It would read the stop some time after we have left, and nobody would let it run again. */
    if (g->node->attached && (state == 'T' || state == 't')) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "QEMU can't be asked");
        return false;
    }
    g->node->expect_stop = true;
    ok = qmp_client_post(g->node->qmp, "stop", NULL, error) && await_stop(g, HALT_MS, error);
    g->node->expect_stop = false;
    return ok;
}
