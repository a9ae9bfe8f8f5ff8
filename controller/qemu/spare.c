/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spare.c: the process of a spare is that of a Node of its own, which shares the options of the node
 * that it is for. To take it is to exchange the processes of both.
 */
#include "controller/qemu/spare.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/option-keys.h"
#include "controller/qemu/spawn.h"
#include "gdbstub-client/gdbstub.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders of spares, by which their processes are known, have numbers as those of nodes do. */
#define FOLDERS 1000000u

typedef struct Spare {
    Node *own;       /* has the process; its options and the file of its RAM are the node's */
    GThread *thread; /* prepares it; NULL: it is done */
    bool failed;
    bool former; /* taken: the process is what the node had before */
    dev_t ram_device;
    ino_t ram_inode;
    char *files; /* what the options name, as it was when the process was started */
} Spare;

/* --- what it was started with --- */

/* One line for each file that the node's options name, which changes with the file. */
static char *look_at_files(const Node *n)
{
    const GPtrArray *given = n->options->given;
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i + 1 < given->len; i += 2) {
        struct stat f = {0};

        if (!node_options_is_file(given->pdata[i], given->pdata[i + 1]))
            continue;
        stat(given->pdata[i + 1], &f);
        g_string_append_printf(text, "%ju %ju %jd %jd.%09ld\n", (uintmax_t)f.st_dev,
                               (uintmax_t)f.st_ino, (intmax_t)f.st_size, (intmax_t)f.st_mtim.tv_sec,
                               f.st_mtim.tv_nsec);
    }
    return g_string_free(text, FALSE);
}

static bool has_ram_of(const Spare *s, const Node *n)
{
    struct stat ram = {0};

    return n->ram_fd < 0 ? s->ram_inode == 0
                         : fstat(n->ram_fd, &ram) == 0 && ram.st_dev == s->ram_device &&
                               ram.st_ino == s->ram_inode;
}

static bool lives(const Spare *s)
{
    struct pollfd p = {.fd = s->own->pidfd, .events = POLLIN};

    return p.fd >= 0 && poll(&p, 1, 0) == 0;
}

/* One that was killed a moment ago may not have ended yet, but answers no more. */
static bool answers(const Spare *s)
{
    g_autofree char *status = NULL;
    bool running;

    return qmp_query_status(s->own->qmp, &running, &status, NODE_REPLY_MS, NULL);
}

static bool is_of_use(const Spare *s, const Node *n)
{
    g_autofree char *files = look_at_files(n);

    return lives(s) && has_ram_of(s, n) && strcmp(files, s->files) == 0;
}

bool spare_waits(const Node *n)
{
    return n->spare && !n->spare->former;
}

/* --- starting --- */

static bool connect_stub(Node *own, GError **error)
{
    NodeAhead *a = own->ahead;

    a->stub = gdb_client_connect_process(own->gdb_path, 0, NODE_REPLY_MS, error);
    return a->stub && gdb_sstep_get(a->stub, &a->sstep, NODE_REPLY_MS, error);
}

static void *prepare(void *data)
{
    Spare *s = data;

    s->failed = !machine_greet(s->own, s->own->ram_fd >= 0, NULL) || !connect_stub(s->own, NULL);
    return NULL;
}

/* The folder that the node's own process is not known by. */
static char *folder_for(const Node *n, RunDir *dir, GError **error)
{
    g_autofree char *name = g_strdup_printf("%u", FOLDERS + n->index);

    return g_strcmp0(n->process_dir, n->dir) != 0 ? g_strdup(n->dir)
                                                  : rundir_make(dir, name, error);
}

static Node *make_own(const Node *n, const MachinePlace *place, GError **error)
{
    Node *own = node_new(n->options, n->index);

    own->dir = g_strdup(n->dir);
    own->ahead = g_new(NodeAhead, 1);
    *own->ahead = (NodeAhead){.output = -1, .input = -1, .semi = -1};
    own->ram_fd = n->ram_fd;
    own->process_dir = folder_for(n, place->dir, error);
    if (own->process_dir)
        own->gdb_path = g_build_filename(own->process_dir, "gdb", NULL);
    return own;
}

static void free_own(Node *own)
{
    node_drop_process(own);
    g_array_unref(own->vcpus);
    g_array_unref(own->cables);
    g_ptr_array_unref(own->uarts);
    g_array_unref(own->remote_used);
    disk_clear(&own->disk);
    g_free(own->dir);
    g_free(own->process_dir);
    g_free(own->gdb_path);
    g_free(own->name);
    g_free(own);
}

