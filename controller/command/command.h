/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h: the one table of commands, and a call of one of them.
 *
 * A command is one const entry: name, usage, help, what it does. Help is made from it, and arguments
 * are read by it (args.h) before exec, which does nothing more than check what is left to check if
 * the session is dry, so that `metronome check` and a run accept the same.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "controller/command/usage.h"
#include "controller/session/output.h"
#include "controller/session/session-error.h"
#include "controller/session/session.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    COMMAND_DONE,
    COMMAND_FAILED,  /* *error is set */
    COMMAND_PARKED,  /* command_finish() will be called later, exactly once */
    COMMAND_INCLUDE, /* call->include holds a file to be run next */
} CommandResult;

typedef struct CommandCall CommandCall;

typedef enum {
    COMMAND_AT_REST, /* not while the ensemble runs */
    COMMAND_LOOKS,   /* only looks at nodes that stand, whose clocks are known as a whole
                        (rest_settle()): also between the quanta of a run */
    COMMAND_ANYTIME, /* asks no node: also while the ensemble runs */
} CommandWhen;

/* What a command gives a name to, which is its first argument. Where a check refuses the command, that
 * name is in doubt (checking.h). */
typedef enum {
    DEFINES_NOTHING,
    DEFINES_END,      /* a node, switch or gateway */
    DEFINES_ATTACHED, /* a node that runs already */
    DEFINES_HOST,
    DEFINES_HOSTS, /* which, its file says */
    DEFINES_LINK,  /* by the first two */
    DEFINES_BREAK, /* by number */
    DEFINES_CAPTURE,
    DEFINES_VARIABLE,
    DEFINES_SYMBOLS, /* names in a node */
    DEFINES_SAVE,
    DEFINES_DEFAULTS, /* none, but what nodes are to have */
    DEFINES_LINE,     /* $line and its like */
    DEFINES_START,    /* no name, but nodes run behind it */
    DEFINES_ANYTHING, /* a file of commands */
} CommandDefines;

typedef struct {
    const char *name;    /* one word or two */
    const char *usage;   /* its arguments */
    const char *help;    /* one sentence, without a full stop */
    int64_t least, most; /* of its N, M or LEN */
    bool open;           /* others read its keys: usage_match() */
    CommandResult (*exec)(CommandCall *call, GError **error);
    CommandWhen when;
    bool values_act; /* with a NAME=VALUE among its arguments it changes a node: at rest only */
    /* It reaches outside the ensemble: it starts programs, reads or writes files or sockets, takes
     * the terminal, tells QEMU to do so, or sets what a later command does such things with. Never
     * for whoever comes through a gdb. */
    bool outside;
    /* It takes the terminal: never for a program at the control socket. */
    bool terminal;
    /* Though it need not wait until the ensemble is at rest, it changes what others see, or ends it:
     * not for those who only watch at the control socket. */
    bool drives;
    /* At the control socket it does not wait for the command that is under way. */
    bool at_once;
    CommandDefines defines;
    bool journaled; /* it changes a started ensemble: it goes into the journal (journal.h) if it
                       succeeds. Commands whose entries have another form add them by themselves */
    bool anew;      /* it can't be given again: the past begins behind it (past/past.h) */
} Command;

/* What the arguments have been read as, in the order in which they stand (args.h). */
typedef struct {
    Node *node;
    int64_t whole; /* ns, instructions, a count, an address; a node's vCPU, -1: none is named */
    double number;
} ArgValue;

typedef struct {
    UsageArgs words;
    ArgValue values[USAGE_MAX_ARGS];
} Args;

struct CommandCall {
    Session *session;
    const Command *command;
    char **args; /* without the command's own words */
    unsigned n_args;
    Args read;
    char *include;
    const char *where; /* "FILE:LINE"; NULL: it stands in no file */
    HTime began;
    bool inside; /* from gdb's monitor: no command that reaches outside */
    void *data;  /* of a parked command */
    /* Catches what is printed from now on; NULL: it goes where all goes. */
    void (*resumed)(CommandCall *call);
    void (*done)(CommandCall *call, GError *error);
};

