/* SPDX-License-Identifier: GPL-3.0-or-later */
/* folder.c: recognises metronome's files by words in their contents. An empty file counts as no
 * file; any other file is the user's. */
#include "controller/report/folder.h"

#include "controller/report/report-error.h"

#include <glib/gstdio.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>

/* A file name of a report, and words that mark metronome's file: at the beginning, or (any)
 * anywhere in it. */
static const struct {
    const char *name;
    bool any;
    const char *words[2];
} files[] = {
    {"report.json", true, {"\"command_line\"", "\"quantum_ns\""}},
    {"report.html", true, {FOLDER_GENERATOR, NULL}},
    {"report.html", true, {FOLDER_TITLE, NULL}},
    {"barriers.csv", false, {"barrier,virtual_ns", NULL}},
    {"clocks.csv", false, {"virtual_ns,node,clock,cpu,", NULL}},
};

typedef enum { NOTHING, OURS, THEIRS } Whose;

static bool has_words(unsigned i, const char *text, gsize size)
{
    for (unsigned w = 0; w < G_N_ELEMENTS(files[i].words) && files[i].words[w]; w++) {
        const char *words = files[i].words[w];
        gsize length = strlen(words);

        if (size < length ||
            (files[i].any ? !memmem(text, size, words, length) : memcmp(text, words, length) != 0))
            return false;
    }
    return true;
}

/* Whether the path is something that a report never replaces, even without content: a FIFO (which
 * would wait for a reader), a folder, a socket, a disk. A character device loses nothing by a
 * write. */
static bool is_no_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode);
}

/* Whether the path is a regular file with content. An empty file counts as no file. */
static bool has_content(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static Whose whose(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GMappedFile) file = NULL;

    if (is_no_file(path))
        return THEIRS;
    if (!has_content(path))
        return NOTHING;
    file = g_mapped_file_new(path, FALSE, NULL);
    for (unsigned i = 0; file && i < G_N_ELEMENTS(files); i++)
        if (strcmp(files[i].name, name) == 0 &&
            has_words(i, g_mapped_file_get_contents(file), g_mapped_file_get_length(file)))
            return OURS;
    return THEIRS;
}

static bool refuse(const char *dir, const char *name, GError **error)
{
    g_set_error(error, REPORT_ERROR, 0,
                "can't write the report to '%s': its file '%s' is no report of metronome's and is "
                "not overwritten: choose another folder, or remove it",
                dir, name);
    return false;
}

/* A console has a guest's bytes, which do not show who wrote the file. A console counts as
 * metronome's if another file of a report lies beside it (known). */
static bool check_consoles(const char *dir, bool known, GError **error)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);

    for (const char *name; entries && (name = g_dir_read_name(entries));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_str_has_prefix(name, "console-") && g_str_has_suffix(name, ".log") &&
            (is_no_file(path) || (!known && has_content(path))))
            return refuse(dir, name, error);
    }
    return true;
}

bool folder_accepts_report(const char *dir, GError **error)
{
    bool known = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        Whose owner = whose(dir, files[i].name);

        if (owner == THEIRS)
            return refuse(dir, files[i].name, error);
        known = known || owner == OURS;
    }
    return check_consoles(dir, known, error);
}

/* --- what is out of date --- */

static void remove_console(const char *dir, const char *node)
{
    g_autofree char *name = g_strdup_printf("console-%s.log", node);
    g_autofree char *path = g_build_filename(dir, name, NULL);

    if (!strchr(node, '/') && has_content(path))
        g_unlink(path);
}

/* The logs of a node: of its console, of its further UARTs, of semihosting. */
static void remove_node(const char *dir, const char *name, json_object *node)
{
    g_autofree char *semi = g_strconcat(name, ".semi", NULL);
    json_object *uarts = json_object_object_get(node, "uarts");
    size_t n = json_object_is_type(uarts, json_type_array) ? json_object_array_length(uarts) : 0;

    remove_console(dir, name);
    for (size_t i = 1; i <= n; i++) {
        g_autofree char *uart = g_strdup_printf("%s.%zu", name, i);

        remove_console(dir, uart);
    }
    if (json_object_object_get(node, "semihosting"))
        remove_console(dir, semi);
}

static void remove_consoles(const char *dir, json_object *report)
{
    json_object *nodes, *name;

    if (!json_object_object_get_ex(report, "nodes", &nodes) ||
        !json_object_is_type(nodes, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(nodes); i++) {
        json_object *node = json_object_array_get_idx(nodes, i);

        if (json_object_object_get_ex(node, "name", &name) &&
            json_object_is_type(name, json_type_string))
            remove_node(dir, json_object_get_string(name), node);
    }
}

void folder_clear(const char *dir)
{
    g_autofree char *clocks = g_build_filename(dir, "clocks.csv", NULL);
    g_autofree char *path = g_build_filename(dir, "report.json", NULL);
    json_object *report = whose(dir, "report.json") == OURS ? json_object_from_file(path) : NULL;

    if (whose(dir, "clocks.csv") == OURS)
        g_unlink(clocks);
    if (report)
        remove_consoles(dir, report);
    json_object_put(report);
}
