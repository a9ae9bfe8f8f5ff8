/* SPDX-License-Identifier: GPL-3.0-or-later */
/* consoles.c: numbers and names of a node's consoles. */
#include "controller/qemu/consoles.h"

#include "controller/qemu/semi.h"
#include "controller/qemu/uart.h"

unsigned node_semi_number(const Node *n)
{
    if (n->attached || n->options->semihosting == SEMIHOSTING_OFF)
        return 0;
    return (unsigned)MAX(n->options->uarts, 1);
}

unsigned node_n_consoles(const Node *n)
{
    return n->semi ? node_semi_number(n) + 1 : MAX(n->uarts->len, n->console ? 1 : 0);
}

Console *node_console(const Node *n, unsigned number)
{
    const Uart *u = number > 0 ? uart_at(n, number) : NULL;

    if (number > 0 && number == node_semi_number(n))
        return n->semi;
    return number == 0 ? n->console : u ? u->console : NULL;
}

char *node_port_name(const Node *n, unsigned number)
{
    return number > 0 && number == node_semi_number(n) ? g_strdup(SEMI_PORT)
                                                       : g_strdup_printf("%u", number);
}

/* With nothing to read from. NULL and an error: its log can't be written. */
static Console *silent(const Node *n, const char *port, GError **error)
{
    g_autofree char *file = g_strdup_printf("console%s%s.log", *port ? "." : "", port);
    g_autofree char *path = g_build_filename(n->dir, file, NULL);
    g_autofree char *name = g_strdup_printf("%s%s%s", n->name, *port ? "." : "", port);
    Console *c = console_new(-1, path, error);

    if (c)
        console_set_node(c, name);
    return c;
}

bool node_make_consoles(Node *n, GError **error)
{
    if (!n->console && !(n->console = silent(n, "", error)))
        return false;
    for (unsigned i = n->uarts->len; i < n->options->uarts; i++) {
        g_autofree char *port = g_strdup_printf("%u", i);
        Uart *u = uart_add(n, i);

        if (i > 0 && !(u->console = silent(n, port, error)))
            return false;
    }
    return node_semi_number(n) == 0 || n->semi || (n->semi = silent(n, SEMI_PORT, error));
}

bool node_drain(const Node *n, VTime until)
{
    bool found = console_drain(n->console, until);

    for (unsigned i = 1; i < node_n_consoles(n); i++)
        if (node_console(n, i))
            found = console_drain(node_console(n, i), until) || found;
    return found;
}
