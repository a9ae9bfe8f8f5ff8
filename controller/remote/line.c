/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: the line's thread, its messages and requests; see line.h. */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/remote/line-private.h"
#include "controller/remote/outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define READ_CHUNK  65536
#define GREETING_MS 20000
#define MAX_POLLED  1100 /* two tunnels for each of the most nodes, and what else there is */

/* --- failure --- */

typedef struct {
    Line *line;
    Node *node; /* NULL: all of them */
    char *why;
} Fall;

static void fall(Line *l, Node *n, const char *why)
{
    if (n->state == NODE_FAILED)
        return;
    outcome_fail(n, l->far.name, why);
    l->params.on_fall(n, l->params.user);
}

/* In the main thread. */
static gboolean on_fall(gpointer data)
{
    Fall *f = data;

    for (guint i = 0; i < f->line->nodes->len; i++)
        if (!f->node || f->node == f->line->nodes->pdata[i])
            fall(f->line, f->line->nodes->pdata[i], f->why);
    atomic_fetch_sub(&f->line->falls, 1);
    return G_SOURCE_REMOVE;
}

static void fall_free(gpointer data)
{
    Fall *f = data;

    g_free(f->why);
    g_free(f);
}

static void fall_later(Line *l, Node *node, const char *why)
{
    Fall *f = g_new0(Fall, 1);

    *f = (Fall){l, node, g_strdup(why)};
    atomic_fetch_add(&l->falls, 1);
    g_idle_add_full(G_PRIORITY_DEFAULT, on_fall, f, fall_free);
}

void line_lose(Line *l, GError *error)
{
    g_mutex_lock(&l->lock);
    if (l->lost) {
        g_error_free(error);
        g_mutex_unlock(&l->lock);
        return;
    }
    l->lost = error;
    g_mutex_unlock(&l->lock);
    /* Its end is the agent's end. */
    g_clear_pointer(&l->stream, stream_free);
    if (!l->leg && !l->step)
        fall_later(l, NULL, error->message);
}

/* --- messages --- */

/* What is read at the end tells more than that nothing can be written. */
static void lose_connection(Line *l, GError *error)
{
    GError *end = NULL;
    gssize n;

    while ((n = stream_read(l->stream, inbox_room(l->inbox, READ_CHUNK), READ_CHUNK, &end)) > 0)
        ;
    if (n < 0) {
        g_error_free(error);
        error = end;
    }
    g_prefix_error(&error, "the connection is lost: ");
    line_lose(l, error);
}

bool line_send(Line *l)
{
    GError *error = NULL;

    if (!l->stream)
        return false;
    if (!stream_write(l->stream, l->out->data, l->out->len, &error)) {
        lose_connection(l, error);
        return false;
    }
    l->stats.bytes_out += l->out->len;
    g_byte_array_set_size(l->out, 0);
    l->last_sent = htime_now();
    return true;
}

void line_pulse(Line *l)
{
    gsize begun;

    if (!l->stream || htime_sub(htime_now(), l->last_sent).ns < PROTOCOL_PULSE_MS * NS_PER_MS)
        return;
    begun = message_begin(l->out, MSG_PULSE);
    message_end(l->out, begun);
    line_send(l);
}

static void pump_one(Line *l, Tunnel *t)
{
    char data[16384];
    ssize_t n;
    gsize begun;

    while (t->fd >= 0 && (n = recv(t->fd, data, sizeof(data), MSG_DONTWAIT)) != -1) {
        begun = message_begin(l->out, n > 0 ? t->type : (uint8_t)MSG_STUB_CLOSE);
        put_u32(l->out, t->node->index);
        if (n > 0)
            put_bytes(l->out, data, (gsize)n);
        else
            fd_clear(&t->fd);
        if (n > 0 || t->type == MSG_STUB)
            message_end(l->out, begun);
        else
            g_byte_array_set_size(l->out, (guint)begun);
    }
}

void line_pump(Line *l)
{
    g_mutex_lock(&l->lock);
    for (guint i = l->tunnels->len; i-- > 0;) {
        Tunnel *t = &g_array_index(l->tunnels, Tunnel, i);

        pump_one(l, t);
        if (t->fd < 0)
            g_array_remove_index(l->tunnels, i);
    }
    g_mutex_unlock(&l->lock);
    if (l->out->len > 0)
        line_send(l);
}

static Node *node_by_index(Line *l, unsigned index)
{
    Node *found = NULL;

    g_mutex_lock(&l->lock);
    for (guint i = 0; i < l->nodes->len && !found; i++)
        if (((Node *)l->nodes->pdata[i])->index == index)
            found = l->nodes->pdata[i];
    g_mutex_unlock(&l->lock);
    return found;
}

