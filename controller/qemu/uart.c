/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uart.c: makes and joins the sockets of UARTs, and carries over what waits in them. */
#include "controller/qemu/uart.h"

#include "controller/base/fd.h"
#include "controller/qemu/console-state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Hubs of lines; the gate's has another number. */
#define LINE_HUB  1000
#define BRAKE_HUB 2000

/* Most bytes that wait: more than a socket holds. */
#define MAX_WAITING 4096

static bool no_more(const Node *n, const char *what, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: no more %s: %s", n->name, what,
                g_strerror(errno));
    return false;
}

Uart *uart_at(const Node *n, unsigned number)
{
    return number < n->uarts->len ? n->uarts->pdata[number] : NULL;
}

const Uart *uart_of_card(const Node *n, unsigned card)
{
    for (unsigned i = 0; n->uarts && i < n->uarts->len; i++)
        if (uart_at(n, i)->index == card)
            return uart_at(n, i);
    return NULL;
}

void uart_free(void *data)
{
    Uart *u = data;

    if (!u)
        return;
    fd_clear(&u->line);
    fd_clear(&u->port);
    console_free(u->console);
    g_byte_array_unref(u->waiting);
    g_free(u);
}

static Uart *uart_new(unsigned index)
{
    Uart *u = g_new0(Uart, 1);

    u->index = index;
    u->line = u->port = -1;
    u->waiting = g_byte_array_new();
    return u;
}

Uart *uart_add(Node *n, unsigned number)
{
    Uart *u = uart_new((unsigned)n->options->nics + number);

    g_ptr_array_set_free_func(n->uarts, uart_free);
    g_ptr_array_add(n->uarts, u);
    return u;
}

/* What a datagram of a byte takes of a socket, as SIOCOUTQ counts. */
static int weigh(int line, int port)
{
    int weight = 0;
    char byte = 0;

    if (send(line, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1 ||
        ioctl(line, SIOCOUTQ, &weight) != 0 || recv(port, &byte, 1, MSG_DONTWAIT) != 1)
        return 1;
    return MAX(weight, 1);
}

/* Console 0 is spawn.c's; only its input is here. */
static bool make_console(Node *n, Uart *u, unsigned number, int *log, GError **error)
{
    g_autofree char *file = g_strdup_printf("console.%u.log", number);
    g_autofree char *path = g_build_filename(n->dir, file, NULL);
    g_autofree char *name = g_strdup_printf("%s.%u", n->name, number);
    int output[2], input = fcntl(u->line, F_DUPFD_CLOEXEC, 0);

    if (input < 0)
        return no_more(n, "descriptors", error);
    if (number == 0) {
        console_set_line(n->console, input);
        *log = open("/dev/null", O_WRONLY | O_CLOEXEC);
        return *log >= 0 || no_more(n, "descriptors", error);
    }
    if (pipe2(output, O_CLOEXEC) != 0) {
        close(input);
        return no_more(n, "pipes", error);
    }
    *log = output[1];
    if (u->console)
        console_reconnect(u->console, output[0], -1);
    else if ((u->console = console_new(output[0], path, error)))
        console_set_node(u->console, name);
    if (u->console)
        console_set_line(u->console, input);
    else
        close(input);
    return u->console != NULL;
}

static void put_waiting(const Uart *u, const uint8_t *bytes, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (send(u->line, bytes + i, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
            return; /* as many were in such a socket before, so there is room */
}

static bool make_sockets(const Node *n, Uart *u, int fds[UART_FDS], GError **error)
{
    int line[2], net[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, line) != 0)
        return no_more(n, "sockets", error);
    fds[0] = line[0];
    fds[1] = line[1];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, net) != 0)
        return no_more(n, "sockets", error);
    fds[2] = net[1];
    shutdown(net[0], SHUT_RD); /* as of a card: mxI has a copy */
    g_array_append_val(n->cables, net[0]);
    u->port = fcntl(line[0], F_DUPFD_CLOEXEC, 0);
    u->line = fcntl(line[1], F_DUPFD_CLOEXEC, 0);
    return (u->port >= 0 && u->line >= 0) || no_more(n, "descriptors", error);
}

bool uart_make(Node *n, unsigned number, int first_fd, int fds[UART_FDS], GError **error)
{
    Uart *u = uart_at(n, number);

    for (unsigned i = 0; i < UART_FDS; i++)
        fds[i] = -1;
    if (!u)
        u = uart_add(n, number);
    fd_clear(&u->line);
    fd_clear(&u->port);
    if (!make_sockets(n, u, fds, error))
        return false;
    u->line_fd = first_fd + 1;
    u->net_fd = first_fd + 2;
    u->byte_weight = weigh(u->line, u->port);
    put_waiting(u, u->waiting->data, u->waiting->len);
    g_byte_array_set_size(u->waiting, 0);
    return make_console(n, u, number, &fds[3], error);
}

