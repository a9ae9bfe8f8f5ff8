/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.c: shows virtual time, slowdown, barriers per second and remaining time.
 */
#include "controller/shell/progress.h"

#include "controller/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define PERIOD_MS 250

static bool shown;
static unsigned timer;
static VTime last_now;
static HTime last_host;
static uint64_t last_barriers;

void progress_clear(void)
{
    if (!shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    shown = false;
}

void progress_show(const char *text)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    shown = true;
}

static void show(const Session *s)
{
    VTime now = engine_now(s->engine);
    HTime host = htime_now();
    uint64_t barriers = engine_stats(s->engine)->barriers;
    double seconds = (double)htime_sub(host, last_host).ns / 1e9;
    uint64_t done =
        barriers > last_barriers ? barriers - last_barriers : 0; /* a way back takes them back */
    double passed = (double)vtime_sub(now, last_now).ns / 1e9;
    VTime goal = engine_goal(s->engine);
    double rest = (double)vtime_sub(goal, now).ns / 1e9;
    g_autofree char *text = units_format_seconds(now);

    fprintf(stderr, "\r\033[K%s  %.2fx slower than real time  %.0f barriers/s", text,
            passed > 0 ? seconds / passed : 0.0, (double)done / seconds);
    if (passed > 0 && rest > 0 && goal.ns < RUN_FOR_EVER)
        fprintf(stderr, "  ETA %.0f s", rest * seconds / passed);
    fflush(stderr);
    shown = true;
    last_now = now;
    last_host = host;
    last_barriers = barriers;
}

static gboolean tick(gpointer data)
{
    show(data);
    return G_SOURCE_CONTINUE;
}

void progress_begin(Session *session)
{
    /* verify itself shows the progress of its runs. */
    if (timer || session->sampler || session->options.json || session->console_open ||
        !isatty(STDERR_FILENO))
        return;
    last_host = htime_now();
    last_now = engine_now(session->engine);
    last_barriers = engine_stats(session->engine)->barriers;
    timer = g_timeout_add(PERIOD_MS, tick, session);
}

void progress_end(void)
{
    if (timer)
        g_source_remove(timer);
    timer = 0;
    progress_clear();
}
