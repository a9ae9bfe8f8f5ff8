/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-life.c: what QEMU's events make of a node, in which quantum they were, and its text. */
#include "controller/qemu/life.h"
#include "controller/qemu/quanta.h"

#include <string.h>

static QmpRunEvent event(const char *name, const char *data)
{
    QmpRunEvent e;

    qmp_run_event_parse(name, data, &e);
    return e;
}

/* --- events as QEMU 7.2 sends them --- */

static void test_parse(void)
{
    static const struct {
        const char *name, *data;
        QmpRunEventKind kind;
        bool guest;
        const char *why;
    } cases[] = {
        {"STOP", "{}", QMP_RUN_STOP, false, ""},
        {"RESUME", "{}", QMP_RUN_RESUME, false, ""},
        {"SHUTDOWN", "{\"guest\": true, \"reason\": \"guest-shutdown\"}", QMP_RUN_SHUTDOWN, true,
         "guest-shutdown"},
        {"SHUTDOWN", "{\"reason\":\"host-signal\",\"guest\":false}", QMP_RUN_SHUTDOWN, false,
         "host-signal"},
        {"RESET", "{\"guest\":true,\"reason\":\"guest-reset\"}", QMP_RUN_RESET, true,
         "guest-reset"},
        {"GUEST_PANICKED", "{\"action\":\"pause\",\"info\":{\"type\":\"s390\",\"reason\":\"x\"}}",
         QMP_RUN_PANICKED, false, "pause"},
        {"GUEST_CRASHLOADED", "{\"action\":\"run\"}", QMP_RUN_CRASHLOADED, false, "run"},
        {"WATCHDOG", "{\"action\":\"inject-nmi\"}", QMP_RUN_WATCHDOG, false, "inject-nmi"},
        {"SUSPEND", "{}", QMP_RUN_SUSPEND, false, ""},
        {"SUSPEND_DISK", "{}", QMP_RUN_SUSPEND_DISK, false, ""},
        {"WAKEUP", "{}", QMP_RUN_WAKEUP, false, ""},
        {"POWERDOWN", "{}", QMP_RUN_POWERDOWN, false, ""},
        /* whatever else it may be */
        {"NIC_RX_FILTER_CHANGED", "{\"guest\":true}", QMP_RUN_OTHER, false, ""},
        {"SHUTDOWN", "", QMP_RUN_SHUTDOWN, false, ""},
        {"SHUTDOWN", "[true]", QMP_RUN_SHUTDOWN, false, ""},
        {"SHUTDOWN", "{\"guest\":\"\",\"reason\":7}", QMP_RUN_SHUTDOWN, false, ""},
        {"SHUTDOWN", "{\"text\":\"\\\"guest\\\":true\"}", QMP_RUN_SHUTDOWN, false, ""},
        {"WATCHDOG", "{\"action\":\"\\u001b[2J\"}", QMP_RUN_WATCHDOG, false, ""},
        {"WATCHDOG", "{\"action\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", QMP_RUN_WATCHDOG,
         false, ""},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        QmpRunEvent e = event(cases[i].name, cases[i].data);

        g_assert_cmpint(e.kind, ==, cases[i].kind);
        g_assert_true(e.guest == cases[i].guest);
        g_assert_cmpstr(e.why, ==, cases[i].why);
    }
}

/* --- lives --- */

/* Events with spaces between them; a name may have its reason or action behind a `:`, and `*` for one
 * that the guest wanted. */
static NodeLife live(const char *text, NodeEventKind *last)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    NodeLife life = {0};

    for (char **w = words; *w; w++) {
        bool guest = g_str_has_suffix(*w, "*"), ours = g_str_has_prefix(*w, "!");
        g_auto(GStrv) parts = g_strsplit(*w + ours, ":", 2);
        g_autofree char *data = NULL;
        QmpRunEvent e;

        if (guest)
            *strrchr(parts[1] ? parts[1] : parts[0], '*') = '\0';
        data = g_strdup_printf("{\"guest\":%s,\"reason\":\"%s\",\"action\":\"%s\"}",
                               guest ? "true" : "false", parts[1] ? parts[1] : "",
                               parts[1] ? parts[1] : "");
        e = event(parts[0], data);
        *last = node_life_step(&life, &e, ours);
    }
    return life;
}

