/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-report.c: the contracts report.json and barriers.csv, and disks that take no more. */
#include "controller/report/report.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct {
    char *base, *dir; /* dir: base/report, made by the report */
    Report *report;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    f->base = g_dir_make_tmp("test-report-XXXXXX", NULL);
    f->dir = g_build_filename(f->base, "deep", "report", NULL);
    f->report = report_new(f->dir, &error);
    g_assert_no_error(error);
}

static void remove_files(const char *dir)
{
    GDir *d = g_dir_open(dir, 0, NULL);

    for (const char *name; d && (name = g_dir_read_name(d));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            remove_files(path);
        else
            g_unlink(path);
    }
    if (d)
        g_dir_close(d);
    g_rmdir(dir);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    report_free(f->report);
    remove_files(f->base);
    g_free(f->base);
    g_free(f->dir);
}

static G_NO_INLINE char *contents(const Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

/* --- report.json --- */

static void fill(ReportSummary *s)
{
    ReportNode *n;

    *s = (ReportSummary){
        .command_line = g_strdup("metronome -c 'run \"1s\"' a/b"),
        .mode = "strict",
        .seed = 7,
        .quantum = {50000},
        .now = {INT64_C(9007199254740993)}, /* more than a double holds */
        .barriers = 20000,
        .missed = 3,
        .host_seconds = 1.5,
    };
    n = report_summary_add(s);
    n->name = g_strdup("a");
    n->version = g_strdup("7.2.22");
    n->state = g_strdup("paused");
    n->exit_status = 3;
    n->resets = 2;
    n->icount_mode = g_strdup("shift=0,sleep=off");
    n->icount = (Insns){1000000001};
    n->virtual_time = (VTime){1000000042};
    n->bias = (VTime){41};
    n->overshoot = (ReportDist){.min = -1, .median = 2, .max = 30, .mean = 2.25};
    n->idle_skip_max = 1000;
    n->packets.carried = 5;
    n->console_sha256 = g_strdup("00ff");
}

/* Exactly these members, in this order, separated by blanks. */
static void keys_are(json_object *o, const char *expected)
{
    g_autoptr(GString) keys = g_string_new(NULL);

    json_object_object_foreach(o, key, value)
    {
        (void)value;
        g_string_append_printf(keys, "%s%s", keys->len ? " " : "", key);
    }
    g_assert_cmpstr(keys->str, ==, expected);
}

static json_object *member(json_object *o, const char *key)
{
    json_object *value;

    g_assert_true(json_object_object_get_ex(o, key, &value));
    return value;
}

static void int_is(json_object *o, const char *key, int64_t expected)
{
    g_assert_true(json_object_is_type(member(o, key), json_type_int));
    g_assert_cmpint(json_object_get_int64(member(o, key)), ==, expected);
}

static void double_is(json_object *o, const char *key, double expected)
{
    g_assert_true(json_object_is_type(member(o, key), json_type_double));
    g_assert_cmpfloat(json_object_get_double(member(o, key)), ==, expected);
}

static void text_is(json_object *o, const char *key, const char *expected)
{
    g_assert_true(json_object_is_type(member(o, key), json_type_string));
    g_assert_cmpstr(json_object_get_string(member(o, key)), ==, expected);
}

static json_object *parse(const ReportSummary *s)
{
    g_autofree char *text = report_json(s);
    json_object *o = json_tokener_parse(text);

    g_assert_nonnull(o);
    g_assert_true(g_str_has_suffix(text, "}\n"));
    return o;
}

/* An entry with data, one without, and one with more than the report takes. */
static void test_json_journal(void)
{
    ReportSummary s;
    json_object *o, *all, *e;
    g_autofree uint8_t *much = g_malloc0(REPORT_ENTRY_BYTES + 1);

    fill(&s);
    s.journal_left_out = 4;
    *report_summary_add_entry(&s) = (ReportEntry){.number = 5,
                                                  .kind = "typed",
                                                  .source = "terminal",
                                                  .node = g_strdup("a"),
                                                  .what = g_strdup("typed 'x'"),
                                                  .time = {7},
                                                  .running = true,
                                                  .data = g_bytes_new("x\xff", 2)};
    *report_summary_add_entry(&s) = (ReportEntry){.number = 6,
                                                  .kind = "command",
                                                  .source = "command",
                                                  .what = g_strdup("seed 2"),
                                                  .counted = true,
                                                  .icount = {9}};
    *report_summary_add_entry(&s) =
        (ReportEntry){.number = 7,
                      .kind = "memory",
                      .source = "gdb",
                      .what = g_strdup("memory"),
                      .data = g_bytes_new(much, REPORT_ENTRY_BYTES + 1)};
    o = parse(&s);
    int_is(o, "journal_left_out", 4);
    all = member(o, "journal");
    g_assert_cmpuint(json_object_array_length(all), ==, 3);
    e = json_object_array_get_idx(all, 0);
    keys_are(e, "number virtual_ns running node icount kind from what bytes data sha256");
    int_is(e, "number", 5);
    int_is(e, "virtual_ns", 7);
    g_assert_true(json_object_get_boolean(member(e, "running")));
    text_is(e, "node", "a");
    g_assert_null(member(e, "icount"));
    text_is(e, "from", "terminal");
    int_is(e, "bytes", 2);
    text_is(e, "data", "78ff");
    e = json_object_array_get_idx(all, 1);
    g_assert_null(member(e, "node"));
    int_is(e, "icount", 9);
    g_assert_null(member(e, "data"));
    g_assert_null(member(e, "sha256"));
    e = json_object_array_get_idx(all, 2);
    int_is(e, "bytes", REPORT_ENTRY_BYTES + 1);
    g_assert_null(member(e, "data"));
    g_assert_cmpuint(strlen(json_object_get_string(member(e, "sha256"))), ==, 64);
    json_object_put(o);
    report_summary_clear(&s);
}

static void test_json_top(void)
{
    ReportSummary s;
    json_object *o;

    fill(&s);
    o = parse(&s);
    keys_are(o,
             "version metronome_version outcome exit_code where message started scenario "
             "variables command_line mode seed quantum_ns virtual_ns barriers missed host_seconds "
             "packets checks checks_left_out journal journal_left_out nodes");
    int_is(o, "version", REPORT_VERSION);
    g_assert_cmpint(REPORT_VERSION, ==, 3);
    text_is(o, "command_line", "metronome -c 'run \"1s\"' a/b");
    text_is(o, "mode", "strict");
    int_is(o, "seed", 7);
    int_is(o, "quantum_ns", 50000);
    int_is(o, "virtual_ns", INT64_C(9007199254740993));
    int_is(o, "barriers", 20000);
    int_is(o, "missed", 3);
    double_is(o, "host_seconds", 1.5);
    g_assert_cmpuint(json_object_array_length(member(o, "nodes")), ==, 1);
    json_object_put(o);
    report_summary_clear(&s);
}

/* --- how it ended --- */

static void null_is(json_object *o, const char *key)
{
    json_object *value = NULL;

    g_assert_true(json_object_object_get_ex(o, key, &value));
    g_assert_null(value);
}

static void test_json_running(void)
{
    g_auto(Verdict) verdict = {0};
    ReportSummary s;
    json_object *o;

    fill(&s);
    for (unsigned i = 0; i < 2; i++) {
        s.verdict = i == 0 ? NULL : &verdict;
        o = parse(&s);
        text_is(o, "outcome", "running");
        null_is(o, "exit_code");
        null_is(o, "where");
        null_is(o, "message");
        null_is(o, "started");
        null_is(o, "scenario");
        g_assert_cmpint(json_object_object_length(member(o, "variables")), ==, 0);
        g_assert_cmpuint(json_object_array_length(member(o, "checks")), ==, 0);
        int_is(o, "checks_left_out", 0);
        json_object_put(o);
    }
    report_summary_clear(&s);
}

static void test_json_failed(void)
{
    g_auto(Verdict) verdict = {0};
    g_autoptr(GHashTable) variables = g_hash_table_new(g_str_hash, g_str_equal);
    ReportSummary s;
    json_object *o, *check;

    verdict_check(&verdict, "a.mtr:3", "assert 1 == 1", "1 against 1", vtime(5), true);
    verdict_check(&verdict, NULL, "wait-line a 'x y'", NULL, vtime(INT64_C(9007199254740993)),
                  false);
    verdict_note(&verdict, OUTCOME_FAILED, "a.mtr:4", "no line\nmatched \033[2J");
    verdict_end(&verdict);
    g_hash_table_insert(variables, (void *)"z", (void *)"1");
    g_hash_table_insert(variables, (void *)"a", (void *)"x\"y");
    fill(&s);
    s.verdict = &verdict;
    s.started = "2026-11-28T15:36:50+01:00";
    s.scenario = "dir/a.mtr";
    s.variables = variables;
    o = parse(&s);
    report_summary_clear(&s);
    text_is(o, "outcome", "failed");
    int_is(o, "exit_code", 1);
    text_is(o, "where", "a.mtr:4");
    text_is(o, "message", "no line\nmatched \\x1b[2J");
    text_is(o, "started", "2026-11-28T15:36:50+01:00");
    text_is(o, "scenario", "dir/a.mtr");
    keys_are(member(o, "variables"), "a z");
    text_is(member(o, "variables"), "a", "x\"y");
    g_assert_cmpuint(json_object_array_length(member(o, "checks")), ==, 2);
    check = json_object_array_get_idx(member(o, "checks"), 0);
    keys_are(check, "line what virtual_ns result found");
    text_is(check, "line", "a.mtr:3");
    text_is(check, "what", "assert 1 == 1");
    int_is(check, "virtual_ns", 5);
    text_is(check, "result", "passed");
    text_is(check, "found", "1 against 1");
    check = json_object_array_get_idx(member(o, "checks"), 1);
    null_is(check, "line");
    int_is(check, "virtual_ns", INT64_C(9007199254740993));
    text_is(check, "result", "failed");
    null_is(check, "found");
    json_object_put(o);
}

static void check_node(json_object *n)
{
    json_object *part;

    keys_are(n, "name host qemu_version state exit_status resets icount_mode icount virtual_ns "
                "bias_ns overshoot_ns idle_skip_ns disk packets packet_trace_sha256 console_sha256 "
                "uarts semihosting");
    text_is(n, "name", "a");
    text_is(n, "qemu_version", "7.2.22");
    text_is(n, "state", "paused");
    int_is(n, "exit_status", 3);
    int_is(n, "resets", 2);
    text_is(n, "icount_mode", "shift=0,sleep=off");
    int_is(n, "icount", 1000000001);
    int_is(n, "virtual_ns", 1000000042);
    int_is(n, "bias_ns", 41);
    part = member(n, "overshoot_ns");
    keys_are(part, "min mean median max");
    int_is(part, "min", -1);
    double_is(part, "mean", 2.25);
    int_is(part, "median", 2);
    int_is(part, "max", 30);
    part = member(n, "idle_skip_ns");
    keys_are(part, "max");
    int_is(part, "max", 1000);
    part = member(n, "packets");
    keys_are(part, "sent received dropped late carried copies filtered refused under_way");
    int_is(part, "carried", 5);
    text_is(n, "console_sha256", "00ff");
}

static void test_json_node(void)
{
    ReportSummary s;
    json_object *o;

    fill(&s);
    o = parse(&s);
    check_node(json_object_array_get_idx(member(o, "nodes"), 0));
    json_object_put(o);
    report_summary_clear(&s);
}

static void test_json_no_packets(void)
{
    ReportSummary s;
    json_object *o, *n, *packets;

    fill(&s);
    o = parse(&s);
    n = json_object_array_get_idx(member(o, "nodes"), 0);
    packets = member(n, "packets");
    int_is(packets, "sent", 0);
    int_is(packets, "received", 0);
    int_is(packets, "dropped", 0);
    int_is(packets, "late", 0);
    int_is(packets, "carried", 5);
    text_is(n, "packet_trace_sha256", SHA_EMPTY);
    json_object_put(o);
    report_summary_clear(&s);
}

/* A node that never started has neither version nor console: null, not a missing key. */
static void test_json_nulls(void)
{
    ReportSummary s = {.mode = "best effort"};
    json_object *o, *n;

    report_summary_add(&s)->name = g_strdup("b");
    o = parse(&s);
    n = json_object_array_get_idx(member(o, "nodes"), 0);
    g_assert_null(member(n, "qemu_version"));
    g_assert_null(member(n, "console_sha256"));
    g_assert_null(member(o, "command_line"));
    json_object_put(o);
    report_summary_clear(&s);
}

static void test_json_no_nodes(void)
{
    ReportSummary s = {.mode = "strict"};
    json_object *o = parse(&s);

    g_assert_true(json_object_is_type(member(o, "nodes"), json_type_array));
    g_assert_cmpuint(json_object_array_length(member(o, "nodes")), ==, 0);
    json_object_put(o);
    report_summary_clear(&s);
}

static void test_event(void)
{
    static const char *const members[] = {"text", "a \"b\"\n/", "node", "x", NULL};
    static const char *const none[] = {NULL};
    g_autofree char *line = report_event("output", members);
    g_autofree char *bare = report_event("end", none);

    g_assert_cmpstr(line, ==, "{\"event\":\"output\",\"text\":\"a \\\"b\\\"\\n/\",\"node\":\"x\"}");
    g_assert_cmpstr(bare, ==, "{\"event\":\"end\"}");
}

/* --- barriers.csv --- */

static void write_report(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    ReportSummary s;

    fill(&s);
    g_assert_true(report_write(f->report, &s, &error));
    g_assert_no_error(error);
    report_summary_clear(&s);
}

static void test_rows(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"a", "b"};
    g_autofree char *csv = NULL, *json = NULL;

    (void)data;
    report_columns(f->report, names, 2);
    report_row(f->report, 1, vtime(50000), (HTime){5000}, (int64_t[]){50, 51},
               (int64_t[]){0, 1234567}, 2);
    report_row(f->report, 2, vtime(100000), (HTime){5000}, (int64_t[]){-1, 100}, (int64_t[]){9, 7},
               2);
    report_row(f->report, 3, vtime(150000), (HTime){5000}, (int64_t[]){150, -1},
               (int64_t[]){1000, 7}, 2);
    write_report(f);
    csv = contents(f, "barriers.csv");
    g_assert_cmpstr(csv, ==,
                    "barrier,virtual_ns,a_stamp_us,a_waited_us,b_stamp_us,b_waited_us\n"
                    "1,50000,50,0.000,51,1234.567\n"
                    "2,100000,,,100,0.007\n"
                    "3,150000,150,1.000,,\n");
    json = contents(f, "report.json");
    g_assert_nonnull(json);
}