static void into_tunnel(Line *l, uint8_t type, Reader *r)
{
    unsigned index = get_u32(r);
    gsize size;
    const uint8_t *bytes = get_bytes(r, &size);

    g_mutex_lock(&l->lock);
    for (guint i = 0; bytes && i < l->tunnels->len; i++) {
        const Tunnel *t = &g_array_index(l->tunnels, Tunnel, i);

        if (t->type == type && t->node->index == index &&
            send(t->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
            log_debug("host %s: bytes for node %u are lost", l->far.name, index);
    }
    g_mutex_unlock(&l->lock);
}

/* It shares no clock with virtual time, but a host that was frozen or whose clock was set is not to
 * be trusted with the rest either. */
static void hear_pulse(Line *l, Reader *r)
{
    int64_t offset = get_i64(r), leap = offset - l->offset;
    uint64_t steps = get_u64(r);
    GError *error = NULL;

    if (l->step)
        atomic_store(l->step->done, steps);
    if (l->has_offset && (leap > PROTOCOL_JUMP_NS || leap < -PROTOCOL_JUMP_NS)) {
        g_set_error(&error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its clock has jumped by %+.3f s",
                    (double)leap / 1e9);
        line_lose(l, error);
    }
    l->has_offset = true;
    l->offset = offset;
}

/* What needs nobody else; false: it is somebody's. */
static bool pass_on(Line *l, uint8_t type, Reader *r)
{
    g_autofree char *text = NULL;
    unsigned index;

    switch (type) {
    case MSG_PULSE:
        hear_pulse(l, r);
        return true;
    case MSG_STUB:
    case MSG_PORT:
        into_tunnel(l, type, r);
        return true;
    case MSG_FELL:
        index = get_u32(r);
        text = get_text(r);
        if (node_by_index(l, index))
            fall_later(l, node_by_index(l, index), text);
        return true;
    case MSG_LOG:
        text = get_text(r);
        g_strchomp(text);
        log_write(LOG_WARN, "host %s: %s", l->far.name, text);
        return true;
    default:
        return false;
    }
}

/* Reads what is there. */
static bool receive(Line *l)
{
    GError *error = NULL;
    gssize n;

    if (!l->stream)
        return false;
    n = stream_read(l->stream, inbox_room(l->inbox, READ_CHUNK), READ_CHUNK, &error);
    if (n < 0) {
        g_prefix_error(&error, "the connection is lost: ");
        line_lose(l, error);
        return false;
    }
    if (n > 0) {
        inbox_filled(l->inbox, (gsize)n);
        l->stats.bytes_in += (uint64_t)n;
        l->last_heard = htime_now();
    }
    return n > 0;
}

/* Sleeps until something comes: bytes, a job, or what the tunnels bring. */
static void wait_for_bytes(Line *l, int timeout_ms)
{
    struct pollfd p[MAX_POLLED];
    eventfd_t value;
    nfds_t n = 0;

    p[n++] = (struct pollfd){.fd = stream_fd(l->stream), .events = POLLIN};
    p[n++] = (struct pollfd){.fd = l->wake_fd, .events = POLLIN};
    g_mutex_lock(&l->lock);
    for (guint i = 0; i < l->tunnels->len && n < MAX_POLLED; i++)
        p[n++] = (struct pollfd){.fd = g_array_index(l->tunnels, Tunnel, i).fd, .events = POLLIN};
    g_mutex_unlock(&l->lock);
    if (poll(p, n, MIN(timeout_ms, PROTOCOL_PULSE_MS)) <= 0)
        return;
    if (p[1].revents)
        eventfd_read(l->wake_fd, &value);
    for (nfds_t i = 2; i < n; i++) {
        if (p[i].revents) {
            line_pump(l);
            break;
        }
    }
}

static void check_silence(Line *l)
{
    GError *error = NULL;

    if (htime_sub(htime_now(), l->last_heard).ns < PROTOCOL_SILENT_MS * NS_PER_MS)
        return;
    g_set_error(&error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                "the connection is lost: nothing was heard for %d s", PROTOCOL_SILENT_MS / 1000);
    line_lose(l, error);
}

/* A message that is there already; *type 0: none. */
static bool next_message(Line *l, uint8_t *type, Reader *r)
{
    GError *error = NULL;

    do {
        if (!inbox_next(l->inbox, type, r, &error)) {
            line_lose(l, error);
            return false;
        }
    } while (*type != 0 && pass_on(l, *type, r));
    return l->stream != NULL;
}

bool line_hear_for(Line *l, int timeout_ms, uint8_t *type, Reader *r)
{
    for (bool waited = false;; waited = true) {
        if (!next_message(l, type, r))
            return false;
        if (*type != 0)
            return true;
        if (receive(l))
            continue;
        if (!l->stream)
            return false;
        if (waited)
            return true;
        wait_for_bytes(l, timeout_ms);
        line_pulse(l);
        check_silence(l);
    }
}

bool line_hear(Line *l, uint8_t *type, Reader *r)
{
    do {
        if (!line_hear_for(l, PROTOCOL_PULSE_MS, type, r))
            return false;
    } while (*type == 0);
    return true;
}

/* --- the thread --- */

static void keep_answer(Line *l, uint8_t type, const Reader *r)
{
    g_byte_array_set_size(l->answer, 0);
    g_byte_array_append(l->answer, r->at, (guint)(r->end - r->at));
    l->answer_type = type;
}

static void answer_request(Line *l)
{
    uint8_t type;
    Reader r;

    l->answer_type = 0;
    line_pump(l); /* what was typed before it */
    g_byte_array_append(l->out, l->request->data, l->request->len);
    g_byte_array_set_size(l->request, 0);
    if (line_send(l) && line_hear(l, &type, &r))
        keep_answer(l, type, &r);
}

static void work(Line *l, Job job)
{
    switch (job) {
    case JOB_REQUEST:
        answer_request(l);
        break;
    case JOB_UPLOAD:
        l->params.upload(l->params.data, l->local, l->remote, &l->sent, &l->cancel, &l->failure);
        l->last_heard = htime_now();
        break;
    case JOB_LEG:
        line_ride(l);
        break;
    case JOB_STEP:
        line_take_steps(l);
        break;
    case JOB_NONE:
    case JOB_QUIT:
        break;
    }
}

/* Between jobs; what comes unasked is passed on. */
static Job idle(Line *l)
{
    for (;;) {
        Job job;
        eventfd_t value;
        uint8_t type;
        Reader r;

        eventfd_read(l->wake_fd, &value);
        g_mutex_lock(&l->lock);
        job = l->job;
        g_mutex_unlock(&l->lock);
        if (job != JOB_NONE)
            return job;
        if (!l->stream) {
            struct pollfd p = {.fd = l->wake_fd, .events = POLLIN};

            poll(&p, 1, -1);
        } else if (line_hear_for(l, PROTOCOL_PULSE_MS, &type, &r) && type != 0) {
            line_lose(l, g_error_new(REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                                     "it sent an answer to nothing (message %u)", type));
        }
    }
}

static void *line_main(void *data)
{
    Line *l = data;
    Job job;

    rank_apply_messenger(l->params.rank, 0);
    while ((job = idle(l)) != JOB_QUIT) {
        FarDoneFunc on_done = l->on_done;

        work(l, job);
        g_mutex_lock(&l->lock);
        l->job = JOB_NONE;
        l->leg = NULL;
        l->step = NULL;
        g_cond_signal(&l->done);
        g_mutex_unlock(&l->lock);
        if (job == JOB_LEG || job == JOB_STEP)
            on_done(l->done_data);
    }
    return NULL;
}

/* --- the main thread --- */

void line_submit(Line *l, Job job)
{
    g_mutex_lock(&l->lock);
    g_assert(l->job == JOB_NONE);
    l->job = job;
    g_mutex_unlock(&l->lock);
    eventfd_write(l->wake_fd, 1);
}

void line_wait(Line *l)
{
    g_mutex_lock(&l->lock);
    while (l->job != JOB_NONE)
        g_cond_wait(&l->done, &l->lock);
    g_mutex_unlock(&l->lock);
}

static bool refuse_lost(Line *l, GError **error)
{
    g_mutex_lock(&l->lock);
    if (l->lost)
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "host %s: %s", l->far.name,
                    l->lost->message);
    g_mutex_unlock(&l->lock);
    return error && *error;
}

bool line_request(Line *l, GByteArray *request, Reader *answer, GError **error)
{
    g_autofree char *why = NULL;
    uint32_t code;

    l->request = request;
    line_submit(l, JOB_REQUEST);
    line_wait(l);
    *answer = (Reader){l->answer->data, l->answer->data + l->answer->len, false};
    if (l->answer_type == MSG_OK)
        return true;
    if (refuse_lost(l, error))
        return false;
    code = get_u32(answer);
    why = get_text(answer);
    g_set_error(error, NODE_ERROR, answer->bad ? NODE_ERROR_SYSTEM : (int)code, "host %s: %s",
                l->far.name, answer->bad ? "it sent no answer that is known" : why);
    return false;
}

/* --- making and ending --- */

static void say_hello(Line *l)
{
    gsize begun = message_begin(l->out, MSG_HELLO);

    put_u32(l->out, PROTOCOL_MAGIC);
    put_u32(l->out, PROTOCOL_VERSION);
    put_text(l->out, l->params.version);
    message_end(l->out, begun);
    line_send(l);
}

static bool take_hello(Line *l, Reader *r, GError **error)
{
    uint32_t magic = get_u32(r), protocol = get_u32(r), rank, n;

    l->version = get_text(r);
    if (r->bad || magic != PROTOCOL_MAGIC) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "what answers is no metronome");
        return false;
    }
    if (protocol != PROTOCOL_VERSION) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_VERSION,
                    "its metronome %s speaks protocol %" PRIu32 ", this one (%s) protocol %d: both "
                    "must be of one version; metronome=PATH names another there",
                    l->version, protocol, l->params.version, PROTOCOL_VERSION);
        return false;
    }
    rank = get_u32(r);
    n = get_count(r, 4);
    for (uint32_t i = 0; i < n; i++) {
        int cpu = (int)get_u32(r);

        g_array_append_val(l->cpus, cpu);
    }
    l->far.rank = rank <= RANK_BEST_EFFORT ? (Rank)rank : RANK_BEST_EFFORT;
    return reader_done(r, "hello", error);
}

