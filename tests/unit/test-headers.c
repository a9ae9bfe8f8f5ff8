/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-headers.c: the names of protocols. */
#include "controller/network/headers.h"

#include <glib.h>

static void is(unsigned type, unsigned proto, const char *name)
{
    g_autofree char *found = headers_name(type, proto);

    g_assert_cmpstr(found, ==, name);
}

static void test_names(void)
{
    is(HEADERS_TYPE_ARP, HEADERS_PROTO_NONE, "ARP");
    is(HEADERS_TYPE_IP, HEADERS_PROTO_TCP, "IPv4/TCP");
    is(HEADERS_TYPE_IP, HEADERS_PROTO_UDP, "IPv4/UDP");
    is(HEADERS_TYPE_IP, HEADERS_PROTO_ICMP, "IPv4/ICMP");
    is(HEADERS_TYPE_IP, 50, "IPv4/50");
    is(HEADERS_TYPE_IP, HEADERS_PROTO_NONE, "IPv4"); /* cut off */
    is(HEADERS_TYPE_IP6, HEADERS_PROTO_ICMP6, "IPv6/ICMPv6");
    is(HEADERS_TYPE_VLAN, HEADERS_PROTO_NONE, "0x8100"); /* a third tag, or cut off */
    is(0x88cc, HEADERS_PROTO_NONE, "0x88cc");
    is(0x5dc, HEADERS_PROTO_NONE, "802.3");
    is(0, HEADERS_PROTO_NONE, "802.3");
    is(0, 0, "byte");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/headers/names", test_names);
    return g_test_run();
}
