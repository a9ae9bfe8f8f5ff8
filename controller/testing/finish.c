/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finish.c: the comparison is that of `metronome verify`. */
#include "controller/testing/finish.h"

#include "controller/base/log.h"
#include "controller/base/tree.h"
#include "controller/testing/kept.h"
#include "controller/testing/launch.h"
#include "controller/verify/compare.h"

static bool is_compared(const TestResult *r)
{
    return r->state != RESULT_NONE && r->samples && g_strcmp0(r->kind, "timeout") != 0;
}

/* What keeps a run from repeating itself, by the sampler's notes; free with g_free(). */
static char *note_of(const TestResult *r)
{
    const char *p = r->samples;
    g_autofree char *note = compare_next_note(&p);

    return note ? g_strconcat("; not repeatable: ", note, NULL) : g_strdup("");
}

/* Says how a run differs from the first one; NULL: it does not. */
static char *difference_of(const TestResult *first, const TestResult *other, unsigned run)
{
    uint64_t equal;
    g_autoptr(Difference) d = compare_samples(first->samples, other->samples, &equal);
    g_autofree char *text = d ? difference_text(d, run) : NULL;
    g_autofree char *note = note_of(first);

    if (text)
        return g_strconcat(text, note, NULL);
    return first->exit_code != other->exit_code
               ? g_strdup_printf("run %u ended with exit code %d, run 1 with %d", run,
                                 other->exit_code, first->exit_code)
               : NULL;
}

static void compare(TestCase *c)
{
    const TestResult *first = &c->results[0];

    for (unsigned i = 1; i < c->runs && is_compared(first); i++) {
        TestResult *r = &c->results[i];
        g_autofree char *text = is_compared(r) ? difference_of(first, r, i + 1) : NULL;

        if (!text)
            continue;
        if (r->state == RESULT_PASSED) {
            r->state = RESULT_FAILED;
            r->kind = "differs";
            r->exit_code = outcome_exit_code(OUTCOME_FAILED);
            r->message = g_steal_pointer(&text);
        } else {
            char *both = g_strconcat(r->message, "\n", text, NULL);

            g_free(r->message);
            r->message = both;
        }
    }
}

/* r->kept is the folder, or NULL: then nothing is kept. */
static void keep(const TestPlan *plan, const Kept *kept, TestResult *r)
{
    g_autoptr(GError) error = NULL;

    if (!r->kept)
        return;
    if (r->state != RESULT_FAILED && r->state != RESULT_ERROR) {
        kept_remove(plan->keep, r->kept);
        g_clear_pointer(&r->kept, g_free);
    } else if (!kept_end(r->kept, kept, &error)) {
        log_warn("--keep: %s", error->message);
    }
}

void finish_boot(const TestPlan *plan, Boot *b, const char *folder)
{
    g_autofree char *again = launch_boot_again(plan, b);
    const Kept kept = {b->path, NULL, b->variables, again, &b->result};

    if (plan->keep)
        b->result.kept = g_strdup(folder);
    else
        tree_remove(folder, NULL);
    keep(plan, &kept, &b->result);
}

void finish_case(const TestPlan *plan, TestCase *c)
{
    c->again = launch_again(plan, c);
    if (c->runs > 1)
        compare(c);
    for (unsigned i = 0; i < c->runs; i++) {
        const Kept kept = {c->name, c->boot ? c->boot->path : NULL, c->variables, c->again,
                           &c->results[i]};

        if (g_strcmp0(c->results[i].kind, "boot") != 0) /* its boot's folder tells all */
            keep(plan, &kept, &c->results[i]);
        g_clear_pointer(&c->results[i].samples, g_free);
    }
}
