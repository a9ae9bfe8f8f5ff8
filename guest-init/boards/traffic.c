/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic.c: both ways at once. Every 10 ms, COUNT times, a broadcast frame by the card and BYTES
 * bytes by serial port 1. Tells of each frame and of each BYTES bytes that it receives: how many there
 * were, when the last came by the board's own clock, and a sum of all of them. So one that comes a µs
 * later, or is another one, gives another console.
 */
#include "board.h"

enum { PERIOD_US = 10000, COUNT = 1000, BYTES = 10, TYPE = 0x88b5, SIZE = 200, HEADER = 14 };

static uint8_t frame[FRAME_MAX + 2];
static uint32_t ticks, frames, bytes, frame_sum, byte_sum;

static uint32_t mix(uint32_t sum, uint8_t byte)
{
    return (sum << 5 | sum >> 27) ^ byte;
}

static void tell(const char *what, uint32_t number, uint32_t sum)
{
    print(what);
    print_number(number);
    print(" at ");
    print_number(ticks * (PERIOD_US / 1000));
    print(" ms ");
    print_number(board_tick_us());
    print(" us sum ");
    print_number(sum);
    print("\n");
    if (frames >= COUNT && bytes >= COUNT * BYTES)
        print("all received\n");
}

static void send(const uint8_t mac[6])
{
    for (unsigned i = 0; i < 6; i++) {
        frame[i] = 0xff;
        frame[6 + i] = mac[i];
    }
    frame[12] = TYPE >> 8;
    frame[13] = TYPE & 0xff;
    for (size_t i = HEADER; i < SIZE; i++)
        frame[i] = (uint8_t)(ticks + i);
    board_net_send(frame, SIZE);
    for (unsigned i = 0; i < BYTES; i++)
        board_put(1, (char)(ticks + i));
}

static void receive(void)
{
    for (size_t size; (size = board_net_receive(frame)) > 0;) {
        for (size_t i = 0; i < size && i < FRAME_MAX; i++)
            frame_sum = mix(frame_sum, frame[i]);
        tell("frame ", ++frames, frame_sum);
    }
    for (int c; (c = board_get(1)) >= 0;) {
        byte_sum = mix(byte_sum, (uint8_t)c);
        if (++bytes % BYTES == 0)
            tell("byte ", bytes, byte_sum);
    }
}

void program(void)
{
    uint8_t mac[6];

    if (board_ports() < 2 || !board_net_start(mac)) {
        print("there is no card, or a single port\n");
        for (;;)
            board_wait();
    }
    print("ready\n");
    board_tick_start(PERIOD_US);
    for (;;) {
        board_wait();
        receive();
        for (unsigned n = board_tick(); n > 0; n--)
            if (ticks++ < COUNT)
                send(mac);
    }
}
