/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.c: the files of a report folder.
 *
 * Rows of barriers.csv go from the barrier path to the main thread through a ring that is allocated
 * once. The barrier path neither formats nor writes.
 */
#include "controller/report/report.h"

#include "controller/report/charts.h"
#include "controller/report/folder.h"
#include "controller/report/page.h"
#include "controller/report/series.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_BYTES (4u << 20)

/* Every so many rows one is marked, so that the place of a row is found without reading all. */
#define MARKED_ROWS 1024

typedef struct {
    VTime time;
    off_t at; /* where the row begins */
} Mark;

struct Report {
    char *dir;
    FILE *csv;
    GArray *marks;     /* Mark, in the order of the file */
    unsigned unmarked; /* rows behind the last one */
    int csv_errno;     /* first failure; the run goes on, and the report names the failure */
    unsigned columns;

    GMutex lock;
    GCond room;
    int64_t *ring; /* rows of 3 + 2 * columns numbers */
    unsigned width, rows, head, used;

    Series *series;    /* the same rows, joined for the page */
    GPtrArray *curves; /* Curve */
};

/* --- rows --- */

Report *report_new(const char *dir, GError **error)
{
    g_autoptr(Report) r = NULL;
    g_autofree char *csv = g_build_filename(dir, "barriers.csv", NULL);

    if (!folder_accepts_report(dir, error))
        return NULL;
    folder_clear(dir);
    r = g_new0(Report, 1);
    g_mutex_init(&r->lock);
    g_cond_init(&r->room);
    r->dir = g_strdup(dir);
    r->series = series_new();
    r->curves = g_ptr_array_new_with_free_func(curve_free);
    r->marks = g_array_new(FALSE, FALSE, sizeof(Mark));
    if (g_mkdir_with_parents(dir, 0777) != 0 || !(r->csv = fopen(csv, "w+e"))) {
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
    g_clear_pointer(&r->marks, g_array_unref);
    g_clear_pointer(&r->series, series_free);
    g_clear_pointer(&r->curves, g_ptr_array_unref);
    g_free(r->ring);
    g_free(r->dir);
    g_free(r);
}

bool report_is_in(const Report *r, const char *dir)
{
    struct stat own, other;

    return stat(r->dir, &own) == 0 && stat(dir, &other) == 0 && own.st_dev == other.st_dev &&
           own.st_ino == other.st_ino;
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

static void mark_row(Report *r, VTime time)
{
    const Mark mark = {time, ftello(r->csv)};

    if (r->marks->len > 0 && ++r->unmarked < MARKED_ROWS)
        return;
    g_array_append_val(r->marks, mark);
    r->unmarked = 0;
}

static void write_row(Report *r, const int64_t *row)
{
    unsigned n = r->columns;

    mark_row(r, vtime(row[1]));
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

/* The virtual time of a row; -1: the line is a header. */
static int64_t row_time(const char *line)
{
    const char *comma = strchr(line, ',');

    return g_ascii_isdigit(*line) && comma ? g_ascii_strtoll(comma + 1, NULL, 10) : -1;
}

/* Where the first row begins behind the last one that is not later than the time: a restore may have
 * gone back among the rows. Below 0: nowhere, all rows stay. */
static off_t find_later(Report *r, VTime time)
{
    off_t at = 0, later = -1;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    while (r->marks->len > 0 && g_array_index(r->marks, Mark, r->marks->len - 1).time.ns > time.ns)
        g_array_set_size(r->marks, r->marks->len - 1);
    if (r->marks->len > 0)
        at = g_array_index(r->marks, Mark, r->marks->len - 1).at;
    r->unmarked = 0;
    fseeko(r->csv, at, SEEK_SET);
    for (; (size = getline(&line, &room, r->csv)) > 0; at += size) {
        int64_t row = row_time(line);

        if (row > time.ns && later < 0)
            later = at;
        else if (row >= 0 && row <= time.ns)
            later = -1;
    }
    free(line);
    return later;
}

void report_rewind(Report *r, VTime time)
{
    off_t later;

    report_drain(r);
    if (r->csv_errno != 0)
        return;
    errno = 0;
    later = fflush(r->csv) == 0 ? find_later(r, time) : -1;
    if ((later >= 0 && ftruncate(fileno(r->csv), later) != 0) || ferror(r->csv) ||
        fseeko(r->csv, 0, SEEK_END) != 0)
        csv_failed(r);
    series_rewind(r->series, time);
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

static bool copy_log(const Report *r, const char *console, const char *log, GError **error)
{
    g_autofree char *name = g_strdup_printf("console-%s.log", console);
    g_autofree char *to = g_build_filename(r->dir, name, NULL);
    g_autoptr(GMappedFile) from = g_mapped_file_new(log, FALSE, error);

    if (!from)
        return false;
    return g_file_set_contents(
        to, g_mapped_file_get_contents(from) ? g_mapped_file_get_contents(from) : "",
        (gssize)g_mapped_file_get_length(from), error);
}

static bool copy_console(const Report *r, const ReportNode *n, GError **error)
{
    if (n->console_log && !copy_log(r, n->name, n->console_log, error))
        return false;
    for (unsigned i = 0; n->uarts && i < n->uarts->len; i++) {
        const ReportUart *u = n->uarts->pdata[i];
        g_autofree char *name = g_strdup_printf("%s.%u", n->name, u->number);

        if (!copy_log(r, name, u->log, error))
            return false;
    }
    if (n->semi) {
        g_autofree char *name = g_strconcat(n->name, ".semi", NULL);

        return copy_log(r, name, n->semi->log, error);
    }
    return true;
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

/* On a full disk the old and the new file do not fit together. The old file is removed then,
 * because the old file is out of date. */
static bool put_file(const char *path, const char *text, GError **error)
{
    if (g_file_set_contents(path, text, -1, NULL))
        return true;
    g_unlink(path);
    return g_file_set_contents(path, text, -1, error);
}

static bool write_page(const Report *r, const ReportSummary *s, GError **error)
{
    g_autofree char *path = g_build_filename(r->dir, "report.html", NULL);
    g_autofree char *page =
        page_html(&(Picture){.summary = s, .series = r->series, .curves = r->curves});

    return put_file(path, page, error);
}

static bool write_json(const Report *r, const ReportSummary *s, GError **error)
{
    g_autofree char *path = g_build_filename(r->dir, "report.json", NULL);
    g_autofree char *json = report_json(s);

    return put_file(path, json, error);
}

/* Keeps the first error, and notes it in the verdict, which the remaining files show. Takes over
 * e. */
static void note_failure(const Report *r, Verdict *verdict, GError *e, GError **error)
{
    g_autofree char *message =
        g_strdup_printf("can't write the report to '%s': %s", r->dir, e->message);

    verdict_note(verdict, OUTCOME_OUTPUT_LOST, NULL, message);
    if (error && !*error)
        g_set_error_literal(error, REPORT_ERROR, 0, message);
    g_error_free(e);
}

/* A file that can't be written does not stop the others, and the others report the failure. */
bool report_write(Report *r, const ReportSummary *summary, GError **error)
{
    g_auto(Verdict) verdict = {0};
    g_autoptr(GError) first = NULL;
    ReportSummary s = *summary;
    GError *e = NULL;

    if (s.verdict)
        verdict = verdict_copy(s.verdict);
    s.verdict = &verdict;
    if (!flush_csv(r, &e))
        note_failure(r, &verdict, g_steal_pointer(&e), &first);
    for (unsigned i = 0; s.nodes && i < s.nodes->len; i++)
        if (!copy_console(r, s.nodes->pdata[i], &e))
            note_failure(r, &verdict, g_steal_pointer(&e), &first);
    if (!write_page(r, &s, &e))
        note_failure(r, &verdict, g_steal_pointer(&e), &first);
    if (!write_json(r, &s, &e)) {
        note_failure(r, &verdict, g_steal_pointer(&e), &first);
        write_page(r, &s, NULL); /* again, with the new failure */
    }
    if (!first)
        return true;
    g_propagate_error(error, g_steal_pointer(&first));
    return false;
}
