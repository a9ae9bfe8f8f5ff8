/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.c: files of a report directory.
 *
 * Rows of barriers.csv go from the barrier path to the main thread through a ring that is allocated
 * once: the barrier path neither formats nor writes.
 */
#include "controller/report/report.h"

#include "controller/base/text.h"
#include "controller/report/charts.h"
#include "controller/report/page.h"
#include "controller/report/series.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK(metronome_report_error_quark, report_error)

#define RING_BYTES (4u << 20)

struct Report {
    char *dir;
    FILE *csv;
    int csv_errno; /* first failure; the run goes on, the report says so */
    unsigned columns;

    GMutex lock;
    GCond room;
    int64_t *ring; /* rows of 3 + 2 * columns numbers */
    unsigned width, rows, head, used;

    Series *series;    /* the same rows, for the page */
    GPtrArray *curves; /* Curve */
};

/* --- summary --- */

static void report_node_free(void *data)
{
    ReportNode *n = data;

    g_free(n->name);
    g_free(n->host);
    g_free(n->version);
    g_free(n->state);
    g_free(n->icount_mode);
    g_free(n->packet_trace_sha256);
    g_free(n->console_sha256);
    g_free(n->console_log);
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
    return CLAMP(PAGE_PACKET_BYTES / (80 + 8 * nodes), 200, 20000);
}

void report_summary_clear(ReportSummary *s)
{
    g_clear_pointer(&s->nodes, g_ptr_array_unref);
    g_clear_pointer(&s->trace.names, g_ptr_array_unref);
    g_clear_pointer(&s->trace.packets, g_array_unref);
    g_clear_pointer(&s->trace.clocks, g_array_unref);
    g_clear_pointer(&s->command_line, g_free);
}

static void put_int(json_object *o, const char *key, int64_t value)
{
    json_object_object_add(o, key, json_object_new_int64(value));
}

static void put_text(json_object *o, const char *key, const char *value)
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

static json_object *packets_json(const ReportNode *n)
{
    json_object *o = json_object_new_object();

    json_object_object_add(o, "sent", json_object_new_int64((int64_t)n->sent));
    json_object_object_add(o, "received", json_object_new_int64((int64_t)n->received));
    json_object_object_add(o, "dropped", json_object_new_int64((int64_t)n->dropped));
    json_object_object_add(o, "late", json_object_new_int64((int64_t)n->late));
    json_object_object_add(o, "carried", json_object_new_int64((int64_t)n->carried));
    return o;
}

static json_object *node_json(const ReportNode *n)
{
    g_autofree char *no_packets = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "", 0);
    json_object *o = json_object_new_object(), *skip = json_object_new_object();

    put_text(o, "name", n->name);
    put_text(o, "host", n->host ? n->host : "local");
    put_text(o, "qemu_version", n->version);
    put_text(o, "state", n->state);
    put_text(o, "icount_mode", n->icount_mode);
    put_int(o, "icount", n->icount.n);
    put_int(o, "virtual_ns", n->virtual_time.ns);
    put_int(o, "bias_ns", n->bias.ns);
    json_object_object_add(o, "overshoot_ns", dist_json(&n->overshoot));
    put_int(skip, "max", n->idle_skip_max);
    json_object_object_add(o, "idle_skip_ns", skip);
    json_object_object_add(o, "packets", packets_json(n));
    put_text(o, "packet_trace_sha256",
             n->packet_trace_sha256 ? n->packet_trace_sha256 : no_packets);
    put_text(o, "console_sha256", n->console_sha256);
    return o;
}

char *report_json(const ReportSummary *s)
{
    json_object *o = json_object_new_object(), *nodes = json_object_new_array();
    char *text;

    put_int(o, "version", REPORT_VERSION);
    put_text(o, "command_line", s->command_line);
    put_text(o, "mode", s->mode);
    put_int(o, "quantum_ns", s->quantum.ns);
    put_int(o, "virtual_ns", s->now.ns);
    put_int(o, "barriers", (int64_t)s->barriers);
    put_int(o, "missed", (int64_t)s->missed);
    json_object_object_add(o, "host_seconds", json_object_new_double(s->host_seconds));
    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++)
        json_object_array_add(nodes, node_json(s->nodes->pdata[i]));
    json_object_object_add(o, "nodes", nodes);
    text = g_strconcat(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
        "\n", NULL);
    json_object_put(o);
    return text;
}

