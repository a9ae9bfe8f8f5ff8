/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-processes.c: finds the node that a request is for, and lets the gdb's view of that node
 * (engine/debug-view.h) answer. Lists of threads are put together from all views.
 */
#include "controller/gdbserver/gdb-processes.h"

#include "controller/qemu/debug.h"

#include <inttypes.h>

/* Every gdbstub accepts requests of this size (QEMU's MAX_PACKET_LENGTH). */
#define PACKET_SIZE 4096u
/* Bytes of an answer that are not data. */
#define ANSWER_OVERHEAD 8u

struct GdbProcesses {
    const Session *session;
    Node *node;          /* NULL: all nodes of the session */
    unsigned offers;     /* GDB_OFFERS_ bits of gdb */
    GPtrArray *attached; /* GdbProcess, in the order in which gdb has attached */
    GdbProcess *current;
    GdbProcess *control; /* by Hc; NULL: the current one */
    unsigned listed;     /* qfThreadInfo: the process whose threads come next */
    GString *document;   /* qXfer:threads:read; NULL: not read since its beginning */
};

static void free_process(void *data)
{
    GdbProcess *process = data;

    debug_view_free(process->view);
    g_free(process->name);
    g_free(process);
}

GdbProcesses *gdb_processes_new(const Session *session, Node *node)
{
    GdbProcesses *p = g_new0(GdbProcesses, 1);

    p->session = session;
    p->node = node;
    p->attached = g_ptr_array_new_with_free_func(free_process);
    return p;
}

static void drop_document(GdbProcesses *p)
{
    if (p->document)
        g_string_free(p->document, TRUE);
    p->document = NULL;
}

void gdb_processes_free(GdbProcesses *p)
{
    if (!p)
        return;
    gdb_processes_clear(p);
    g_ptr_array_unref(p->attached);
    g_free(p);
}

/* --- coming and going --- */

bool gdb_processes_can_have(const GdbProcesses *p, const Node *node)
{
    return p->node ? node == p->node && node_is_live(node) : node_is_live(node) && node->gdb_path;
}

/* gdb reads the description of a process's registers only when it attaches to it: so each node takes
 * an `attach`. */
char *gdb_processes_script(const GdbProcesses *p, const char *address)
{
    GString *text = g_string_new("# One gdb for all nodes: written by metronome.\n"
                                 "# The nodes go on together, so gdb must take all for moved:\n"
                                 "set schedule-multiple on\n");
    unsigned inferiors = 0;

    g_string_append_printf(text, "target extended-remote %s\n", address);
    for (guint i = 0; i < p->session->nodes->len; i++) {
        const Node *node = p->session->nodes->pdata[i];

        if (!gdb_processes_can_have(p, node))
            continue;
        g_string_append_printf(text, "# node %s\n", node->name);
        if (++inferiors > 1)
            g_string_append_printf(text, "add-inferior\ninferior %u\n", inferiors);
        g_string_append_printf(text, "attach %u\n", node->index + 1);
    }
    g_string_append(text, "inferior 1\ninfo threads\n");
    return g_string_free(text, FALSE);
}

static bool multiprocess(const GdbProcesses *p)
{
    return p->offers & GDB_OFFERS_MULTIPROCESS;
}

/* Brings a view up to what is known of gdb and of the node's last stop. */
static void set_up_threads(const GdbProcesses *p, const GdbProcess *process)
{
    DebugThreads *threads = debug_view_threads(process->view);
    const DebugHit *hit = debug_hit(process->node);

    threads->multiprocess = multiprocess(p);
    threads->pid = p->node ? 0 : process->pid;
    if (hit && hit->stop.has_thread)
        debug_threads_moved(threads, &hit->stop.thread);
}

