/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h: the Session: everything that one run of metronome holds: nodes, engine, variables,
 * report, and the state that commands keep. The commands work on the session; the session calls no
 * command. Main thread, except where a function states otherwise.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "controller/base/verdict.h"
#include "controller/engine/engine.h"
#include "controller/qemu/node.h"
#include "controller/report/answer.h"
#include "controller/report/report.h"
#include "controller/session/checking.h"

/* Limit on the nodes of a session: each node takes about 20 file descriptors and a process. */
#define SESSION_MAX_NODES 512

typedef struct {
    bool dry;   /* check only: nothing is started, nothing is written, only findings are printed */
    bool quiet; /* dry, and no findings are printed: a run in this process follows */
    bool reports; /* quiet: the run that follows is recorded */
    bool json;    /* stdout carries JSON lines */
    VTime limit;  /* on the virtual time that passes in all runs together; 0: none (run/limit.h) */
    char *qemu;
    char *command_line;
    char *scenario; /* path of the scenario as given, or NULL */
} SessionOptions;

typedef struct Recorder Recorder;
struct JournalEntry;

typedef struct Session {
    SessionOptions options;
    GMainLoop *loop;
    RunDir *dir; /* NULL when dry */
    LocalHost *host;
    Engine *engine;
    Checking *checking; /* NULL unless dry */
    GPtrArray *nodes;   /* Node, in the order of `node add` */
    GPtrArray *hosts;   /* RemoteHost (session/remote-host.h), the other hosts; NULL: none yet */
    bool any_host;      /* a check can't know the names of hosts (session/slurm-hosts.h) */
    struct NodeDefaults *defaults; /* qemu/defaults.h: for every node to be added */
    bool sleep_reported;           /* the note on sleep=on was shown (run/sleep-note.h) */
    bool auto_quantum;             /* the quantum follows the links (run/quantum.h) */
    unsigned auto_reported;        /* links whose delivery quantum_report() has reported */
    unsigned next_index;           /* index of the next node */
    bool started;
    bool hidden;          /* what happens is a part of a way back: the user is told nothing of it */
    VTime captured_until; /* packets up to here are in captures already */
    VTime hidden_until;   /* lines of consoles up to here were shown already */
    bool interrupted;     /* SIGINT or SIGTERM */
    /* True: a signal has come that the main loop has not served yet. NULL: no signal is awaited. */
    bool (*signalled)(void);
    GHashTable *variables;
    GHashTable *fixed;     /* names of the variables given on the command line */
    Report *report;        /* what is recorded; NULL without --report */
    HTime in_runs;         /* host time spent in run commands */
    VTime last_passed;     /* virtual time that passed in the last run */
    VTime passed;          /* virtual time that passed in all runs, however a restore went back */
    HTime last_run;        /* host time spent in the last run */
    unsigned stopped_by;   /* number of the break that stopped the last run; 0: none */
    struct Fabric *fabric; /* fabric/fabric.h: the virtual network; NULL: none yet */
    /* State of the commands; command_free_state() frees it. */
    struct Run *run;           /* run/run.h: the active run; NULL: none */
    struct Breaks *breaks;     /* run/breaks.h */
    struct NodeNames *names;   /* run/node-symbols.h; NULL: none yet */
    struct Perf *perf;         /* command/cmd-perf.c: where its counting began */
    struct Sampler *sampler;   /* run/sampler.h; NULL: nothing is sampled */
    struct ClockWatch *clocks; /* run/clock-watch.h; NULL: no clock was read */
    struct Tracer *tracer;     /* run/tracer.h; NULL: no timeline is written */
    GPtrArray *profiles;       /* run/profile.h; NULL: none yet */
    struct Journal *journal;   /* journal.h; NULL: nothing came from outside yet */
    struct Trail *trail;       /* run/trail.h; NULL: nothing was started yet */
    struct Past *past;         /* past/past.h; NULL: nothing was started yet */
    struct Live *live;         /* live.h; NULL: no console is shown */
    GPtrArray *captures;       /* command/cmd-capture.c; NULL: none yet */
    GPtrArray *endpoints;      /* gdbserver/gdb-endpoint.h; NULL: none yet */
    GPtrArray *saves;          /* save/save.h; NULL: none yet */
    bool spares_wanted;        /* save/spares.h */
    unsigned spares_source;    /* starts spares as soon as the main loop has time; 0: none */
    Recorder *recorder;        /* feeds barriers into the report */
    Verdict verdict;           /* how the run ends; failures come through session_note() */
    char *started_at;          /* the host's date, ISO 8601 with its zone */
    char *where;               /* "FILE:LINE" of the present command; NULL: it has none */
    GMutex verdict_lock;       /* protects verdict and where */
    bool interactive;          /* a person at the prompt: a failure does not end the session */
    unsigned drain_source;     /* timer that drains the report; 0: none */
    void (*on_output)(const char *text, void *data); /* gets all output; NULL: stdout does */
    Answer *answer; /* gets the typed values of the present command; NULL: people read text */
    /* Ends, on Ctrl-C, a command that is parked without a run. NULL: no command is. */
    void (*on_interrupt)(struct Session *session);
    /* Hears of each entry of the journal, in front of it; node: its node, or NULL. False: it is none. */
    bool (*on_entry)(struct Session *session, Node *node, const struct JournalEntry *entry);
    struct Events *events; /* events.h: reports of the nodes; NULL when dry */
    GError *lost;          /* a node failed while it stood, and no command has reported that yet */
    void (*on_node)(struct Session *session, const char *name, const NodeEvent *event);
    unsigned hurry_source;   /* timer that stops nodes which reach no barrier; 0: none */
    void (*on_change)(void); /* the ensemble has begun or ceased to run, though no command ran it */
    void (*on_run)(void);    /* a run has begun or ended, whoever asked for it */
    unsigned columns;        /* width of the terminal that output goes to; 0: no terminal */
    bool console_open;       /* a guest's console has the terminal: nothing else draws on it */
    struct Runner *runner;   /* shell/runner.h: runs the commands */
} Session;