/* Time goes back: by a restore rows stay, by a way back those of later barriers go, also far from the
 * last mark. */
static void test_rewind(Fixture *f, gconstpointer data)
{
    static const char *const one[] = {"a"}, *const other[] = {"a", "b"};
    g_autofree char *csv = NULL, *all = NULL;
    GString *wanted = g_string_new("barrier,virtual_ns,a_stamp_us,a_waited_us\n");

    (void)data;
    report_rewind(f->report, vtime(0)); /* nothing is written yet */
    report_columns(f->report, one, 1);
    for (int64_t i = 1; i <= 5000; i++)
        report_row(f->report, (uint64_t)i, vtime(i * 10), (HTime){1}, (int64_t[]){i},
                   (int64_t[]){0}, 1);
    for (int64_t i = 101; i <= 3000; i++) /* behind a restore */
        report_row(f->report, (uint64_t)i, vtime(i * 10), (HTime){1}, (int64_t[]){i},
                   (int64_t[]){0}, 1);
    report_columns(f->report, other, 2);
    report_row(f->report, 3001, vtime(30010), (HTime){1}, (int64_t[]){1, 1}, (int64_t[]){0, 0}, 2);
    report_rewind(f->report, vtime(30005));
    report_row(f->report, 3001, vtime(30010), (HTime){1}, (int64_t[]){2, 2}, (int64_t[]){0, 0}, 2);
    write_report(f);
    for (int i = 1; i <= 5000; i++)
        g_string_append_printf(wanted, "%d,%d,%d,0.000\n", i, i * 10, i);
    for (int i = 101; i <= 3000; i++)
        g_string_append_printf(wanted, "%d,%d,%d,0.000\n", i, i * 10, i);
    g_string_append(wanted, "barrier,virtual_ns,a_stamp_us,a_waited_us,b_stamp_us,b_waited_us\n"
                            "3001,30010,2,0.000,2,0.000\n");
    csv = contents(f, "barriers.csv");
    g_assert_cmpstr(csv, ==, wanted->str);
    report_rewind(f->report, vtime(150));
    write_report(f);
    all = contents(f, "barriers.csv");
    g_assert_true(g_str_has_suffix(all, "\n15,150,15,0.000\n"));
    report_rewind(f->report, vtime(0));
    write_report(f);
    g_free(all);
    all = contents(f, "barriers.csv");
    g_assert_cmpstr(all, ==, "barrier,virtual_ns,a_stamp_us,a_waited_us\n");
    g_string_free(wanted, TRUE);
}