static bool add_netdev(const Node *n, const char *name, unsigned index, int fd, GError **error)
{
    g_autofree char *args = g_strdup_printf("{\"type\":\"dgram\",\"id\":\"mtr-%s%u\","
                                            "\"local\":{\"type\":\"fd\",\"str\":\"%d\"}}",
                                            name, index, fd);

    return qmp_client_post(n->qmp, "netdev_add", args, error);
}

/* A machine has UARTs of its own number: QEMU leaves what is too much without a word. */
static bool check_used(const Node *n, unsigned number, GError **error)
{
    g_autofree char *label = g_strdup_printf("mtr-uart%u", uart_at(n, number)->index);
    bool used;

    if (!qmp_query_chardev_used(n->qmp, label, &used, NODE_REPLY_MS, error))
        return false;
    if (!used)
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s: uarts=%u, but machine '%s' has %u: name another machine=", n->name,
                    n->uarts->len, n->options->machine, number);
    return used;
}

bool uarts_wire(const Node *n, GError **error)
{
    for (unsigned i = 0; i < n->uarts->len; i++)
        if (!check_used(n, i, error))
            return false;

    for (unsigned i = 0; i < n->uarts->len; i++) {
        const Uart *u = n->uarts->pdata[i];

        if (!add_netdev(n, "line", u->index, u->line_fd, error) ||
            !add_netdev(n, "net", u->index, u->net_fd, error))
            return false;
    }
    return qmp_client_settle(n->qmp, NODE_REPLY_MS, error);
}

static bool add_hubport(const Node *n, const char *id, unsigned hub, const char *peer,
                        unsigned index, GError **error)
{
    g_autofree char *netdev =
        peer ? g_strdup_printf(",\"netdev\":\"mtr-%s%u\"", peer, index) : g_strdup("");
    g_autofree char *args = g_strdup_printf("{\"type\":\"hubport\",\"id\":\"%s%u\",\"hubid\":%u%s}",
                                            id, index, hub + index, netdev);

    return qmp_client_post(n->qmp, "netdev_add", args, error);
}

bool uart_join(const Node *n, const Uart *u, GError **error)
{
    return add_hubport(n, "mtl", LINE_HUB, "line", u->index, error) &&
           add_hubport(n, "mtn", LINE_HUB, "net", u->index, error) &&
           add_hubport(n, "mtq", BRAKE_HUB, NULL, u->index, error) &&
           qmp_client_settle(n->qmp, NODE_REPLY_MS, error);
}

unsigned uart_unread(const Uart *u)
{
    int bytes = 0;

    return ioctl(u->line, SIOCOUTQ, &bytes) == 0 ? (unsigned)(bytes / u->byte_weight) : 0;
}

/* --- what waits --- */

static GByteArray *take_waiting(const Uart *u)
{
    GByteArray *bytes = g_byte_array_new();
    uint8_t byte;

    while (bytes->len < MAX_WAITING && recv(u->port, &byte, 1, MSG_DONTWAIT) == 1)
        g_byte_array_append(bytes, &byte, 1);
    return bytes;
}

void uarts_leave(const Node *n)
{
    for (unsigned i = 0; i < n->uarts->len; i++) {
        Uart *u = n->uarts->pdata[i];

        g_byte_array_unref(u->waiting);
        u->waiting = take_waiting(u);
        fd_clear(&u->line);
        fd_clear(&u->port);
    }
}

void uarts_save(const Node *n, GByteArray *out)
{
    put_u32(out, n->uarts->len);
    for (unsigned i = 0; i < n->uarts->len; i++) {
        const Uart *u = n->uarts->pdata[i];
        g_autoptr(GByteArray) waiting = take_waiting(u);

        put_waiting(u, waiting->data, waiting->len);
        put_bytes(out, waiting->data, waiting->len);
        if (i > 0)
            console_save(u->console, out);
    }
}

bool uarts_load(const Node *n, Reader *r, VTime now, GError **error)
{
    uint32_t count = get_u32(r);

    reader_demand(r, count == n->uarts->len);
    for (unsigned i = 0; i < count && !r->bad; i++) {
        const Uart *u = n->uarts->pdata[i];
        gsize size;
        const uint8_t *waiting = get_bytes(r, &size);

        g_byte_array_unref(take_waiting(u)); /* of another time */
        reader_demand(r, size <= MAX_WAITING);
        if (!r->bad)
            put_waiting(u, waiting, size);
        if (i > 0 && !r->bad && !console_load(u->console, r, now, error))
            return false;
    }
    return true;
}

void uarts_skip(Reader *r)
{
    uint32_t count = get_u32(r);

    reader_demand(r, count <= NODE_MAX_UARTS);
    for (unsigned i = 0; i < count && !r->bad; i++) {
        gsize size;

        get_bytes(r, &size);
        reader_demand(r, size <= MAX_WAITING);
        if (i > 0 && !r->bad)
            console_skip(r);
    }
}
