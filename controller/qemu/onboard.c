/* SPDX-License-Identifier: GPL-3.0-or-later */
/* onboard.c: reads `info network`, where what is bound to a card stands in a line of its own below
 * the card, behind a backslash (hmp_info_network(), net/net.c). */
#include "controller/qemu/onboard.h"

#include "controller/qemu/nic-options.h"

#include <string.h>

bool onboard_is_bound(const char *text, unsigned nic)
{
    g_autofree char *line = g_strdup_printf(" \\ mtr-net%u:", nic);

    return strstr(text, line);
}

bool onboard_check(Node *n, GError **error)
{
    g_autofree char *text = NULL;

    if (!node_options_onboard(n->options) || n->options->nics == 0)
        return true;
    text = node_hmp(n, "info network", error);
    for (unsigned i = 0; text && i < n->options->nics; i++) {
        if (onboard_is_bound(text, i))
            continue;
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s: machine=%s has %s: nic=%u, or a nic-model= that can be plugged",
                    n->name, n->options->machine,
                    i == 0 ? "no card on its board" : "fewer cards on its board", i);
        return false;
    }
    return text;
}
