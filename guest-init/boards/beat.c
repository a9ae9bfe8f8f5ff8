/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * beat.c: a sensor that sends a beat, a broadcast frame, every 10 ms. A line that is typed on its
 * console is its name.
 *
 * It has a fault, which guest-init/monitor.c notices, and scripts/scenarios/late.mtr finds.
 */
#include "board.h"

/* As a function of a program that is not optimized: its name stands at its instructions. */
#define FUNCTION __attribute__((noinline))

enum { PERIOD_MS = 10, TYPE = 0x88b5, SIZE = 60, HEADER = 14, NUMBER = HEADER, NAME = NUMBER + 4 };

static struct {
    char name[8];
    uint8_t period; /* ms from one beat to the next */
} settings;

/* Takes a character of a name; the end of the line ends it. */
FUNCTION static void take_name(char c)
{
    static unsigned length;

    if (c != '\n' && c != '\r') {
        if (length <= sizeof(settings.name))
            /* cppcheck-suppress arrayIndexOutOfBoundsCond ; the fault */
            settings.name[length++] = c;
        return;
    }
    while (length < sizeof(settings.name))
        settings.name[length++] = '\0';
    length = 0;
    print("I have a name\n");
}

FUNCTION static void send_beat(const uint8_t mac[6])
{
    static uint8_t frame[FRAME_MAX];
    static uint32_t number;

    for (unsigned i = 0; i < 6; i++) {
        frame[i] = 0xff;
        frame[6 + i] = mac[i];
    }
    frame[12] = TYPE >> 8;
    frame[13] = TYPE & 0xff;
    number++;
    for (unsigned i = 0; i < 4; i++)
        frame[NUMBER + i] = (uint8_t)(number >> (24 - 8 * i));
    for (unsigned i = 0; i < sizeof(settings.name); i++)
        frame[NAME + i] = (uint8_t)settings.name[i];
    board_net_send(frame, SIZE);
}

void program(void)
{
    uint8_t mac[6], left = PERIOD_MS;
    bool card = board_net_start(mac);

    settings.period = PERIOD_MS;
    print(card ? "beating\n" : "there is no card\n");
    board_tick_start(1000);
    for (;;) {
        board_wait();
        for (int c; (c = board_get(0)) >= 0;)
            take_name((char)c);
        if (board_tick() == 0 || --left > 0)
            continue;
        if (card)
            send_beat(mac);
        left = settings.period;
    }
}