static bool greet(Line *l, GError **error)
{
    HTime start = htime_now();
    uint8_t type = 0;
    Reader r;

    say_hello(l);
    while (type == 0 && htime_sub(htime_now(), start).ns < GREETING_MS * NS_PER_MS)
        if (!line_hear_for(l, PROTOCOL_PULSE_MS, &type, &r))
            break;
    if (l->lost)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its agent did not start: %s",
                    l->lost->message);
    else if (type == 0)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its agent said nothing for %d s",
                    GREETING_MS / 1000);
    else if (type != MSG_HELLO)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "what answers is no metronome");
    else
        return take_hello(l, &r, error);
    return false;
}

Line *line_new(const LineParams *params, GError **error)
{
    Line *l = g_new0(Line, 1);
    g_autofree char *thread = g_strdup_printf("line-%.9s", params->name);

    l->params = *params;
    l->far.ops = &line_ops;
    l->far.name = g_strdup(params->name);
    l->stream = params->stream;
    l->cpus = g_array_new(FALSE, FALSE, sizeof(int));
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->tunnels = g_array_new(FALSE, FALSE, sizeof(Tunnel));
    l->inbox = inbox_new();
    l->out = g_byte_array_new();
    l->answer = g_byte_array_new();
    l->nodes = g_ptr_array_new();
    l->cards = g_ptr_array_new();
    l->which = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_mutex_init(&l->lock);
    g_cond_init(&l->done);
    l->last_heard = l->last_sent = htime_now();
    if (!greet(l, error)) {
        g_prefix_error(error, "host %s: ", params->name);
        line_free(l);
        return NULL;
    }
    l->thread = g_thread_new(thread, line_main, l);
    return l;
}

