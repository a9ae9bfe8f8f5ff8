/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary.c: builds the JSON of report.json and of the events with json-c. */
#include "controller/report/summary.h"

#include "controller/base/text.h"
#include "controller/base/version.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static void report_uart_free(void *data)
{
    ReportUart *u = data;

    if (!u)
        return;
    g_free(u->sha256);
    g_free(u->log);
    g_free(u);
}

ReportUart *report_node_add_uart(ReportNode *n)
{
    ReportUart *u = g_new0(ReportUart, 1);

    if (!n->uarts)
        n->uarts = g_ptr_array_new_with_free_func(report_uart_free);
    g_ptr_array_add(n->uarts, u);
    return u;
}

ReportUart *report_node_semi(ReportNode *n)
{
    if (!n->semi)
        n->semi = g_new0(ReportUart, 1);
    return n->semi;
}

static void report_node_free(void *data)
{
    ReportNode *n = data;

    g_free(n->name);
    g_free(n->host);
    g_free(n->version);
    g_free(n->state);
    g_free(n->icount_mode);
    g_free(n->disk.why);
    g_free(n->packet_trace_sha256);
    g_free(n->console_sha256);
    g_free(n->console_log);
    g_clear_pointer(&n->uarts, g_ptr_array_unref);
    report_uart_free(n->semi);
    g_clear_pointer(&n->overshoots, g_array_unref);
    g_free(n);
}

ReportNode *report_summary_add(ReportSummary *s)
{
    ReportNode *n = g_new0(ReportNode, 1);

    if (!s->nodes)
        s->nodes = g_ptr_array_new_with_free_func(report_node_free);
    g_ptr_array_add(s->nodes, n);
    return n;
}

static void report_entry_free(void *data)
{
    ReportEntry *e = data;

    g_free(e->node);
    g_free(e->what);
    if (e->data)
        g_bytes_unref(e->data);
    g_free(e);
}

ReportEntry *report_summary_add_entry(ReportSummary *s)
{
    ReportEntry *e = g_new0(ReportEntry, 1);

    if (!s->journal)
        s->journal = g_ptr_array_new_with_free_func(report_entry_free);
    g_ptr_array_add(s->journal, e);
    return e;
}

void report_trace_init(ReportTrace *trace)
{
    const uint64_t unused = 0;

    trace->names = g_ptr_array_new_with_free_func(g_free);
    trace->packets = g_array_new(FALSE, TRUE, sizeof(ReportPacket));
    trace->clocks = g_array_new(FALSE, TRUE, sizeof(uint64_t));
    g_array_append_val(trace->clocks, unused);
}

unsigned report_trace_room(unsigned nodes)
{
    return CLAMP(REPORT_PACKET_BYTES / (80 + 8 * nodes), 200, 20000);
}

void report_summary_clear(ReportSummary *s)
{
    g_clear_pointer(&s->nodes, g_ptr_array_unref);
    g_clear_pointer(&s->journal, g_ptr_array_unref);
    g_clear_pointer(&s->trace.names, g_ptr_array_unref);
    g_clear_pointer(&s->trace.packets, g_array_unref);
    g_clear_pointer(&s->trace.clocks, g_array_unref);
    g_clear_pointer(&s->command_line, g_free);
}

static void put_int(json_object *o, const char *key, int64_t value)
{
    json_object_object_add(o, key, json_object_new_int64(value));
}

static void add_text(json_object *o, const char *key, const char *value)
{
    g_autofree char *plain = value ? text_plain(value, -1) : NULL;

    json_object_object_add(o, key, plain ? json_object_new_string(plain) : NULL);
}

static json_object *dist_json(const ReportDist *d)
{
    json_object *o = json_object_new_object();

    put_int(o, "min", d->min);
    json_object_object_add(o, "mean", json_object_new_double(d->mean));
    put_int(o, "median", d->median);
    put_int(o, "max", d->max);
    return o;
}

static json_object *packets_json(const ReportPackets *p)
{
    json_object *o = json_object_new_object();

    put_int(o, "sent", (int64_t)p->sent);
    put_int(o, "received", (int64_t)p->received);
    put_int(o, "dropped", (int64_t)p->dropped);
    put_int(o, "late", (int64_t)p->late);
    put_int(o, "carried", (int64_t)p->carried);
    put_int(o, "copies", (int64_t)p->copies);
    put_int(o, "filtered", (int64_t)p->filtered);
    put_int(o, "refused", (int64_t)p->refused);
    put_int(o, "under_way", (int64_t)p->under_way);
    return o;
}

