/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-raw.c: sends any bytes to a gdb stub, packet by packet or byte by byte, and prints the
 * answers, one a line.
 *
 *   gdb-raw ADDRESS STEP…   ADDRESS: the path of a unix socket, or a port of 127.0.0.1
 *
 *   TEXT      sends a packet and prints its answer, and before it the target's output as "O text"
 *   >TEXT     sends a packet
 *   N*TEXT    sends a packet N times; prints "sent", or "stalled" if the other side stops reading
 *   =TEXT     sends bytes, with C's escapes
 *   <         prints an answer
 *   .         prints "closed" when the other side closes
 *   @FILE     waits until FILE exists
 *   :FILE     creates FILE
 *
 * No step waits longer than 20 s: then gdb-raw prints "no answer" and ends with exit status 1.
 */
#include "gdbstub-client/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define STALLED_MS  1000
#define AT_ONCE     65536

static int fd;
static GdbDecoder *decoder;
static uint8_t bytes[65536];
static size_t filled, used;

static void fail(const char *why)
{
    printf("%s\n", why);
    exit(1);
}

static void connect_to(const char *address)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool is_path = strchr(address, '/') != NULL;
    int failed;

    fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (is_path) {
        g_strlcpy(path.sun_path, address, sizeof(path.sun_path));
        failed = connect(fd, (struct sockaddr *)&path, sizeof(path));
    } else {
        port.sin_port = htons((uint16_t)strtoul(address, NULL, 10));
        failed = connect(fd, (struct sockaddr *)&port, sizeof(port));
    }
    if (failed)
        fail(strerror(errno));
}

/* False: the other side has read nothing for STALLED_MS, or is gone. */
static bool send_all(const char *text, size_t size)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    while (size > 0) {
        ssize_t n = send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN && poll(&p, 1, STALLED_MS) == 1)
            continue;
        if (n <= 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return true;
}

static void send_packet(const char *text)
{
    g_autoptr(GString) frame = g_string_new(NULL);

    gdb_packet_append(frame, text, strlen(text));
    send_all(frame->str, frame->len);
}

static void send_packets(const char *text, unsigned long times)
{
    g_autoptr(GString) frames = g_string_new(NULL);

    for (unsigned long i = 0; i < times; i++) {
        gdb_packet_append(frames, text, strlen(text));
        if (frames->len < AT_ONCE && i + 1 < times)
            continue;
        if (!send_all(frames->str, frames->len)) {
            puts("stalled");
            return;
        }
        g_string_truncate(frames, 0);
    }
    puts("sent");
}

/* The next token that is not an acknowledgement; GDB_TOKEN_NONE when the other side has closed. */
static GdbToken next(void)
{
    GdbToken token = {GDB_TOKEN_NONE, "", 0};
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        if (used < filled)
            used += gdb_decoder_push(decoder, bytes + used, filled - used, &token);
        if (token.kind != GDB_TOKEN_NONE && token.kind != GDB_TOKEN_ACK)
            return token;
        if (used < filled)
            continue;
        if (poll(&p, 1, PATIENCE_MS) != 1)
            fail("no answer");
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        if (n <= 0)
            return (GdbToken){GDB_TOKEN_NONE, "", 0};
        filled = (size_t)n;
        used = 0;
    }
}

static void print_answer(void)
{
    for (;;) {
        GdbToken token = next();
        size_t length = token.len / 2;
        g_autofree char *text = g_malloc0(length + 1);

        if (token.kind == GDB_TOKEN_NONE)
            fail("closed");
        send_all("+", 1);
        if (token.data[0] != 'O' || token.len % 2 == 0 ||
            !gdb_hex_decode(token.data + 1, token.len - 1, (uint8_t *)text, length)) {
            printf("%s\n", token.data);
            return;
        }
        printf("O %s%s", text, g_str_has_suffix(text, "\n") ? "" : "\n");
    }
}

static void await_file(const char *path)
{
    for (int left = PATIENCE_MS; access(path, F_OK) != 0; left -= 10) {
        if (left <= 0)
            fail("no file");
        poll(NULL, 0, 10);
    }
}

static void step(const char *text)
{
    char *behind = NULL;
    unsigned long times = g_ascii_isdigit(*text) ? strtoul(text, &behind, 10) : 0;

    if (behind && *behind == '*') {
        send_packets(behind + 1, times);
    } else if (*text == '>') {
        send_packet(text + 1);
    } else if (*text == '=') {
        g_autofree char *raw = g_strcompress(text + 1);

        send_all(raw, strlen(raw));
    } else if (strcmp(text, "<") == 0) {
        print_answer();
    } else if (strcmp(text, ".") == 0) {
        while (next().kind != GDB_TOKEN_NONE) {
        }
        puts("closed");
    } else if (*text == '@') {
        await_file(text + 1);
    } else if (*text == ':') {
        close(open(text + 1, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    } else {
        send_packet(text);
        print_answer();
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        fail("usage: gdb-raw ADDRESS STEP…");
    signal(SIGPIPE, SIG_IGN);
    decoder = gdb_decoder_new();
    connect_to(argv[1]);
    for (int i = 2; i < argc; i++)
        step(argv[i]);
    close(fd);
    gdb_decoder_free(decoder);
    return 0;
}
