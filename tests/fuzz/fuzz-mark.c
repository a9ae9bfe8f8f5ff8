/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-mark.c: a lock file, an environment and a command line that anybody may have written are a
 * run directory's if, and only if, one of their strings says so word for word.
 *
 * The input: a directory's name, a zero byte, the bytes.
 */
#include "controller/qemu/cmdline.h"
#include "controller/qemu/mark.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* "", or a slash and digits, between head and tail. */
static bool is_between(const char *text, const char *head, const char *tail)
{
    g_autofree char *middle = NULL;

    if (strlen(text) < strlen(head) + strlen(tail) || !g_str_has_prefix(text, head) ||
        !g_str_has_suffix(text, tail))
        return false;
    middle = g_strndup(text + strlen(head), strlen(text) - strlen(head) - strlen(tail));
    return !*middle || (middle[0] == '/' && middle[1] &&
                        strspn(middle + 1, "0123456789") == strlen(middle + 1));
}

static GPtrArray *strings_of(const char *bytes, size_t size)
{
    GPtrArray *strings = g_ptr_array_new_with_free_func(g_free);

    for (size_t at = 0; at < size;) {
        char *one = g_strndup(bytes + at, size - at);

        at += strlen(one) + 1;
        g_ptr_array_add(strings, one);
    }
    return strings;
}

static void check_process(const char *dir, const char *bytes, size_t size)
{
    g_autoptr(GPtrArray) strings = strings_of(bytes, size);
    g_autofree char *variable = g_strdup_printf("%s=%s", MARK_VARIABLE, dir);
    g_autofree char *escaped = cmdline_escape(dir);
    g_autofree char *chardev = g_strdup_printf("socket,id=mtr-gdb,path=%s", escaped);
    bool environment = false, command = false;

    for (guint i = 0; i < strings->len; i++) {
        environment = environment || is_between(strings->pdata[i], variable, "");
        command = command || (i > 0 && strcmp(strings->pdata[i - 1], "-chardev") == 0 &&
                              is_between(strings->pdata[i], chardev, "/gdb,server=on,wait=off"));
    }
    demand(mark_is_environment(bytes, size, dir) == environment);
    demand(mark_is_command_line(bytes, size, dir) == command);
}

static void check_lock(const char *name, const char *bytes, size_t size)
{
    g_autofree char *text = mark_text(name), *other = g_strconcat(name, "x", NULL);

    demand(mark_is_text(text, strlen(text), name) && !mark_is_text(text, strlen(text), other));
    demand(mark_is_text(text, MIN(strlen(text), MARK_MAX), name) || strlen(name) > MARK_MAX / 2);
    demand(!mark_is_text(bytes, size, name) ||
           (size >= strlen(name) && g_strstr_len(bytes, (gssize)size, name)));
    demand(!mark_is_name(name, MARK_PREFIX) || !strpbrk(name, "/. \n"));
    demand(!mark_is_name(name, MARK_PREFIX) || !mark_is_name(name, MARK_NEW_PREFIX));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *name = g_strndup((const char *)bytes, len);
    size_t used = MIN(strlen(name) + 1, len);
    g_autofree char *rest = g_malloc(MAX(len - used, 1));
    g_autofree char *dir = g_strconcat("/", name, NULL);

    memcpy(rest, bytes + used, len - used);
    check_process(dir, rest, len - used);
    check_lock(name, rest, len - used);
    return 0;
}
