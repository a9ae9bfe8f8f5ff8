/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-save.c: save, saves, restore. */
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/gdbserver/gdb-endpoint.h"
#include "controller/past/past.h"
#include "controller/run/breaks.h"
#include "controller/save/restart.h"
#include "controller/save/save-folder.h"
#include "controller/save/save-restore.h"
#include "controller/session/journal.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <string.h>

#define LONGEST 255 /* bytes of a save's name */

static bool stop_requested(const void *data)
{
    return session_stop_requested(data);
}

/* Says how long it took, and where the ensemble stands. */
static void announce(const Session *s, const char *event, const Save *save, HTime began)
{
    g_autofree char *time = units_format_seconds(save->time);
    g_autofree char *ns = g_strdup_printf("%" PRId64, save->time.ns);
    g_autofree char *host = g_strdup_printf("%.3f", (double)htime_sub(htime_now(), began).ns / 1e9);
    g_autofree char *path = save->path ? text_line(save->path, -1) : NULL;
    const char *const members[] = {"name",           save->name,     "virtual_ns", ns,  "path",
                                   path ? path : "", "host_seconds", host,         NULL};

    session_event(s, event, members);
    if (s->answer) {
        answer_text(s->answer, "name", save->name);
        answer_int(s->answer, "virtual_ns", save->time.ns);
        answer_text(s->answer, "path", save->path);
        answer_int(s->answer, "host_ns", htime_sub(htime_now(), began).ns);
    } else if (!s->options.json) {
        session_print(s, "%s '%s' at %s%s%s, %s s host\n",
                      strcmp(event, "save") == 0 ? "saved" : "restored", save->name, time,
                      path ? ", " : "", path ? path : "", host);
    }
}

/* A gdb that is attached sees it as a stop. */
static void tell_gdbs(const Session *s, const char *how)
{
    g_autofree char *time = units_format_seconds(engine_now(s->engine));
    g_autofree char *line = g_strdup_printf("the ensemble was %s to %s", how, time);

    gdb_moved_all(s, line);
}

/* A gdb's monitor commands reach no files. */
static bool is_inside(const CommandCall *call, const char *what, GError **error)
{
    if (call->inside)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "%s is not for gdb's monitor: it reaches outside the ensemble; say it to "
                    "metronome itself",
                    what);
    return call->inside;
}

/* --- save --- */

static bool check_save_name(const char *name, GError **error)
{
    g_autofree char *shown = text_line(name, -1);

    if (*name && !strchr(name, '/') && strcmp(name, "delete") != 0 && strlen(name) <= LONGEST &&
        strcmp(name, shown) == 0)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "'%s' is no name for a save: it is a word of %d bytes at most, without '/' and "
                "control characters; file=PATH says where a save is written",
                shown, LONGEST);
    return false;
}

/* The memory of a save that is replaced or deleted is given back: the past does not keep it. */
static void forget(Session *s, const char *name)
{
    const Save *save = saves_find(s, name, NULL);

    if (save)
        past_drop_save(s, save);
}

static CommandResult delete_save(const CommandCall *call, GError **error)
{
    Session *s = call->session;

    forget(s, args_text(call, "SAVE"));
    return saves_delete(s, args_text(call, "SAVE"), error) ? COMMAND_DONE : COMMAND_FAILED;
}

/* The folder that stands above the save's is there, or the run will have made it. */
static CommandResult would_save(const CommandCall *call, const char *path, GError **error)
{
    Session *s = call->session;
    Save *save;

    if (path && !command_would_save(s, path, error))
        return COMMAND_FAILED;
    save = save_plan(s, args_text(call, "NAME"), error);
    if (!save)
        return COMMAND_FAILED;
    if (path)
        checking_write_save(s->checking, path, save->own);
    saves_add(s, save);
    return COMMAND_DONE;
}

