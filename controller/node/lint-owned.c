/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint-owned.c: rules on options that take what is metronome's from it: the clock, the run state,
 * the monitor, the gdbstub, the process itself. QEMU would accept most of them, and the node would
 * hang, run free or outlive its controller.
 */
#include "controller/node/lint-rules.h"

/* One option, and what in its value makes it one to refuse; NULL: any value. */
typedef struct {
    const char *name;
    bool (*applies)(const char *value);
    LintVerdict verdict;
} Rule;

#define REFUSED(reason, mend) ((LintVerdict){LINT_ERROR, reason, mend, NULL})

#define STUB      "each node's gdbstub is metronome's, which passes your gdb on"
#define MONITOR   "through a monitor of its own somebody could stop or end the node unseen"
#define MONITORS  "use `qmp NODE …` and `hmp NODE …`"
#define CLOCK     "what decides how the node's clock runs is metronome's"
#define HARDWARE  "hardware virtualisation does not count instructions"
#define BEGINNING "a node begins at virtual time 0, with nothing executed"
#define ENDS      "QEMU tells something and ends: nothing would run"
#define PRIVATE   "QEMU could not open the files in metronome's private directory any more"
#define TERMINAL                                                                                   \
    "QEMU's terminal is metronome's: its input is empty, its output is an error message"

static bool is_not_none(const char *value)
{
    return !value || strcmp(value, "none") != 0;
}

static bool uses_terminal(const char *value)
{
    return value && (strcmp(value, "stdio") == 0 || g_str_has_prefix(value, "mon:"));
}

/* The value's first word, or its key `implied`, is `word`. */
static bool has(const char *value, const char *implied, const char *word)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, implied);
    const char *got = cmdline_get(pairs, implied);

    return got && strcmp(got, word) == 0;
}

static bool is_stdio(const char *value)
{
    return has(value, "backend", "stdio");
}

static bool is_curses(const char *value)
{
    return has(value, "type", "curses");
}

static bool is_not_tcg(const char *value)
{
    return !has(value, "accel", "tcg");
}

static bool powers_off(const char *value)
{
    return has(value, "shutdown", "poweroff");
}

/* QEMU does not stop then, and exits before it tells of the watchdog. */
static bool bites(const char *value)
{
    return has(value, "watchdog", "poweroff");
}

static bool is_poweroff(const char *value)
{
    return value && strcmp(value, "poweroff") == 0;
}

static bool names_accelerator(const char *value)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, "type");

    return cmdline_get(pairs, "accel") != NULL;
}

static bool hides_threads(const char *value)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, "guest");

    return cmdline_get(pairs, "debug-threads") && !cmdline_is_on(pairs, "debug-threads");
}

static bool changes_user(const char *value)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, NULL);

    return cmdline_get(pairs, "chroot") || cmdline_get(pairs, "user");
}

/* Names that spawn.c, options.c and the engine give: mtr-…, those of the gate, those of cards. */
bool lint_is_own_id(const char *id)
{
    if (!id || id[0] != 'm')
        return false;
    if (g_str_has_prefix(id, "mtr-") || (id[1] == 't' && id[2] && !id[3]))
        return true;
    return (id[1] == 'r' || id[1] == 'x') && id[2] && !id[2 + strspn(id + 2, "0123456789")];
}

static bool takes_id(const char *value)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, NULL);

    return lint_is_own_id(cmdline_get(pairs, "id"));
}

/* A filter on a card that moves frames, at times of its own; filter-dump only looks. */
static bool filters_card(const char *value)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, "qom-type");
    const char *type = cmdline_get(pairs, "qom-type");

    return type && g_str_has_prefix(type, "filter-") && strcmp(type, "filter-dump") != 0 &&
           lint_is_own_id(cmdline_get(pairs, "netdev"));
}