static json_object *disk_json(const ReportDisk *d)
{
    json_object *o = d->there ? json_object_new_object() : NULL;

    if (!o)
        return NULL;
    add_text(o, "mode", d->mode);
    json_object_object_add(o, "in_memory", json_object_new_boolean(d->in_memory));
    json_object_object_add(o, "persist", json_object_new_boolean(d->persist));
    put_int(o, "read_bytes", (int64_t)d->read_bytes);
    put_int(o, "write_bytes", (int64_t)d->write_bytes);
    put_int(o, "major_faults", (int64_t)d->major_faults);
    add_text(o, "may_not_repeat", d->why);
    return o;
}

static void put_console(json_object *o, const ReportUart *u)
{
    put_int(o, "console_bytes", (int64_t)u->bytes);
    add_text(o, "console_sha256", u->sha256);
}

static json_object *semi_json(const ReportNode *n)
{
    json_object *o = n->semi ? json_object_new_object() : NULL;

    if (o)
        put_console(o, n->semi);
    return o;
}

static json_object *uarts_json(const ReportNode *n)
{
    json_object *all = json_object_new_array();

    for (unsigned i = 0; n->uarts && i < n->uarts->len; i++) {
        const ReportUart *u = n->uarts->pdata[i];
        json_object *o = json_object_new_object();

        put_int(o, "uart", u->number);
        put_console(o, u);
        json_object_array_add(all, o);
    }
    return all;
}

static json_object *node_json(const ReportNode *n)
{
    g_autofree char *no_packets = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "", 0);
    json_object *o = json_object_new_object(), *skip = json_object_new_object();

    add_text(o, "name", n->name);
    add_text(o, "host", n->host ? n->host : "local");
    add_text(o, "qemu_version", n->version);
    add_text(o, "state", n->state);
    json_object_object_add(o, "exit_status",
                           n->exit_status >= 0 ? json_object_new_int(n->exit_status) : NULL);
    put_int(o, "resets", n->resets);
    add_text(o, "icount_mode", n->icount_mode);
    put_int(o, "icount", n->icount.n);
    put_int(o, "virtual_ns", n->virtual_time.ns);
    put_int(o, "bias_ns", n->bias.ns);
    json_object_object_add(o, "overshoot_ns", dist_json(&n->overshoot));
    put_int(skip, "max", n->idle_skip_max);
    json_object_object_add(o, "idle_skip_ns", skip);
    json_object_object_add(o, "disk", disk_json(&n->disk));
    json_object_object_add(o, "packets", packets_json(&n->packets));
    add_text(o, "packet_trace_sha256",
             n->packet_trace_sha256 ? n->packet_trace_sha256 : no_packets);
    add_text(o, "console_sha256", n->console_sha256);
    json_object_object_add(o, "uarts", uarts_json(n));
    json_object_object_add(o, "semihosting", semi_json(n));
    return o;
}

static json_object *check_json(const Check *c)
{
    json_object *o = json_object_new_object();

    add_text(o, "line", c->line);
    add_text(o, "what", c->what);
    put_int(o, "virtual_ns", c->at.ns);
    add_text(o, "result", outcome_name(c->passed ? OUTCOME_PASSED : OUTCOME_FAILED));
    add_text(o, "found", c->found);
    return o;
}

static void put_verdict(json_object *o, const Verdict *v)
{
    Outcome outcome = v ? v->outcome : OUTCOME_RUNNING;

    add_text(o, "outcome", outcome_name(outcome));
    if (outcome == OUTCOME_RUNNING)
        add_text(o, "exit_code", NULL);
    else
        put_int(o, "exit_code", outcome_exit_code(outcome));
    add_text(o, "where", v ? v->where : NULL);
    add_text(o, "message", v ? v->message : NULL);
}

static void put_checks(json_object *o, const Verdict *v)
{
    json_object *checks = json_object_new_array();

    for (unsigned i = 0; v && v->checks && i < v->checks->len; i++)
        json_object_array_add(checks, check_json(v->checks->pdata[i]));
    json_object_object_add(o, "checks", checks);
    put_int(o, "checks_left_out", v ? (int64_t)v->left_out : 0);
}