/* The save was made just now: no node may go on but from it, also if it can't be written. */
static bool keep(Session *s, Save *save, const char *path, GError **error)
{
    if (!path || (save_fetch(save, stop_requested, s, error) &&
                  save_folder_write(save, path, stop_requested, s, error))) {
        forget(s, save->name);
        saves_add(s, save);
        past_add_save(s, save);
        return save_go_on(s, save, error);
    }
    save_go_on(s, save, NULL);
    save_free(save);
    return false;
}

static CommandResult exec_save(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *name = args_text(call, "NAME"), *path = args_text(call, "file");
    HTime began = htime_now();
    Save *save;

    if (args_has(call, "delete"))
        return delete_save(call, error);
    if (!check_save_name(name, error) || !command_check_started(s, error) ||
        (path && is_inside(call, "file=", error)))
        return COMMAND_FAILED;
    if (s->options.dry)
        return would_save(call, path, error);
    if (path && !save_folder_accepts(path, error))
        return COMMAND_FAILED;
    save = save_make(s, name, error);
    if (!save || !keep(s, save, path, error))
        return COMMAND_FAILED;
    announce(s, "save", save, began);
    return COMMAND_DONE;
}

bool command_keep(Session *s, const char *name, const char *dir, GError **error)
{
    g_autoptr(Save) save = save_make(s, name, error);

    return save && save_fetch(save, NULL, NULL, error) &&
           save_folder_write(save, dir, NULL, NULL, error);
}

const Command cmd_save = {
    .name = "save",
    .usage = "NAME [file=PATH] | delete SAVE",
    .help =
        "Save the whole ensemble as it stands, in memory; file=PATH writes it to a folder, too, "
        "for later sessions",
    .exec = exec_save,
    .defines = DEFINES_SAVE,
};

/* --- saves --- */

GPtrArray *command_save_names(const Session *s)
{
    GPtrArray *names = g_ptr_array_new();

    for (unsigned i = 0; s->saves && i < s->saves->len; i++)
        g_ptr_array_add(names, ((const Save *)s->saves->pdata[i])->name);
    return names;
}

static const Column columns[] = {
    COLUMN("name", "name", -16),
    COLUMN_SHOWN("virtual time", 16),
    COLUMN_TYPED("virtual_ns"),
    COLUMN("date", "date", -25, .apart = true),
    COLUMN_SHOWN("own MB", 8, .decimals = 1),
    COLUMN_TYPED("own_bytes"),
    COLUMN_SHOWN("folder", 0),
    COLUMN_TYPED("path"),
};
static const Table table = {"saves", columns, G_N_ELEMENTS(columns)};

static CommandResult exec_saves(CommandCall *call, G_GNUC_UNUSED GError **error)
{
    const Session *s = call->session;
    unsigned n = s->saves ? s->saves->len : 0;

    if (n == 0 && !s->answer) {
        session_print(s, "no saves\n");
        return COMMAND_DONE;
    }
    table_begin(s, &table);
    for (unsigned i = 0; i < n; i++) {
        const Save *save = s->saves->pdata[i];
        g_autofree char *time = units_format_seconds(save->time);
        g_autofree char *path = text_line(save->path ? save->path : "in memory", -1);
        const int64_t own = save_own_bytes(save);
        const Cell cells[] = {cell_text(save->name),
                              cell_text(time),
                              cell_int(save->time.ns),
                              cell_text(save->date),
                              cell_real((double)own / (1 << 20)),
                              cell_int(own),
                              cell_text(path),
                              cell_text(save->path)};

        table_row(s, &table, cells);
    }
    if (n > 0 && !s->answer)
        session_print(s, "%.1f MB in all, with what they share\n",
                      (double)saves_bytes(s) / (1 << 20));
    return COMMAND_DONE;
}

const Command cmd_saves = {
    .name = "saves",
    .usage = "",
    .help = "List the saves of this session",
    .exec = exec_saves,
    .when = COMMAND_ANYTIME,
};

/* --- restore --- */

