/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench.c: measures the cost of lockstep, as ratios to free runs of the very same QEMUs.
 *
 * Free phases and lockstep phases alternate within one run, so that other load on the host affects
 * both. The reported figure is the median of the pairs' ratios. Exit status 4 if a strict run was
 * inexact.
 */
#include "controller/base/units.h"
#include "gdbstub-client/gdbstub.h"
#include "tests/bench/lib/results.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNTING       "count-aarch64.elf"
#define COUNTING_BOARD "count-an385.elf"
#define LIST_MAX       32

/* First guess of a barrier's host µs above guest time, per node. */
#define GUESS_US 30

/* For the comparison with other ways of control. */
#define STOP_TURNS  500
#define STEP_NS     NS_PER_S
#define TURN_NS     NS_PER_MS
#define STEP_BATCH  200
#define BOOT_BANNER "^Boot took"

typedef struct {
    gboolean quick, boards;
    char *json, *guest, *nodes, *quanta;
} Options;

typedef struct {
    Rig *rig;
    unsigned pairs, boot_pairs;
    HTime phase; /* host time of one phase */
    bool sleepy_boots, boards;
    unsigned node_counts[LIST_MAX], n_counts;
    VTime quanta[LIST_MAX];
    unsigned n_quanta;
    GPtrArray *nodes; /* Node; counting guests, as many as needed so far */
    Results results;
} Bench;

