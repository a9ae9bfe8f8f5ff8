/* SPDX-License-Identifier: GPL-3.0-or-later */
/* life.c: the table of states, the step from an event to a state, and the texts of reports. */
#include "controller/qemu/life.h"

#include "controller/base/units.h"

#include <string.h>

/* What comes sooner behind the last one is not reported each time. */
#define FOLDED_NS (100 * NS_PER_MS)

const char *const node_state_names[] = {
    [NODE_ADDED] = "added",         [NODE_PAUSED] = "paused",
    [NODE_RUNNING] = "running",     [NODE_OFF] = "off",
    [NODE_PANICKED] = "panicked",   [NODE_WATCHDOG] = "watchdog",
    [NODE_SUSPENDED] = "suspended", [NODE_FAILED] = "failed",
    [NODE_FROZEN] = "frozen",       [NODE_FROZEN + 1] = NULL,
};

const char *node_state_name(NodeState state)
{
    return node_state_names[state];
}

static bool is(const QmpRunEvent *event, const char *why)
{
    return strcmp(event->why, why) == 0;
}

static void leave(NodeLife *life, const QmpRunEvent *event, NodeState state, bool stands)
{
    if (life->becomes == NODE_ADDED) {
        life->becomes = state;
        memcpy(life->why, event->why, sizeof(life->why));
    }
    life->stands = life->stands || stands;
}

NodeEventKind node_life_step(NodeLife *life, const QmpRunEvent *e, bool expected)
{
    switch (e->kind) {
    case QMP_RUN_OTHER:
        break;
    case QMP_RUN_STOP:
        if (life->becomes != NODE_ADDED)
            life->stands = true;
        else if (!expected)
            life->stopped = true;
        break;
    case QMP_RUN_RESUME:
        life->stopped = false;
        break;
    case QMP_RUN_SHUTDOWN:
        /* A QEMU that is ordered to end (SIGTERM, `quit`) reports a shutdown too, but it ends.
         * After a shutdown by the guest, the stop follows before QEMU's main loop does anything
         * else (main_loop_should_exit(), softmmu/runstate.c). */
        if (e->guest)
            leave(life, e, is(e, "guest-panic") ? NODE_PANICKED : NODE_OFF, true);
        else
            life->ends = true;
        break;
    case QMP_RUN_PANICKED:
        if (is(e, "run"))
            return NODE_EVENT_PANICKED;
        leave(life, e, NODE_PANICKED, false);
        break;
    case QMP_RUN_WATCHDOG:
        if (!is(e, "pause") && !is(e, "poweroff"))
            return NODE_EVENT_WATCHDOG;
        leave(life, e, NODE_WATCHDOG, false);
        break;
    case QMP_RUN_SUSPEND:
        leave(life, e, NODE_SUSPENDED, true);
        break;
    case QMP_RUN_WAKEUP:
        return NODE_EVENT_WAKEUP;
    case QMP_RUN_SUSPEND_DISK:
        return NODE_EVENT_SUSPEND_DISK;
    case QMP_RUN_POWERDOWN:
        return NODE_EVENT_POWERDOWN;
    case QMP_RUN_CRASHLOADED:
        return NODE_EVENT_CRASHLOADED;
    case QMP_RUN_RESET:
        life->resets++;
        return NODE_EVENT_RESET;
    }
    return NODE_EVENT_NOTHING;
}

/* True of 1 to 9, 10, 20, …, 100, 200, …: few numbers, however long a guest repeats an event. */
static bool is_round(unsigned n)
{
    while (n >= 10 && n % 10 == 0)
        n /= 10;
    return n < 10;
}

bool node_life_reports(NodeLife *life, NodeEventKind what, VTime at, unsigned *n)
{
    bool reports;

    *n = ++life->reported[what].n;
    reports = is_round(*n) || vtime_sub(at, life->reported[what].last).ns >= FOLDED_NS;
    if (reports)
        life->reported[what].last = at;
    return reports;
}

static bool is_complaint(const char *line, const char *program)
{
    for (const char *p = strstr(line, program); p; p = strstr(p + 1, program)) {
        const char *rest = p + strlen(program);

        /* at the start, or behind a time stamp (-msg timestamp=on) */
        if ((p == line || p[-1] == ' ') && g_str_has_prefix(rest, ": ") &&
            !g_str_has_prefix(rest, ": warning: ") && !g_str_has_prefix(rest, ": info: "))
            return true;
    }
    return false;
}

bool node_complained(const char *text, const char *program)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *program && *line; line++)
        if (is_complaint(*line, program))
            return true;
    return false;
}

