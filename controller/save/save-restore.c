/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save-restore.c: a save is made in this order: all machines, metronome's own state, then new
 * processes. Nothing that can fail comes between the first change of the session and the new
 * processes. */
#include "controller/save/save-restore.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/guest-files.h"
#include "controller/qemu/option-keys.h"
#include "controller/remote/client/client-save.h"
#include "controller/run/tracer.h"
#include "controller/save/machines.h"
#include "controller/save/save-file.h"
#include "controller/session/journal.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-error.h"

#include <string.h>
#include <sys/stat.h>

/* --- making --- */

static bool can_save(const Session *s, GError **error)
{
    if (s->nodes->len == 0) {
        checking_in_doubt(s->checking, CHECKING_END, NULL);
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no node to save: `node add` and `start` come first");
        return false;
    }
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!machine_can_save(s->nodes->pdata[i], error))
            return false;
    return true;
}

/* NULL: there is no such process here. */
static char **arguments_of(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid), *text = NULL;
    GPtrArray *words;
    gsize size;

    if (pid <= 0 || !g_file_get_contents(path, &text, &size, NULL))
        return NULL;
    words = g_ptr_array_new();
    for (const char *p = text; p < text + size; p += strlen(p) + 1)
        g_ptr_array_add(words, g_strdup(p));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

/* Those of files=. One that is gone by now is found by its listing. */
static void note_guest_files(const char *files, GPtrArray *out)
{
    g_autoptr(GPtrArray) list = guest_files_list(files, NULL);
    SaveFile *listing = save_file_new_listing(files, NULL);

    for (unsigned i = 0; list && i < list->len; i++) {
        const GuestFile *f = list->pdata[i];

        if (S_ISREG(f->mode))
            g_ptr_array_add(out, save_file_new(f->path));
    }
    if (listing)
        g_ptr_array_add(out, listing);
}

/* The files that the node's options name. */
static void note_files(const Node *n, GPtrArray *out)
{
    const GPtrArray *given = n->options->given;

    for (unsigned i = 0; i + 1 < given->len; i += 2)
        if (node_options_is_file(given->pdata[i], given->pdata[i + 1]))
            g_ptr_array_add(out, save_file_new(given->pdata[i + 1]));
    if (n->options->files)
        note_guest_files(n->options->files, out);
}

GPtrArray *save_files_new(const Session *s)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(save_file_free);

    for (unsigned i = 0; i < s->nodes->len; i++)
        note_files(s->nodes->pdata[i], files);
    return files;
}

/* Once for each node: what it writes by a handle of before fails from here on (semi.h). */
static void warn_of_handles(Node *n)
{
    if (!n->semi || n->semi_warned)
        return;
    n->semi_warned = true;
    log_warn("node %s: handles that its guest has opened by semihosting are not part of a save: "
             "what it writes by them, \":tt\" too, fails from here on",
             n->name);
}

Save *save_make(Session *s, const char *name, GError **error)
{
    g_autoptr(Save) save = save_new(name);
    g_autofree MachineState *states = g_new(MachineState, MAX(s->nodes->len, 1));
    g_autofree FarMachine *far = g_new0(FarMachine, MAX(s->nodes->len, 1));
    bool ok;

    if (!can_save(s, error))
        return NULL;
    own_state_settle(s);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        states[i] = MACHINE_STATE_NONE;
        warn_of_handles(s->nodes->pdata[i]);
    }
    ok = machines_save(s, states, far, error);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        SaveNode *n = save_add_node(save);

        n->machine = states[i];
        n->far = far[i];
        note_files(s->nodes->pdata[i], n->files);
        n->program = g_strdup(((const Node *)s->nodes->pdata[i])->file);
        n->arguments = arguments_of(((const Node *)s->nodes->pdata[i])->pid);
    }
    if (!ok)
        return NULL;
    for (unsigned i = 0; i < s->nodes->len; i++) /* what its cards have is the network's again */
        machine_disconnect(s, s->nodes->pdata[i]);
    save->time = engine_now(s->engine);
    save->date = units_host_date();
    save->scenario = g_strdup(s->options.scenario);
    if (save->name)
        journal_command(s, NULL, "save", (char *const[]){save->name, NULL});
    own_state_put(s, save->own);
    save->ids = own_state_nodes(save->own, error);
    return save->ids ? g_steal_pointer(&save) : NULL;
}

Save *save_of_state(const char *name, const GByteArray *own, GError **error)
{
    g_autoptr(Save) save = save_new(name);

    g_byte_array_append(save->own, own->data, own->len);
    save->ids = own_state_nodes(save->own, error);
    for (unsigned i = 0; save->ids && i < save->ids->len; i++)
        save_add_node(save);
    return save->ids ? g_steal_pointer(&save) : NULL;
}

Save *save_plan(const Session *s, const char *name, GError **error)
{
    g_autoptr(GByteArray) own = g_byte_array_new();

    if (!can_save(s, error))
        return NULL;
    own_state_put(s, own);
    return save_of_state(name, own, error);
}

static MachineState *states_of(const Save *save)
{
    MachineState *states = g_new(MachineState, MAX(save->nodes->len, 1));

    for (unsigned i = 0; i < save->nodes->len; i++) {
        states[i] = ((const SaveNode *)save->nodes->pdata[i])->machine;
        states[i].version = ((const NodeIdentity *)save->ids->pdata[i])->version;
    }
    return states;
}

