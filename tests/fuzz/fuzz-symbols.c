/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-symbols.c: whatever a file is, it is refused with a reason, or it is a table in which each
 * name is visible and each address that a name has lies in a place with a name.
 */
#include "controller/symbols/symbols.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void look_at(const Symbols *s)
{
    g_autoptr(GPtrArray) names = symbols_beginning_with(s, "");

    demand(names->len > 0 && names->len <= symbols_count(s));
    for (unsigned i = 0; i < names->len && i < 100; i++) {
        const char *name = names->pdata[i];
        g_autofree char *behind = g_strconcat(name, "+0x10", NULL);
        g_autoptr(GError) error = NULL;
        uint64_t address, other, offset = 1;

        for (const char *p = name; *p; p++)
            demand(g_ascii_isgraph(*p));
        demand(i == 0 || strcmp(names->pdata[i - 1], name) < 0);
        if (!symbols_resolve(s, name, &address, &error)) {
            demand(error != NULL);
            continue;
        }
        demand(symbols_at(s, address, &offset) && offset == 0);
        demand(!symbols_resolve(s, behind, &other, NULL) || other == address + 0x10 ||
               g_ptr_array_find_with_equal_func(names, behind, g_str_equal, NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static int fd = -1;
    static char *path;
    g_autoptr(GError) error = NULL;
    g_autoptr(Symbols) s = NULL;

    if (fd < 0) {
        fd = memfd_create("fuzz-symbols", MFD_CLOEXEC);
        path = g_strdup_printf("/proc/self/fd/%d", fd);
    }
    demand(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, len, 0) == (ssize_t)len);
    s = symbols_load(path, "aarch64", &error);
    demand(!s == !!error);
    if (s)
        look_at(s);
    return 0;
}