/* Ends the transcripts of all nodes, so that output which could not be written is known. */
void session_end_transcripts(Session *session);
/* Stops the ensemble at the next barrier. If no barrier comes within 3 s, stops the nodes where
 * they are. Returns at once. */
void session_interrupt(Session *session);

/* True if SIGINT or SIGTERM has come, even if the main loop has not served it yet. For functions
 * that make the main loop wait: only the main loop serves signals. */
bool session_stop_requested(const Session *session);

/*
 * Notes an outcome that decides how the run ends (verdict.h), at the present command. Any thread.
 * At an interactive prompt only outcomes that concern the whole session count: lost exactness, lost
 * output, an interruption. Copies message.
 */
void session_note(Session *session, Outcome outcome, const char *message);

/* Sets the place of the present command: "FILE:LINE", or NULL. Copies where. */
void session_set_where(Session *session, const char *where);

/* The node of this name; NULL: there is none. The session owns the node. */
Node *session_node(const Session *session, const char *name);

/* Like session_node(), with an error that names the existing nodes. */
Node *session_find_node(const Session *session, const char *name, GError **error);

/* A check has found no link between a and b, or no such card, switch or gateway. Marks the present
 * command as one that asked for a name in doubt, if one of these names is (checking.h). */
void session_doubt_link(const Session *session, const char *a, const char *b);

/* The virtual network, made at the first call. The session owns the fabric. */
struct Fabric *session_fabric(Session *session);

/* Checks the name of a variable: letters a to z, digits and _. Names that begin with a digit belong
 * to wait-line. */
bool session_check_variable(const char *name, GError **error);

/* Sets a variable; copies key and value. `fix`: the command line sets the variable, which keeps
 * this value from then on. */
void session_set(Session *session, const char *key, const char *value, bool fix);
/* The value of a variable, owned by the session; NULL: it is not set. */
const char *session_get(const Session *session, const char *key);

/* Sets $line, $line_time and $1 to $9 to what a wait has found, each value made fit for a terminal
 * by text_line(). A group that the pattern does not have is set to an empty text. */
void session_set_wait_variables(Session *session, const LinesFound *found);

/* Names of the node's registers in the node's own order, NULL-terminated; free with g_strfreev().
 * NULL if the names are not known, and while the ensemble runs. */
char **session_registers(const Session *session, Node *node);

/* "strict", "unprivileged" or "best effort". "best effort" also if a node runs without icount. */
const char *session_mode(const Session *session);

#endif
