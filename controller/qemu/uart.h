/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uart.h: the UARTs of a node that was added with uarts=: each has a console of its own, and can be
 * joined with the UART of another node by a line of the virtual network (fabric/nic.h).
 *
 *   guest -> UART -> chardev mtr-uartI -> its log, a pipe: the console
 *                                      -> socket pair -> netdev mtr-lineI -> hub -> netdev mtr-netI
 *   guest <- UART <- chardev mtr-uartI <- socket pair <- netdev mtr-lineI <- hub <- netdev mtr-netI
 *
 * In the socket pair a datagram is a byte, since a chardev takes no part of a datagram that its UART
 * has no room for. As long as the UART is not joined there is no hub, and what the guest sends ends
 * at mtr-lineI. I counts the UARTs behind the node's cards. UART 0 is the one of node->console.
 *
 * Bytes that wait in the socket pair are in no machine state: they are saved here.
 */
#ifndef QEMU_UART_H
#define QEMU_UART_H

#include "controller/base/codec.h"
#include "controller/qemu/node.h"

typedef struct Uart {
    unsigned index;      /* I */
    int line;            /* a copy of mtr-lineI's socket; what is sent here reaches the UART */
    int port;            /* a copy of the chardev's socket */
    int line_fd, net_fd; /* sockets of the two netdevs, as QEMU numbers them */
    int byte_weight;     /* what a byte takes of the socket */
    Console *console;    /* NULL: UART 0 */
    GByteArray *waiting; /* bytes of a former process that its UART had no room for */
} Uart;

/* Descriptors of each UART that QEMU inherits. */
#define UART_FDS 4

/* Makes the sockets and the console of UART `number`, for a process in which these descriptors are
 * numbered from first_fd on. The caller closes them. */
bool uart_make(Node *node, unsigned number, int first_fd, int fds[UART_FDS], GError **error);
/* Adds UART `number`, the next one, without sockets and console. */
Uart *uart_add(Node *node, unsigned number);
/* Gives QEMU the netdevs, in a process that has not run yet. */
bool uarts_wire(const Node *node, GError **error);

/* Accepts NULL; fits GDestroyNotify. */
void uart_free(void *uart);

/* NULL: the node has no such UART. */
Uart *uart_at(const Node *node, unsigned number);

/* The UART that is number `card` among cards and UARTs; NULL: it is a card. */
const Uart *uart_of_card(const Node *node, unsigned card);

/* Joins the UART with the virtual network. */
bool uart_join(const Node *node, const Uart *uart, GError **error);

/* Number of bytes that wait in front of the UART. */
unsigned uart_unread(const Uart *uart);

/* The bytes that wait in front of the node's UARTs, and what consoles 1, … have come to. The node
 * stands. uarts_load() reads them. */
void uarts_save(const Node *node, GByteArray *out);
bool uarts_load(const Node *node, Reader *r, VTime now, GError **error);
/* Reads what uarts_save() has written, and drops it. */
void uarts_skip(Reader *r);

/* Takes the bytes that wait along to the node's next process; the present one has ended. */
void uarts_leave(const Node *node);

#endif
