/* SPDX-License-Identifier: GPL-3.0-or-later */
/* no-card.c: of boards without a network card. */
#include "board.h"

bool board_net_start(uint8_t mac[6])
{
    mac[0] = 0;
    return false;
}

void board_net_send(const uint8_t *frame, size_t size)
{
    (void)frame;
    (void)size;
}

size_t board_net_receive(uint8_t frame[FRAME_MAX])
{
    frame[0] = 0;
    return 0;
}