char *report_event(const char *event, const char *const *members)
{
    json_object *o = json_object_new_object();
    char *text;

    put_text(o, "event", event);
    for (unsigned i = 0; members[i]; i += 2)
        put_text(o, members[i], members[i + 1]);
    text = g_strdup(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
    return text;
}

/* --- rows --- */

Report *report_new(const char *dir, GError **error)
{
    g_autoptr(Report) r = g_new0(Report, 1);
    g_autofree char *csv = g_build_filename(dir, "barriers.csv", NULL);

    g_mutex_init(&r->lock);
    g_cond_init(&r->room);
    r->dir = g_strdup(dir);
    r->series = series_new();
    r->curves = g_ptr_array_new_with_free_func(curve_free);
    if (g_mkdir_with_parents(dir, 0777) != 0 || !(r->csv = fopen(csv, "we"))) {
        g_set_error(error, REPORT_ERROR, 0, "can't write the report to '%s': %s", dir,
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&r);
}

void report_free(Report *r)
{
    if (!r)
        return;
    if (r->csv) {
        report_drain(r);
        fclose(r->csv);
    }
    g_mutex_clear(&r->lock);
    g_cond_clear(&r->room);
    g_clear_pointer(&r->series, series_free);
    g_clear_pointer(&r->curves, g_ptr_array_unref);
    g_free(r->ring);
    g_free(r->dir);
    g_free(r);
}

const char *report_dir(const Report *r)
{
    return r->dir;
}

static void csv_failed(Report *r)
{
    if (r->csv_errno == 0)
        r->csv_errno = errno ? errno : EIO;
}

void report_columns(Report *r, const char *const *names, unsigned n)
{
    report_drain(r);
    g_free(r->ring);
    r->columns = n;
    r->width = 3 + 2 * n;
    series_columns(r->series, names, n);
    r->rows = RING_BYTES / (r->width * (unsigned)sizeof(int64_t));
    r->ring = g_new(int64_t, (gsize)r->rows * r->width);
    r->head = r->used = 0;
    fputs("barrier,virtual_ns", r->csv);
    for (unsigned i = 0; i < n; i++)
        fprintf(r->csv, ",%s_stamp_us,%s_waited_us", names[i], names[i]);
    if (fputc('\n', r->csv) == EOF)
        csv_failed(r);
}

void report_row(Report *r, uint64_t barrier, VTime time, HTime host, const int64_t *stamps_us,
                const int64_t *waited_ns, unsigned n)
{
    int64_t *row;

    g_assert(n == r->columns);
    g_mutex_lock(&r->lock);
    while (r->used == r->rows)
        g_cond_wait(&r->room, &r->lock);
    row = r->ring + (gsize)((r->head + r->used) % r->rows) * r->width;
    row[0] = (int64_t)barrier;
    row[1] = time.ns;
    row[2] = host.ns;
    memcpy(row + 3, stamps_us, n * sizeof(int64_t));
    memcpy(row + 3 + n, waited_ns, n * sizeof(int64_t));
    r->used++;
    g_mutex_unlock(&r->lock);
}

static void write_row(Report *r, const int64_t *row)
{
    unsigned n = r->columns;

    fprintf(r->csv, "%" PRId64 ",%" PRId64, row[0], row[1]);
    for (unsigned i = 0; i < n; i++) {
        if (row[3 + i] < 0)
            fputs(",,", r->csv);
        else
            fprintf(r->csv, ",%" PRId64 ",%" PRId64 ".%03" PRId64, row[3 + i],
                    row[3 + n + i] / NS_PER_US, row[3 + n + i] % NS_PER_US);
    }
    series_add(r->series, vtime(row[1]), row[2], row + 3, row + 3 + n);
    if (fputc('\n', r->csv) == EOF)
        csv_failed(r);
}

void report_drain(Report *r)
{
    unsigned head, used;

    if (!r->ring)
        return;
    g_mutex_lock(&r->lock);
    head = r->head;
    used = r->used;
    g_mutex_unlock(&r->lock);
    for (unsigned i = 0; i < used; i++)
        write_row(r, r->ring + (gsize)((head + i) % r->rows) * r->width);
    g_mutex_lock(&r->lock);
    r->head = (r->head + used) % r->rows;
    r->used -= used;
    g_cond_signal(&r->room);
    g_mutex_unlock(&r->lock);
}

void report_clock(Report *r, const char *curve, VTime at, int64_t offset_ns)
{
    for (unsigned i = 0; i < r->curves->len; i++) {
        Curve *c = r->curves->pdata[i];

        if (strcmp(c->name, curve) == 0) {
            curve_add(c, at, offset_ns);
            return;
        }
    }
    g_ptr_array_add(r->curves, curve_new(curve));
    curve_add(r->curves->pdata[r->curves->len - 1], at, offset_ns);
}

/* --- files --- */

static bool copy_console(const Report *r, const ReportNode *n, GError **error)
{
    g_autofree char *name = g_strdup_printf("console-%s.log", n->name);
    g_autofree char *to = g_build_filename(r->dir, name, NULL);
    g_autoptr(GMappedFile) from = NULL;

    if (!n->console_log)
        return true;
    from = g_mapped_file_new(n->console_log, FALSE, error);
    if (!from)
        return false;
    return g_file_set_contents(
        to, g_mapped_file_get_contents(from) ? g_mapped_file_get_contents(from) : "",
        (gssize)g_mapped_file_get_length(from), error);
}

static bool flush_csv(Report *r, GError **error)
{
    report_drain(r);
    errno = 0;
    if (fflush(r->csv) != 0 || ferror(r->csv))
        csv_failed(r);
    if (r->csv_errno == 0)
        return true;
    g_set_error(error, REPORT_ERROR, 0, "barriers.csv is not complete: %s",
                g_strerror(r->csv_errno));
    return false;
}

/* Rows that could not be written don't keep the rest from being written. */
static bool write_files(Report *r, const ReportSummary *s, GError **error)
{
    g_autofree char *json = report_json(s);
    g_autofree char *path = g_build_filename(r->dir, "report.json", NULL);
    g_autofree char *page_path = g_build_filename(r->dir, "report.html", NULL);
    g_autofree char *page = NULL;
    bool complete = flush_csv(r, error);

    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++)
        if (!copy_console(r, s->nodes->pdata[i], complete ? error : NULL))
            complete = false;
    page = page_html(&(Picture){.summary = s, .series = r->series, .curves = r->curves});
    if (!g_file_set_contents(page_path, page, -1, complete ? error : NULL))
        complete = false;
    return g_file_set_contents(path, json, -1, complete ? error : NULL) && complete;
}

bool report_write(Report *r, const ReportSummary *s, GError **error)
{
    GError *e = NULL;

    if (write_files(r, s, &e))
        return true;
    g_set_error(error, REPORT_ERROR, 0, "can't write the report to '%s': %s", r->dir, e->message);
    g_error_free(e);
    return false;
}
