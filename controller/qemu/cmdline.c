/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmdline.c: splits QEMU's command line into options, and option values into pairs, from lists or
 * from JSON objects. */
#include "controller/qemu/cmdline.h"

#include "controller/base/text.h"

#include <string.h>

/* Longest option in a message, in bytes. */
#define QUOTE_MAX 160

/* Options without an argument, of QEMU 7.2 to 10.0 and some older ones (qemu-options.hx). All other
 * options have one argument. */
static const char *const bare[] = {
    "h",
    "help",
    "version",
    "S",
    "s",
    "alt-grab",
    "async-teardown",
    "audio-help",
    "ctrl-grab",
    "curses",
    "daemonize",
    "enable-fips",
    "enable-kvm",
    "enable-sync-profile",
    "full-screen",
    "jitdump",
    "mem-prealloc",
    "no-acpi",
    "no-fd-bootchk",
    "no-hpet",
    "no-kvm",
    "no-quit",
    "no-reboot",
    "no-shutdown",
    "no-user-config",
    "nodefaults",
    "nodefconfig",
    "nographic",
    "old-param",
    "one-insn-per-tb",
    "only-migratable",
    "perfmap",
    "portrait",
    "preconfig",
    "sdl",
    "semihosting",
    "show-cursor",
    "singlestep",
    "snapshot",
    "usb",
    "win2k-hack",
    "xen-attach",
    "xen-domid-restrict",
};

static bool takes_value(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(bare); i++)
        if (strcmp(bare[i], name) == 0)
            return false;
    return true;
}

GArray *cmdline_options(char *const *argv)
{
    GArray *options = g_array_new(FALSE, FALSE, sizeof(CmdOption));

    for (char *const *p = argv[0] ? argv + 1 : argv; *p; p++) {
        CmdOption option = {.name = "", .value = *p};

        if ((*p)[0] == '-') {
            option.name = *p + ((*p)[1] == '-' ? 2 : 1);
            option.value = takes_value(option.name) && p[1] ? *++p : NULL;
        }
        g_array_append_val(options, option);
    }
    return options;
}

char *cmdline_quote(const CmdOption *option)
{
    const char *dash = *option->name ? "-" : "", *space = *option->name && option->value ? " " : "";
    g_autofree char *all =
        g_strconcat(dash, option->name, space, option->value ? option->value : "", NULL);
    g_autofree char *plain = text_line(all, -1);
    gsize size = strlen(plain), cut = text_cut(plain, size, QUOTE_MAX);

    return g_strdup_printf("%.*s%s", (int)cut, plain, cut < size ? "…" : "");
}

static void clear_pair(void *data)
{
    CmdPair *pair = data;

    g_free(pair->key);
    g_free(pair->value);
}

/* Takes over key and value. */
static void add_pair(GArray *pairs, char *key, char *value)
{
    CmdPair pair;

    pair.key = key;
    pair.value = value;
    g_array_append_val(pairs, pair);
}

/* --- key=value,… --- */

/* Reads up to a comma that stands alone; moves *text behind that comma. */
static char *read_value(const char **text)
{
    GString *out = g_string_new(NULL);
    const char *p = *text;

    while (*p && (*p != ',' || p[1] == ',')) {
        g_string_append_c(out, *p);
        p += *p == ',' ? 2 : 1;
    }
    *text = *p ? p + 1 : p;
    return g_string_free(out, FALSE);
}

static void read_list(GArray *pairs, const char *text, const char *implied)
{
    for (bool first = true; *text; first = false) {
        size_t length = strcspn(text, "=,");
        char *key;

        if (text[length] == '=') {
            key = g_strndup(text, length);
            text += length + 1;
            add_pair(pairs, key, read_value(&text));
        } else if (first && implied) {
            add_pair(pairs, g_strdup(implied), read_value(&text));
        } else {
            bool off = length > 2 && g_str_has_prefix(text, "no");

            add_pair(pairs, g_strndup(text + (off ? 2 : 0), length - (off ? 2 : 0)),
                     g_strdup(off ? "off" : "on"));
            text += length + (text[length] == ',');
        }
    }
}

/* --- JSON --- */

/* Reads the string whose opening quote is at p. Only a backslash before a quote, a slash or another
 * backslash is resolved: names and paths need no more. Returns the position behind the string. */
static const char *read_string(const char *p, GString *out)
{
    g_string_truncate(out, 0);
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1] && strchr("\"\\/", p[1]))
            p++;
        g_string_append_c(out, *p);
    }
    return *p ? p + 1 : p;
}

static const char *read_word(const char *p, GString *out)
{
    size_t length = strcspn(p, " \t\r\n,:{}[]\"");

    g_string_truncate(out, 0);
    g_string_append_len(out, p, (gssize)length);
    return p + length;
}

/* Removes the innermost key. path: the keys of the objects around the present position, each with a
 * dot behind it. */
static void pop(GString *path)
{
    const char *dot;

    if (path->len > 0)
        g_string_truncate(path, path->len - 1);
    dot = strrchr(path->str, '.');
    g_string_truncate(path, dot ? (gsize)(dot + 1 - path->str) : 0);
}

static void add_member(GArray *pairs, const GString *path, const GString *key, const char *value)
{
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        value = *value == 't' ? "on" : "off";
    add_pair(pairs, g_strconcat(path->str, key->str, NULL), g_strdup(value));
}

static void read_json(GArray *pairs, const char *text)
{
    g_autoptr(GString) path = g_string_new(NULL), key = g_string_new(NULL),
                       word = g_string_new(NULL);

    for (const char *p = text + 1; *p;) {
        if (*p == '}') {
            pop(path);
            p++;
        } else if (*p == '{') {
            g_string_append_printf(path, "%s.", key->str);
            p++;
        } else if (strchr(" \t\r\n,[]:", *p)) {
            p++;
        } else {
            p = *p == '"' ? read_string(p, word) : read_word(p, word);
            p += strspn(p, " \t\r\n");
            if (*p == ':')
                g_string_assign(key, word->str);
            else
                add_member(pairs, path, key, word->str);
        }
    }
}

GArray *cmdline_pairs(const char *value, const char *implied)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(CmdPair));

    g_array_set_clear_func(pairs, clear_pair);
    if (value && *value == '{')
        read_json(pairs, value);
    else if (value)
        read_list(pairs, value, implied);
    return pairs;
}

void cmdline_add(GArray *pairs, const char *key, const char *value)
{
    add_pair(pairs, g_strdup(key), g_strdup(value));
}

const char *cmdline_get(const GArray *pairs, const char *key)
{
    for (unsigned i = pairs->len; i > 0; i--)
        if (strcmp(g_array_index(pairs, CmdPair, i - 1).key, key) == 0)
            return g_array_index(pairs, CmdPair, i - 1).value;
    return NULL;
}

bool cmdline_is_on(const GArray *pairs, const char *key)
{
    const char *value = cmdline_get(pairs, key);

    return value && (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0 ||
                     strcmp(value, "true") == 0 || strcmp(value, "y") == 0);
}

char *cmdline_escape(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    return g_strjoinv(",,", parts);
}