static void progress(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void progress(const char *format, ...)
{
    va_list args;

    if (!isatty(STDERR_FILENO))
        return;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median; sorts the values. */
static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof(*values), compare_doubles);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void note_exactness(Bench *b, const Exactness *x)
{
    b->results.inexact += x->missed + x->overshot;
}

/* --- counting --- */

static Node *const *counting_nodes(Bench *b, unsigned n)
{
    while (b->nodes->len < n) {
        progress("launching node %u", b->nodes->len + 1);
        g_ptr_array_add(
            b->nodes,
            b->boards ? rig_launch_board(b->rig, "mps2-an385", COUNTING_BOARD, "shift=0,sleep=off")
                      : rig_launch(b->rig, COUNTING, NULL, NULL, "shift=0,sleep=off", "32M"));
    }
    return (Node *const *)b->nodes->pdata;
}

typedef struct {
    double efficiency, barrier_us, overhead_us, mips, free_mips, start_stop_ms;
} Pair;

/* Host µs that the instructions of one quantum take on the CPU that the most nodes share. */
static double guest_us(const Bench *b, unsigned n, VTime quantum, double free_mips)
{
    unsigned cpus = MIN(local_host_cpus(b->rig->host), n);
    unsigned share;

    g_assert(cpus > 0);
    share = (n + cpus - 1) / cpus;
    return (double)share * (double)quantum.ns / (free_mips / cpus);
}

static Pair measure_pair(Bench *b, Node *const *nodes, CountingResult *r, double *barrier_us)
{
    unsigned n = r->nodes;
    uint64_t quanta;
    Steady steady;
    Pair p;

    p.free_mips = rig_free_mips(b->rig, nodes, n, b->phase);
    rig_realign(b->rig, nodes, n);
    if (*barrier_us <= 0)
        *barrier_us = guest_us(b, n, r->quantum, p.free_mips) + GUESS_US * n;
    quanta = (uint64_t)((double)b->phase.ns / 1000 / *barrier_us);
    steady = rig_run_quanta(b->rig, MAX(quanta, 4));
    rig_add_exactness(b->rig, nodes, n, &r->exactness);
    r->barriers += steady.quanta;
    p.barrier_us = (double)htime_sub(steady.last, steady.first).ns / 1000 / (double)steady.quanta;
    p.mips = (double)n * (double)r->quantum.ns / p.barrier_us; /* an instruction takes 1 ns */
    p.overhead_us = p.barrier_us - guest_us(b, n, r->quantum, p.free_mips);
    p.start_stop_ms = steady.total_s * 1e3 - p.barrier_us * (double)steady.quanta / 1e3;
    p.efficiency = p.mips / p.free_mips;
    *barrier_us = p.barrier_us;
    return p;
}

static double median_of(const Pair *pairs, unsigned n, size_t offset)
{
    double values[LIST_MAX];

    for (unsigned i = 0; i < n; i++)
        values[i] = *(const double *)(const void *)((const char *)&pairs[i] + offset);
    return median(values, n);
}

static void summarise(const Pair *pairs, CountingResult *r)
{
    r->efficiency = median_of(pairs, r->pairs, offsetof(Pair, efficiency));
    r->barrier_us = median_of(pairs, r->pairs, offsetof(Pair, barrier_us));
    r->overhead_us = median_of(pairs, r->pairs, offsetof(Pair, overhead_us));
    r->mips = median_of(pairs, r->pairs, offsetof(Pair, mips));
    r->free_mips = median_of(pairs, r->pairs, offsetof(Pair, free_mips));
    r->start_stop_ms = median_of(pairs, r->pairs, offsetof(Pair, start_stop_ms));
    r->efficiency_min = r->efficiency_max = pairs[0].efficiency;
    for (unsigned i = 1; i < r->pairs; i++) {
        r->efficiency_min = MIN(r->efficiency_min, pairs[i].efficiency);
        r->efficiency_max = MAX(r->efficiency_max, pairs[i].efficiency);
    }
}

static CountingResult measure_counting(Bench *b, unsigned n, VTime quantum)
{
    CountingResult r = {.nodes = n, .quantum = quantum, .pairs = b->pairs};
    Node *const *nodes = counting_nodes(b, n);
    Pair pairs[LIST_MAX] = {0};
    double barrier_us = 0;
    GError *error = NULL;

    if (!engine_set_quantum(b->rig->engine, quantum, &error))
        rig_die(error);
    for (unsigned i = 0; i < n; i++)
        engine_add(b->rig->engine, nodes[i]);
    rig_free_mips(b->rig, nodes, n, (HTime){b->phase.ns / 8}); /* warms up */
    for (unsigned i = 0; i < b->pairs; i++) {
        progress("%u nodes, %g us quanta, pair %u", n, (double)quantum.ns / 1000, i + 1);
        pairs[i] = measure_pair(b, nodes, &r, &barrier_us);
    }
    summarise(pairs, &r);
    rig_take_out(b->rig, nodes, n);
    note_exactness(b, &r.exactness);
    return r;
}

static void bench_counting(Bench *b)
{
    for (unsigned i = 0; i < b->n_counts; i++)
        for (unsigned j = 0; j < b->n_quanta; j++) {
            CountingResult r = measure_counting(b, b->node_counts[i], b->quanta[j]);

            g_array_append_val(b->results.counting, r);
        }
}

/* --- Linux boot --- */

static void await_lockstep(Bench *b, Node **nodes, unsigned n)
{
    for (unsigned found = 0; found < n;) {
        rig_run_to(b->rig, vtime(engine_now(b->rig->engine).ns + 1000 * NS_PER_S));
        for (unsigned i = 0; i < n; i++) {
            if (!lines_found(console_lines(nodes[i]->console))->line)
                continue;
            lines_await(console_lines(nodes[i]->console), NULL);
            found++;
        }
    }
}

static void await_free(Bench *b, Node **nodes, unsigned n)
{
    unsigned found = 0;

    rig_set_free(b->rig, nodes, n);
    while (found < n) {
        rig_sleep((HTime){NS_PER_MS});
        found = 0;
        for (unsigned i = 0; i < n; i++)
            found += console_drain(nodes[i]->console, vtime(0));
    }
    rig_halt(b->rig, nodes, n);
}

/* Boots fresh guests, and returns the host seconds from their start to the last banner. */
static double boot_once(Bench *b, BootResult *r, bool lockstep)
{
    Node *nodes[LIST_MAX];
    HTime start;
    double seconds;

    for (unsigned i = 0; i < r->nodes; i++) {
        nodes[i] = rig_launch(b->rig, "vmlinuz", "initramfs.cpio.gz",
                              "console=ttyAMA0 quiet cryptomgr.notests",
                              r->sleep_on ? "shift=0,sleep=on" : "shift=0,sleep=off", "256M");
        engine_add(b->rig->engine, nodes[i]);
        lines_await(console_lines(nodes[i]->console), pattern_new(BOOT_BANNER, NULL));
    }
    start = htime_now();
    if (lockstep)
        await_lockstep(b, nodes, r->nodes);
    else
        await_free(b, nodes, r->nodes);
    seconds = (double)htime_sub(htime_now(), start).ns / NS_PER_S;
    rig_add_exactness(b->rig, nodes, r->nodes, &r->exactness);
    for (unsigned i = 0; i < r->nodes; i++)
        rig_end_node(b->rig, nodes[i]);
    return seconds;
}

static void measure_boot(Bench *b, unsigned nodes, bool sleep_on)
{
    BootResult r = {.nodes = nodes, .pairs = b->boot_pairs, .sleep_on = sleep_on};
    double free_s[LIST_MAX], lockstep_s[LIST_MAX], ratio[LIST_MAX];

    for (unsigned i = 0; i < r.pairs; i++) {
        progress("%u Linux guests boot, sleep=%s, pair %u", nodes, sleep_on ? "on" : "off", i + 1);
        free_s[i] = boot_once(b, &r, false);
        lockstep_s[i] = boot_once(b, &r, true);
        ratio[i] = lockstep_s[i] / free_s[i];
    }
    r.ratio = median(ratio, r.pairs);
    r.ratio_min = ratio[0];
    r.ratio_max = ratio[r.pairs - 1];
    r.free_s = median(free_s, r.pairs);
    r.lockstep_s = median(lockstep_s, r.pairs);
    note_exactness(b, &r.exactness);
    g_array_append_val(b->results.boots, r);
}

static void bench_boots(Bench *b)
{
    GError *error = NULL;

    if (!engine_set_quantum(b->rig->engine, vtime(NS_PER_MS), &error))
        rig_die(error);
    for (unsigned n = 1; n <= 2; n++) {
        measure_boot(b, n, false);
        if (b->sleepy_boots)
            measure_boot(b, n, true);
    }
}

/* --- other ways --- */

/* Uses an ordinary QEMU and an ordinary thread without real-time priorities, as a user without
 * metronome would. */
static void measure_stop_cont(Node *node, OthersResult *o)
{
    g_autofree double *insns = g_new(double, o->cycles);
    int64_t before, after;
    GError *error = NULL;
    HTime spent = {0};

    if (!qmp_query_replay(node->qmp, &before, NODE_REPLY_MS, &error))
        rig_die(error);
    for (unsigned i = 0; i < o->cycles; i++) {
        HTime start = htime_now();

        if (!qmp_cont(node->qmp, NODE_REPLY_MS, &error))
            rig_die(error);
        rig_sleep((HTime){TURN_NS});
        if (!qmp_stop(node->qmp, NODE_REPLY_MS, &error) ||
            !qmp_query_replay(node->qmp, &after, NODE_REPLY_MS, &error))
            rig_die(error);
        spent.ns += htime_sub(htime_now(), start).ns - TURN_NS;
        insns[i] = (double)(after - before);
        before = after;
        progress("stop and cont, %u", i + 1);
    }
    o->cycle_us = (double)spent.ns / 1000 / o->cycles;
    o->insns_median = (int64_t)median(insns, o->cycles);
    o->insns_min = (int64_t)insns[0];
    o->insns_max = (int64_t)insns[o->cycles - 1];
}

static void measure_steps(Node *node, OthersResult *o)
{
    GError *error = NULL;
    g_autoptr(GdbClient) gdb = gdb_client_connect(node->gdb_path, NODE_REPLY_MS, &error);
    HTime start = htime_now(), length;
    uint64_t steps = 0;

    if (!gdb)
        rig_die(error);
    do {
        uint64_t done = 0;

        if (!gdb_step_many(gdb, NULL, STEP_BATCH, NODE_REPLY_MS, NULL, NULL, NULL, &done, &error))
            rig_die(error);
        steps += done;
        length = htime_sub(htime_now(), start);
        progress("single steps, %" PRIu64, steps);
    } while (length.ns < STEP_NS);
    o->steps_per_s = (double)steps * NS_PER_S / (double)length.ns;
}

static const CountingResult *counting_result(Bench *b, unsigned nodes, VTime quantum,
                                             CountingResult *fresh)
{
    for (unsigned i = 0; i < b->results.counting->len; i++) {
        const CountingResult *c = &g_array_index(b->results.counting, CountingResult, i);

        if (c->nodes == nodes && c->quantum.ns == quantum.ns)
            return c;
    }
    *fresh = measure_counting(b, nodes, quantum);
    return fresh;
}

static void bench_others(Bench *b)
{
    Node *node = rig_launch(b->rig, COUNTING, NULL, NULL, "shift=0,sleep=off", "32M");
    OthersResult *o = &b->results.others;
    CountingResult fresh;

    o->cycles = STOP_TURNS;
    measure_stop_cont(node, o);
    measure_steps(node, o);
    rig_end_node(b->rig, node);
    o->cycle_ratio =
        o->cycle_us / counting_result(b, 1, vtime(10 * NS_PER_US), &fresh)->overhead_us;
    o->step_ratio =
        counting_result(b, 1, vtime(10 * NS_PER_US), &fresh)->mips * 1e6 / o->steps_per_s;
    b->results.has_others = true;
}

/* --- footprint --- */

static int64_t peak_kb(void)
{
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/self/status", &text, NULL, NULL))
        return 0;
    line = strstr(text, "VmHWM:");
    return line ? g_ascii_strtoll(line + strlen("VmHWM:"), NULL, 10) : 0;
}

static double cpu_ms(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static gboolean quit_loop(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void bench_footprint(Bench *b)
{
    double before;

    progress("idle for a second");
    for (unsigned i = 0; i < b->nodes->len; i++)
        engine_add(b->rig->engine, b->nodes->pdata[i]);
    b->results.footprint.nodes = b->nodes->len;
    b->results.footprint.peak_kb = peak_kb();
    before = cpu_ms();
    g_timeout_add(1000, quit_loop, b->rig->loop);
    g_main_loop_run(b->rig->loop);
    b->results.footprint.idle_cpu_ms = cpu_ms() - before;
}

/* --- options --- */

static void parse_nodes(Bench *b, const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list, ",", LIST_MAX);
    GError *error = NULL;

    for (char **p = parts; *p; p++) {
        int64_t n;

        if (!units_parse_int(*p, "nodes", 1, 256, &n, &error))
            rig_die(error);
        b->node_counts[b->n_counts++] = (unsigned)n;
    }
}

static void parse_quanta(Bench *b, const char *list)
{
    g_auto(GStrv) parts = g_strsplit(list, ",", LIST_MAX);
    GError *error = NULL;

    for (char **p = parts; *p; p++)
        if (!units_parse_duration(*p, &b->quanta[b->n_quanta++], &error))
            rig_die(error);
}

static void parse(int argc, char **argv, Options *o)
{
    const GOptionEntry entries[] = {
        {"quick", 0, 0, G_OPTION_ARG_NONE, &o->quick, "fewer and shorter", NULL},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &o->json, "the figures as JSON", "FILE"},
        {"nodes", 0, 0, G_OPTION_ARG_STRING, &o->nodes, "numbers of nodes (1,2,4,8,16)", "LIST"},
        {"quanta", 0, 0, G_OPTION_ARG_STRING, &o->quanta, "quanta (10us,100us,1ms,10ms)", "LIST"},
        {"boards", 0, 0, G_OPTION_ARG_NONE, &o->boards, "count on Cortex-M boards, and no more",
         NULL},
        {"guest", 0, 0, G_OPTION_ARG_FILENAME, &o->guest, "folder of kernel and payloads", "DIR"},
        {0}};
    g_autoptr(GOptionContext) context = g_option_context_new("- what lockstep costs");
    GError *error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        rig_die(error);
}

static void plan(Bench *b, const Options *o)
{
    b->boards = o->boards;
    b->pairs = o->quick ? 2 : 3;
    b->boot_pairs = o->quick ? 1 : 3;
    b->phase = (HTime){(o->quick ? 200 : 500) * NS_PER_MS};
    b->sleepy_boots = !o->quick;
    parse_nodes(b, o->nodes ? o->nodes : o->quick ? "1,2,4" : "1,2,4,8,16");
    parse_quanta(b, o->quanta ? o->quanta : o->quick ? "10us,1ms" : "10us,100us,1ms,10ms");
    b->nodes = g_ptr_array_new();
    b->results.counting = g_array_new(FALSE, TRUE, sizeof(CountingResult));
    b->results.boots = g_array_new(FALSE, TRUE, sizeof(BootResult));
}

static void write_json(const Results *r, const char *path)
{
    FILE *out = fopen(path, "w");

    if (!out) {
        fprintf(stderr, "%s: can't write '%s'\n", g_get_prgname(), path);
        exit(1);
    }
    results_print_json(r, out);
    fclose(out);
}

static void end(Bench *b)
{
    for (unsigned i = 0; i < b->nodes->len; i++)
        rig_end_node(b->rig, b->nodes->pdata[i]);
    g_ptr_array_unref(b->nodes);
    g_array_unref(b->results.counting);
    g_array_unref(b->results.boots);
    g_free(b->results.qemu);
    rig_free(b->rig);
}

int main(int argc, char **argv)
{
    Options o = {0};
    Bench b = {0};
    bool ok;

    parse(argc, argv, &o);
    plan(&b, &o);
    b.rig = rig_new(o.guest);
    b.results.mode = sched_mode_name(local_host_sched_mode(b.rig->host));
    b.results.host_cpus = local_host_cpus(b.rig->host);
    b.results.qemu = g_strdup(counting_nodes(&b, 1)[0]->version);
    bench_counting(&b);
    if (!b.boards) {
        bench_boots(&b);
        bench_others(&b);
    }
    bench_footprint(&b);
    progress("%s", "");
    results_print_table(&b.results, stdout);
    if (o.json)
        write_json(&b.results, o.json);
    ok = !rig_is_strict(b.rig) || b.results.inexact == 0;
    end(&b);
    g_free(o.json);
    g_free(o.guest);
    g_free(o.nodes);
    g_free(o.quanta);
    return ok ? 0 : RIG_EXIT_INEXACT;
}