static void test_new_columns(Fixture *f, gconstpointer data)
{
    static const char *const one[] = {"a"}, *const other[] = {"b"};
    g_autofree char *csv = NULL;

    (void)data;
    report_columns(f->report, one, 1);
    report_row(f->report, 1, vtime(10), (HTime){5000}, (int64_t[]){0}, (int64_t[]){0}, 1);
    report_columns(f->report, other, 1);
    report_row(f->report, 2, vtime(20), (HTime){5000}, (int64_t[]){1}, (int64_t[]){999}, 1);
    write_report(f);
    csv = contents(f, "barriers.csv");
    g_assert_cmpstr(csv, ==,
                    "barrier,virtual_ns,a_stamp_us,a_waited_us\n1,10,0,0.000\n"
                    "barrier,virtual_ns,b_stamp_us,b_waited_us\n2,20,1,0.999\n");
}

static void test_empty(Fixture *f, gconstpointer data)
{
    g_autofree char *csv = NULL;

    (void)data;
    report_drain(f->report); /* before there are columns */
    write_report(f);
    csv = contents(f, "barriers.csv");
    g_assert_cmpstr(csv, ==, "");
    g_assert_cmpstr(report_dir(f->report), ==, f->dir);
}

/* Three times what the 4 MiB ring holds: the writer has to wait for room, over and over. */
#define MANY 400000

