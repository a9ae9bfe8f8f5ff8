/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest-agent.c: writes to and reads from the node's end of the virtio port, without blocking. */
#include "controller/run/guest-agent.h"

#include "controller/session/journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *guest_agent_why_not(const Node *n)
{
    if (n->agent_fd < 0)
        return "There is no port to ask the guest for its own clocks: `node add … agent=on` with "
               "initramfs-agent.cpio.gz makes one";
    if (!n->icount.enabled && strcmp(n->options->arch, "x86_64") == 0)
        return "Without icount the guest's time stamp counter is the host's: its clocks have no "
               "place in virtual time, so it is not asked";
    return NULL;
}

/* One main loop of QEMU answers QMP and reads the port. After the second answer the main loop has
 * served both. */
static bool settle(Node *n, GError **error)
{
    for (int i = 0; i < 2; i++) {
        g_autofree char *status = node_qmp(n, "query-status", NULL, error);

        if (!status)
            return false;
    }
    return true;
}

bool guest_agent_ask(Session *s, Node *n, unsigned id, const char *text, GError **error)
{
    g_autofree char *line = g_strdup_printf("%u %s\n", id, text);
    g_autoptr(GBytes) bytes = g_bytes_new(line, strlen(line));
    const JournalEntry entry = {.kind = JOURNAL_ASKED, .data = bytes};

    if (write(n->agent_fd, line, strlen(line)) != (ssize_t)strlen(line)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s: the port of the guest's agent takes no more: %s", n->name,
                    g_strerror(errno));
        return false;
    }
    journal_add(s, n, &entry);
    return settle(n, error);
}

bool guest_agent_read(Node *n, ClocksAnswer *answer, GError **error)
{
    char data[4096];
    ssize_t size;

    while ((size = read(n->agent_fd, data, sizeof(data))) > 0)
        if (!clocks_answer_feed(answer, data, (gsize)size, error))
            return false;
    return true;
}

bool guest_agent_give(Node *n, const void *data, gsize size, GError **error)
{
    char answers[4096];

    while (read(n->agent_fd, answers, sizeof(answers)) > 0)
        ; /* nobody asked anew */
    if (write(n->agent_fd, data, size) != (ssize_t)size) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s: the port of the guest's agent takes no more: %s", n->name,
                    g_strerror(errno));
        return false;
    }
    return settle(n, error);
}