static GdbProcess *attach(GdbProcesses *p, Node *node, GError **error)
{
    DebugView *view = debug_view_new(node, error);
    GdbProcess *process;

    if (!view)
        return NULL;
    process = g_new0(GdbProcess, 1);
    process->node = node;
    process->name = g_strdup(node->name);
    process->pid = node->index + 1;
    process->view = view;
    set_up_threads(p, process);
    g_ptr_array_add(p->attached, process);
    p->current = process;
    return process;
}

bool gdb_processes_begin(GdbProcesses *p, GError **error)
{
    p->offers = 0;
    if (p->node)
        return attach(p, p->node, error) != NULL;
    for (guint i = 0; i < p->session->nodes->len; i++) {
        Node *node = p->session->nodes->pdata[i];

        if (gdb_processes_can_have(p, node))
            return attach(p, node, error) != NULL;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "no node that a gdb can attach to is left");
    return false;
}

GdbProcess *gdb_processes_attach(GdbProcesses *p, int64_t pid, GError **error)
{
    if (!p->node && multiprocess(p) && !gdb_processes_find(p, pid)) {
        for (guint i = 0; i < p->session->nodes->len; i++) {
            Node *node = p->session->nodes->pdata[i];

            if ((int64_t)node->index + 1 == pid && gdb_processes_can_have(p, node))
                return attach(p, node, error);
        }
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "no process %" PRId64 " that a gdb can attach to", pid);
    return NULL;
}

void gdb_processes_detach(GdbProcesses *p, GdbProcess *process)
{
    drop_document(p);
    if (p->control == process)
        p->control = NULL;
    if (p->current == process)
        p->current = NULL;
    g_ptr_array_remove(p->attached, process);
    if (!p->current && p->attached->len > 0)
        p->current = p->attached->pdata[0];
}

void gdb_processes_clear(GdbProcesses *p)
{
    drop_document(p);
    p->current = p->control = NULL;
    g_ptr_array_set_size(p->attached, 0);
}

void gdb_processes_forget(GdbProcesses *p, const Node *node)
{
    for (guint i = 0; i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (process->node != node)
            continue;
        g_clear_pointer(&process->view, debug_view_free);
        process->node = NULL;
    }
}

unsigned gdb_processes_count(const GdbProcesses *p)
{
    return p->attached->len;
}

GdbProcess *gdb_processes_find(const GdbProcesses *p, int64_t pid)
{
    for (guint i = 0; i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (process->pid == pid)
            return process;
    }
    return NULL;
}

GdbProcess *gdb_processes_current(const GdbProcesses *p)
{
    return p->current;
}

GdbProcess *gdb_processes_resumed(const GdbProcesses *p)
{
    return p->control ? p->control : p->current;
}

bool gdb_processes_resumed_vcpu(const GdbProcesses *p, GdbThread *thread, unsigned *vcpu)
{
    const GdbProcess *process = gdb_processes_resumed(p);
    DebugThreads *threads = process && process->view ? debug_view_threads(process->view) : NULL;
    const GArray *all = threads ? debug_threads_all(threads, NULL) : NULL;

    if (!all || all->len < 2)
        return false;
    for (unsigned i = 0; i < all->len; i++) {
        const GdbThread *one = &g_array_index(all, GdbThread, i);

        if (one->tid != (threads->control.tid > 0 ? threads->control : threads->chosen).tid)
            continue;
        *thread = *one;
        *vcpu = i;
        return true;
    }
    return false;
}

bool gdb_processes_alone(const GdbProcesses *p)
{
    return p->control && p->attached->len > 1;
}

GdbProcess *gdb_processes_of(const GdbProcesses *p, const Node *node)
{
    for (guint i = 0; i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (process->node == node)
            return process;
    }
    return NULL;
}

bool gdb_process_is_live(const GdbProcess *process)
{
    return process->node && node_is_live(process->node);
}

bool gdb_processes_lost(const GdbProcesses *p)
{
    for (guint i = 0; i < p->attached->len; i++) {
        const GdbProcess *process = p->attached->pdata[i];

        if (process->node && !debug_client(process->node))
            return true;
    }
    return false;
}

