/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mark.c: compares names and texts byte by byte. The texts come from other processes and may hold
 * anything. */
#include "controller/qemu/mark.h"

#include "controller/base/version.h"
#include "controller/qemu/cmdline.h"

#include <string.h>
#include <unistd.h>

#define HEAD    "metronome run directory\nformat 1\n"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { RANDOM = 6 }; /* number of mkdtemp()'s letters */

bool mark_is_name(const char *name, const char *prefix)
{
    const char *random = g_str_has_prefix(name, prefix) ? name + strlen(prefix) : "";

    return strlen(random) == RANDOM && strspn(random, LETTERS) == RANDOM;
}

char *mark_text(const char *name)
{
    return g_strdup_printf(HEAD "name %s\nversion " METRONOME_VERSION "\npid %d\n", name,
                           (int)getpid());
}

bool mark_is_text(const char *text, gsize size, const char *name)
{
    g_autofree char *head = g_strdup_printf(HEAD "name %s\n", name);

    return size >= strlen(head) && memcmp(text, head, strlen(head)) == 0;
}

/* Whether the text is empty, or a slash and a number. */
static bool is_index(const char *text, gsize size)
{
    for (gsize i = 1; i < size; i++)
        if (!g_ascii_isdigit(text[i]))
            return false;
    return size == 0 || (size > 1 && text[0] == '/');
}

/* Whether a list of strings, each with a NUL behind it, holds one that consists of `start`,
 * perhaps a slash and a number, and `end`. before: the string in front of it must be this one;
 * NULL: any. */
static bool has(const char *text, gsize size, const char *before, const char *start,
                const char *end)
{
    gsize head = strlen(start), tail = strlen(end);
    bool here = !before;

    for (const char *p = text; p < text + size;) {
        gsize n = strnlen(p, (gsize)(text + size - p));

        if (here && n >= head + tail && memcmp(p, start, head) == 0 &&
            memcmp(p + n - tail, end, tail) == 0 && is_index(p + head, n - head - tail))
            return true;
        here = !before || (n == strlen(before) && memcmp(p, before, n) == 0);
        p += n + 1;
    }
    return false;
}

bool mark_is_environment(const char *environment, gsize size, const char *dir)
{
    g_autofree char *start = g_strdup_printf(MARK_VARIABLE "=%s", dir);

    return has(environment, size, NULL, start, "");
}

bool mark_persists(const char *environment, gsize size)
{
    return has(environment, size, NULL, MARK_PERSIST "=on", "");
}

/* Looks for the chardev of the gdbstub (qemu-argv.c), which each launched QEMU has. */
bool mark_is_command_line(const char *command_line, gsize size, const char *dir)
{
    g_autofree char *escaped = cmdline_escape(dir);
    g_autofree char *start = g_strdup_printf("socket,id=mtr-gdb,path=%s", escaped);

    return has(command_line, size, "-chardev", start, "/gdb,server=on,wait=off");
}
