/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frames.c: sends a broadcast frame every 10 ms, COUNT of them, and tells of each that it receives:
 * its number, when it came (ms and µs since the start, by the board's own clock), and a sum of all
 * bytes so far. So a frame that comes a µs later, or is another one, gives another console.
 */
#include "board.h"

enum { PERIOD_US = 10000, COUNT = 1000, TYPE = 0x88b5, SIZE_MIN = 60, SIZES = 800, HEADER = 14 };

static uint8_t mac[6], frame[FRAME_MAX + 2];
static uint32_t ticks, sent, received, sum;

static void send(void)
{
    size_t size = SIZE_MIN + sent * 7 % SIZES;

    for (unsigned i = 0; i < 6; i++) {
        frame[i] = 0xff;
        frame[6 + i] = mac[i];
    }
    frame[12] = TYPE >> 8;
    frame[13] = TYPE & 0xff;
    for (size_t i = HEADER; i < size; i++)
        frame[i] = (uint8_t)(sent + i);
    frame[HEADER] = (uint8_t)(sent >> 8);
    frame[HEADER + 1] = (uint8_t)sent;
    sent++;
    board_net_send(frame, size);
}

static void receive(size_t size)
{
    received++;
    for (size_t i = 0; i < size && i < FRAME_MAX; i++)
        sum = (sum << 5 | sum >> 27) ^ frame[i];
    print("frame ");
    print_number((uint32_t)frame[HEADER] << 8 | frame[HEADER + 1]);
    print(" at ");
    print_number(ticks * (PERIOD_US / 1000));
    print(" ms ");
    print_number(board_tick_us());
    print(" us sum ");
    print_number(sum);
    print("\n");
    if (received == COUNT)
        print("all received\n");
}

void program(void)
{
    if (!board_net_start(mac)) {
        print("there is no card\n");
        for (;;)
            board_wait();
    }
    print("card ");
    for (unsigned i = 0; i < 6; i++) {
        print_number(mac[i]);
        print(i < 5 ? "." : "\n");
    }
    board_tick_start(PERIOD_US);
    for (;;) {
        board_wait();
        for (size_t size; (size = board_net_receive(frame)) > 0;)
            receive(size);
        for (unsigned n = board_tick(); n > 0; n--) {
            ticks++;
            if (sent < COUNT)
                send();
        }
    }
}