static void test_lives(void)
{
    static const struct {
        const char *events;
        NodeState becomes;
        bool stands, stopped, ends;
        unsigned resets;
        NodeEventKind last;
        const char *why;
    } cases[] = {
        {"RESUME !STOP", NODE_ADDED, false, false, false, 0, NODE_EVENT_NOTHING, ""},
        {"RESUME STOP", NODE_ADDED, false, true, false, 0, NODE_EVENT_NOTHING, ""},
        {"STOP RESUME", NODE_ADDED, false, false, false, 0, NODE_EVENT_NOTHING, ""},
        {"SHUTDOWN:guest-shutdown* STOP", NODE_OFF, true, false, false, 0, NODE_EVENT_NOTHING,
         "guest-shutdown"},
        {"SHUTDOWN:guest-reset*", NODE_OFF, true, false, false, 0, NODE_EVENT_NOTHING,
         "guest-reset"},
        {"SHUTDOWN:host-signal", NODE_ADDED, false, false, true, 0, NODE_EVENT_NOTHING, ""},
        {"SUSPEND_DISK", NODE_ADDED, false, false, false, 0, NODE_EVENT_SUSPEND_DISK, ""},
        {"SUSPEND", NODE_SUSPENDED, true, false, false, 0, NODE_EVENT_NOTHING, ""},
        {"SUSPEND WAKEUP", NODE_SUSPENDED, true, false, false, 0, NODE_EVENT_WAKEUP, ""},
        {"GUEST_PANICKED:pause", NODE_PANICKED, false, false, false, 0, NODE_EVENT_NOTHING,
         "pause"},
        {"GUEST_PANICKED:pause STOP", NODE_PANICKED, true, false, false, 0, NODE_EVENT_NOTHING,
         "pause"},
        {"GUEST_PANICKED:poweroff SHUTDOWN:guest-panic* STOP", NODE_PANICKED, true, false, false, 0,
         NODE_EVENT_NOTHING, "poweroff"},
        {"SHUTDOWN:guest-panic*", NODE_PANICKED, true, false, false, 0, NODE_EVENT_NOTHING,
         "guest-panic"},
        {"GUEST_PANICKED:run", NODE_ADDED, false, false, false, 0, NODE_EVENT_PANICKED, ""},
        {"GUEST_CRASHLOADED:run", NODE_ADDED, false, false, false, 0, NODE_EVENT_CRASHLOADED, ""},
        {"WATCHDOG:pause", NODE_WATCHDOG, false, false, false, 0, NODE_EVENT_NOTHING, "pause"},
        {"WATCHDOG:pause !STOP", NODE_WATCHDOG, true, false, false, 0, NODE_EVENT_NOTHING, "pause"},
        {"WATCHDOG:debug", NODE_ADDED, false, false, false, 0, NODE_EVENT_WATCHDOG, ""},
        {"WATCHDOG:reset RESET:guest-reset*", NODE_ADDED, false, false, false, 1, NODE_EVENT_RESET,
         ""},
        {"RESET:guest-reset* RESET:host-qmp-system-reset", NODE_ADDED, false, false, false, 2,
         NODE_EVENT_RESET, ""},
        {"POWERDOWN", NODE_ADDED, false, false, false, 0, NODE_EVENT_POWERDOWN, ""},
        {"MIGRATION_PASS", NODE_ADDED, false, false, false, 0, NODE_EVENT_NOTHING, ""},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        NodeEventKind last = NODE_EVENT_FAILED;
        NodeLife life = live(cases[i].events, &last);

        g_test_message("%s", cases[i].events);
        g_assert_cmpint(life.becomes, ==, cases[i].becomes);
        g_assert_true(life.stands == cases[i].stands && life.stopped == cases[i].stopped);
        g_assert_true(life.ends == cases[i].ends);
        g_assert_cmpuint(life.resets, ==, cases[i].resets);
        g_assert_cmpint(last, ==, cases[i].last);
        g_assert_cmpstr(life.why, ==, cases[i].why);
    }
}

