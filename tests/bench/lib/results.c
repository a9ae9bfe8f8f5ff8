/* SPDX-License-Identifier: GPL-3.0-or-later */
/* results.c: prints the results. Ratios come first, because ratios hold on other machines too. */
#include "tests/bench/lib/results.h"

#include "controller/base/units.h"

#include <inttypes.h>

static void table_counting(const Results *r, FILE *out)
{
    fprintf(out,
            "\nA guest that only counts: guest MIPS in lockstep / the same QEMUs running free\n"
            " ratio  (min..max)   nodes  quantum  us/barrier  us above guest    MIPS    free"
            "  start+stop ms  barriers  missed  overshoot ns  skip ns\n");
    for (unsigned i = 0; i < r->counting->len; i++) {
        const CountingResult *c = &g_array_index(r->counting, CountingResult, i);
        g_autofree char *quantum = units_format_duration(c->quantum);

        fprintf(out,
                "%6.3f (%.3f..%.3f)  %5u  %7s  %10.1f  %14.1f  %6.0f  %6.0f  %13.1f  %8" PRIu64
                "  %6" PRIu64 "  %12" PRId64 "  %7" PRId64 "\n",
                c->efficiency, c->efficiency_min, c->efficiency_max, c->nodes, quantum,
                c->barrier_us, c->overhead_us, c->mips, c->free_mips, c->start_stop_ms, c->barriers,
                c->exactness.missed, c->exactness.overshoot_ns, c->exactness.idle_skip_ns);
    }
}

static void table_boots(const Results *r, FILE *out)
{
    if (r->boots->len == 0)
        return;
    fprintf(out, "\nLinux boot to its banner, 1 ms quanta: host time in lockstep / running free "
                 "(goal: at most 1.10)\n"
                 " ratio  (min..max)   nodes  sleep  lockstep s  free s  missed  skip ns\n");
    for (unsigned i = 0; i < r->boots->len; i++) {
        const BootResult *b = &g_array_index(r->boots, BootResult, i);

        fprintf(out, "%6.3f (%.3f..%.3f)  %5u  %5s  %10.3f  %6.3f  %6" PRIu64 "  %7" PRId64 "\n",
                b->ratio, b->ratio_min, b->ratio_max, b->nodes, b->sleep_on ? "on" : "off",
                b->lockstep_s, b->free_s, b->exactness.missed, b->exactness.idle_skip_ns);
    }
}

static void table_others(const Results *r, FILE *out)
{
    const OthersResult *o = &r->others;

    if (!r->has_others)
        return;
    fprintf(out, "\nOther ways to control one counting node\n");
    fprintf(out,
            "%6.1f x the cost of a barrier: QMP stop/cont, %.0f us a cycle above the guest's own "
            "time\n",
            o->cycle_ratio, o->cycle_us);
    fprintf(out,
            "%6.2f x the median turn of \"1 ms\" is the longest of %u: %" PRId64 " / %" PRId64
            " / %" PRId64 " instructions (min / median / max)\n",
            (double)o->insns_max / (double)MAX(o->insns_median, 1), o->cycles, o->insns_min,
            o->insns_median, o->insns_max);
    fprintf(out,
            "%6.0f x the speed of gdbstub single steps (%.0f steps/s): metronome at 10 us quanta\n",
            o->step_ratio, o->steps_per_s);
}

void results_print_table(const Results *r, FILE *out)
{
    fprintf(out, "QEMU %s, %u host CPUs, %s mode\n", r->qemu, r->host_cpus, r->mode);
    table_counting(r, out);
    table_boots(r, out);
    table_others(r, out);
    fprintf(out,
            "\nThe controller with %u nodes: %.1f MB at most, %.2f ms of CPU time in an idle "
            "second\n",
            r->footprint.nodes, (double)r->footprint.peak_kb / 1024, r->footprint.idle_cpu_ms);
    fprintf(out, "Missed boundaries and overshot stops in all: %" PRIu64 "\n", r->inexact);
}

static void json_exactness(const Exactness *x, FILE *out)
{
    fprintf(out,
            "\"missed\":%" PRIu64 ",\"overshot\":%" PRIu64 ",\"repairs\":%" PRIu64
            ",\"max_overshoot_ns\":%" PRId64 ",\"max_idle_skip_ns\":%" PRId64 "}",
            x->missed, x->overshot, x->repairs, x->overshoot_ns, x->idle_skip_ns);
}

static void json_counting(const Results *r, FILE *out)
{
    for (unsigned i = 0; i < r->counting->len; i++) {
        const CountingResult *c = &g_array_index(r->counting, CountingResult, i);

        fprintf(out,
                "%s\n{\"nodes\":%u,\"quantum_ns\":%" PRId64 ",\"pairs\":%u,\"barriers\":%" PRIu64
                ",\"efficiency\":%.5f,\"efficiency_min\":%.5f,\"efficiency_max\":%.5f,"
                "\"us_per_barrier\":%.3f,\"us_above_guest\":%.3f,\"mips\":%.1f,"
                "\"free_mips\":%.1f,\"start_stop_ms\":%.3f,",
                i ? "," : "", c->nodes, c->quantum.ns, c->pairs, c->barriers, c->efficiency,
                c->efficiency_min, c->efficiency_max, c->barrier_us, c->overhead_us, c->mips,
                c->free_mips, c->start_stop_ms);
        json_exactness(&c->exactness, out);
    }
}

static void json_boots(const Results *r, FILE *out)
{
    for (unsigned i = 0; i < r->boots->len; i++) {
        const BootResult *b = &g_array_index(r->boots, BootResult, i);

        fprintf(out,
                "%s\n{\"nodes\":%u,\"sleep\":%s,\"pairs\":%u,\"ratio\":%.5f,\"ratio_min\":%.5f,"
                "\"ratio_max\":%.5f,\"lockstep_s\":%.4f,\"free_s\":%.4f,",
                i ? "," : "", b->nodes, b->sleep_on ? "true" : "false", b->pairs, b->ratio,
                b->ratio_min, b->ratio_max, b->lockstep_s, b->free_s);
        json_exactness(&b->exactness, out);
    }
}

void results_print_json(const Results *r, FILE *out)
{
    const OthersResult *o = &r->others;
    g_autofree char *qemu = g_strescape(r->qemu, NULL);

    fprintf(out, "{\"qemu\":\"%s\",\"host_cpus\":%u,\"mode\":\"%s\",\n\"counting\":[", qemu,
            r->host_cpus, r->mode);
    json_counting(r, out);
    fprintf(out, "],\n\"boot\":[");
    json_boots(r, out);
    fprintf(out, "],\n");
    if (r->has_others)
        fprintf(out,
                "\"stop_cont\":{\"cycles\":%u,\"us_per_cycle\":%.2f,\"cost_ratio\":%.3f,"
                "\"insns_min\":%" PRId64 ",\"insns_median\":%" PRId64 ",\"insns_max\":%" PRId64
                "},\n\"single_steps\":{\"steps_per_s\":%.1f,\"speed_ratio\":%.1f},\n",
                o->cycles, o->cycle_us, o->cycle_ratio, o->insns_min, o->insns_median, o->insns_max,
                o->steps_per_s, o->step_ratio);
    fprintf(out,
            "\"controller\":{\"nodes\":%u,\"peak_kb\":%" PRId64
            ",\"idle_cpu_ms_per_s\":%.3f},\n\"inexact\":%" PRIu64 "}\n",
            r->footprint.nodes, r->footprint.peak_kb, r->footprint.idle_cpu_ms, r->inexact);
}
