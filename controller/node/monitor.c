/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * monitor.c: see monitor.h. One table for both monitors: a command has the same name in both, but
 * for dashes and underscores and a few that only one of them knows (QEMU's hmp-commands.hx,
 * qapi/).
 */
#include "controller/node/monitor.h"

#include "controller/base/text.h"
#include "controller/node/cmdline.h"
#include "controller/node/lint.h"
#include "controller/node/options.h"

#include <string.h>

/* How a line of the human monitor writes the arguments that QMP has in an object. */
typedef enum {
    LINE_ANY,   /* they do not matter */
    LINE_WORDS, /* the first word is `key` */
    LINE_LIST,  /* key=value,…, of which a first word alone is `key` */
} LineKind;

typedef struct {
    const char *names; /* with dashes, and with | between them; with a * at the end: any rest */
    LineKind kind;
    const char *key;
    bool (*applies)(const GArray *arguments); /* NULL: whatever they are */
    const char *reason, *mend;
} Rule;

#define RUN_STATE "the nodes stop and go on together"
#define SNAPSHOT  "a snapshot is of one node, without the others, their clocks and the network"
#define MIGRATION "QEMU would stop the node and give its state away, or take another's"
#define AGAIN     "run the scenario again: it comes to the same state"
#define OWN       "that one is metronome's, which counts on it"

/* --- what arguments say --- */

/* An id, or a path in QEMU's tree of objects that leads through one. */
static bool is_own(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name ? name : "", "/", -1);

    for (char **part = parts; *part; part++)
        if (lint_is_own_id(*part))
            return true;
    return false;
}

static bool has_own_id(const GArray *arguments)
{
    return is_own(cmdline_get(arguments, "id"));
}

static bool has_own_name(const GArray *arguments)
{
    return is_own(cmdline_get(arguments, "name"));
}

static bool has_own_path(const GArray *arguments)
{
    return is_own(cmdline_get(arguments, "path"));
}

/* The devices of a node's own command line have no id. */
static bool has_own_device(const GArray *arguments)
{
    const char *id = cmdline_get(arguments, "id");

    return is_own(id) || (id && strstr(id, "peripheral-anon/"));
}

/* As in lint-owned.c; filter-dump only looks. */
static bool makes_own_object(const GArray *arguments)
{
    const char *type = cmdline_get(arguments, "qom-type");

    return has_own_id(arguments) ||
           (type && g_str_has_prefix(type, "filter-") && strcmp(type, "filter-dump") != 0 &&
            is_own(cmdline_get(arguments, "netdev")));
}

static bool is_poweroff(const GArray *arguments, const char *key)
{
    const char *value = cmdline_get(arguments, key);

    return value && strcmp(value, "poweroff") == 0;
}

static bool ends_with_guest(const GArray *arguments)
{
    return is_poweroff(arguments, "shutdown") || is_poweroff(arguments, "watchdog") ||
           is_poweroff(arguments, "action");
}

/* --- the table --- */

static const Rule rules[] = {
    {"cont|c", LINE_ANY, NULL, NULL, RUN_STATE, "use `run`, `barrier` or `step NODE`"},
    {"stop|s", LINE_ANY, NULL, NULL, RUN_STATE, "leave it away, or use `pause` in a run"},
    {"quit|q", LINE_ANY, NULL, NULL, "QEMU would end while the others count on it",
     "use `node remove NODE`, or `quit` to end all"},
    {"system-wakeup", LINE_ANY, NULL, NULL, "a guest that sleeps has left, and takes part no more",
     "leave it away"},
    {"loadvm|snapshot-load", LINE_ANY, NULL, NULL,
     "the node would jump to another virtual time, and the others and the network would not",
     AGAIN},
    {"savevm|snapshot-save", LINE_ANY, NULL, NULL, SNAPSHOT, AGAIN},
    {"migrate*", LINE_ANY, NULL, NULL, MIGRATION, AGAIN},
    {"xen-save-devices-state|xen-load-devices-state|xen-set-replication|xen-colo-do-checkpoint|"
     "x-colo-lost-heartbeat",
     LINE_ANY, NULL, NULL, MIGRATION, AGAIN},
    {"replay-break|replay-delete-break|replay-seek", LINE_ANY, NULL, NULL,
     "no node records or replays: that clock would not be metronome's",
     "use `run INSTRUCTIONSinsn` or `break`"},
    {"x-exit-preconfig|exit-preconfig", LINE_ANY, NULL, NULL, RUN_STATE, "leave it away"},
    {"gdbserver", LINE_ANY, NULL, NULL,
     "each node's gdbstub is metronome's, which passes your gdb on", "use `gdb NODE port=1234`"},
    {"yank", LINE_ANY, NULL, NULL, "it cuts QEMU's connections, metronome's among them",
     "leave it away"},
    {"set-action|watchdog-set-action|watchdog-action", LINE_WORDS, "action", ends_with_guest,
     "QEMU would end with its guest, and its last clock could not be read",
     "say `pause` in place of `poweroff`"},
    {"object-add", LINE_LIST, "qom-type", makes_own_object,
     "metronome gives such names, and moves the frames of its cards at virtual times",
     "choose another id, and `link add … latency= loss=` for what a link does to frames"},
    {"object-del", LINE_WORDS, "id", has_own_id, OWN, "leave it to `node remove NODE`"},
    {"qom-set", LINE_WORDS, "path", has_own_path, OWN,
     "use `quantum` and `link set` for what metronome does with it"},
    {"netdev-add", LINE_LIST, "type", has_own_id, "metronome gives such names",
     "choose another id"},
    {"device-add", LINE_LIST, "driver", has_own_id, "metronome gives such names",
     "choose another id"},
    {"chardev-add", LINE_LIST, "backend", has_own_id, "metronome gives such names",
     "choose another id"},
    {"netdev-del|chardev-remove|chardev-change", LINE_WORDS, "id", has_own_id, OWN,
     "leave it to `node remove NODE`"},
    {"device-del", LINE_WORDS, "id", has_own_device,
     "devices without an id, or with such a one, are metronome's",
     "use `link remove` or `link down`, or give a device of your own an id"},
    {"set-link", LINE_WORDS, "name", has_own_name, "the network would not know of it",
     "use `link down` and `link up`"},
};