/* All commands, in the order of the manual, ended by an entry without a name. */
const Command *const *command_table(void);

/* The words of the next command of a text (lexer.h), with the session's variables. */
char **command_read(const Session *session, const char **text, GError **error);

/*
 * The command that words begin with; *used is how many words its name took. Unique prefixes do;
 * errors name the candidates, or what was meant.
 */
const Command *command_find(char **words, unsigned *used, GError **error);

/* The command that words which name none were most likely meant to name; NULL: nothing is near. */
const Command *command_guess(char **words, unsigned *used);

/*
 * What may follow the first n words (0 or 1) of a command's name and begins with head; free with
 * g_ptr_array_unref().
 */
GPtrArray *command_words(char **words, unsigned n, const char *head);

/* When the command is possible with these arguments, those behind its name. */
CommandWhen command_when(const Command *command, char **args);
/* Whether an argument is a NAME=VALUE. */
bool command_has_values(char **args);

/* A parked call is about to end: what is printed until command_finish() is its own, while what was
 * printed since it parked was not. */
void command_resume(CommandCall *call);

/* Ends a parked call; takes over error (NULL: it went well). */
void command_finish(CommandCall *call, GError *error);

/* A session that only checks, with the nodes, links, hosts and variables of one that runs: for what is
 * to follow there. Free with command_free_state() and session_free(). */
Session *command_mirror(Session *session, GError **error);

/* False in a check that could not look at all commands: nothing is known of the state then. */
bool command_is_sure(const Session *session);

/* Of a check, where a run would go on with a node that is there: it would have to be started. */
CommandResult command_would_reach(const Session *session, const Node *node, GError **error);

/* Of a check: whether a file can be made at path, or (folder) a folder for files. */
bool command_would_write(const Session *session, const char *path, bool folder, GError **error);

/* Of a check: whether a save can be written to the folder `path`. */
bool command_would_save(const Session *session, const char *path, GError **error);

/* Of a check: begins or ends a capture into a file. */
CommandResult command_would_capture(Session *session, const char *path, bool off, GError **error);

/* The node that is meant where none is named: the only one; NULL: there are none, or several. */
Node *command_only_node(const Session *session);

/* Finds and starts the command that words are: COMMAND_PARKED keeps call, which the caller has
 * allocated, until call->done. */
CommandResult command_begin(CommandCall *call, char **words, GError **error);

/* Of a check: the command that words are was refused. True if it used what is in doubt, so that the
 * error is not to be told; what it was to define is in doubt from now on (checking.h). */
bool command_forgive(const CommandCall *call, char **words, const GError *error);

/* Of a check: the command was accepted. */
void command_accept(const CommandCall *call);

/* Of a check: what begins at *text could not be read. Moves *text behind it, with all variables taken
 * for set; false if there is more wrong than one that is not set. */
bool command_mend(Session *session, const char **text);

/* Of a check: wait-line has been here, so its variables are set, to what only a run knows. */
void command_doubt_line(Session *session);

/* Ends what the commands keep in the session: breaks, endpoints of gdb. The ensemble stands. */
void command_free_state(Session *session);

/* Of `capture` (cmd-capture.c). */
void captures_free(Session *session);
/* The captures of a session that runs are known to one that checks. */
void captures_mirror(const Session *from, Session *to);
/* Of `perf` (cmd-perf.c). */
void perf_free(Session *session);

/* Of `gdb` (cmd-gdb.c): closes the endpoint of a node that leaves, if there is one. */
void gdb_close_node(Session *session, const Node *node);

/* Of `restore` (cmd-save.c), also before a scenario begins: restores the save in a folder. */
CommandResult command_restore(Session *session, const char *path, GError **error);