/* --- requests --- */

/* The process that an id of gdb's is in: without a process in it, the current one. */
static GdbProcess *process_of(const GdbProcesses *p, const GdbThread *id)
{
    return p->node || id->pid <= 0 ? p->current : gdb_processes_find(p, id->pid);
}

/* Lets the view of a process answer. To the view of one of all nodes the process is any, since the
 * ids of its gdbstub are others; the numbers of its threads are unique without them. */
static void ask(const GdbProcesses *p, GdbProcess *process, const GdbRequest *r, GString *answer)
{
    GdbRequest own = *r;

    if (!p->node)
        own.thread.pid = 0;
    if (gdb_process_is_live(process))
        debug_view_answer(process->view, &own, answer);
    else
        g_string_assign(answer, "E01");
}

static void answer_for_thread(GdbProcesses *p, const GdbRequest *r, GString *answer)
{
    GdbProcess *process = process_of(p, &r->thread);

    if (!process) {
        g_string_assign(answer, "E22");
        return;
    }
    ask(p, process, r, answer);
    if (!g_str_equal(answer->str, "OK"))
        return;
    if (r->kind == GDB_REQUEST_SELECT_GENERAL)
        p->current = process;
    else if (r->kind == GDB_REQUEST_SELECT_CONTROL)
        p->control = r->thread.pid > 0 ? process : NULL;
}

/* Lists the threads of one process after the other. */
static void list_threads(GdbProcesses *p, const GdbRequest *r, GString *answer)
{
    GdbRequest part = *r;

    if (r->kind == GDB_REQUEST_THREADS_FIRST)
        p->listed = 0;
    for (; p->listed < p->attached->len; p->listed++) {
        ask(p, p->attached->pdata[p->listed], &part, answer);
        if (answer->str[0] == 'm')
            return;
        part.kind = GDB_REQUEST_THREADS_FIRST; /* of the next one */
    }
    g_string_assign(answer, "l");
}

/* A thread is named as metronome's commands name it: NODE, or NODE.CPU where there are several. */
static void append_threads(const GdbProcess *process, GString *document)
{
    DebugThreads *threads = debug_view_threads(process->view);
    const GArray *all = debug_threads_all(threads, NULL);

    for (guint i = 0; all && i < all->len; i++) {
        const GdbThread *thread = &g_array_index(all, GdbThread, i);
        g_autofree char *id = debug_threads_id(threads, thread);
        g_autofree char *text = debug_view_thread_text(process->view, thread);
        g_autofree char *cpu = all->len > 1 ? g_strdup_printf(".%u", i) : g_strdup("");
        g_autofree char *element = g_markup_printf_escaped(
            "<thread id=\"%s\" name=\"%s%s\">%s</thread>\n", id, process->name, cpu, text);

        g_string_append(document, element);
    }
}

/* The list of threads as a document, made at its beginning. */
static void read_threads(GdbProcesses *p, const GdbRequest *r, GString *answer)
{
    gsize begin, size;

    if (r->address == 0)
        drop_document(p);
    if (!p->document) {
        p->document = g_string_new("<?xml version=\"1.0\"?>\n<threads>\n");
        for (guint i = 0; i < p->attached->len; i++)
            if (gdb_process_is_live(p->attached->pdata[i]))
                append_threads(p->attached->pdata[i], p->document);
        g_string_append(p->document, "</threads>\n");
    }
    begin = MIN(r->address, p->document->len);
    size = MIN(MIN(r->length, PACKET_SIZE - ANSWER_OVERHEAD), p->document->len - begin);
    g_string_assign(answer, begin + size < p->document->len ? "m" : "l");
    g_string_append_len(answer, p->document->str + begin, (gssize)size);
}

