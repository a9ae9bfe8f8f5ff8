/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * switch.h: the address table of a learning switch. Pure; time comes in as an argument.
 *
 * The table takes SWITCH_TABLE_MAX addresses; when it is full, those that have aged out make room,
 * and otherwise new addresses are not learned and frames to them are flooded, as real switches do.
 */
#ifndef NETWORK_SWITCH_H
#define NETWORK_SWITCH_H

#include "controller/base/vtime.h"

#include <stdbool.h>

#define SWITCH_AGEING_NS (300 * NS_PER_S)
#define SWITCH_TABLE_MAX 8192
#define MAC_LEN          6

typedef struct SwitchTable SwitchTable;

SwitchTable *switch_table_new(void);
void switch_table_free(SwitchTable *table);

/* A frame from `mac` came in at `exit` at `now`. Group addresses are never learned. */
void switch_table_learn(SwitchTable *table, const uint8_t mac[MAC_LEN], unsigned exit, VTime now);

/* Whether `mac` was seen in the last 300 s, and at which exit; always false for a group address. */
bool switch_table_find(const SwitchTable *table, const uint8_t mac[MAC_LEN], VTime now,
                       unsigned *exit);

/* Addresses in the table, aged ones included until they are removed. */
unsigned switch_table_size(const SwitchTable *table);

#endif
