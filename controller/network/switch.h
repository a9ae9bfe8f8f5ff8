/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * switch.h: the address table of a learning switch. Pure; time comes in as an argument.
 *
 * The table holds SWITCH_TABLE_MAX addresses. In a full table, aged addresses make room for new
 * ones. Without aged addresses, new addresses are not learned, and frames to them are flooded, as
 * in real switches.
 */
#ifndef NETWORK_SWITCH_H
#define NETWORK_SWITCH_H

#include "controller/base/codec.h"
#include "controller/base/vtime.h"

#include <stdbool.h>

#define SWITCH_AGEING_NS (300 * NS_PER_S)
#define SWITCH_TABLE_MAX 8192
#define MAC_LEN          6

typedef struct SwitchTable SwitchTable;

SwitchTable *switch_table_new(void);
void switch_table_free(SwitchTable *table);

/* Learns from a frame from `mac` that came in at `exit` at `now`. Group addresses are never
 * learned. */
void switch_table_learn(SwitchTable *table, const uint8_t mac[MAC_LEN], unsigned exit, VTime now);

/* Reports whether `mac` was seen in the last 300 s, and at which exit; always false for a group
 * address. */
bool switch_table_find(const SwitchTable *table, const uint8_t mac[MAC_LEN], VTime now,
                       unsigned *exit);

/* Number of addresses in the table, including aged addresses not removed yet. */
unsigned switch_table_size(const SwitchTable *table);

/* Writes the table to bytes, and reads it into an empty table. An exit that is not below `exits`
 * makes the reader bad. */
void switch_table_save(const SwitchTable *table, GByteArray *out);
void switch_table_load(SwitchTable *table, Reader *r, uint64_t exits);

#endif