NodeState node_state_of_status(const char *status)
{
    static const struct {
        const char *status;
        NodeState state;
    } known[] = {{"shutdown", NODE_OFF},          {"guest-panicked", NODE_PANICKED},
                 {"watchdog", NODE_WATCHDOG},     {"suspended", NODE_SUSPENDED},
                 {"internal-error", NODE_FAILED}, {"io-error", NODE_FAILED}};

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].status, status) == 0)
            return known[i].state;
    return NODE_PAUSED;
}

/* --- texts of events --- */

const char *node_left_text(NodeState state, int exit_status)
{
    switch (state) {
    case NODE_PANICKED:
        return "panicked";
    case NODE_WATCHDOG:
        return "was stopped by its watchdog";
    case NODE_SUSPENDED:
        return "was suspended by its guest";
    default:
        return exit_status >= 0 ? "exited" : "powered off";
    }
}

const char *node_event_name(const NodeEvent *t)
{
    switch (t->what) {
    case NODE_EVENT_NOTHING:
        return "";
    case NODE_EVENT_LEFT:
        return node_state_name(t->state);
    case NODE_EVENT_RESET:
        return "reset";
    case NODE_EVENT_PANICKED:
        return "panicked";
    case NODE_EVENT_CRASHLOADED:
        return "crashloaded";
    case NODE_EVENT_WATCHDOG:
        return "watchdog";
    case NODE_EVENT_SUSPEND_DISK:
        return "suspend-disk";
    case NODE_EVENT_POWERDOWN:
        return "powerdown";
    case NODE_EVENT_WAKEUP:
        return "wakeup";
    case NODE_EVENT_FROZEN:
        return "frozen";
    case NODE_EVENT_MOVES:
        return "moves";
    case NODE_EVENT_FAILED:
        return "failed";
    case NODE_EVENT_KINDS:
        break;
    }
    g_assert_not_reached();
}

static char *text_of_end(const NodeEvent *t)
{
    if (t->exit_status >= 0)
        return g_strdup_printf("%s: QEMU exited with status %d", node_state_name(t->state),
                               t->exit_status);
    switch (t->state) {
    case NODE_OFF:
        return g_strdup(strcmp(t->why, "guest-reset") == 0
                            ? "off: its guest reset itself, which is its end (-no-reboot)"
                            : "off: its guest powered off");
    case NODE_PANICKED:
        return g_strdup("panicked: its guest's kernel panicked");
    case NODE_WATCHDOG:
        return g_strdup("watchdog: its guest's watchdog ran out");
    default:
        return g_strdup("suspended: its guest sleeps, and takes part no more");
    }
}

static char *text_of(const NodeEvent *t)
{
    switch (t->what) {
    case NODE_EVENT_NOTHING:
        return g_strdup("");
    case NODE_EVENT_LEFT:
        return text_of_end(t);
    case NODE_EVENT_RESET:
        return g_strdup(g_str_has_prefix(t->why, "host-") ? "reset from outside"
                                                          : "reset by its guest");
    case NODE_EVENT_PANICKED:
        return g_strdup("its guest's kernel panicked, and goes on");
    case NODE_EVENT_CRASHLOADED:
        return g_strdup("its guest runs a crash kernel");
    case NODE_EVENT_WATCHDOG:
        return g_strdup_printf("its guest's watchdog ran out (action %s)", t->why);
    case NODE_EVENT_SUSPEND_DISK:
        return g_strdup("its guest suspends to disk");
    case NODE_EVENT_POWERDOWN:
        return g_strdup("its power button was pressed");
    case NODE_EVENT_WAKEUP:
        return g_strdup("woken up, but it takes part no more");
    case NODE_EVENT_FROZEN:
    case NODE_EVENT_MOVES:
    case NODE_EVENT_FAILED:
        return g_strdup(t->detail ? t->detail : "");
    case NODE_EVENT_KINDS:
        break;
    }
    g_assert_not_reached();
}

/* Of what it says itself the detail is no part. */
static bool has_times(const NodeEvent *t)
{
    return t->detail && t->what != NODE_EVENT_FROZEN && t->what != NODE_EVENT_MOVES &&
           t->what != NODE_EVENT_FAILED;
}

char *node_event_text(const char *name, const NodeEvent *t)
{
    g_autofree char *what = text_of(t), *time = units_format_seconds(t->time);
    g_autofree char *times = has_times(t) ? g_strdup_printf(", %s,", t->detail) : g_strdup("");

    return g_strdup_printf("node %s: %s%s %s %s", name, what, times,
                           t->exact ? "at" : "in the quantum up to", time);
}