void line_free(Line *l)
{
    if (!l)
        return;
    if (l->thread) {
        line_submit(l, JOB_QUIT);
        g_thread_join(l->thread);
    }
    while (atomic_load(&l->falls) > 0) /* of the very last moment */
        g_main_context_iteration(NULL, FALSE);
    g_clear_pointer(&l->stream, stream_free);
    if (l->params.close)
        l->params.close(l->params.data);
    for (guint i = 0; i < l->tunnels->len; i++)
        close(g_array_index(l->tunnels, Tunnel, i).fd);
    g_array_unref(l->tunnels);
    inbox_free(l->inbox);
    g_byte_array_unref(l->out);
    g_byte_array_unref(l->answer);
    g_ptr_array_unref(l->nodes);
    g_ptr_array_unref(l->cards);
    g_array_unref(l->which);
    g_array_unref(l->cpus);
    g_clear_error(&l->lost);
    fd_clear(&l->wake_fd);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->done);
    g_free(l->version);
    g_free(l->far.name);
    g_free(l);
}

Far *line_far(Line *l)
{
    return &l->far;
}

const char *line_version(const Line *l)
{
    return l->version;
}

const GArray *line_cpus(const Line *l)
{
    return l->cpus;
}

const char *line_lost(Line *l)
{
    const char *why;

    g_mutex_lock(&l->lock);
    why = l->lost ? l->lost->message : NULL;
    g_mutex_unlock(&l->lock);
    return why;
}

bool line_ping(Line *l, HTime *took, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    HTime start = htime_now();
    Reader answer;

    message_end(request, message_begin(request, MSG_PING));
    if (!line_request(l, request, &answer, error))
        return false;
    *took = htime_sub(htime_now(), start);
    return true;
}

LineStats line_stats(const Line *l)
{
    return l->stats;
}