static FarMachine *far_of(const Save *save)
{
    FarMachine *far = g_new0(FarMachine, MAX(save->nodes->len, 1));

    for (unsigned i = 0; i < save->nodes->len; i++)
        far[i] = ((const SaveNode *)save->nodes->pdata[i])->far;
    return far;
}

bool save_go_on(Session *s, const Save *save, GError **error)
{
    g_autofree MachineState *states = states_of(save);
    g_autofree FarMachine *far = far_of(save);

    return machines_restore(s, states, far, true, error) && machines_tell_hosts(s, error);
}

bool save_resume(Session *s, const Save *save, GError **error)
{
    g_autofree MachineState *states = states_of(save);
    g_autofree FarMachine *far = far_of(save);

    own_state_settle(s);
    return machines_restore(s, states, far, false, error) && machines_tell_hosts(s, error);
}

static bool fetch(SaveNode *n, AgentClientStop stop, const void *data, GError **error)
{
    return n->machine.devices >= 0 || !n->far.keeper ||
           agent_client_fetch(n->far.keeper, n->far.number, &n->machine, stop, data, error);
}

bool save_fetch(const Save *save, bool (*stop)(const void *), const void *data, GError **error)
{
    for (unsigned i = 0; i < save->nodes->len; i++)
        if (!fetch(save->nodes->pdata[i], stop, data, error))
            return false;
    return true;
}

/* --- restoring --- */

bool save_files_check(const GPtrArray *files, GError **error)
{
    for (unsigned i = 0; i < files->len; i++)
        if (!save_file_check(files->pdata[i], error))
            return false;
    return true;
}

bool save_check(const Session *s, const Save *save, GError **error)
{
    for (unsigned i = 0; i < save->nodes->len; i++)
        if (!save_files_check(((const SaveNode *)save->nodes->pdata[i])->files, error))
            return false;
    return s->options.dry || nodes_have_programs(s, save->ids, error);
}

/* The nodes of the save, at these places; NULL: where they were. */
static GPtrArray *ids_of(const Session *s, const Save *save, const char *places, GError **error)
{
    g_autoptr(GPtrArray) ids = own_state_nodes(save->own, error);

    return ids && (!places || nodes_place(s, ids, places, error)) ? g_steal_pointer(&ids) : NULL;
}

bool save_foresee(Session *s, const Save *save, const char *places, OwnStateLook look,
                  NodesLeaveFunc leave, GError **error)
{
    g_autoptr(GPtrArray) ids = ids_of(s, save, places, error);

    return ids && save_check(s, save, error) && nodes_fit(s, ids, leave, error) &&
           own_state_foresee(s, save->own, look, error);
}

/* Copies of machines on the hosts where their nodes go on, as long as a restore needs them. */
static void forget_copies(const Save *save, const FarMachine *far)
{
    for (unsigned i = 0; i < save->nodes->len; i++)
        if (far[i].keeper && far[i].number != ((SaveNode *)save->nodes->pdata[i])->far.number)
            agent_client_forget(far[i].keeper, far[i].number);
}

/* Brings the machine of a node to its host, which may be this one (client NULL). */
static bool bring(SaveNode *n, AgentClient *client, FarMachine *far, GError **error)
{
    if (client && agent_client_lost(client)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "%s", agent_client_lost(client));
        return false;
    }
    if (client && n->far.keeper == client) {
        *far = n->far;
        return true;
    }
    if (!fetch(n, NULL, NULL, error))
        return false;
    if (!client)
        return true;
    far->keeper = client;
    if (agent_client_store(client, &n->machine, &far->number, error))
        return true;
    far->keeper = NULL;
    return false;
}

static bool bring_all(const Session *s, const Save *save, const GPtrArray *ids, FarMachine *far,
                      GError **error)
{
    for (unsigned i = 0; i < save->nodes->len; i++) {
        const NodeIdentity *id = ids->pdata[i];
        const RemoteHost *host = id->host ? remote_host_find(s, id->host) : NULL;
        SaveNode *n = save->nodes->pdata[i];

        /* nodes_fit() tells of a host that is not known. */
        if (!save_has_machine(n) || (id->host && !host) ||
            bring(n, host ? host->client : NULL, &far[i], error))
            continue;
        g_prefix_error(error, "node %s: ", id->name);
        return false;
    }
    return true;
}

static bool restore(Session *s, const Save *save, const FarMachine *far, OwnStateLook look,
                    GError **error)
{
    g_autofree MachineState *states = states_of(save);

    return machines_restore(s, states, far, false, error) &&
           own_state_get(s, save->own, look, error) && machines_tell_hosts(s, error);
}

bool save_restore(Session *s, const Save *save, const char *places, OwnStateLook look,
                  NodesLeaveFunc leave, GError **error)
{
    g_autoptr(GPtrArray) ids = ids_of(s, save, places, error);
    g_autofree FarMachine *far = g_new0(FarMachine, MAX(save->nodes->len, 1));
    g_autoptr(GError) e = NULL;
    bool ok = ids && save_check(s, save, error) && bring_all(s, save, ids, far, error) &&
              nodes_fit(s, ids, leave, error);

    if (ok && !restore(s, save, far, look, &e)) {
        machines_lose(s, e);
        g_propagate_error(error, g_steal_pointer(&e));
        ok = false;
    }
    forget_copies(save, far);
    if (ok)
        tracer_anew(s, "restore");
    return ok;
}
