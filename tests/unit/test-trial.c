/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-trial.c: what a trial of a QEMU finds, and who is to make one. */
#include "controller/engine/trial.h"

#include <glib.h>

#define WAY_US  1001
#define HALF_US (WAY_US / 2)

static char name[] = "a", version[] = "1.2.3", other_version[] = "1.2.4", other_file[] = "/other";

/* A node that stands at 7 µs, to be sent to 7 + WAY_US. */
static Node node_of(bool sleep_on, unsigned shift)
{
    return (Node){.name = name,
                  .version = version,
                  .icount = {.enabled = true, .sleep_on = sleep_on, .shift = shift},
                  .clock = {.virtual_time = {7000}}};
}

/* What is found of a tick that fires so many µs after it was armed; false: it is refused. */
static bool fires(Node *n, int64_t after_us, Note *note, bool *half_way, GError **error)
{
    GatePlan plan = {.first_us = 7 + WAY_US, .quantum_us = 100, .boundaries = 9, .stages = 4};

    g_assert_true(trial_plan(n, &plan));
    g_assert_cmpint(plan.first_us, ==, 7 + HALF_US);
    g_assert_cmpint(plan.quantum_us, ==, WAY_US);
    g_assert_true(plan.tries);
    note->stamp_us = 7 + after_us;
    note->late_us = note->stamp_us - plan.first_us;
    note->kind = note->late_us == 0 ? NOTE_ON_TIME : n->icount.sleep_on ? NOTE_IDLE : NOTE_MISSED;
    return trial_check(n, &plan, note, half_way, error);
}

typedef struct {
    int64_t after_us;
    unsigned shift;
    IntervalKind found;
    NoteKind kind; /* at the boundary */
    bool sleep_on, half_way;
} Case;

static void test_check(void)
{
    static const Case cases[] = {
        {HALF_US, 0, INTERVAL_HOLDS, 0, false, true},
        {WAY_US, 0, INTERVAL_REARMS, NOTE_ON_TIME, false, false},
        /* An instruction takes 4.096 µs. */
        {HALF_US + 4, 12, INTERVAL_HOLDS, 0, false, true},
        {WAY_US + 4, 12, INTERVAL_REARMS, NOTE_GRAIN, false, false},
        /* The host's timers are late. */
        {HALF_US, 0, INTERVAL_HOLDS, 0, true, true},
        {HALF_US + 70, 0, INTERVAL_HOLDS, 0, true, true},
        {WAY_US - 1, 0, INTERVAL_HOLDS, 0, true, true},
        {WAY_US, 0, INTERVAL_REARMS, NOTE_ON_TIME, true, false},
        {WAY_US + 70, 0, INTERVAL_UNKNOWN, NOTE_IDLE, true, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        Node n = node_of(c->sleep_on, c->shift);
        GError *error = NULL;
        bool half_way;
        Note note;

        g_assert_true(fires(&n, c->after_us, &note, &half_way, &error));
        g_assert_no_error(error);
        g_assert_cmpint(n.interval, ==, c->found);
        g_assert_cmpint(half_way, ==, c->half_way);
        if (half_way)
            continue;
        g_assert_cmpint(note.kind, ==, c->kind);
        g_assert_cmpint(note.late_us, ==, c->after_us - WAY_US);
    }
}

static void test_unknown(void)
{
    static const int64_t after_us[] = {1,          HALF_US - 1, HALF_US + 1,
                                       WAY_US - 1, WAY_US + 1,  WAY_US + HALF_US};

    for (unsigned i = 0; i < G_N_ELEMENTS(after_us); i++) {
        g_autofree char *number = g_strdup_printf("fired after %d us", (int)after_us[i]);
        g_autoptr(GError) error = NULL;
        Node n = node_of(false, 0);
        bool half_way;
        Note note;

        g_assert_false(fires(&n, after_us[i], &note, &half_way, &error));
        g_assert_error(error, NODE_ERROR, NODE_ERROR_LAUNCH);
        g_assert_nonnull(strstr(error->message, "QEMU 1.2.3 behaves in no known way"));
        g_assert_nonnull(strstr(error->message, "from 500 to 1001 us"));
        g_assert_nonnull(strstr(error->message, number));
        g_assert_cmpint(n.interval, ==, INTERVAL_UNKNOWN);
    }
}

static void test_way(void)
{
    GatePlan plan = {.first_us = 7 + 3, .quantum_us = 3, .boundaries = 9};
    Node n = node_of(false, 0);

    g_assert_false(trial_plan(&n, &plan));
    g_assert_cmpint(plan.first_us, ==, 10);
    plan.first_us = 7 + 4;
    g_assert_true(trial_plan(&n, &plan));
    plan.first_us = 7 + 1000001;
    g_assert_false(trial_plan(&n, &plan));
    plan.first_us = 7 + 1000000;
    g_assert_true(trial_plan(&n, &plan));
    n = node_of(false, 10); /* 1.024 µs */
    plan = (GatePlan){.first_us = 7 + 4};
    g_assert_false(trial_plan(&n, &plan));
    plan.first_us = 7 + 5;
    g_assert_true(trial_plan(&n, &plan));
}

static void test_choose(void)
{
    Node a = node_of(false, 0), b = a, c = a, without = a, d = a;
    Participant participants[] = {
        {.node = &a}, {.node = &b}, {.node = &c}, {.node = &without}, {.node = &d}};

    c.version = other_version;
    d.file = other_file;
    without.icount.enabled = false;
    trial_choose(participants, G_N_ELEMENTS(participants));
    g_assert_true(participants[0].tries && !participants[1].tries && participants[2].tries &&
                  !participants[3].tries);
    g_assert_true(participants[4].tries);
    a.interval = INTERVAL_HOLDS;
    c.interval = INTERVAL_REARMS;
    trial_choose(participants, G_N_ELEMENTS(participants));
    g_assert_true(!participants[0].tries && !participants[1].tries && !participants[2].tries &&
                  participants[4].tries);
    g_assert_cmpint(b.interval, ==, INTERVAL_HOLDS);
    g_assert_cmpint(d.interval, ==, INTERVAL_UNKNOWN);
}

/* What one of them finds in a segment the others know from the next barrier on. */
static void test_learn(void)
{
    Node a = node_of(false, 0), b = a, c = a, without = a;
    Participant participants[] = {{.node = &a}, {.node = &b}, {.node = &c}, {.node = &without}};
    const Segment segment = {.participants = participants,
                             .n_participants = G_N_ELEMENTS(participants)};

    c.version = other_version;
    without.icount.enabled = false;
    trial_choose(participants, G_N_ELEMENTS(participants));
    g_assert_true(trial_learn(&segment));
    g_assert_cmpint(b.interval, ==, INTERVAL_UNKNOWN);
    a.interval = INTERVAL_HOLDS;
    g_assert_true(trial_learn(&segment));
    g_assert_cmpint(b.interval, ==, INTERVAL_HOLDS);
    g_assert_cmpint(c.interval, ==, INTERVAL_UNKNOWN);
    c.interval = INTERVAL_REARMS;
    g_assert_false(trial_learn(&segment));
    g_assert_cmpint(b.interval, ==, INTERVAL_HOLDS);
    g_assert_cmpint(without.interval, ==, INTERVAL_UNKNOWN);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trial/check", test_check);
    g_test_add_func("/trial/unknown", test_unknown);
    g_test_add_func("/trial/way", test_way);
    g_test_add_func("/trial/choose", test_choose);
    g_test_add_func("/trial/learn", test_learn);
    return g_test_run();
}