/* Readings of guests' clocks get to the page, each under its name. */
static void test_clocks(Fixture *f, gconstpointer data)
{
    g_autofree char *page = NULL;

    (void)data;
    for (int i = 0; i < 3; i++) {
        report_clock(f->report, "a CNTVCT", (VTime){INT64_C(1000000) * i}, INT64_C(40) * i);
        report_clock(f->report, "b MONOTONIC", (VTime){INT64_C(1000000) * i}, INT64_C(-70) * i);
    }
    write_report(f);
    page = contents(f, "report.html");
    g_assert_nonnull(strstr(page, "What the guests' clocks read"));
    g_assert_nonnull(strstr(page, "a CNTVCT"));
    g_assert_nonnull(strstr(page, "b MONOTONIC"));
}

static void *push_rows(void *data)
{
    for (int64_t i = 1; i <= MANY; i++)
        report_row(data, (uint64_t)i, vtime(i * 10), (HTime){5000}, &i, &i, 1);
    return NULL;
}

static void many_rows_are(const char *csv)
{
    const char *p = strchr(csv, '\n');

    for (int64_t i = 1; i <= MANY; i++) {
        char row[100];
        int length = g_snprintf(row, sizeof(row),
                                "\n%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT
                                ",%" G_GINT64_FORMAT ".%03" G_GINT64_FORMAT,
                                i, i * 10, i, i / 1000, i % 1000);

        if (!p || strncmp(p, row, (size_t)length) != 0)
            g_error("row %" G_GINT64_FORMAT " is not '%s'", i, row + 1);
        p += length;
    }
    g_assert_cmpstr(p, ==, "\n");
}

