/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror.c: a session that only checks, in the state of one that runs. */
#include "controller/command/command.h"
#include "controller/command/net-end.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/defaults.h"
#include "controller/qemu/option-keys.h"
#include "controller/run/breaks.h"
#include "controller/run/node-symbols.h"
#include "controller/run/profile.h"
#include "controller/run/tracer.h"
#include "controller/save/save-restore.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-life.h"

#include <string.h>

static void copy_variables(const Session *from, Session *to)
{
    GHashTableIter i;
    void *key, *value;

    g_hash_table_iter_init(&i, from->variables);
    while (g_hash_table_iter_next(&i, &key, &value))
        session_set(to, key, value, g_hash_table_contains(from->fixed, key));
}

/* Files that it names may be gone by now. */
static void copy_node(const Node *from, Session *to)
{
    NodeOptions *o = node_options_new(from->name);
    const GPtrArray *given = from->options->given;
    Node *n;

    for (unsigned i = 0; i + 1 < given->len; i += 2)
        if (!node_options_names_files(given->pdata[i], given->pdata[i + 1]))
            node_options_set(o, given->pdata[i], given->pdata[i + 1], NULL);
    node_options_finish(o, NULL);
    n = node_new(o, from->index);
    n->attached = from->attached;
    n->icount = from->icount;
    n->gdb_path = g_strdup(from->gdb_path);
    session_add_node(to, n);
}

static void copy_host(const RemoteHostOptions *from, Session *to)
{
    RemoteHostOptions o = {.name = g_strdup(from->name),
                           .ssh = g_strdup(from->ssh),
                           .identity = g_strdup(from->identity),
                           .fingerprint = g_strdup(from->fingerprint),
                           .command = g_strdup(from->command),
                           .metronome = g_strdup(from->metronome),
                           .cpus = g_strdup(from->cpus),
                           .by = g_strdup(from->by)};

    remote_host_add(to, &o, NULL);
    remote_host_options_clear(&o);
}

static void copy_link(const Network *net, unsigned link, Session *to)
{
    LinkParams params[2] = {network_link_way(net, link, 0)->params,
                            network_link_way(net, link, 1)->params};
    NetEnd from[2], ends[2];
    unsigned index;

    network_link_ends(net, link, from);
    if (!network_link_removed(net, link) &&
        net_end_find(to, network_end_name(net, from[0]), &ends[0], NULL) &&
        net_end_find(to, network_end_name(net, from[1]), &ends[1], NULL))
        network_add_link(fabric_network(to->fabric), ends[0], ends[1], params, &index, NULL);
}

static void copy_network(const Session *from, Session *to)
{
    const Network *net = fabric_network(from->fabric);
    unsigned index;
    NetEnd end;

    session_fabric(to);
    for (unsigned i = 0; i < network_n_switches(net); i++)
        network_add_switch(fabric_network(to->fabric), network_end_name(net, (NetEnd){true, i}),
                           &index, NULL);
    for (unsigned i = 0; i < network_n_ports(net); i++) {
        const char *name = network_end_name(net, (NetEnd){false, i});

        if (fabric_gateway(from->fabric, i))
            fabric_add_gateway(to->fabric, name, NULL, NULL);
        else
            net_end_find(to, name, &end, NULL);
    }
    for (unsigned i = 0; i < network_n_links(net); i++)
        copy_link(net, i, to);
}

/* The machines are not needed. */
static void copy_save(const Save *from, Session *to)
{
    Save *save = save_of_state(from->name, from->own, NULL);

    if (save)
        saves_add(to, save);
    else
        checking_doubt(to->checking, CHECKING_SAVE, from->name);
}

/* As a save would have them. */
static void copy_breaks(const Session *from, Session *to)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Reader r;

    breaks_save(from, bytes);
    r = reader_of(bytes);
    if (!breaks_load(to, &r, command_look, NULL))
        checking_doubt(to->checking, CHECKING_BREAK, NULL);
}

Session *command_mirror(Session *s, GError **error)
{
    Session *m = session_new((SessionOptions){.dry = true,
                                              .quiet = true,
                                              .reports = s->report != NULL,
                                              .json = s->options.json,
                                              .qemu = g_strdup(s->options.qemu)},
                             error);

    if (!m)
        return NULL;
    m->on_output = s->on_output;
    m->columns = s->columns;
    m->started = s->started;
    engine_set_quantum(m->engine, engine_quantum(s->engine), NULL);
    m->auto_quantum = s->auto_quantum;
    copy_variables(s, m);
    for (guint i = 0; s->hosts && i < s->hosts->len; i++)
        copy_host(&((const RemoteHost *)s->hosts->pdata[i])->options, m);
    for (unsigned i = 0; i < s->nodes->len; i++)
        copy_node(s->nodes->pdata[i], m);
    node_defaults_copy(s->defaults, m->defaults);
    for (guint i = 0; s->saves && i < s->saves->len; i++)
        copy_save(s->saves->pdata[i], m);
    m->sleep_reported = s->sleep_reported;
    if (s->fabric)
        copy_network(s, m);
    copy_breaks(s, m);
    node_symbols_mirror(s, m);
    captures_mirror(s, m);
    tracer_mirror(s, m);
    profiles_mirror(s, m);
    return m;
}