/* Says what is possible. A gdb that knows no processes finds the first node alone. */
static void reply_supported(GdbProcesses *p, const GdbRequest *r, GString *answer)
{
    p->offers = r->number;
    if (p->node && p->current) {
        ask(p, p->current, r, answer);
    } else {
        g_string_printf(answer, "PacketSize=%x;multiprocess+;vContSupported+;qXfer:features:read+",
                        PACKET_SIZE);
        g_string_append(answer, multiprocess(p) ? ";qXfer:threads:read+" : "");
        for (guint i = 0; i < p->attached->len; i++)
            set_up_threads(p, p->attached->pdata[i]);
    }
    if (*answer->str == 'E')
        return;
    g_string_append(answer, ";QStartNoAckMode+;ReverseStep+;ReverseContinue+");
    g_string_append(answer, p->offers & GDB_OFFERS_SWBREAK ? ";swbreak+" : "");
    g_string_append(answer, p->offers & GDB_OFFERS_HWBREAK ? ";hwbreak+" : "");
}

static void answer_for_current(const GdbProcesses *p, const GdbRequest *r, GString *answer)
{
    if (!p->current) {
        g_string_assign(answer, r->kind == GDB_REQUEST_UNKNOWN ? "" : "E01");
        return;
    }
    ask(p, p->current, r, answer);
    /* The empty answer would say that no process has a description. */
    if (r->kind == GDB_REQUEST_READ_FEATURES && !p->node && answer->len == 0)
        g_string_assign(answer, "E00");
}

void gdb_processes_answer(GdbProcesses *p, const GdbRequest *r, GString *answer)
{
    switch (r->kind) {
    case GDB_REQUEST_SUPPORTED:
        reply_supported(p, r, answer);
        break;
    case GDB_REQUEST_THREADS_FIRST:
    case GDB_REQUEST_THREADS_NEXT:
        list_threads(p, r, answer);
        break;
    case GDB_REQUEST_SELECT_GENERAL:
    case GDB_REQUEST_SELECT_CONTROL:
    case GDB_REQUEST_THREAD_ALIVE:
    case GDB_REQUEST_THREAD_INFO:
        answer_for_thread(p, r, answer);
        break;
    case GDB_REQUEST_READ_THREADS:
        if (!p->node && multiprocess(p)) {
            read_threads(p, r, answer);
            break;
        }
        g_string_truncate(answer, 0);
        break;
    default:
        answer_for_current(p, r, answer);
    }
}

/* --- resumes --- */

/* Appends the threads of a process, as gdb names them. One that has ended counts as one thread. */
static bool add_threads(const GdbProcesses *p, const GdbProcess *process, GArray *threads,
                        GError **error)
{
    GdbThread gone = {process->pid, 1};
    const GArray *own;

    if (!gdb_process_is_live(process)) {
        g_array_append_val(threads, gone);
        return true;
    }
    own = debug_threads_all(debug_view_threads(process->view), error);
    for (guint i = 0; own && i < own->len; i++) {
        GdbThread thread = g_array_index(own, GdbThread, i);

        if (!p->node)
            thread.pid = process->pid;
        g_array_append_val(threads, thread);
    }
    return own != NULL;
}

GdbResume gdb_processes_resume(GdbProcesses *p, const GdbRequest *r, GdbProcess **which,
                               unsigned *vcpu, GError **error)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));
    g_autofree guint *first = g_new0(guint, p->attached->len + 1);
    unsigned stepped = 0;
    GdbResume what;

    for (guint i = 0; i < p->attached->len; i++) {
        if (!add_threads(p, p->attached->pdata[i], threads, error))
            return GDB_RESUME_UNKNOWN;
        first[i + 1] = threads->len;
    }
    what = gdb_request_resume(r, threads, &stepped);
    *which = gdb_processes_resumed(p);
    if (what == GDB_RESUME_STEP_ANY)
        return debug_threads_choose(debug_view_threads((*which)->view), vcpu, error)
                   ? GDB_RESUME_STEP
                   : GDB_RESUME_UNKNOWN;
    for (guint i = 0; i < p->attached->len; i++) {
        if ((what != GDB_RESUME_STEP && what != GDB_RESUME_ALONE) || stepped < first[i] ||
            stepped >= first[i + 1])
            continue;
        *which = p->attached->pdata[i];
        *vcpu = stepped - first[i];
    }
    return what;
}

