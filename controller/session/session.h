/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h: everything that one run of metronome holds: nodes, engine, variables, report. The
 * commands work on it; it knows no command.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "controller/base/verdict.h"
#include "controller/engine/engine.h"
#include "controller/qemu/node.h"
#include "controller/report/report.h"
#include "controller/session/checking.h"

/* Most nodes of a session: each takes about 20 file descriptors and a process. */
#define SESSION_MAX_NODES 512

typedef struct {
    bool dry;   /* check only: nothing is started, nothing is written, only findings are printed */
    bool quiet; /* dry, and not even those: a run in this process follows */
    bool reports; /* quiet: it is recorded */
    bool json;    /* stdout carries JSON lines */
    char *qemu;
    char *command_line;
    char *scenario; /* its path as given, or NULL */
} SessionOptions;

typedef struct Recorder Recorder;

typedef struct Session {
    SessionOptions options;
    GMainLoop *loop;
    RunDir *dir; /* NULL when dry */
    Host *host;
    Engine *engine;
    Checking *checking; /* NULL unless dry */
    GPtrArray *nodes;   /* Node, in the order of `node add` */
    GPtrArray *hosts;   /* the commands': other hosts (session/far-host.h); NULL: none yet */
    struct NodeDefaults *defaults; /* qemu/defaults.h: of every node to be added */
    bool sleep_told;               /* that nodes have sleep=on (run/sleep-note.h) */
    bool auto_quantum;             /* it follows the links (run/quantum.h) … */
    unsigned auto_told;            /* … of which it was told how so many deliver */
    unsigned next_index;
    bool started;
    bool interrupted; /* SIGINT or SIGTERM */
    /* A signal has come that the main loop has not served yet. NULL: nobody looks. */
    bool (*signalled)(void);
    GHashTable *variables;
    GHashTable *fixed;     /* of them, those given on the command line */
    Report *report;        /* what is recorded; NULL without --report */
    HTime in_runs;         /* host time spent in run commands */
    VTime last_passed;     /* virtual time that passed in the last one */
    HTime last_run;        /* of it, in the last one */
    unsigned stopped_by;   /* number of the break that stopped the last run; 0: none */
    struct Fabric *fabric; /* fabric/fabric.h: the virtual network; NULL: none yet */
    /* What the commands keep here; command_free_state() ends it. */
    struct Run *run;           /* run/run.h: the active one */
    struct Breaks *breaks;     /* run/breaks.h */
    struct Perf *perf;         /* command/cmd-perf.c: since when it counts */
    struct Sampler *sampler;   /* run/sampler.h; NULL: nothing is sampled */
    struct ClockWatch *clocks; /* run/clock-watch.h; NULL: none were read */
    GPtrArray *captures;       /* command/cmd-capture.c; NULL: none yet */
    GPtrArray *endpoints;      /* gdbserver/gdb-endpoint.h; NULL: none yet */
    Recorder *recorder;        /* feeds barriers into the report */
    Verdict verdict;           /* how it ends; failures come through session_note() */
    char *started_at;          /* the host's date, ISO 8601 with its zone */
    char *where;               /* "FILE:LINE" of the present command; NULL: it has none */
    GMutex verdict_lock;       /* of both */
    bool interactive;          /* a person at the prompt: what fails does not end it */
    unsigned drain_source;
    void (*on_output)(const char *text, void *data);
    /* What is parked without a run ends on Ctrl-C. NULL: nothing is. */
    void (*on_interrupt)(struct Session *session);
    struct Events *events; /* events.h: what the nodes tell; NULL when dry */
    GError *lost;          /* a node failed while it stood, and no command has said so yet */
    void (*on_node)(struct Session *session, const char *name, const NodeTelling *telling);
    unsigned hurry_source;   /* the next barrier does not come soon enough */
    void (*on_change)(void); /* the ensemble has begun or ceased to run, though no command ran it */
    unsigned columns;        /* width of the terminal that output goes to; 0: it is none */
    bool console_open;       /* a guest's console has the terminal: nothing else draws on it */
    struct Runner *runner;   /* shell/runner.h: who runs the commands */
} Session;

/* Ends all transcripts, so that what could not be written is known. */
void session_end_transcripts(Session *session);
/* The ensemble is to stop at the next barrier, or where it is if none comes within a few seconds.
 */
void session_interrupt(Session *session);

/* Told to stop: for what makes the main loop wait, which alone serves signals. */
bool session_told_to_stop(const Session *session);

/*
 * Notes what decides how the run ends (verdict.h), at the present command; any thread. At an
 * interactive prompt only what concerns the session as a whole counts: lost exactness, lost output,
 * an interruption.
 */
void session_note(Session *session, Outcome outcome, const char *message);

/* "FILE:LINE", or NULL. */
void session_set_where(Session *session, const char *where);

Node *session_node(const Session *session, const char *name);

/* As session_node(), with an error that names the nodes that there are. */
Node *session_find_node(const Session *session, const char *name, GError **error);

/* Of a check: no such link, or no such card, switch or gateway was found: it may be in doubt. */
void session_doubt_link(const Session *session, const char *a, const char *b);

/* The virtual network, made when it is first needed. */
struct Fabric *session_fabric(Session *session);

/* Whether a variable may be called so: those that begin with a digit are wait-line's. */
bool session_check_variable(const char *name, GError **error);

/* Sets a variable; one that was fixed on the command line keeps its value. */
void session_set(Session *session, const char *key, const char *value, bool fix);
const char *session_get(const Session *session, const char *key);

/* $line, $line_time and $1 to $9: what a wait has found, as text_line() makes it; groups that the
 * pattern does not have are empty. */
void session_set_wait_variables(Session *session, const LinesFound *found);

/* Names of the node's registers, in its own order, NULL-terminated; free with g_strfreev(). NULL if
 * they are not known. */
char **session_registers(const Session *session, Node *node);

/* "strict", "unprivileged" or "best effort"; the latter also when a node runs without icount. */
const char *session_mode(const Session *session);

#endif
