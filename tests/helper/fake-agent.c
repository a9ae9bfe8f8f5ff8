/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-agent.c: an agent of another host with a fault that a real agent can't be made to have, for
 * `host add … command=`.
 *
 *   fake-agent newer     has a later version of the protocol
 *   fake-agent jump      reports that its host's clock leaps by an hour
 *   fake-agent half      sends half a message and ends
 *   fake-agent nonsense  sends a message that is not allowed at that moment
 *   fake-agent colours   sends a log message with a terminal's control sequences
 */
#include "controller/remote/protocol.h"

#include "controller/remote/message.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(GByteArray *message, gsize size)
{
    if (write(STDOUT_FILENO, message->data, size) != (ssize_t)size)
        _exit(1);
    g_byte_array_set_size(message, 0);
}

static void hello(GByteArray *m, uint32_t version)
{
    gsize begun = message_begin(m, MSG_HELLO);

    put_u32(m, PROTOCOL_MAGIC);
    put_u32(m, version);
    put_text(m, "9.9.9");
    put_u32(m, 0);
    put_u32(m, 1);
    put_u32(m, 0);
    message_end(m, begun);
}

static void pulse(GByteArray *m, int64_t offset)
{
    gsize begun = message_begin(m, MSG_PULSE);

    put_i64(m, offset);
    message_end(m, begun);
}

int main(int argc, char **argv)
{
    g_autoptr(GByteArray) m = g_byte_array_new();
    char greeting[256];
    const char *fault = argc == 2 ? argv[1] : "";

    hello(m, strcmp(fault, "newer") == 0 ? PROTOCOL_VERSION + 1 : PROTOCOL_VERSION);
    say(m, m->len);
    if (read(STDIN_FILENO, greeting, sizeof(greeting)) <= 0) /* else the end might come first */
        return 1;
    if (strcmp(fault, "jump") == 0) {
        pulse(m, INT64_C(1000000000));
        pulse(m, INT64_C(3601000000000));
        say(m, m->len);
    } else if (strcmp(fault, "half") == 0) {
        pulse(m, 0);
        say(m, m->len / 2);
        return 0;
    } else if (strcmp(fault, "nonsense") == 0) {
        message_end(m, message_begin(m, MSG_REPORT));
        say(m, m->len);
    } else if (strcmp(fault, "colours") == 0) {
        gsize begun = message_begin(m, MSG_LOG);

        put_u8(m, 1); /* a warning */
        put_text(m,
                 "\033[31mred\033]0;title\007\302\2332J\342\200\256\nmetronome: error: forged\n");
        message_end(m, begun);
        say(m, m->len);
    } else if (strcmp(fault, "newer") != 0) {
        fprintf(stderr, "fake-agent: newer, jump, half, nonsense or colours is expected\n");
        return 2;
    }
    pause(); /* killed when the connection ends */
    return 0;
}
