/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nic-options.c: parses nic=, nic-model= and mac=, and makes QEMU's -netdev and -device for each
 * NIC. */
#include "controller/qemu/nic-options.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"
#include "controller/qemu/board.h"
#include "controller/qemu/option-value.h"

#include <string.h>

#define MAC_TEXT 17 /* characters */

#define ONBOARD "onboard"

/* Names of our own, and all network cards of QEMU's that can be plugged (`-device help`). */
static const struct {
    const char *name, *device;
} models[] = {
    {"virtio-mmio", "virtio-net-device"},
    {"virtio-pci", "virtio-net-pci"},
    {ONBOARD, ONBOARD},
    {"e1000", "e1000"},
    {"e1000e", "e1000e"},
    {"igb", "igb"},
    {"rtl8139", "rtl8139"},
    {"pcnet", "pcnet"},
    {"ne2k_pci", "ne2k_pci"},
    {"ne2k_isa", "ne2k_isa"},
    {"i82550", "i82550"},
    {"i82551", "i82551"},
    {"i82557b", "i82557b"},
    {"i82559er", "i82559er"},
    {"tulip", "tulip"},
    {"sungem", "sungem"},
    {"sunhme", "sunhme"},
    {"vmxnet3", "vmxnet3"},
    {"usb-net", "usb-net"},
    {"virtio-net", "virtio-net"},
    {"virtio-net-ccw", "virtio-net-ccw"},
    {"virtio-net-device", "virtio-net-device"},
    {"virtio-net-pci", "virtio-net-pci"},
};

/* Parses on, off, or a number of NICs. */
static bool set_number(const char *value, int64_t *nics, GError **error)
{
    if (g_ascii_isdigit(*value))
        return units_parse_int(value, "nic", 0, NODE_MAX_NICS, nics, error);
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return option_bad(error, "nic='%s': on or off is expected, or a number of cards", value);
    *nics = value[1] == 'n';
    return true;
}

static bool set_model(NodeOptions *o, const char *value, GError **error)
{
    const char *known[G_N_ELEMENTS(models) + 1] = {NULL};
    g_autofree char *meant = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++)
        if (strcmp(models[i].name, value) == 0) {
            o->nic_model = models[i].device;
            return true;
        }
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++)
        known[i] = models[i].name;
    meant = suggest_suffix(value, known);
    return option_bad(error,
                      "nic-model='%s' is unknown: virtio-mmio, virtio-pci, onboard, or another of "
                      "QEMU's cards, such as e1000%s",
                      value, meant);
}

/* Parses the address of one NIC: neither a group address nor all zeros. */
static bool parse_mac(const char *text, uint8_t mac[6])
{
    bool ok = strlen(text) == MAC_TEXT;

    for (unsigned i = 0; ok && i < MAC_TEXT; i++)
        ok = i % 3 == 2 ? text[i] == ':' : g_ascii_isxdigit(text[i]);
    for (unsigned i = 0; ok && i < 6; i++)
        mac[i] = (uint8_t)(g_ascii_xdigit_value(text[3 * i]) << 4 |
                           g_ascii_xdigit_value(text[3 * i + 1]));
    return ok && !(mac[0] & 1) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

static bool set_macs(NodeOptions *o, const char *value, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);
    unsigned n = g_strv_length(parts);

    if (n > NODE_MAX_NICS)
        return option_bad(error, "mac='%s': a node has %d cards at most", value, NODE_MAX_NICS);
    for (unsigned i = 0; i < n; i++)
        if (!parse_mac(parts[i], o->macs[i]))
            return option_bad(
                error,
                "mac='%s': '%s' is no card's address; one such as 52:54:00:12:34:56 is "
                "expected for each card, with commas between them",
                value, parts[i]);
    if (n == 0)
        return option_bad(error, "mac= is empty: an address such as 52:54:00:12:34:56 is expected");
    o->n_macs = n;
    return true;
}

bool nic_options_key(const char *key)
{
    return strcmp(key, "nic") == 0 || strcmp(key, "nic-model") == 0 || strcmp(key, "mac") == 0;
}