static bool has_name(const char *names, const char *name)
{
    g_auto(GStrv) all = g_strsplit(names, "|", -1);

    for (char **one = all; *one; one++) {
        size_t length = strlen(*one);

        if ((*one)[length - 1] == '*' ? strncmp(*one, name, length - 1) == 0
                                      : strcmp(*one, name) == 0)
            return true;
    }
    return false;
}

static const Rule *find_rule(const char *command)
{
    g_autofree char *name = g_strdelimit(g_strdup(command), "_", '-');

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
        if (has_name(rules[i].names, name))
            return &rules[i];
    return NULL;
}

static bool refuse(const char *command, const Rule *rule, GError **error)
{
    g_autofree char *plain = text_line(command, -1);

    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "`%s` is refused: %s; %s", plain,
                rule->reason, rule->mend);
    return false;
}

bool monitor_check_qmp(const char *command, const char *arguments, GError **error)
{
    const Rule *rule = find_rule(command);
    g_autoptr(GArray) pairs = cmdline_pairs(arguments, NULL);
    const char *line = cmdline_get(pairs, "command-line");

    if (strcmp(command, "human-monitor-command") == 0 && line)
        return monitor_check_hmp(line, error);
    return !rule || (rule->applies && !rule->applies(pairs)) || refuse(command, rule, error);
}

/* --- lines of the human monitor, as QEMU's monitor/hmp.c reads them --- */

#define SPACES " \t\n\v\f\r"

/* Up to a space, or in double quotes with backslashes; moves *p behind it. */
static char *next_word(const char **p)
{
    GString *word = g_string_new(NULL);
    const char *q = *p + strspn(*p, SPACES);
    bool quoted = *q == '"';

    for (q += quoted; *q && (quoted ? *q != '"' : !strchr(SPACES, *q)); q++) {
        if (quoted && *q == '\\' && q[1])
            q++;
        g_string_append_c(word, *q);
    }
    *p = *q && quoted ? q + 1 : q;
    return g_string_free(word, FALSE);
}

/* Options such as -j come first. */
static char *first_operand(const char *p)
{
    for (;;) {
        char *word = next_word(&p);

        if (*word != '-' || !word[1])
            return word;
        g_free(word);
    }
}

/* The rest of the line, or what is in quotes. */
static char *whole_operand(const char *p)
{
    p += strspn(p, SPACES);
    return *p == '"' ? next_word(&p) : g_strdup(p);
}

/* As QMP would have them. */
static GArray *line_arguments(const Rule *rule, const char *rest)
{
    g_autofree char *word = rule->kind == LINE_LIST ? whole_operand(rest) : first_operand(rest);
    GArray *pairs;

    if (rule->kind == LINE_LIST)
        return cmdline_pairs(word, rule->key);
    pairs = cmdline_pairs(NULL, NULL);
    cmdline_add(pairs, rule->key, word);
    return pairs;
}

bool monitor_check_hmp(const char *line, GError **error)
{
    const char *start = line + strspn(line, SPACES), *end = start + strcspn(start, SPACES "/");
    g_autofree char *command = g_strndup(start, (gsize)(end - start));
    const Rule *rule = find_rule(command);
    g_autoptr(GArray) arguments = NULL;

    if (!rule)
        return true;
    if (rule->applies)
        arguments = line_arguments(rule, end);
    return (rule->applies && !rule->applies(arguments)) || refuse(command, rule, error);
}
