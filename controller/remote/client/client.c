/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.c: beginning and end of a client, its thread, and requests. The thread does one job at a
 * time; between jobs it reads messages and sends bytes from the tunnels.
 */
#include "controller/base/fd.h"
#include "controller/remote/client/client-private.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#define GREETING_MS 20000
#define LOOK_MS     200 /* between two calls of stop_requested() */

/* --- the thread --- */

/* Loses the client for a message that has no place here. */
static void lose_for(AgentClient *c, uint8_t type)
{
    agent_client_lose(c, g_error_new(REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                                     "it sent a message (%u) that nobody asked for", type));
}

static void keep_answer(AgentClient *c, uint8_t type, const Reader *r)
{
    g_byte_array_set_size(c->answer, 0);
    g_byte_array_append(c->answer, r->at, (guint)(r->end - r->at));
    c->answer_type = type;
}

static void answer_request(AgentClient *c)
{
    uint8_t type;
    Reader r;

    c->answer_type = 0;
    agent_client_pump(c); /* bytes typed before the request go first */
    g_byte_array_append(c->out, c->request->data, c->request->len);
    g_byte_array_set_size(c->request, 0);
    if (!agent_client_send(c) || !agent_client_receive(c, &type, &r))
        return;
    if (type == MSG_OK || type == MSG_NO)
        keep_answer(c, type, &r);
    else
        lose_for(c, type);
}

/* Sends a pulse if one is due, since a copy may take longer than PROTOCOL_SILENT_MS. */
static void on_tick(void *client)
{
    agent_client_pulse(client);
}

static void work(AgentClient *c, Job job)
{
    switch (job) {
    case JOB_REQUEST:
        answer_request(c);
        break;
    case JOB_UPLOAD:
        c->params.upload(c->params.data, c->local_path, c->remote_path, &c->sent, &c->cancel,
                         on_tick, c, &c->failure);
        c->last_received = htime_now();
        break;
    case JOB_SEGMENT:
        agent_client_run(c);
        break;
    case JOB_STEP:
        agent_client_run_steps(c);
        break;
    case JOB_NONE:
    case JOB_QUIT:
        break;
    }
}

/* Waits for a job; meanwhile passes on messages that come without a request. */
static Job idle(AgentClient *c)
{
    for (;;) {
        Job job;
        eventfd_t value;
        uint8_t type;
        Reader r;

        eventfd_read(c->wake_fd, &value);
        g_mutex_lock(&c->lock);
        job = c->job;
        g_mutex_unlock(&c->lock);
        if (job != JOB_NONE)
            return job;
        if (!c->stream) {
            struct pollfd p = {.fd = c->wake_fd, .events = POLLIN};

            poll(&p, 1, -1);
        } else if (agent_client_receive_for(c, PROTOCOL_PULSE_MS, &type, &r) && type != 0) {
            lose_for(c, type);
        }
    }
}

static void *client_main(void *data)
{
    AgentClient *c = data;
    Job job;

    sched_apply_messenger(c->params.sched);
    while ((job = idle(c)) != JOB_QUIT) {
        RemoteDoneFunc on_done = c->on_done;

        work(c, job);
        g_mutex_lock(&c->lock);
        c->job = JOB_NONE;
        c->segment = NULL;
        c->step = NULL;
        g_cond_signal(&c->done);
        g_mutex_unlock(&c->lock);
        if (job == JOB_SEGMENT || job == JOB_STEP)
            on_done(c->done_data);
    }
    return NULL;
}

/* --- the main thread --- */

void agent_client_submit(AgentClient *c, Job job)
{
    g_mutex_lock(&c->lock);
    g_assert(c->job == JOB_NONE);
    c->job = job;
    g_mutex_unlock(&c->lock);
    eventfd_write(c->wake_fd, 1);
}

void agent_client_wait(AgentClient *c)
{
    g_mutex_lock(&c->lock);
    while (c->job != JOB_NONE)
        g_cond_wait(&c->done, &c->lock);
    g_mutex_unlock(&c->lock);
}

bool agent_client_stop_requested(const AgentClient *c)
{
    return c->params.stop_requested && c->params.stop_requested(c->params.user);
}