/* Bytes as hexadecimal digits; free with g_free(). */
static char *hex_of(const uint8_t *bytes, gsize size)
{
    GString *text = g_string_sized_new(2 * size);

    for (gsize i = 0; i < size; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

static void put_data(json_object *o, GBytes *data)
{
    gsize size = 0;
    const uint8_t *bytes = data ? g_bytes_get_data(data, &size) : NULL;
    g_autofree char *sha = data ? g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, data) : NULL;
    g_autofree char *hex = data && size <= REPORT_ENTRY_BYTES ? hex_of(bytes, size) : NULL;

    put_int(o, "bytes", (int64_t)size);
    add_text(o, "data", hex);
    add_text(o, "sha256", sha);
}

static json_object *entry_json(const ReportEntry *e)
{
    json_object *o = json_object_new_object();

    put_int(o, "number", (int64_t)e->number);
    put_int(o, "virtual_ns", e->time.ns);
    json_object_object_add(o, "running", json_object_new_boolean(e->running));
    add_text(o, "node", e->node);
    json_object_object_add(o, "icount", e->counted ? json_object_new_int64(e->icount.n) : NULL);
    add_text(o, "kind", e->kind);
    add_text(o, "from", e->source);
    add_text(o, "what", e->what);
    put_data(o, e->data);
    return o;
}

static void put_journal(json_object *o, const ReportSummary *s)
{
    json_object *all = json_object_new_array();

    for (unsigned i = 0; s->journal && i < s->journal->len; i++)
        json_object_array_add(all, entry_json(s->journal->pdata[i]));
    json_object_object_add(o, "journal", all);
    put_int(o, "journal_left_out", (int64_t)s->journal_left_out);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_object *variables_json(GHashTable *variables)
{
    json_object *o = json_object_new_object();
    unsigned n = 0;
    g_autofree const char **names =
        variables ? (const char **)g_hash_table_get_keys_as_array(variables, &n) : NULL;

    if (n > 0)
        qsort(names, n, sizeof(*names), by_name);
    for (unsigned i = 0; i < n; i++)
        add_text(o, names[i], g_hash_table_lookup(variables, names[i]));
    return o;
}

char *report_json(const ReportSummary *s)
{
    json_object *o = json_object_new_object(), *nodes = json_object_new_array();
    char *text;

    put_int(o, "version", REPORT_VERSION);
    add_text(o, "metronome_version", METRONOME_VERSION);
    put_verdict(o, s->verdict);
    add_text(o, "started", s->started);
    add_text(o, "scenario", s->scenario);
    json_object_object_add(o, "variables", variables_json(s->variables));
    add_text(o, "command_line", s->command_line);
    add_text(o, "mode", s->mode);
    put_int(o, "seed", (int64_t)s->seed);
    put_int(o, "quantum_ns", s->quantum.ns);
    put_int(o, "virtual_ns", s->now.ns);
    put_int(o, "barriers", (int64_t)s->barriers);
    put_int(o, "missed", (int64_t)s->missed);
    json_object_object_add(o, "host_seconds", json_object_new_double(s->host_seconds));
    json_object_object_add(o, "packets", packets_json(&s->packets));
    put_checks(o, s->verdict);
    put_journal(o, s);
    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++)
        json_object_array_add(nodes, node_json(s->nodes->pdata[i]));
    json_object_object_add(o, "nodes", nodes);
    text = g_strconcat(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
        "\n", NULL);
    json_object_put(o);
    return text;
}

static json_object *event_object(const char *event, const char *const *members)
{
    json_object *o = json_object_new_object();

    add_text(o, "event", event);
    for (unsigned i = 0; members[i]; i += 2)
        add_text(o, members[i], members[i + 1]);
    return o;
}

/* Takes over o. */
static char *event_text(json_object *o)
{
    char *text = g_strdup(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

    json_object_put(o);
    return text;
}

char *report_event(const char *event, const char *const *members)
{
    return event_text(event_object(event, members));
}

char *report_event_list(const char *event, const char *const *members, const char *key,
                        const char *const *list, unsigned n)
{
    json_object *o = event_object(event, members), *array = json_object_new_array();

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *plain = text_plain(list[i], -1);

        json_object_array_add(array, json_object_new_string(plain));
    }
    json_object_object_add(o, key, array);
    return event_text(o);
}
