/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clocks.c: parses the answer "ID frequency HZ", "ID clock NAME CPU VALUE|WHY AT" …, "ID end" line
 * by line. The guest is not trusted: lines, samples and numbers are limited.
 */
#include "controller/run/clocks.h"

#include "controller/base/text.h"
#include "controller/base/units.h"

#include <string.h>

/* More samples than any answer has: 512 vCPUs with all of their clocks. */
#define MAX_SAMPLES 10000
#define MAX_LINE    512
/* Highest frequency of a counter, Hz: less than one second of steps, times 1e9, fits 63 bits. */
#define MAX_FREQUENCY (9 * NS_PER_S)

G_DEFINE_QUARK(metronome_clocks_error_quark, clocks_error)

void clock_sample_clear(void *data)
{
    ClockSample *s = data;

    g_free(s->name);
    g_free(s->why_not);
}

ClocksAnswer *clocks_answer_new(unsigned id, int64_t insn_ns)
{
    ClocksAnswer *a = g_new0(ClocksAnswer, 1);

    a->id = id;
    a->insn_ns = insn_ns;
    a->rest = g_string_new(NULL);
    a->samples = g_array_new(FALSE, FALSE, sizeof(ClockSample));
    g_array_set_clear_func(a->samples, clock_sample_clear);
    return a;
}

void clocks_answer_free(ClocksAnswer *a)
{
    if (!a)
        return;
    g_string_free(a->rest, TRUE);
    g_array_unref(a->samples);
    g_free(a);
}

static bool bad(const char *line, GError **error)
{
    g_set_error(error, CLOCKS_ERROR, 0, "the guest's agent says '%s', which is no answer", line);
    return false;
}

/* Converts steps of a counter to ns, rounded down. False: the result does not fit 63 bits, nearly
 * 300 years. */
static bool to_ns(int64_t steps, int64_t frequency, int64_t *ns)
{
    return !__builtin_mul_overflow(steps / frequency, NS_PER_S, ns) &&
           !__builtin_add_overflow(*ns, steps % frequency * NS_PER_S / frequency, ns);
}

/* Length of a step of the clock, in ns; 0: the clock is a counter with a->frequency. */
static int64_t step_ns(const ClocksAnswer *a, const char *name)
{
    if (strcmp(name, "CNTVCT_EL0") == 0 || strcmp(name, "CNTPCT_EL0") == 0 ||
        strcmp(name, "TSC") == 0)
        return 0;
    return strcmp(name, "perf-instructions") == 0 ? a->insn_ns : 1;
}

/* "NAME CPU VALUE|WHY AT" */
static bool parse_clock(ClocksAnswer *a, char *const *words, const char *line, GError **error)
{
    ClockSample s = {.name = words[0]};
    int64_t cpu, at, value = 0;

    if (g_strv_length((char **)words) != 4 || a->frequency <= 0 || a->samples->len == MAX_SAMPLES ||
        !units_parse_int(words[1], "cpu", 0, 511, &cpu, NULL) ||
        !units_parse_int(words[3], "at", 0, INT64_MAX, &at, NULL) ||
        !to_ns(at, a->frequency, &s.at.ns))
        return bad(line, error);
    s.cpu = (int)cpu;
    if (units_parse_int(words[2], "value", 0, INT64_MAX, &value, NULL)) {
        int64_t step = step_ns(a, s.name);

        if (step > 0 ? __builtin_mul_overflow(value, step, &s.value)
                     : !to_ns(value, a->frequency, &s.value))
            return bad(line, error);
    } else if (strcmp(words[2], "forbidden") == 0 || strcmp(words[2], "absent") == 0) {
        s.why_not = g_strdup(words[2]);
    } else {
        return bad(line, error);
    }
    s.name = g_strdup(words[0]);
    g_array_append_val(a->samples, s);
    return true;
}

static bool parse_line(ClocksAnswer *a, const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autofree char *id = g_strdup_printf("%u", a->id);

    if (g_strv_length(words) < 2 || strcmp(words[0], id) != 0)
        return true; /* late answer to a request that is no longer waited for */
    if (strcmp(words[1], "end") == 0)
        a->done = true;
    else if (strcmp(words[1], "frequency") == 0)
        return (words[2] &&
                units_parse_int(words[2], "frequency", 1, MAX_FREQUENCY, &a->frequency, NULL)) ||
               bad(line, error);
    else if (strcmp(words[1], "clock") == 0)
        return parse_clock(a, words + 2, line, error);
    else
        return bad(line, error);
    return true;
}

bool clocks_answer_feed(ClocksAnswer *a, const char *data, gsize size, GError **error)
{
    for (gsize i = 0; i < size; i++) {
        g_autofree char *line = NULL;

        if (data[i] != '\n' && a->rest->len < MAX_LINE) {
            g_string_append_c(a->rest, data[i]);
            continue;
        }
        line = text_line(a->rest->str, (gssize)a->rest->len);
        g_string_truncate(a->rest, 0);
        if (!parse_line(a, line, error))
            return false;
    }
    return true;
}

bool clocks_rate(const ClockSample *before, const ClockSample *after, double *rate)
{
    int64_t passed = vtime_sub(after->at, before->at).ns;

    if (passed <= 0 || before->why_not || after->why_not)
        return false;
    *rate = (double)(after->value - before->value) / (double)passed;
    return true;
}