static void test_ring(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"a"};
    g_autofree char *csv = NULL;
    GThread *pusher;

    (void)data;
    g_assert_cmpuint(MANY * 4ull * sizeof(int64_t), >, 2ull * (4 << 20));
    report_columns(f->report, names, 1);
    pusher = g_thread_new("pusher", push_rows, f->report);
    for (gint64 end = g_get_monotonic_time() + 500000; g_get_monotonic_time() < end;)
        report_drain(f->report);
    /* The writer waits now or has ended; a slow main thread loses nothing either. */
    for (unsigned i = 0; i < 20; i++) {
        g_usleep(5000);
        report_drain(f->report);
    }
    g_thread_join(pusher);
    write_report(f);
    csv = contents(f, "barriers.csv");
    many_rows_are(csv);
}

/* --- consoles --- */

static void test_console(Fixture *f, gconstpointer data)
{
    g_autofree char *log = g_build_filename(f->base, "log", NULL);
    g_autofree char *copy = NULL;
    ReportSummary s;

    (void)data;
    fill(&s);
    g_assert_true(g_file_set_contents(log, "hello\r\n", -1, NULL));
    ((ReportNode *)s.nodes->pdata[0])->console_log = g_strdup(log);
    g_assert_true(report_write(f->report, &s, NULL));
    copy = contents(f, "console-a.log");
    g_assert_cmpstr(copy, ==, "hello\r\n");
    /* An empty one is there too. */
    g_assert_true(g_file_set_contents(log, "", 0, NULL));
    g_assert_true(report_write(f->report, &s, NULL));
    g_free(copy);
    copy = contents(f, "console-a.log");
    g_assert_cmpstr(copy, ==, "");
    report_summary_clear(&s);
}