static bool refuse_lost(AgentClient *c, GError **error)
{
    g_mutex_lock(&c->lock);
    if (c->lost)
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "host %s: %s", c->remote.name,
                    c->lost->message);
    g_mutex_unlock(&c->lock);
    return error && *error;
}

void agent_client_begin_request(AgentClient *c, GByteArray *request)
{
    c->request = request;
    agent_client_submit(c, JOB_REQUEST);
}

bool agent_client_end_request(AgentClient *c, Reader *answer, GError **error)
{
    g_autofree char *why = NULL;
    uint32_t code;

    agent_client_wait(c);
    *answer = reader_of(c->answer);
    if (c->answer_type == MSG_OK)
        return true;
    if (refuse_lost(c, error))
        return false;
    code = get_u32(answer);
    why = get_words(answer);
    g_set_error(error, NODE_ERROR, answer->bad ? NODE_ERROR_SYSTEM : (int)code, "host %s: %s",
                c->remote.name, answer->bad ? "it sent no answer that is known" : why);
    return false;
}

bool agent_client_request(AgentClient *c, GByteArray *request, Reader *answer, GError **error)
{
    agent_client_begin_request(c, request);
    return agent_client_end_request(c, answer, error);
}

/* --- making and ending --- */

static void send_hello(AgentClient *c)
{
    gsize begun = message_begin(c->out, MSG_HELLO);

    put_u32(c->out, PROTOCOL_MAGIC);
    put_u32(c->out, PROTOCOL_VERSION);
    put_text(c->out, c->params.version);
    message_end(c->out, begun);
    agent_client_send(c);
}

static bool read_hello(AgentClient *c, Reader *r, GError **error)
{
    uint32_t magic = get_u32(r), protocol = get_u32(r), sched, n;

    c->version = get_line(r);
    if (r->bad || magic != PROTOCOL_MAGIC) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "what answers is no metronome");
        return false;
    }
    if (protocol != PROTOCOL_VERSION) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_VERSION,
                    "its metronome %s speaks protocol %" PRIu32 ", this one (%s) protocol %d: both "
                    "must be of one version; metronome=PATH names another there",
                    c->version, protocol, c->params.version, PROTOCOL_VERSION);
        return false;
    }
    sched = get_u32(r);
    n = get_count(r, 4);
    for (uint32_t i = 0; i < n; i++) {
        int cpu = (int)get_u32(r);

        g_array_append_val(c->cpus, cpu);
    }
    c->remote.sched = sched <= SCHED_MODE_BEST_EFFORT ? (SchedMode)sched : SCHED_MODE_BEST_EFFORT;
    return reader_done(r, "hello", error);
}

static bool refuse_start(const AgentClient *c, GError **error)
{
    const char *why = c->lost->message, *hint = "";

    if ((c->params.upload && strstr(why, "exit status 127")) || strstr(why, "execve()"))
        hint = "; metronome=PATH says where the program is there";
    else if (!c->params.upload && strstr(why, "nothing was heard"))
        hint = "; a launcher may hold back bytes until a line is whole: `srun -u` does not";
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its agent did not start: %s%s", why, hint);
    return false;
}

static bool greet(AgentClient *c, GError **error)
{
    int64_t limit_ms = c->params.greeting_ms ? c->params.greeting_ms : GREETING_MS;
    HTime start = htime_now();
    uint8_t type = 0;
    Reader r;

    send_hello(c);
    while (type == 0 && htime_sub(htime_now(), start).ns < limit_ms * NS_PER_MS) {
        if (c->params.greeting_ms) /* no silence yet */
            c->last_received = htime_now();
        if (agent_client_stop_requested(c)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                        "interrupted while its agent was started");
            return false;
        }
        if (!agent_client_receive_for(c, LOOK_MS, &type, &r))
            break;
    }
    if (c->lost)
        return refuse_start(c, error);
    if (type == 0)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                    "its agent said nothing for %" G_GINT64_FORMAT " s", limit_ms / 1000);
    else if (type != MSG_HELLO)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "what answers is no metronome");
    else
        return read_hello(c, &r, error);
    return false;
}