static void leave(Session *s, Node *node)
{
    breaks_delete_node(s, node);
    gdb_close_node(s, node);
}

static CommandResult would_restore(Session *s, const Save *save, const char *places, GError **error)
{
    return save_foresee(s, save, places, command_look, leave, error) ? COMMAND_DONE
                                                                     : COMMAND_FAILED;
}

/* What is no save of the session is a folder, unless it has the form of a name and is none. */
static bool is_folder(const Session *s, const char *name)
{
    return strchr(name, '/') ||
           (!saves_find(s, name, NULL) &&
            (g_file_test(name, G_FILE_TEST_IS_DIR) || checking_written_save(s->checking, name)));
}

static const PastHooks past_hooks = {.look = command_look,
                                     .leave = leave,
                                     .command = command_again,
                                     .before = gdb_drop_lost,
                                     .after = gdb_moved_all};

void command_begin_past(Session *s, const char *why)
{
    past_begin(s, &past_hooks, why);
}

static CommandResult restore(Session *s, Save *save, const char *places, GError **error)
{
    HTime began = htime_now();
    g_autofree char *origin = NULL;

    if (s->options.dry)
        return would_restore(s, save, places, error);
    gdb_drop_lost(s);
    if (!save_restore(s, save, places, command_look, leave, error))
        return COMMAND_FAILED;
    origin = g_strdup_printf("restore %s", save->name);
    journal_set_origin(s, origin);
    past_restored(s, &past_hooks, save);
    tell_gdbs(s, "restored");
    announce(s, "restore", save, began);
    return COMMAND_DONE;
}

static CommandResult restore_folder(Session *s, const char *path, const char *places,
                                    GError **error)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL);
    const GByteArray *written = checking_written_save(s->checking, path);
    g_autoptr(Save) read = NULL;

    checking_in_doubt(s->checking, CHECKING_SAVE, whole);
    read = written ? save_of_state(path, written, error)
                   : save_folder_read(path, !s->options.dry, error);
    return read ? restore(s, read, places, error) : COMMAND_FAILED;
}

CommandResult command_restore(Session *s, const char *path, GError **error)
{
    return restore_folder(s, path, NULL, error);
}

static CommandResult exec_restore(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *name = call->args[0], *places = args_text(call, "host");
    Save *save;

    if (places && is_inside(call, "host=", error))
        return COMMAND_FAILED;
    if (is_folder(s, name))
        return is_inside(call, "a folder", error) ? COMMAND_FAILED
                                                  : restore_folder(s, name, places, error);
    save = saves_find(s, name, error);
    return save ? restore(s, save, places, error) : COMMAND_FAILED;
}

const Command cmd_restore = {
    .name = "restore",
    .usage = "SAVE|PATH [host=PLACES]",
    .help =
        "Put the whole ensemble back to a save of this session, or to the save in a folder; "
        "host=HOST or host=NODE:HOST,... puts nodes on other hosts than they were on, host=auto "
        "spreads them over the hosts that there are",
    .exec = exec_restore,
    .defines = DEFINES_ANYTHING,
};

/* --- restart --- */

static CommandResult exec_restart(CommandCall *call, GError **error)
{
    Session *s = call->session;

    if (!command_check_started(s, error))
        return COMMAND_FAILED;
    if (!restart_can(s, error))
        return COMMAND_FAILED;
    if (s->options.dry) {
        restart_foresee(s);
        return COMMAND_DONE;
    }
    gdb_drop_lost(s);
    if (!restart_all(s, error))
        return COMMAND_FAILED;
    journal_set_origin(s, "restart");
    past_begin(s, &past_hooks, NULL);
    tell_gdbs(s, "restarted, and put back");
    return COMMAND_DONE;
}

const Command cmd_restart = {
    .name = "restart",
    .usage = "",
    .help = "Start all nodes anew at time 0, as they were added; links stay as they are set now",
    .exec = exec_restart,
};