static void test_console_gone(Fixture *f, gconstpointer data)
{
    g_autofree char *prefix = g_strdup_printf("can't write the report to '%s': ", f->dir);
    g_autofree char *json = NULL;
    g_autoptr(GError) error = NULL;
    ReportSummary s;

    (void)data;
    fill(&s);
    ((ReportNode *)s.nodes->pdata[0])->console_log = g_build_filename(f->base, "gone", NULL);
    g_assert_false(report_write(f->report, &s, &error));
    g_assert_error(error, REPORT_ERROR, 0);
    g_assert_true(g_str_has_prefix(error->message, prefix));
    g_assert_nonnull(strstr(error->message, "No such file or directory"));
    json = contents(f, "report.json");
    g_assert_nonnull(json); /* one console that is gone keeps nothing else from being written */
    report_summary_clear(&s);
}

/* --- what can't be written --- */

static void new_fails(const char *dir, const char *reason)
{
    g_autofree char *message = g_strdup_printf("can't write the report to '%s': %s", dir, reason);
    g_autoptr(GError) error = NULL;

    g_assert_null(report_new(dir, &error));
    g_assert_error(error, REPORT_ERROR, 0);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_bad_directory(Fixture *f, gconstpointer data)
{
    g_autofree char *file = g_build_filename(f->base, "file", NULL);
    g_autofree char *below = g_build_filename(file, "report", NULL);
    g_autofree char *csv = g_build_filename(f->base, "taken", "barriers.csv", NULL);
    g_autofree char *taken = g_build_filename(f->base, "taken", NULL);

    (void)data;
    g_assert_true(g_file_set_contents(file, "x", 1, NULL));
    new_fails(below, g_strerror(ENOTDIR));
    new_fails("/proc/report", g_strerror(ENOENT));
    g_assert_cmpint(g_mkdir_with_parents(csv, 0700), ==, 0);
    new_fails(taken, "its file 'barriers.csv' is no report of metronome's and is not overwritten: "
                     "choose another folder, or remove it");
}

/* One that writes into a FIFO waits for its reader for ever, one that renames takes it away. */
static void test_fifos(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"barriers.csv", "clocks.csv", "report.html", "report.json",
                                        "console-a.log"};

    (void)data;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *dir = g_build_filename(f->base, "fifo", NULL);
        g_autofree char *fifo = g_build_filename(dir, names[i], NULL);
        g_autofree char *reason =
            g_strdup_printf("its file '%s' is no report of metronome's and is not overwritten: "
                            "choose another folder, or remove it",
                            names[i]);

        g_assert_cmpint(g_mkdir(dir, 0700), ==, 0);
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        new_fails(dir, reason);
        g_assert_cmpint(g_unlink(fifo), ==, 0); /* it is there still */
        g_assert_cmpint(g_rmdir(dir), ==, 0);   /* and nothing else is */
    }
}

/* barriers.csv is a link to a disk that is always full. */
static Report *report_on_full_disk(const Fixture *f, const char *name, char **dir)
{
    g_autofree char *csv = NULL;
    Report *r;

    *dir = g_build_filename(f->base, name, NULL);
    csv = g_build_filename(*dir, "barriers.csv", NULL);
    g_assert_cmpint(g_mkdir(*dir, 0700), ==, 0);
    g_assert_cmpint(symlink("/dev/full", csv), ==, 0);
    r = report_new(*dir, NULL);
    g_assert_nonnull(r);
    return r;
}

