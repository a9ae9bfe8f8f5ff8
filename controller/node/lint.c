/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint.c: findings, and the rules on how QEMU counts time and instructions. */
#include "controller/node/lint.h"

#include "controller/base/text.h"
#include "controller/node/lint-rules.h"

const char *lint_severity_name(LintSeverity severity)
{
    switch (severity) {
    case LINT_NOTE:
        return "note";
    case LINT_WARN:
        return "warn";
    case LINT_ERROR:
        return "error";
    }
    g_assert_not_reached();
}

char *lint_text(const LintFinding *f)
{
    g_autofree char *text = g_strdup_printf("%s: %s; %s", f->what, f->reason, f->mend);

    return text_brief(text);
}

static void free_finding(void *data)
{
    LintFinding *f = data;

    g_free(f->what);
    g_free(f);
}

GPtrArray *lint_findings_new(void)
{
    return g_ptr_array_new_with_free_func(free_finding);
}

const CmdOption *lint_find(const Lint *l, const char *name)
{
    for (unsigned i = l->options->len; i > 0; i--)
        if (lint_is(lint_option(l, i - 1), name))
            return lint_option(l, i - 1);
    return NULL;
}

void lint_say(Lint *l, const char *what, const LintVerdict *verdict)
{
    LintFinding *f;

    for (unsigned i = 0; i < l->findings->len; i++) {
        f = l->findings->pdata[i];
        if (strcmp(f->what, what) == 0 && f->reason == verdict->reason)
            return;
    }
    f = g_new(LintFinding, 1);
    f->severity = verdict->severity;
    f->what = g_strdup(what);
    f->reason = verdict->reason;
    f->mend = l->origin == LINT_OWN && verdict->own_mend ? verdict->own_mend : verdict->mend;
    g_ptr_array_add(l->findings, f);
}

void lint_say_option(Lint *l, const CmdOption *option, const LintVerdict *verdict)
{
    g_autofree char *what = cmdline_quote(option);

    lint_say(l, what, verdict);
}

/* All pairs of the options of a name, which QEMU merges (merge_lists). */
static GArray *merged(const Lint *l, const char *name, const char *implied)
{
    GArray *pairs = cmdline_pairs(NULL, NULL);

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);
        g_autoptr(GArray) more = NULL;

        if (!lint_is(o, name))
            continue;
        more = cmdline_pairs(o->value, implied);
        for (unsigned j = 0; j < more->len; j++) {
            CmdPair *from = &g_array_index(more, CmdPair, j);
            CmdPair pair = {g_steal_pointer(&from->key), g_steal_pointer(&from->value)};

            g_array_append_val(pairs, pair);
        }
    }
    return pairs;
}

/* "-icount A, -icount B" */
static char *quote_all(const Lint *l, const char *name)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);
        g_autofree char *one = lint_is(o, name) ? cmdline_quote(o) : NULL;

        if (one)
            g_string_append_printf(out, "%s%s", out->len ? ", " : "", one);
    }
    return g_string_free(out, FALSE);
}

/* --- icount --- */

static const LintVerdict no_icount = {
    LINT_WARN, "best effort, virtual time follows the host's clock and stops are late",
    "start it with -icount shift=0,sleep=off", "say icount=shift=0"};
static const LintVerdict several_icounts = {
    LINT_WARN, "QEMU merges them, so what it does is not what one of them says", "keep one",
    "take it out of extra= and say icount="};
static const LintVerdict shift_auto = {
    LINT_WARN,
    "QEMU changes the length of an instruction by the host's clock, so nothing is exact or "
    "repeatable",
    "give shift a number from 0 to 10", NULL};
static const LintVerdict align_on = {LINT_WARN, "QEMU delays the guest by the host's clock",
                                     "leave align=on away", NULL};
static const LintVerdict replay = {LINT_WARN, "record and replay set QEMU's clock themselves",
                                   "leave rr= away", NULL};
static const LintVerdict sleep_on = {
    LINT_NOTE, "idle time passes in host time, with the host's jitter",
    "with sleep=off it is jumped over at once, which is repeatable", NULL};

static void rule_icount(Lint *l)
{
    g_autofree char *what = quote_all(l, "icount");
    g_autoptr(GArray) pairs = merged(l, "icount", "shift");
    const char *shift = cmdline_get(pairs, "shift"), *rr = cmdline_get(pairs, "rr");
    unsigned count = 0;

    for (unsigned i = 0; i < l->options->len; i++)
        count += lint_is(lint_option(l, i), "icount");
    if (count == 0) {
        lint_say(l, "no -icount", &no_icount);
        return;
    }
    if (count > 1)
        lint_say(l, what, &several_icounts);
    if (shift && strcmp(shift, "auto") == 0)
        lint_say(l, what, &shift_auto);
    if (cmdline_is_on(pairs, "align"))
        lint_say(l, what, &align_on);
    if (rr)
        lint_say(l, what, &replay);
    /* Of the nodes that are launched it is said once for all of them: command/sleep-note.c. */
    if (l->origin == LINT_ATTACHED &&
        (!cmdline_get(pairs, "sleep") || cmdline_is_on(pairs, "sleep")))
        lint_say(l, what, &sleep_on);
}

/* --- accelerator and vCPUs --- */