void spare_drop(Node *n)
{
    Spare *s = n->spare;

    if (!s)
        return;
    n->spare = NULL;
    node_begin_end(s->own); /* its thread sees the end */
    if (s->thread)
        g_thread_join(s->thread);
    free_own(s->own);
    g_free(s->files);
    g_free(s);
}

static bool can_have(const Node *n)
{
    return !n->remote && n->options->uarts == 0 && n->process_dir && node_answers(n) &&
           machine_can_save(n, NULL);
}

void spare_start(Node *n, const MachinePlace *place)
{
    g_autoptr(GError) error = NULL;
    struct stat ram = {0};
    Spare *s;

    if (spare_waits(n) && !n->spare->failed && is_of_use(n->spare, n))
        return;
    spare_drop(n);
    if (!can_have(n) || (n->ram_fd >= 0 && fstat(n->ram_fd, &ram) != 0))
        return;
    s = g_new0(Spare, 1);
    s->ram_device = ram.st_dev;
    s->ram_inode = ram.st_ino;
    s->files = look_at_files(n);
    s->own = make_own(n, place, &error);
    n->spare = s;
    n->drop_spare = spare_drop;
    if (s->own->process_dir &&
        spawn_qemu(s->own, place->qemu, disk_overlays(&n->disk, place->dir), true, &error)) {
        s->thread = g_thread_new("spare", prepare, s);
        return;
    }
    log_info("node %s has no spare QEMU: %s", n->name, error ? error->message : "it has no folder");
    spare_drop(n);
}

/* --- taking --- */

void spare_favor(const Node *n)
{
    if (spare_waits(n))
        sched_favor(n->spare->own->pid);
}

#define EXCHANGE(a, b)                                                                             \
    do {                                                                                           \
        __typeof__(a) keep_ = (a);                                                                 \
        (a) = (b);                                                                                 \
        (b) = keep_;                                                                               \
    } while (0)

/* All that node_drop_process() ends. */
static void exchange(Node *a, Node *b)
{
    EXCHANGE(a->pid, b->pid);
    EXCHANGE(a->pidfd, b->pidfd);
    EXCHANGE(a->ending, b->ending);
    EXCHANGE(a->program, b->program);
    EXCHANGE(a->output, b->output);
    EXCHANGE(a->version, b->version);
    EXCHANGE(a->file, b->file);
    EXCHANGE(a->process_dir, b->process_dir);
    EXCHANGE(a->gdb_path, b->gdb_path);
    EXCHANGE(a->devices_fd, b->devices_fd);
    EXCHANGE(a->devices_path, b->devices_path);
    EXCHANGE(a->saved_fd, b->saved_fd);
    EXCHANGE(a->agent_fd, b->agent_fd);
    EXCHANGE(a->qmp, b->qmp);
    EXCHANGE(a->ahead, b->ahead);
    EXCHANGE(a->vcpus, b->vcpus);
    EXCHANGE(a->cables, b->cables);
    EXCHANGE(a->monitor, b->monitor);
    EXCHANGE(a->monitor_demoted, b->monitor_demoted);
    EXCHANGE(a->scheduled, b->scheduled);
    EXCHANGE(a->clock_asked, b->clock_asked);
    EXCHANGE(a->expect_stop, b->expect_stop);
    EXCHANGE(a->stop_by_stub, b->stop_by_stub);
    EXCHANGE(a->frozen, b->frozen);
    EXCHANGE(a->stops_due, b->stops_due);
}

static void connect_consoles(Node *n)
{
    NodeAhead *a = n->ahead;

    console_reconnect(n->console, a->output, a->input);
    if (n->semi)
        console_reconnect(n->semi, a->semi, -1);
    a->output = a->input = a->semi = -1;
}

bool spare_take(Node *n, const MachineState *state, bool keep_ram)
{
    const bool takes_ram = state->once && !keep_ram;
    Spare *s = n->spare;

    if (!spare_waits(n) || takes_ram || state->whole != (n->ram_fd < 0) || !is_of_use(s, n))
        return false;
    spare_favor(n);
    g_thread_join(g_steal_pointer(&s->thread));
    if (s->failed || !answers(s))
        return false;
    node_begin_end(n); /* it is waited for when all nodes go on: spare_drop() */
    exchange(n, s->own);
    s->former = true;
    connect_consoles(n);
    if (!n->debug) /* a stub that nobody listens to would keep what it tells */
        g_clear_pointer(&n->ahead->stub, gdb_client_free);
    return true;
}
