/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.c: writes each message as one line, so that lines of several threads never mix. All settings
 * are atomic.
 */
#include "controller/base/log.h"

#include "controller/base/suggest.h"

#include "controller/base/text.h"
#include "controller/base/units.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"error", "warn", "info", "debug", NULL};

/* Folders of controller/, files directly in controller/, and the two libraries.
 * tests/unit/test-log.c compares this list with the source tree. The last entry is for all other
 * files. */
static const char *const subsystems[] = {
    "base",    "command", "engine", "fabric", "gdbserver", "gdbstub-client",
    "main",    "network", "past",   "qemu",   "qmp",       "remote",
    "report",  "run",     "save",   "serve",  "session",   "shell",
    "symbols", "testing", "verify", "other",  NULL,
};

enum { N_SUBSYSTEMS = G_N_ELEMENTS(subsystems) - 1 };

/* Level minus LOG_WARN, so that all zeros is a valid state before main(). */
static atomic_int raised[N_SUBSYSTEMS];
static _Atomic(LogWriter) writer;
static _Atomic(LogWatcher) watcher;
static _Atomic(LogVirtual) virtual_now;
static HTime began;

/* Runs before main(), so that no thread has to check whether `began` is set. */
__attribute__((constructor)) static void begin(void)
{
    began = htime_now();
}

void log_set_level(LogLevel level)
{
    for (unsigned i = 0; i < N_SUBSYSTEMS; i++)
        atomic_store(&raised[i], (int)level - LOG_WARN);
}

LogLevel log_get_level(void)
{
    int loudest = LOG_ERROR - LOG_WARN;

    for (unsigned i = 0; i < N_SUBSYSTEMS; i++)
        loudest = MAX(loudest, atomic_load(&raised[i]));
    return (LogLevel)(LOG_WARN + loudest);
}

bool log_set_subsystem_level(const char *subsystem, LogLevel level)
{
    for (unsigned i = 0; i < N_SUBSYSTEMS; i++) {
        if (strcmp(subsystems[i], subsystem) == 0) {
            atomic_store(&raised[i], (int)level - LOG_WARN);
            return true;
        }
    }
    return false;
}

const char *const *log_subsystems(void)
{
    return subsystems;
}

/* Returns the part of a path behind the last folder "controller/", or NULL if there is no such
 * folder. */
static const char *behind_controller(const char *file)
{
    static const char folder[] = "controller/";
    const char *behind = NULL;

    for (const char *p = file; (p = strstr(p, folder)); p++)
        if (p == file || p[-1] == '/')
            behind = p + strlen(folder);
    return behind;
}

/* Returns the index in `subsystems` of a path such as controller/engine/worker.c,
 * controller/remote/agent/agent.c, /somewhere/qmp/client.c, or controller/session-x.c, a part of
 * session. */
static unsigned subsystem_index(const char *file)
{
    const char *start = behind_controller(file), *slash = strrchr(file, '/');
    size_t length;

    if (!start && slash) /* the folder of the file */
        for (start = slash; start > file && start[-1] != '/';)
            start--;
    length = start ? strcspn(start, strchr(start, '/') ? "/" : "-.") : 0;
    for (unsigned i = 0; start && i < N_SUBSYSTEMS; i++)
        if (strncmp(subsystems[i], start, length) == 0 && subsystems[i][length] == '\0')
            return i;
    return N_SUBSYSTEMS - 1;
}

const char *log_subsystem_of(const char *file)
{
    return subsystems[subsystem_index(file)];
}

const char *const *log_levels(void)
{
    return names;
}

const char *log_level_name(LogLevel level)
{
    return names[level];
}

bool log_level_parse(const char *text, LogLevel *out, GError **error)
{
    g_autofree char *meant = NULL;

    for (unsigned i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (LogLevel)i;
            return true;
        }
    }
    meant = suggest_suffix(text, names);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "'%s' is not a log level: error, warn, info or debug is%s", text, meant);
    return false;
}

void log_set_writer(LogWriter func)
{
    atomic_store(&writer, func);
}

void log_set_watcher(LogWatcher func)
{
    atomic_store(&watcher, func);
}

void log_set_virtual(LogVirtual func)
{
    atomic_store(&virtual_now, func);
}

/* Returns "[12.345678 | 1.234000000s] engine: ". */
static char *stamp(const char *subsystem)
{
    int64_t us = htime_sub(htime_now(), began).ns / NS_PER_US;
    LogVirtual func = atomic_load(&virtual_now);
    g_autofree char *now = func ? units_format_seconds(func()) : NULL;

    return g_strdup_printf("[%" PRId64 ".%06" PRId64 "%s%s] %s: ", us / 1000000, us % 1000000,
                           now ? " | " : "", now ? now : "", subsystem);
}

/* Indents all lines but the first of a message (QEMU's own text behind a failure has several), so
 * that no line looks like a message of its own. */
static char *indent(const char *text)
{
    g_autofree char *brief = text_brief(text), *plain = text_plain(brief, -1);
    g_auto(GStrv) lines = g_strsplit(plain, "\n", -1);

    return g_strjoinv("\n    ", lines);
}

void log_message(LogLevel level, const char *file, const char *format, ...)
{
    unsigned subsystem = subsystem_index(file);
    g_autofree char *text = NULL, *shown = NULL, *line = NULL, *head = NULL;
    LogWriter func = atomic_load(&writer);
    LogWatcher watch = level == LOG_WARN ? atomic_load(&watcher) : NULL;
    bool shows = (int)level - LOG_WARN <= atomic_load(&raised[subsystem]);
    va_list args;

    if (!shows && !watch)
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (watch)
        watch(text);
    if (!shows)
        return;
    head = level >= LOG_INFO ? stamp(subsystems[subsystem]) : g_strdup("");
    shown = indent(text);
    line = g_strdup_printf("metronome: %s: %s%s\n", names[level], head, shown);
    if (func)
        func(line);
    else
        fputs(line, stderr);
}