static void test_states(void)
{
    g_assert_cmpstr(node_state_name(NODE_SUSPENDED), ==, "suspended");
    g_assert_cmpuint(g_strv_length((char **)node_state_names), ==, NODE_FROZEN + 1);
    g_assert_cmpint(node_state_of_status("shutdown"), ==, NODE_OFF);
    g_assert_cmpint(node_state_of_status("guest-panicked"), ==, NODE_PANICKED);
    g_assert_cmpint(node_state_of_status("watchdog"), ==, NODE_WATCHDOG);
    g_assert_cmpint(node_state_of_status("suspended"), ==, NODE_SUSPENDED);
    g_assert_cmpint(node_state_of_status("io-error"), ==, NODE_FAILED);
    g_assert_cmpint(node_state_of_status("running"), ==, NODE_PAUSED);
    for (unsigned s = NODE_ADDED; s <= NODE_FROZEN; s++) {
        g_assert_true(node_state_is_live((NodeState)s) == (s == NODE_PAUSED || s == NODE_RUNNING));
        g_assert_true(node_state_has_left((NodeState)s) == (s >= NODE_OFF && s <= NODE_SUSPENDED));
    }
}

static void test_complaints(void)
{
    static const char *const complaints[] = {
        "qemu: no such disk", "x\nqemu: could not lock\ny", "2026-01-01T00:00:00Z qemu: broke",
        "qemu: warning: odd\nqemu: terminating on signal 15 from pid 1"};
    static const char *const none[] = {"",
                                       "hello from metronome\n",
                                       "qemu: warning: odd",
                                       "qemu: info: so",
                                       "qemu:",
                                       "notqemu: so",
                                       "qemu says: so",
                                       "watchdog: timer fired"};

    for (unsigned i = 0; i < G_N_ELEMENTS(complaints); i++)
        g_assert_true(node_complained(complaints[i], "qemu"));
    for (unsigned i = 0; i < G_N_ELEMENTS(none); i++)
        g_assert_false(node_complained(none[i], "qemu"));
    g_assert_false(node_complained(": so", ""));
}

/* --- texts --- */

static void assert_event(NodeEvent t, const char *what, const char *text)
{
    g_autofree char *got = node_event_text("a", &t);

    g_assert_cmpstr(node_event_name(&t), ==, what);
    g_assert_cmpstr(got, ==, text);
}

static NodeEvent node_event(NodeEventKind what, NodeState state, const char *why, bool exact)
{
    NodeEvent t = {
        .what = what, .state = state, .time = {1500000000}, .exact = exact, .exit_status = -1};

    g_strlcpy(t.why, why, sizeof(t.why));
    return t;
}

/* How many of n that come every step are reported. */
static unsigned reported_of(unsigned n, VTime step)
{
    NodeLife life = {0};
    unsigned reported = 0, times = 0;

    for (unsigned i = 0; i < n; i++) {
        reported += node_life_reports(&life, NODE_EVENT_RESET, vtime(step.ns * i), &times);
        g_assert_cmpuint(times, ==, i + 1);
    }
    return reported;
}

static void test_loop(void)
{
    NodeLife life = {0};
    unsigned times;

    g_assert_cmpuint(reported_of(9, vtime(0)), ==, 9);
    g_assert_cmpuint(reported_of(1000, vtime(0)), ==, 9 + 9 + 9 + 1);
    g_assert_cmpuint(reported_of(1000000, vtime(1)), ==, 6 * 9 + 1);
    g_assert_cmpuint(reported_of(1000, vtime(100 * NS_PER_MS)), ==, 1000);
    g_assert_cmpuint(reported_of(10000, vtime(NS_PER_MS)), <=, 9 + 9 + 9 + 9 + 1 + 100);
    g_assert_cmpuint(reported_of(10000, vtime(NS_PER_MS)), >=, 90);
    /* Each kind is counted by itself. */
    for (unsigned i = 0; i < 15; i++)
        node_life_reports(&life, NODE_EVENT_RESET, vtime(0), &times);
    g_assert_true(node_life_reports(&life, NODE_EVENT_WATCHDOG, vtime(0), &times));
    g_assert_cmpuint(times, ==, 1);
}

