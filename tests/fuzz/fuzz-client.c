/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-client.c: whatever another host's agent answers, its client ends or goes on with what is in
 * range, a request has an answer or an error, and no word of the agent's is unfit for a terminal.
 *
 * The first byte chooses what the agent is asked: an answer to a ping, a node, a monitor command, a
 * step, a segment, a save, a saved machine, or a restore. The rest is what it says then, without a length: two bytes with the size of the
 * fields, the type, the fields. Behind that its stream ends.
 */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/engine/segment.h"
#include "controller/engine/step.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/remote/client/client-save.h"
#include "controller/remote/message.h"
#include "controller/remote/node-state.h"
#include "controller/remote/orders.h"
#include "controller/remote/protocol.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define NODES  2
#define QUANTA 6

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_words(const char *text)
{
    g_autofree char *plain = text_plain(text, -1);

    demand(strcmp(plain, text) == 0);
}

/* --- the agent --- */

/* Each message that comes makes it say the next part. */
typedef struct {
    Stream stream;
    GMutex lock;
    int fd; /* readable while there is something to be read, or nothing will come any more */
    GPtrArray *parts; /* GByteArray, not owned */
    unsigned said;
    GByteArray *ready;
} Agent;

static gssize agent_read(Stream *s, void *data, gsize size, GError **error)
{
    Agent *a = (Agent *)s;
    gsize n;

    g_mutex_lock(&a->lock);
    n = MIN(size, a->ready->len);
    if (n > 0) {
        memcpy(data, a->ready->data, n);
        g_byte_array_remove_range(a->ready, 0, (guint)n);
    }
    if (n == 0 && a->said == a->parts->len)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "it has ended");
    else if (a->ready->len == 0 && a->said < a->parts->len)
        eventfd_read(a->fd, &(eventfd_t){0});
    g_mutex_unlock(&a->lock);
    return *error ? -1 : (gssize)n;
}

static bool agent_write(Stream *s, const void *data, gsize size, GError **error)
{
    Agent *a = (Agent *)s;

    (void)error;
    g_mutex_lock(&a->lock);
    if (size > 4 && ((const uint8_t *)data)[4] != MSG_PULSE && a->said < a->parts->len) {
        const GByteArray *part = a->parts->pdata[a->said++];

        g_byte_array_append(a->ready, part->data, part->len);
        eventfd_write(a->fd, 1);
    }
    g_mutex_unlock(&a->lock);
    return true;
}

static gssize agent_try_write(Stream *s, const void *data, gsize size)
{
    agent_write(s, data, size, NULL);
    return (gssize)size;
}

static int agent_fd(const Stream *s)
{
    return ((const Agent *)s)->fd;
}

static void agent_free(Stream *s)
{
    Agent *a = (Agent *)s;

    close(a->fd);
    g_byte_array_unref(a->ready);
    g_mutex_clear(&a->lock);
    g_free(a);
}

static const StreamOps agent_ops = {agent_read, agent_write, agent_try_write, agent_fd, agent_free};

static Stream *agent_new(GPtrArray *parts)
{
    Agent *a = g_new0(Agent, 1);

    a->stream.ops = &agent_ops;
    g_mutex_init(&a->lock);
    a->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    a->parts = parts;
    a->ready = g_byte_array_new();
    return &a->stream;
}

static GByteArray *hello(void)
{
    GByteArray *out = g_byte_array_new();
    gsize begun = message_begin(out, MSG_HELLO);

    put_u32(out, PROTOCOL_MAGIC);
    put_u32(out, PROTOCOL_VERSION);
    put_text(out, "1.0");
    put_u32(out, 0);
    put_u32(out, 1);
    put_u32(out, 0);
    message_end(out, begun);
    return out;
}

static GByteArray *ok(bool node)
{
    static const NodeDisk none;
    GByteArray *out = g_byte_array_new();
    gsize begun = message_begin(out, MSG_OK);

    if (node) {
        put_text(out, "7.2");
        put_u32(out, 1);
        for (unsigned i = 0; i < 3; i++)
            put_i64(out, 0);
        put_u8(out, 0);
        put_u32(out, 0);
        disk_put(out, &none);
    }
    message_end(out, begun);
    return out;
}

static GByteArray *messages(const uint8_t *bytes, size_t len)
{
    GByteArray *out = g_byte_array_new();

    while (len >= 3) {
        size_t size = MIN((size_t)(bytes[0] | bytes[1] << 8), len - 3);
        gsize begun = message_begin(out, bytes[2]);

        if (size > 0)
            g_byte_array_append(out, bytes + 3, (guint)size);
        message_end(out, begun);
        bytes += 3 + size;
        len -= 3 + size;
    }
    return out;
}

/* --- the controller --- */

typedef struct {
    AgentClient *line;
    Node *nodes[NODES];
    Port *port;
    int ends[NODES]; /* of their consoles */
    GMutex lock;
    GCond changed;
    bool done;
} Session;

static void on_done(void *data)
{
    Session *s = data;

    g_mutex_lock(&s->lock);
    s->done = true;
    g_cond_signal(&s->changed);
    g_mutex_unlock(&s->lock);
}

static void wait_done(Session *s)
{
    g_mutex_lock(&s->lock);
    while (!s->done)
        g_cond_wait(&s->changed, &s->lock);
    g_mutex_unlock(&s->lock);
}

static void on_failure(Node *node, void *data)
{
    (void)data;
    demand(node->state == NODE_FAILED);
}

static bool launch(Session *s, unsigned i, GError **error)
{
    Node *n = node_new(node_options_new(i ? "b" : "a"), i);
    int pair[2];

    n->remote = agent_client_remote(s->line);
    n->console = console_new(-1, "/dev/null", NULL);
    s->nodes[i] = n;
    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    s->ends[i] = pair[0];
    return n->remote->ops->launch(n->remote, n, NULL, pair[1], -1, i == 1, error);
}