AgentClient *agent_client_new(const AgentClientParams *params, GError **error)
{
    AgentClient *c = g_new0(AgentClient, 1);
    g_autofree char *thread = g_strdup_printf("client-%.8s", params->name);

    c->params = *params;
    c->remote.ops = &agent_client_ops;
    c->remote.name = g_strdup(params->name);
    c->stream = params->stream;
    c->cpus = g_array_new(FALSE, FALSE, sizeof(int));
    c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->tunnels = g_array_new(FALSE, FALSE, sizeof(Tunnel));
    c->failures = g_ptr_array_new_with_free_func((GDestroyNotify)g_source_unref);
    c->inbox = inbox_new();
    c->out = g_byte_array_new();
    c->answer = g_byte_array_new();
    c->order = g_byte_array_new();
    c->grant = g_byte_array_new();
    c->saved = g_array_new(FALSE, FALSE, sizeof(unsigned));
    c->nodes = g_ptr_array_new();
    c->cards = g_ptr_array_new();
    c->which = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_mutex_init(&c->lock);
    g_cond_init(&c->done);
    g_mutex_init(&c->send_lock);
    g_cond_init(&c->acted);
    c->looked = c->last_received = c->last_sent = htime_now();
    if (!greet(c, error) || (params->line && !agent_client_change_line(c, error))) {
        g_prefix_error(error, "host %s: ", params->name);
        agent_client_free(c);
        return NULL;
    }
    c->params.line = NULL;
    c->thread = g_thread_new(thread, client_main, c);
    return c;
}

void agent_client_free(AgentClient *c)
{
    if (!c)
        return;
    if (c->thread) {
        agent_client_submit(c, JOB_QUIT);
        g_thread_join(c->thread);
    }
    for (guint i = 0; i < c->failures->len; i++) /* failures that were not handled yet */
        g_source_destroy(c->failures->pdata[i]);
    g_ptr_array_unref(c->failures);
    g_clear_pointer(&c->stream, stream_free);
    if (c->params.close)
        c->params.close(c->params.data);
    for (guint i = 0; i < c->tunnels->len; i++)
        close(g_array_index(c->tunnels, Tunnel, i).fd);
    g_array_unref(c->tunnels);
    inbox_free(c->inbox);
    g_byte_array_unref(c->out);
    g_byte_array_unref(c->answer);
    g_byte_array_unref(c->order);
    g_byte_array_unref(c->grant);
    g_array_unref(c->saved);
    g_ptr_array_unref(c->nodes);
    g_ptr_array_unref(c->cards);
    g_array_unref(c->which);
    g_array_unref(c->cpus);
    g_clear_error(&c->lost);
    fd_clear(&c->wake_fd);
    g_mutex_clear(&c->lock);
    g_cond_clear(&c->done);
    g_mutex_clear(&c->send_lock);
    g_cond_clear(&c->acted);
    g_free(c->version);
    g_free(c->line);
    g_free(c->remote.name);
    g_free(c);
}

Remote *agent_client_remote(AgentClient *c)
{
    return &c->remote;
}

const char *agent_client_version(const AgentClient *c)
{
    return c->version;
}

const GArray *agent_client_cpus(const AgentClient *c)
{
    return c->cpus;
}

const char *agent_client_line(const AgentClient *c)
{
    return c->line;
}

const char *agent_client_lost(AgentClient *c)
{
    const char *why;

    g_mutex_lock(&c->lock);
    why = c->lost ? c->lost->message : NULL;
    g_mutex_unlock(&c->lock);
    return why;
}

bool agent_client_ping(AgentClient *c, HTime *took, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    HTime start = htime_now();
    Reader answer;

    message_end(request, message_begin(request, MSG_PING));
    if (!agent_client_request(c, request, &answer, error))
        return false;
    *took = htime_sub(htime_now(), start);
    return true;
}

AgentClientStats agent_client_stats(const AgentClient *c)
{
    return (AgentClientStats){.grants = atomic_load(&c->stats.grants),
                              .quanta = atomic_load(&c->stats.quanta),
                              .bytes_out = atomic_load(&c->stats.bytes_out),
                              .bytes_in = atomic_load(&c->stats.bytes_in)};
}