/* Saves the ensemble in a folder and does not go on. */
bool command_keep(Session *session, const char *name, const char *dir, GError **error);

/* Of `assert` (cmd-trace.c): `happens-before N M` and `concurrent N M`. */
CommandResult command_assert_causality(CommandCall *call, GError **error);

/* Carries out a command that only looks, such as `time`; an error is told, not returned. */
void command_look(Session *session, const char *text);
/* Whether text is such a command. */
bool command_check_look(Session *session, const char *text, GError **error);
/* For a text from gdb's monitor that is carried out later: no command that reaches outside, and no
 * variable, which might be another one by then. */
bool command_check_inside(const char *text, GError **error);

/* Carries out a command of the journal again, also while a run is between two pieces. */
bool command_again(Session *session, char *const *words, GError **error);

/* The past begins here (past/past.h): behind `start`, or because of a command that can't be given
 * again. why: NULL, or the reason. */
void command_begin_past(Session *session, const char *why);

/* Ends the active run, for good: metronome ends. Waits for that. */
void command_settle(Session *session);

/* What does not fit, with the usage. */
CommandResult command_usage_error(const CommandCall *call, const char *complaint, GError **error);

/* What an error of any domain makes of a run. */
Outcome command_outcome(const GError *error);

/* An assert, or a wait for a line, was decided: for the report's list. found: what was there, or
 * NULL. */
void command_check(const CommandCall *call, bool passed, const char *found);

/* Whether a node, gateway or switch may be called so: of the right letters, and free. */
bool command_check_name(const Session *session, const char *name, GError **error);

/* The nodes that are live, one of them at least, or an error that says what to do first. */
bool command_check_started(const Session *session, GError **error);

/* Keys that `defaults` has set: as long as they are. Free with g_ptr_array_unref(). */
GPtrArray *command_default_keys(const Session *session);

/* Whether so many bytes (one at least) from the address on are in 64 bits of addresses. */
bool command_check_range(uint64_t address, uint64_t size, GError **error);

/* Names of the session's saves: as long as they are. Free with g_ptr_array_unref(). */
GPtrArray *command_save_names(const Session *session);

/* A word as it would be typed: in quotes if the lexer would else make something else of it. Free with
 * g_free(). */
char *command_quote(const char *word);

extern const Command cmd_host_add, cmd_host_list, cmd_host_remove, cmd_hosts;
extern const Command cmd_clocks, cmd_gateway_add, cmd_gateway_list;
extern const Command cmd_break_packet, cmd_capture, cmd_link_add, cmd_link_down, cmd_link_list,
    cmd_link_remove, cmd_link_set, cmd_link_up, cmd_network_order, cmd_network_packets,
    cmd_network_trace, cmd_seed, cmd_switch_add;
extern const Command cmd_break_access, cmd_break_console, cmd_break_event, cmd_break_pc,
    cmd_break_time, cmd_break_when, cmd_breaks, cmd_delete, cmd_gdb, cmd_max_skip, cmd_mem,
    cmd_mem_write, cmd_pause, cmd_perf, cmd_regs, cmd_step, cmd_symbols, cmd_trace, cmd_watch;
extern const Command cmd_checkpoint, cmd_reverse, cmd_reverse_continue, cmd_reverse_step,
    cmd_reverse_until, cmd_who_wrote;
extern const Command cmd_journal, cmd_restart, cmd_restore, cmd_save, cmd_saves;
extern const Command cmd_assert, cmd_barrier, cmd_defaults, cmd_echo, cmd_help, cmd_hmp,
    cmd_include, cmd_log, cmd_log_console, cmd_console, cmd_node_add, cmd_node_attach,
    cmd_node_console, cmd_node_list, cmd_node_remove, cmd_node_transcript, cmd_qmp, cmd_quantum,
    cmd_quit, cmd_report, cmd_run, cmd_run_until, cmd_send, cmd_set, cmd_start, cmd_stats, cmd_time,
    cmd_wait_line;

#endif
