/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: the line's thread and requests, its beginning and end; see line.h. */
#include "controller/base/fd.h"
#include "controller/remote/client/line-private.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#define GREETING_MS 20000
#define LOOK_MS     200 /* whether it is told to stop */

/* --- the thread --- */

static void lose_for(Line *l, uint8_t type)
{
    line_lose(l, g_error_new(REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                             "it sent a message (%u) that nobody asked for", type));
}

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
    if (!line_send(l) || !line_hear(l, &type, &r))
        return;
    if (type == MSG_OK || type == MSG_NO)
        keep_answer(l, type, &r);
    else
        lose_for(l, type);
}

/* A copy may take long: the agent is to know that somebody is there. */
static void on_tick(void *line)
{
    line_pulse(line);
}

static void work(Line *l, Job job)
{
    switch (job) {
    case JOB_REQUEST:
        answer_request(l);
        break;
    case JOB_UPLOAD:
        l->params.upload(l->params.data, l->local, l->remote, &l->sent, &l->cancel, on_tick, l,
                         &l->failure);
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
            lose_for(l, type);
        }
    }
}

static void *line_main(void *data)
{
    Line *l = data;
    Job job;

    rank_apply_messenger(l->params.rank);
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

bool line_told_to_stop(const Line *l)
{
    return l->params.told_to_stop && l->params.told_to_stop(l->params.user);
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
    *answer = reader_of(l->answer);
    if (l->answer_type == MSG_OK)
        return true;
    if (refuse_lost(l, error))
        return false;
    code = get_u32(answer);
    why = get_words(answer);
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

    l->version = get_line(r);
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

static bool refuse_start(const Line *l, GError **error)
{
    const char *why = l->lost->message;

    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its agent did not start: %s%s", why,
                l->params.upload && strstr(why, "exit status 127")
                    ? "; metronome=PATH says where the program is there"
                    : "");
    return false;
}

static bool greet(Line *l, GError **error)
{
    HTime start = htime_now();
    uint8_t type = 0;
    Reader r;

    say_hello(l);
    while (type == 0 && htime_sub(htime_now(), start).ns < GREETING_MS * NS_PER_MS) {
        if (line_told_to_stop(l)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                        "interrupted while its agent was started");
            return false;
        }
        if (!line_hear_for(l, LOOK_MS, &type, &r))
            break;
    }
    if (l->lost)
        return refuse_start(l, error);
    if (type == 0)
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
    l->falls = g_ptr_array_new_with_free_func((GDestroyNotify)g_source_unref);
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
    for (guint i = 0; i < l->falls->len; i++) /* of the very last moment */
        g_source_destroy(l->falls->pdata[i]);
    g_ptr_array_unref(l->falls);
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
    return (LineStats){.grants = atomic_load(&l->stats.grants),
                       .quanta = atomic_load(&l->stats.quanta),
                       .bytes_out = atomic_load(&l->stats.bytes_out),
                       .bytes_in = atomic_load(&l->stats.bytes_in)};
}