static void check_node(const Node *n)
{
    demand(n->state <= NODE_FAILED && (n->state == NODE_FAILED) == (n->failure != NULL));
    if (n->failure)
        check_words(n->failure->message);
    demand(n->exit_status >= -1 && n->exit_status <= 255);
}

static void check_port(const Port *p)
{
    gsize end = 0;

    for (guint i = 0; i < p->sent->len; i++)
        end += g_array_index(p->sent, Flight, i).size;
    demand(end == p->bytes->len);
}

static void take_steps(Session *s)
{
    Node *n = s->nodes[0];
    atomic_bool cancel = false;
    StepRequest step = {.node = n, .manner = STEP_LIVE, .vcpu = -1, .cancel = &cancel};

    n->remote->ops->step(n->remote, &step, on_done, s);
    wait_done(s);
    if (step.error)
        check_words(step.error->message);
    g_clear_error(&step.error);
}

static void run_segment(Session *s)
{
    NodeStats stats[NODES] = {0};
    SegmentMark marks[NODES * 2] = {0};
    Participant participants[NODES];
    Segment segment = {.first = {NS_PER_MS},
                       .quantum = {NS_PER_MS},
                       .count = QUANTA,
                       .cards = true,
                       .participants = participants,
                       .n_participants = NODES,
                       .grant_quanta = 2,
                       .overlap_quanta = 1,
                       .marks = marks,
                       .next_barrier = {NS_PER_MS}};

    for (unsigned i = 0; i < NODES; i++)
        participants[i] = (Participant){.node = s->nodes[i], .stats = &stats[i], .stamp_us = -1};
    segment_init(&segment, 1);
    segment_begin(&segment);
    s->nodes[0]->remote->ops->run_segment(s->nodes[0]->remote, &segment, on_done, s);
    wait_done(s);
    demand(atomic_load(&segment.k) <= QUANTA);
    segment_clear(&segment);
    for (unsigned i = 0; i < NODES; i++) {
        dist_clear(&stats[i].overshoot);
        dist_clear(&stats[i].idle_skip);
    }
}

static bool fetch(Session *s, GError **error)
{
    g_auto(MachineState) state = MACHINE_STATE_NONE;
    bool good = agent_client_fetch(s->line, 1, &state, NULL, NULL, error);

    demand(good == (state.devices >= 0));
    demand(!good || (state.whole == (state.ram < 0) && !state.pages));
    return good;
}

static bool restore(Session *s, GError **error)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(AgentClientSaved));

    for (unsigned i = 0; i < NODES; i++) {
        AgentClientSaved saved = {s->nodes[i], i + 1, "11.1"};

        g_array_append_val(nodes, saved);
    }
    agent_client_begin_restore(s->line, nodes, false, NULL);
    return agent_client_end_restore(s->line, nodes, error);
}

static void ask(Session *s, unsigned what)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    HTime took;
    bool good;

    switch (what) {
    case 0:
        good = agent_client_ping(s->line, &took, &error);
        break;
    case 1:
        good = launch(s, 0, &error);
        break;
    case 2:
        text = s->nodes[0]->remote->ops->qmp(s->nodes[0]->remote, s->nodes[0], "stop", "", false,
                                             &error);
        good = text != NULL;
        break;
    case 3:
        take_steps(s);
        return;
    case 5:
        agent_client_begin_save(s->line, vtime(NS_PER_MS));
        good = agent_client_end_save(s->line, &error);
        break;
    case 6:
        good = fetch(s, &error);
        break;
    case 7:
        good = restore(s, &error);
        break;
    default:
        run_segment(s);
        return;
    }
    demand(good == !error);
    if (error)
        check_words(error->message);
}

static void end(Session *s)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
    if (s->line && agent_client_lost(s->line))
        check_words(agent_client_lost(s->line));
    for (unsigned i = 0; i < NODES; i++) {
        if (!s->nodes[i])
            continue;
        check_node(s->nodes[i]);
        debug_free(s->nodes[i]);
        node_free(s->nodes[i]);
        close(s->ends[i]);
    }
    agent_client_free(s->line);
    if (s->port)
        check_port(s->port);
    port_free(s->port);
    g_mutex_clear(&s->lock);
    g_cond_clear(&s->changed);
}

static void write_log(const char *line)
{
    check_words(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    Session s = {0};
    AgentClientParams params = {.name = "h", .version = "1.0", .sched = SCHED_MODE_BEST_EFFORT};
    unsigned what;

    if (len < 1)
        return 0;
    what = bytes[0] % 8;
    log_set_writer(write_log);
    log_set_level(LOG_DEBUG);
    g_mutex_init(&s.lock);
    g_cond_init(&s.changed);
    g_ptr_array_add(parts, hello());
    for (unsigned i = 0; what > 1 && i < NODES; i++)
        g_ptr_array_add(parts, ok(true));
    if (what > 1)
        g_ptr_array_add(parts, ok(false));
    g_ptr_array_add(parts, messages(bytes + 1, len - 1));
    params.on_failure = on_failure;
    params.stream = agent_new(parts);
    s.line = agent_client_new(&params, NULL);
    demand(s.line != NULL);
    for (unsigned i = 0; what > 1 && i < NODES; i++) {
        demand(launch(&s, i, NULL));
        s.nodes[i]->state = NODE_PAUSED;
    }
    if (what > 1) {
        s.port = port_new(s.nodes[0], 0, 0, NULL);
        demand(agent_client_remote(s.line)->ops->open_card(agent_client_remote(s.line), s.port,
                                                           vtime(0), NULL));
    }
    ask(&s, what);
    end(&s);
    return 0;
}