static const LintVerdict hardware = {
    LINT_WARN, "hardware virtualisation does not count instructions, so nothing is exact",
    "use -accel tcg", "leave it away: nodes run with -accel tcg"};

/* One of a list such as kvm:tcg, of which QEMU takes the first that works. */
static bool names_hardware(const char *list)
{
    static const char *const names[] = {"kvm", "hvf", "whpx", "nvmm", "hax", "xen", "mshv"};
    g_auto(GStrv) parts = g_strsplit(list ? list : "", ":", -1);

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_strv_contains((const char *const *)parts, names[i]))
            return true;
    return false;
}

static void rule_accelerator(Lint *l)
{
    bool chosen = false;

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = lint_option(l, i);
        bool machine = lint_is(o, "machine") || lint_is(o, "M"), accel = lint_is(o, "accel");
        g_autoptr(GArray) pairs = NULL;
        const char *list;

        if (lint_is(o, "enable-kvm"))
            lint_say_option(l, o, &hardware);
        chosen = chosen || lint_is(o, "enable-kvm");
        if (!machine && !accel)
            continue;
        pairs = cmdline_pairs(o->value, machine ? "type" : "accel");
        list = cmdline_get(pairs, "accel");
        chosen = chosen || list;
        if (names_hardware(list))
            lint_say_option(l, o, &hardware);
    }
    /* A QEMU of that name prefers KVM (configure_accelerators(), softmmu/vl.c). */
    if (!chosen && g_str_has_suffix(l->program, "kvm"))
        lint_say_option(l, &(CmdOption){"", l->program}, &hardware);
}

/* vCPUs of merged -smp options. Sizes that QEMU would refuse are no vCPUs. */
static int64_t vcpus(const GArray *pairs)
{
    static const char *const levels[] = {"drawers",  "books",   "sockets", "dies",
                                         "clusters", "modules", "cores",   "threads"};
    const char *cpus = cmdline_get(pairs, "cpus"), *max = cmdline_get(pairs, "maxcpus");
    int64_t product = 1;
    bool any = false;

    if (cpus)
        return g_ascii_strtoll(cpus, NULL, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(levels); i++) {
        const char *text = cmdline_get(pairs, levels[i]);

        any = any || text;
        if (text && __builtin_mul_overflow(product, g_ascii_strtoll(text, NULL, 0), &product))
            return 0;
    }
    return any || !max ? product : g_ascii_strtoll(max, NULL, 0);
}

static const LintVerdict smp_in_turn = {
    LINT_NOTE,
    "with -icount the vCPUs run in turn on one thread, so one that spins on another starves it "
    "until its slice ends (zephyr issue 26868)",
    "a smaller quantum makes slices shorter; let the guest wait with wfe or pause where it spins",
    NULL};
static const LintVerdict smp_at_once = {
    LINT_WARN, "without -icount the vCPUs run at once on threads of the host, in no fixed order",
    "start it with -icount", "say icount=shift=0, or smp=1"};

static void rule_smp(Lint *l)
{
    g_autoptr(GArray) pairs = merged(l, "smp", "cpus");
    g_autofree char *what = quote_all(l, "smp");

    if (vcpus(pairs) > 1)
        lint_say(l, what, lint_find(l, "icount") ? &smp_in_turn : &smp_at_once);
}

/* --- date and randomness --- */

static const LintVerdict rtc_host = {LINT_WARN, "the guest's date follows the host's clock",
                                     "use -rtc base=2024-01-01,clock=vm",
                                     "leave it away: nodes have -rtc base=2024-01-01,clock=vm"};
static const LintVerdict rtc_base = {LINT_WARN, "the guest's date begins at the host's",
                                     "use -rtc base=2024-01-01,clock=vm",
                                     "leave it away: nodes have -rtc base=2024-01-01,clock=vm"};

static void rule_rtc(Lint *l)
{
    const CmdOption *last = lint_find(l, "rtc");
    g_autoptr(GArray) pairs = merged(l, "rtc", NULL);
    const char *clock = cmdline_get(pairs, "clock"), *base = cmdline_get(pairs, "base");
    g_autofree char *what = last ? cmdline_quote(last) : g_strdup("no -rtc");

    if (!clock || strcmp(clock, "vm") != 0)
        lint_say(l, what, &rtc_host);
    else if (!base || strcmp(base, "utc") == 0 || strcmp(base, "localtime") == 0)
        lint_say(l, what, &rtc_base);
}

static const LintVerdict unseeded = {
    LINT_WARN, "what the guest gets as random comes from the host and differs in every run",
    "use -seed 1", "say seed=1"};

static const LintVerdict read_config = {LINT_NOTE, "the options in that file are not seen here",
                                        "write them on the command line", NULL};

GPtrArray *lint_arguments(char *const *argv, LintOrigin origin)
{
    g_autoptr(GArray) options = cmdline_options(argv);
    GPtrArray *findings = lint_findings_new();
    Lint l = {argv[0] ? argv[0] : "", options, origin, findings};
    const CmdOption *config;

    rule_icount(&l);
    rule_accelerator(&l);
    rule_smp(&l);
    rule_rtc(&l);
    if (!lint_find(&l, "seed"))
        lint_say(&l, "no -seed", &unseeded);
    lint_host(&l);
    config = lint_find(&l, "readconfig");
    if (config)
        lint_say_option(&l, config, &read_config);
    return findings;
}
