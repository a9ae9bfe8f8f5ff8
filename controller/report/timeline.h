/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline.h: a file of events in virtual time for trace viewers, in the array form of the "Trace
 * Event Format" (Chromium; chrome://tracing and Perfetto read it). scripts/schema/trace.schema.json
 * says which events there are.
 *
 * A process is a row of lanes (threads), both by name. Times are virtual ns; the file has them in µs
 * with three decimals, so no ns is lost. The form allows the closing bracket to be missing. Writing
 * waits for no reader, and a failed write is reported once and ends the file (base/sink.h). Main
 * thread.
 */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H

#include "controller/base/vtime.h"
#include "controller/report/answer.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Timeline Timeline;

/* Opens the file. One that has content of another kind is refused and left unchanged. */
Timeline *timeline_open(const char *path, GError **error);
/* Returns false if an existing file would make timeline_open() fail. */
bool timeline_accepts(const char *path, GError **error);

/* Ends the array and closes the file. NULL is allowed. */
void timeline_close(Timeline *timeline);

/* Returns true until a write has failed. */
bool timeline_is_open(const Timeline *timeline);

/* Events so far, those that name processes and lanes included. */
uint64_t timeline_events(const Timeline *timeline);

/* Hands what was written to the file. */
void timeline_flush(Timeline *timeline);

/* The number of a process, which is named at its first use. */
unsigned timeline_process(Timeline *timeline, const char *name);

typedef struct {
    unsigned process, lane;
} TimelineLane;

/* A lane of a process, which is named at its first use. */
TimelineLane timeline_lane(Timeline *timeline, unsigned process, const char *name);

/* Each writes one event. args: further values of the event, or NULL; the function takes them over.
 * timeline_instant(): with `all` a line through all processes. */
void timeline_slice(Timeline *timeline, TimelineLane lane, const char *name, VTime from, VTime to,
                    Answer *args);
void timeline_instant(Timeline *timeline, TimelineLane lane, const char *name, VTime at, bool all,
                      Answer *args);
void timeline_counter(Timeline *timeline, unsigned process, const char *name, VTime at,
                      int64_t value);

/* An arrow from one lane to another. A viewer ties each end to a slice that begins there: write both
 * slices, too. */
void timeline_arrow(Timeline *timeline, const char *name, TimelineLane from, VTime sent,
                    TimelineLane to, VTime arrived);

#endif