static void write_says_full(Report *r, const char *dir)
{
    g_autofree char *message = g_strdup_printf(
        "can't write the report to '%s': barriers.csv is not complete: No space left on device",
        dir);

    /* The failure sticks. */
    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        ReportSummary s;

        fill(&s);
        g_assert_false(report_write(r, &s, &error));
        g_assert_error(error, REPORT_ERROR, 0);
        g_assert_cmpstr(error->message, ==, message);
        report_summary_clear(&s);
    }
}

static void test_full_disk(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"a"};
    g_autofree char *dir = NULL;
    g_autoptr(Report) r = report_on_full_disk(f, "full", &dir);

    (void)data;
    report_columns(r, names, 1);
    report_row(r, 1, vtime(1), (HTime){5000}, (int64_t[]){1}, (int64_t[]){1}, 1);
    write_says_full(r, dir);
}

/* The failure comes while rows are drained: the run goes on, rows are still taken. */
static void test_full_disk_in_run(Fixture *f, gconstpointer data)
{
    static const char *const names[] = {"a"};
    g_autofree char *dir = NULL;
    g_autoptr(Report) r = report_on_full_disk(f, "full", &dir);

    (void)data;
    report_columns(r, names, 1);
    for (unsigned round = 0; round < 4; round++) {
        for (int64_t i = 0; i < 100000; i++)
            report_row(r, (uint64_t)i, vtime(i), (HTime){5000}, &i, &i, 1);
        report_drain(r);
    }
    write_says_full(r, dir);
}

/* What can still be written says that not all could be. */
static void test_full_disk_reported(Fixture *f, gconstpointer data)
{
    g_autofree char *dir = NULL, *path = NULL, *page_path = NULL, *text = NULL, *page = NULL;
    g_autoptr(Report) r = report_on_full_disk(f, "full", &dir);
    g_auto(Verdict) verdict = {0};
    g_autoptr(GError) error = NULL;
    ReportSummary s;

    (void)data;
    report_columns(r, (const char *const[]){"a"}, 1);
    verdict_end(&verdict);
    fill(&s);
    s.verdict = &verdict;
    g_assert_false(report_write(r, &s, &error));
    report_summary_clear(&s);
    g_assert_cmpint(verdict.outcome, ==, OUTCOME_PASSED); /* the caller's to note */
    path = g_build_filename(dir, "report.json", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_nonnull(strstr(text, "\"outcome\":\"output-lost\""));
    g_assert_nonnull(strstr(text, "\"exit_code\":2"));
    page_path = g_build_filename(dir, "report.html", NULL);
    g_assert_true(g_file_get_contents(page_path, &page, NULL, NULL));
    g_assert_nonnull(strstr(page, "output-lost"));
}

#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/report/json/journal", test_json_journal);
    g_test_add_func("/report/json/top", test_json_top);
    g_test_add_func("/report/json/running", test_json_running);
    g_test_add_func("/report/json/failed", test_json_failed);
    g_test_add_func("/report/json/node", test_json_node);
    g_test_add_func("/report/json/no-packets", test_json_no_packets);
    g_test_add_func("/report/json/nulls", test_json_nulls);
    g_test_add_func("/report/json/no-nodes", test_json_no_nodes);
    g_test_add_func("/report/json/event", test_event);
    ADD("/report/csv/rows", test_rows);
    ADD("/report/csv/rewind", test_rewind);
    ADD("/report/csv/new-columns", test_new_columns);
    ADD("/report/csv/empty", test_empty);
    ADD("/report/csv/clocks", test_clocks);
    ADD("/report/csv/ring", test_ring);
    ADD("/report/console/copied", test_console);
    ADD("/report/console/gone", test_console_gone);
    ADD("/report/bad/directory", test_bad_directory);
    ADD("/report/bad/fifos", test_fifos);
    ADD("/report/bad/full-disk", test_full_disk);
    ADD("/report/bad/full-disk-in-run", test_full_disk_in_run);
    ADD("/report/bad/full-disk-told", test_full_disk_reported);
    return g_test_run();
}