bool nic_options_set(NodeOptions *o, const char *key, const char *value, GError **error)
{
    if (strcmp(key, "nic") == 0)
        return (o->nics_given = set_number(value, &o->nics, error));
    if (strcmp(key, "mac") == 0)
        return set_macs(o, value, error);
    return set_model(o, value, error);
}

/* A board has the card that is on it, if one is, unless another one is asked for. */
static void finish_board(NodeOptions *o)
{
    Board board = board_of(o->machine);

    if (board.general || o->nic_model)
        return;
    o->nic_model = ONBOARD;
    if (!board.card && !o->nics_given && o->n_macs == 0)
        o->nics = 0;
}

bool nic_options_finish(NodeOptions *o, GError **error)
{
    bool pc = node_options_is_pc(o);

    finish_board(o);
    if (!o->nic_model)
        o->nic_model = !arch_defaults(o->arch) ? "virtio-net"
                       : pc                    ? "virtio-net-pci"
                                               : "virtio-net-device";
    if (pc && strcmp(o->nic_model, "virtio-net-device") == 0)
        return option_bad(error,
                          "nic-model=virtio-mmio needs a bus that arch=%s has with "
                          "machine=microvm only: virtio-pci or e1000",
                          o->arch);
    if (o->n_macs > o->nics)
        return option_bad(error,
                          "mac= has %u addresses, and the node %" G_GINT64_FORMAT " card%s: nic=%u",
                          o->n_macs, o->nics, o->nics == 1 ? "" : "s", o->n_macs);
    return true;
}

void node_options_mac(const NodeOptions *o, unsigned index, unsigned nic, uint8_t mac[6])
{
    const uint8_t made[6] = {
        0x52, 0x54, 0x00, (uint8_t)(0x6d + nic), (uint8_t)(index >> 8), (uint8_t)index};

    memcpy(mac, nic < o->n_macs ? o->macs[nic] : made, sizeof(made));
}

bool node_options_onboard(const NodeOptions *o)
{
    return o->nic_model && strcmp(o->nic_model, ONBOARD) == 0;
}

static bool is_virtio(const NodeOptions *o)
{
    return o->nic_model && g_str_has_prefix(o->nic_model, "virtio-net");
}

/* The other end of the cable is the node's (spawn.c) and receives nothing: the guest's frames are
 * lost there. fabric/nic.c has a copy of the frames of a NIC in a link. Frames to the guest are
 * held back until the guest's ring has room (fabric/ring.h), so the ring is as long as QEMU
 * allows. */
void nic_options_argv(GPtrArray *argv, const NodeOptions *o, unsigned nic, unsigned node, int fd)
{
    uint8_t mac[6];

    node_options_mac(o, node, nic, mac);
    g_ptr_array_add(argv, g_strdup("-netdev"));
    g_ptr_array_add(argv,
                    g_strdup_printf("dgram,id=mtr-net%u,local.type=fd,local.str=%d", nic, fd));
    if (node_options_onboard(o)) {
        /* -nic makes a netdev of its own; -net nic takes one that is there, without a hub. */
        g_ptr_array_add(argv, g_strdup("-net"));
        g_ptr_array_add(
            argv, g_strdup_printf("nic,netdev=mtr-net%u,macaddr=%02x:%02x:%02x:%02x:%02x:%02x", nic,
                                  mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]));
        return;
    }
    g_ptr_array_add(argv, g_strdup("-device"));
    g_ptr_array_add(
        argv,
        g_strdup_printf("%s,netdev=mtr-net%u,mac=%02x:%02x:%02x:%02x:%02x:%02x,id=mtr-card%u%s",
                        o->nic_model, nic, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], nic,
                        is_virtio(o) ? ",rx_queue_size=1024" : ""));
}

char *nic_options_virtio_path(const NodeOptions *o, unsigned nic)
{
    if (!is_virtio(o) || !arch_defaults(o->arch))
        return NULL;
    return g_strdup_printf("/machine/peripheral/mtr-card%u%s", nic,
                           strcmp(o->nic_model, "virtio-net-pci") == 0 ? "/virtio-backend" : "");
}
