/* SPDX-License-Identifier: GPL-3.0-or-later */
/* semi.c: makes the pipe of QEMU's log. */
#include "controller/qemu/semi.h"

#include "controller/qemu/console-state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool semi_make(Node *n, int *log, GError **error)
{
    g_autofree char *path = g_build_filename(n->dir, "console." SEMI_PORT ".log", NULL);
    g_autofree char *name = g_strconcat(n->name, "." SEMI_PORT, NULL);
    int output[2];

    if (pipe2(output, O_CLOEXEC) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: no more pipes: %s", n->name,
                    g_strerror(errno));
        return false;
    }
    *log = output[1];
    if (n->ahead) {
        n->ahead->semi = output[0];
        return true;
    }
    if (n->semi)
        console_reconnect(n->semi, output[0], -1);
    else if ((n->semi = console_new(output[0], path, error)))
        console_set_node(n->semi, name);
    return n->semi != NULL;
}

void semi_save(const Node *n, GByteArray *out)
{
    put_u8(out, n->semi != NULL);
    if (n->semi)
        console_save(n->semi, out);
}

bool semi_load(const Node *n, Reader *r, VTime now, GError **error)
{
    bool saved = get_flag(r);

    reader_demand(r, saved == (n->semi != NULL));
    return r->bad || !saved || console_load(n->semi, r, now, error);
}

void semi_skip(Reader *r)
{
    if (get_flag(r) && !r->bad)
        console_skip(r);
}