/* Whether an action applies to any thread of the process. */
static bool names(const GdbProcesses *p, const GdbProcess *process, const GdbRequest *r)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));

    add_threads(p, process, threads, NULL);
    for (guint i = 0; i < threads->len; i++)
        if (gdb_request_moves(r, &g_array_index(threads, GdbThread, i)))
            return true;
    return false;
}

GdbProcess *gdb_processes_ended(const GdbProcesses *p, const GdbRequest *resume)
{
    for (guint i = 0; i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (!gdb_process_is_live(process) && (p->node || !resume || names(p, process, resume)))
            return process;
    }
    return NULL;
}

bool gdb_processes_named(GdbProcesses *p, const GdbRequest *r)
{
    for (guint i = 0; i < p->attached->len; i++)
        if (!names(p, p->attached->pdata[i], r))
            return false;
    return true;
}

/* --- stops --- */

GdbProcess *gdb_processes_stopped(const GdbProcesses *p)
{
    GdbProcess *other = NULL;
    GdbPoint type;

    for (guint i = 0; i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (!gdb_process_is_live(process) || !debug_hit(process->node))
            continue;
        if (debug_view_hit(process->view, &type))
            return process;
        if (!other)
            other = process;
    }
    return other;
}

static bool is_told(const GdbProcess *process)
{
    const Clock *now = &process->node->clock;

    return process->told && process->told_at.icount.n == now->icount.n &&
           process->told_at.virtual_time.ns == now->virtual_time.ns;
}

GdbProcess *gdb_processes_untold(GdbProcesses *p, const GdbRequest *r)
{
    GdbPoint type;

    for (guint i = 0; !p->node && i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (gdb_process_is_live(process) && debug_view_hit(process->view, &type) &&
            !is_told(process) && names(p, process, r))
            return process;
    }
    return NULL;
}

/* The reason of a stop at a breakpoint, for a gdb that knows it: then the pc is taken as it is. */
static const char *reason(const GdbProcesses *p, const GdbProcess *process, const GdbStop *stop)
{
    const DebugHit *hit = debug_hit(process->node);
    GdbPoint type;

    if (!stop || !hit || stop != &hit->stop || !debug_view_hit(process->view, &type))
        return "";
    if (type == GDB_POINT_SOFTWARE && p->offers & GDB_OFFERS_SWBREAK)
        return "swbreak:;";
    return type == GDB_POINT_HARDWARE && p->offers & GDB_OFFERS_HWBREAK ? "hwbreak:;" : "";
}

void gdb_processes_append_stop(GdbProcesses *p, GdbProcess *process, unsigned signal,
                               const GdbStop *stop, GString *text)
{
    static const char *const watches[] = {NULL, "watch", "rwatch", "awatch"};
    DebugThreads *threads = debug_view_threads(process->view);

    p->current = process;
    process->told = debug_hit(process->node) != NULL;
    process->told_at = process->node->clock;
    debug_threads_moved(threads, stop && stop->has_thread ? &stop->thread : NULL);
    g_string_append_printf(text, "T%02x", signal);
    debug_threads_append(threads, text);
    g_string_append(text, reason(p, process, stop));
    if (stop && stop->watch != GDB_WATCH_NONE)
        g_string_append_printf(text, "%s:%" PRIx64 ";", watches[stop->watch], stop->address);
}

void gdb_processes_moved(GdbProcesses *p)
{
    drop_document(p);
    for (guint i = 0; i < p->attached->len; i++) {
        GdbProcess *process = p->attached->pdata[i];

        if (process->view)
            debug_threads_moved(debug_view_threads(process->view), NULL);
    }
}
