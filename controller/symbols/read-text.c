/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read-text.c: lines "ADDRESS TYPE NAME", as nm, System.map and /proc/kallsyms have them. */
#include "controller/symbols/symbols-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE (1 << 16)

/* Until the end, as the files in /proc tell no size. */
static bool read_all(int fd, GByteArray *out, GError **error)
{
    for (ssize_t n = 1; n != 0;) {
        guint before = out->len;

        if (before > SYMBOLS_MAX_BYTES)
            return symbols_set_error(error, "it is neither an ELF file nor a text of this size");
        g_byte_array_set_size(out, before + PIECE);
        n = read(fd, out->data + before, PIECE);
        g_byte_array_set_size(out, before + (guint)MAX(n, 0));
        if (n < 0 && errno != EINTR)
            return symbols_set_error(error, "%s", g_strerror(errno));
    }
    return true;
}

/* By the letter of nm(1); -1: no place in memory. */
static int rank_of(char type)
{
    switch (type) {
    case 'T':
        return RANK_GLOBAL_CODE;
    case 't':
        return RANK_LOCAL_CODE;
    case 'W':
    case 'V':
        return RANK_WEAK;
    case 'A':
    case 'a':
    case 'U':
    case 'w':
    case 'v':
    case 'N':
        return -1;
    default:
        return g_ascii_isupper(type) ? RANK_GLOBAL_DATA : RANK_LOCAL_DATA;
    }
}

typedef struct {
    uint64_t address;
    char type;
    const char *name;
    size_t length;
} Line;

static bool parse(const char *at, const char *end, Line *out)
{
    char digits[17] = "";
    char *behind;
    size_t n = 0;

    while (at + n < end && g_ascii_isxdigit(at[n]) && n < sizeof(digits) - 1)
        n++;
    memcpy(digits, at, n);
    at += n;
    if (n == 0 || end - at < 4 || at[0] != ' ' || !g_ascii_isgraph(at[1]) || at[2] != ' ')
        return false;
    out->address = g_ascii_strtoull(digits, &behind, 16);
    out->type = at[1];
    out->name = at + 3;
    for (out->length = 0; out->name + out->length < end; out->length++)
        if (g_ascii_isspace(out->name[out->length])) /* a module's name follows */
            break;
    return out->length > 0;
}

bool symbols_read_text(Symbols *s, int fd, GError **error)
{
    g_autoptr(GByteArray) text = g_byte_array_new();
    bool any = false, addresses = false;
    unsigned number = 0;
    const char *end;

    if (!read_all(fd, text, error))
        return false;
    end = (const char *)text->data + text->len;
    for (const char *at = (const char *)text->data, *next; at < end; at = next) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        Line line;

        next = lf ? lf + 1 : end;
        number++;
        if (lf == at)
            continue;
        if (!parse(at, lf ? lf : end, &line))
            return number == 1
                       ? symbols_set_error(
                             error, "it is neither an ELF file nor a text of lines 'ADDRESS TYPE "
                                    "NAME', as System.map and kallsyms are; a kernel to boot, such "
                                    "as vmlinuz, has no names, its vmlinux has")
                       : symbols_set_error(
                             error, "line %u is no 'ADDRESS TYPE NAME', such as 'ffff0000 T main'",
                             number);
        any = true;
        addresses = addresses || line.address != 0;
        if (rank_of(line.type) >= 0 && !symbols_add(s, line.name, line.length, line.address, 0, 0,
                                                    (SymbolRank)rank_of(line.type), error))
            return false;
    }
    if (any && !addresses)
        return symbols_set_error(error,
                                 "all its addresses are 0: a kernel shows them in kallsyms only to "
                                 "root, and with kernel.kptr_restrict below 2");
    return true;
}