static void test_texts(void)
{
    NodeEvent t;

    assert_event(node_event(NODE_EVENT_LEFT, NODE_OFF, "guest-shutdown", true), "off",
                 "node a: off: its guest powered off at 1.500000000s");
    assert_event(node_event(NODE_EVENT_LEFT, NODE_SUSPENDED, "", true), "suspended",
                 "node a: suspended: its guest sleeps, and takes part no more at 1.500000000s");
    assert_event(node_event(NODE_EVENT_RESET, NODE_RUNNING, "guest-reset", false), "reset",
                 "node a: reset by its guest in the quantum up to 1.500000000s");
    assert_event(node_event(NODE_EVENT_RESET, NODE_PAUSED, "host-qmp-system-reset", true), "reset",
                 "node a: reset from outside at 1.500000000s");
    t = node_event(NODE_EVENT_RESET, NODE_RUNNING, "guest-reset", false);
    t.detail = (char *)"200 times so far";
    assert_event(t, "reset",
                 "node a: reset by its guest, 200 times so far, in the quantum up to 1.500000000s");
    t = node_event(NODE_EVENT_LEFT, NODE_OFF, "", false);
    t.exit_status = 3;
    assert_event(t, "off",
                 "node a: off: QEMU exited with status 3 in the quantum up to 1.500000000s");
    t = node_event(NODE_EVENT_FROZEN, NODE_FROZEN, "", false);
    t.detail = (char *)"frozen? so";
    assert_event(t, "frozen", "node a: frozen? so in the quantum up to 1.500000000s");
    for (unsigned what = NODE_EVENT_NOTHING; what <= NODE_EVENT_FAILED; what++) {
        for (unsigned s = NODE_ADDED; s <= NODE_FROZEN; s++) {
            NodeEvent any = node_event((NodeEventKind)what, (NodeState)s, "debug", true);
            g_autofree char *text = node_event_text("a", &any);

            g_assert_true(g_str_has_prefix(text, "node a: ") && !strchr(text, '\n'));
        }
    }
}

static void test_quanta(void)
{
    g_autofree Quanta *q = g_new0(Quanta, 1);

    for (int64_t i = 0; i < 3 * QUANTA_KEPT; i++)
        quanta_begin(q, (HTime){i * 10000}, vtime(i + 1));
    g_assert_cmpint(quanta_find(q, (HTime){INT64_MAX / 2}).ns, ==, 3 * QUANTA_KEPT);
    g_assert_cmpint(quanta_find(q, (HTime){3000 * 10000}).ns, ==, 3001);
    g_assert_cmpint(quanta_find(q, (HTime){3000 * 10000 - 1000}).ns, ==, 3001); /* floored to us */
    g_assert_cmpint(quanta_find(q, (HTime){3000 * 10000 - 1001}).ns, ==, 3000);
    g_assert_cmpint(quanta_find(q, (HTime){3000 * 10000 + 8999}).ns, ==, 3001);
    g_assert_cmpint(quanta_find(q, (HTime){0}).ns, ==, 2 * QUANTA_KEPT + 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/life/parse", test_parse);
    g_test_add_func("/life/lives", test_lives);
    g_test_add_func("/life/states", test_states);
    g_test_add_func("/life/complaints", test_complaints);
    g_test_add_func("/life/texts", test_texts);
    g_test_add_func("/life/loop", test_loop);
    g_test_add_func("/life/quanta", test_quanta);
    return g_test_run();
}