static const Rule rules[] = {
    {"gdb", is_not_none, REFUSED(STUB, "use `gdb NODE port=1234`")},
    {"s", NULL, REFUSED(STUB, "use `gdb NODE port=1234`")},
    {"S", NULL,
     REFUSED("every node begins stopped, and `run` lets all go together", "leave it away")},
    {"qmp", is_not_none, REFUSED(MONITOR, MONITORS)},
    {"qmp-pretty", is_not_none, REFUSED(MONITOR, MONITORS)},
    {"mon", NULL, REFUSED(MONITOR, MONITORS)},
    {"monitor", is_not_none, REFUSED(MONITOR, MONITORS)},
    {"daemonize", NULL,
     REFUSED("QEMU would leave metronome and outlive it",
             "leave it away: metronome starts and ends each QEMU")},
    {"icount", NULL, REFUSED(CLOCK, "say icount=shift=0,sleep=off")},
    {"seed", NULL, REFUSED("each node has a -seed, and QEMU takes one", "say seed=N")},
    {"accel", is_not_tcg, REFUSED(HARDWARE, "leave it away: nodes run with -accel tcg")},
    {"enable-kvm", NULL, REFUSED(HARDWARE, "leave it away: nodes run with -accel tcg")},
    {"machine", names_accelerator,
     REFUSED("QEMU refuses accel= beside the -accel tcg of each node",
             "leave accel= away: nodes run with -accel tcg")},
    {"M", names_accelerator,
     REFUSED("QEMU refuses accel= beside the -accel tcg of each node",
             "leave accel= away: nodes run with -accel tcg")},
    {"nographic", NULL,
     REFUSED("it is about QEMU's terminal, which a node does not have",
             "leave it away: nodes have no display, and the first serial port is the console")},
    {"curses", NULL, REFUSED(TERMINAL, "use -vnc, or `node console NODE`")},
    {"display", is_curses, REFUSED(TERMINAL, "use -vnc, or `node console NODE`")},
    {"serial", uses_terminal,
     REFUSED(TERMINAL, "use the node's console, or -serial file:PATH for another port")},
    {"parallel", uses_terminal, REFUSED(TERMINAL, "use -parallel file:PATH")},
    {"debugcon", uses_terminal, REFUSED(TERMINAL, "use -debugcon file:PATH")},
    {"chardev", is_stdio, REFUSED(TERMINAL, "use -chardev file,id=…,path=PATH")},
    {"incoming", NULL,
     REFUSED("QEMU would wait for another machine's state and never run", "leave it away")},
    {"loadvm", NULL, REFUSED(BEGINNING, "leave it away")},
    {"preconfig", NULL, REFUSED("QEMU would wait and never run", "leave it away")},
    {"action", powers_off,
     REFUSED("QEMU would end with its guest, and its last clock could not be read",
             "leave shutdown= away: a guest that powers off stays readable")},
    {"action", bites,
     REFUSED("QEMU would end at once, with status 0, as if its guest had powered off",
             "say watchdog=pause: the node is then `watchdog`, and stays readable")},
    {"watchdog-action", is_poweroff,
     REFUSED("QEMU would end at once, with status 0, as if its guest had powered off",
             "say -watchdog-action pause: the node is then `watchdog`, and stays readable")},
    {"name", hides_threads,
     REFUSED("QEMU's threads are ranked by their names", "leave debug-threads= away")},
    {"chroot", NULL, REFUSED(PRIVATE, "leave it away")},
    {"runas", NULL, REFUSED(PRIVATE, "leave it away: run metronome as that user")},
    {"run-with", changes_user, REFUSED(PRIVATE, "leave chroot= and user= away")},
    {"readconfig", NULL,
     REFUSED("what the file takes from metronome is not seen here", "write its options in extra=")},
    {"h", NULL, REFUSED(ENDS, "leave it away, or call QEMU yourself")},
    {"help", NULL, REFUSED(ENDS, "leave it away, or call QEMU yourself")},
    {"version", NULL, REFUSED(ENDS, "leave it away: `node list` shows the version")},
    {"audio-help", NULL, REFUSED(ENDS, "leave it away, or call QEMU yourself")},
    {"dump-vmstate", NULL, REFUSED(ENDS, "leave it away, or call QEMU yourself")},
    {"netdev", takes_id, REFUSED("that id is one of metronome's", "choose another id")},
    {"nic", takes_id, REFUSED("that id is one of metronome's", "choose another id")},
    {"chardev", takes_id, REFUSED("that id is one of metronome's", "choose another id")},
    {"object", takes_id, REFUSED("that id is one of metronome's", "choose another id")},
    {"object", filters_card,
     REFUSED("metronome moves the frames of its cards, at virtual times",
             "use `link add … latency= loss=`")},
};

GPtrArray *lint_refused(char *const *argv)
{
    g_autoptr(GArray) options = cmdline_options(argv);
    GPtrArray *findings = lint_findings_new();
    Lint l = {argv[0] ? argv[0] : "", options, LINT_OWN, findings};

    for (unsigned i = 0; i < options->len; i++) {
        const CmdOption *o = lint_option(&l, i);

        for (unsigned j = 0; j < G_N_ELEMENTS(rules); j++)
            if (lint_is(o, rules[j].name) && (!rules[j].applies || rules[j].applies(o->value)))
                lint_say_option(&l, o, &rules[j].verdict);
    }
    return findings;
}
