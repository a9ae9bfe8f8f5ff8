/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board.c: a table of machines, from QEMU 7.2 to 11.1 (hw/). The first pattern that matches counts;
 * what no pattern matches is a board of which nothing is known. */
#include "controller/qemu/board.h"

#include <glib.h>
#include <string.h>

static const struct {
    const char *names; /* patterns with |; at an end of one, * stands for anything */
    Board board;
} boards[] = {
    {"virt|virt-*|sbsa-ref|spike|pc|pc-*|q35|microvm", {.general = true}},
    {"mps2-*|mps3-*", {.fixed_ram = true, .card = "lan9118"}},
    {"lm3s6965evb", {.fixed_ram = true, .card = "stellaris_enet", .spi_sd = true}},
    {"sifive_u", {.card = "cadence_gem", .spi_sd = true}},
    {"lm3s811evb|netduino*|stm32vldiscovery|olimex-stm32-h405|b-l475e-iot01a|microbit|musca-*",
     {.fixed_ram = true}},
    {"emcraft-sf2", {.fixed_ram = true, .card = "msf2-emac"}},
    {"vexpress-*|kzm|nuri|smdkc210", {.card = "lan9118"}},
    {"realview-*|versatile*|integratorcp", {.card = "smc91c111"}},
    {"imx25-pdk", {.card = "imx.fec"}},
    {"sabrelite|mcimx*|imx8*", {.card = "imx.enet"}},
    {"xilinx-zynq-a9|xlnx-*|microchip-icicle-kit", {.card = "cadence_gem"}},
    {"highbank|midway", {.card = "xgmac"}},
    {"cubieboard", {.card = "allwinner-emac"}},
    {"orangepi-pc|bpim2u", {.card = "allwinner-sun8i-emac"}},
    {"ast*|*-bmc", {.card = "ftgmac100"}},
    {"npcm*|quanta-*|kudo-bmc|mori-bmc", {.card = "npcm7xx-emc"}},
    {"raspi4b", {.card = "bcm2838-genet"}},
    {"mcf5208evb", {.card = "mcf-fec"}},
};

const char *board_name(const char *machine, int *length)
{
    const char *name = g_str_has_prefix(machine, "type=") ? machine + strlen("type=") : machine;

    *length = (int)strcspn(name, ",");
    return name;
}

static bool matches(const char *pattern, size_t size, const char *name, size_t length)
{
    if (size > 0 && pattern[0] == '*')
        return length >= size - 1 &&
               strncmp(name + length - (size - 1), pattern + 1, size - 1) == 0;
    if (size > 0 && pattern[size - 1] == '*')
        return length >= size - 1 && strncmp(name, pattern, size - 1) == 0;
    return length == size && strncmp(name, pattern, size) == 0;
}

bool board_is(const char *machine, const char *name)
{
    int length;

    if (!machine)
        return false;
    machine = board_name(machine, &length);
    return matches(name, strlen(name), machine, (size_t)length);
}

Board board_of(const char *machine)
{
    int length;

    if (!machine)
        return (Board){.general = true};
    machine = board_name(machine, &length);
    for (unsigned i = 0; i < G_N_ELEMENTS(boards); i++)
        for (const char *p = boards[i].names; *p;) {
            size_t size = strcspn(p, "|");

            if (matches(p, size, machine, (size_t)length))
                return boards[i].board;
            p += size + (p[size] == '|');
        }
    return (Board){.general = false};
}
