/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * switch.c: a hash table of addresses. No result depends on the order of the table's entries.
 */
#include "controller/network/switch.h"

#include <glib.h>
#include <stdlib.h>

typedef struct {
    uint64_t mac; /* the key in the hash table points to this member */
    unsigned exit;
    VTime seen;
} Address;

struct SwitchTable {
    GHashTable *addresses;
    VTime next_sweep; /* at most one search for aged addresses per second in a full table */
};

SwitchTable *switch_table_new(void)
{
    SwitchTable *table = g_new0(SwitchTable, 1);

    table->addresses = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    return table;
}

void switch_table_free(SwitchTable *table)
{
    if (!table)
        return;
    g_hash_table_destroy(table->addresses);
    g_free(table);
}

static uint64_t number(const uint8_t mac[MAC_LEN])
{
    uint64_t n = 0;

    for (unsigned i = 0; i < MAC_LEN; i++)
        n = n << 8 | mac[i];
    return n;
}

static bool is_group(const uint8_t mac[MAC_LEN])
{
    return mac[0] & 1;
}

static bool aged(const Address *address, VTime now)
{
    return now.ns - address->seen.ns > SWITCH_AGEING_NS;
}

static gboolean is_aged(gpointer key, gpointer value, gpointer data)
{
    (void)key;
    return aged(value, *(VTime *)data);
}

static Address *add(SwitchTable *table, uint64_t key)
{
    Address *address = g_new(Address, 1);

    address->mac = key;
    g_hash_table_insert(table->addresses, &address->mac, address);
    return address;
}

void switch_table_learn(SwitchTable *table, const uint8_t mac[MAC_LEN], unsigned exit, VTime now)
{
    uint64_t key = number(mac);
    Address *address;

    if (is_group(mac))
        return;
    address = g_hash_table_lookup(table->addresses, &key);
    if (!address) {
        if (switch_table_size(table) >= SWITCH_TABLE_MAX && now.ns >= table->next_sweep.ns) {
            table->next_sweep = vtime_add(now, vtime(NS_PER_S));
            g_hash_table_foreach_remove(table->addresses, is_aged, &now);
        }
        if (switch_table_size(table) >= SWITCH_TABLE_MAX)
            return;
        address = add(table, key);
    }
    address->exit = exit;
    address->seen = now;
}

bool switch_table_find(const SwitchTable *table, const uint8_t mac[MAC_LEN], VTime now,
                       unsigned *exit)
{
    uint64_t key = number(mac);
    const Address *address = is_group(mac) ? NULL : g_hash_table_lookup(table->addresses, &key);

    if (!address || aged(address, now))
        return false;
    *exit = address->exit;
    return true;
}

unsigned switch_table_size(const SwitchTable *table)
{
    return g_hash_table_size(table->addresses);
}

static int by_mac(const void *a, const void *b)
{
    const Address *const *x = a, *const *y = b;

    return (*x)->mac < (*y)->mac ? -1 : (*x)->mac > (*y)->mac;
}

void switch_table_save(const SwitchTable *table, GByteArray *out)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    GHashTableIter i;
    void *value;

    g_hash_table_iter_init(&i, table->addresses);
    while (g_hash_table_iter_next(&i, NULL, &value))
        g_ptr_array_add(sorted, value);
    if (sorted->len > 0)
        qsort(sorted->pdata, sorted->len, sizeof(*sorted->pdata), by_mac);
    put_time(out, table->next_sweep);
    put_u32(out, sorted->len);
    for (unsigned k = 0; k < sorted->len; k++) {
        const Address *address = sorted->pdata[k];

        put_u64(out, address->mac);
        put_u32(out, address->exit);
        put_time(out, address->seen);
    }
}

void switch_table_load(SwitchTable *table, Reader *r, uint64_t exits)
{
    uint64_t mac, last = 0;
    unsigned n;

    table->next_sweep = get_time(r);
    n = get_count(r, 8 + 4 + 8);
    reader_demand(r, n <= SWITCH_TABLE_MAX);
    for (unsigned i = 0; i < n && !r->bad; i++, last = mac) {
        Address *address;

        mac = get_u64(r);
        reader_demand(r, (i == 0 || mac > last) && mac >> (8 * MAC_LEN) == 0);
        address = add(table, mac);
        address->exit = get_u32(r);
        address->seen = get_time(r);
        reader_demand(r, address->exit < exits);
    }
}
