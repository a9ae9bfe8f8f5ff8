/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-filter.c: grammar and errors of packet filters, and which frames they match. */
#include "controller/network/filter.h"

#include <string.h>

static void parses(const char *text, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = filter_parse(text, &error), again = NULL;
    g_autofree char *formatted = NULL, *twice = NULL;

    g_assert_no_error(error);
    formatted = filter_format(filter);
    g_assert_cmpstr(formatted, ==, expected);
    again = filter_parse(formatted, NULL);
    g_assert_nonnull(again);
    twice = filter_format(again);
    g_assert_cmpstr(twice, ==, expected);
}

static void test_grammar(void)
{
    parses("arp", "arp");
    parses(" \t arp\n", "arp");
    parses("(arp)", "arp");
    parses("((arp))", "arp");
    parses("port 0", "port 0");
    parses("port 65535", "port 65535");
    parses("host 10.0.0.255", "host 10.0.0.255");
    parses("ether 52:54:00:aB:CD:ef", "ether 52:54:00:ab:cd:ef");
    parses("arp or ip and tcp", "(arp or (ip and tcp))");
    parses("arp and ip or tcp", "((arp and ip) or tcp)");
    parses("(arp or ip) and tcp", "((arp or ip) and tcp)");
    parses("arp or ip or tcp", "((arp or ip) or tcp)");
    parses("arp and ip and tcp", "((arp and ip) and tcp)");
    parses("not arp and ip", "(not arp and ip)");
    parses("not (arp and ip)", "not (arp and ip)");
    parses("not not arp", "not not arp");
    parses("tcp port 80", "(tcp and port 80)");
    parses("tcp port 80 or udp port 53", "((tcp and port 80) or (udp and port 53))");
    parses("tcp(port 80)not ip6", "((tcp and port 80) and not ip6)");
    parses("ip icmp icmp6 udp", "(((ip and icmp) and icmp6) and udp)");
}

static void refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(filter_parse(text, &error));
    g_assert_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX);
    g_assert_cmpstr(error->message, ==, message);
}

#define TERM                                                                                       \
    "'not', '(', or one of arp, ip, ip6, icmp, icmp6, tcp, udp, port N, host A.B.C.D, ether "      \
    "HH:HH:HH:HH:HH:HH is expected"

static void test_errors(void)
{
    refused("", "filter '' ends too early: " TERM);
    refused("tcp and", "filter 'tcp and' ends too early: " TERM);
    refused("not", "filter 'not' ends too early: " TERM);
    refused("tpc", "filter 'tpc', column 1: 'tpc' is wrong here: " TERM);
    refused("arp or tpc", "filter 'arp or tpc', column 8: 'tpc' is wrong here: " TERM);
    refused("arp and or ip", "filter 'arp and or ip', column 9: 'or' is wrong here: " TERM);
    refused("arp tpc", "filter 'arp tpc', column 5: 'tpc' is wrong here: " TERM);
    refused("()", "filter '()', column 2: ')' is wrong here: " TERM);
    refused("(arp", "filter '(arp' ends too early: ')' is expected");
    refused("arp)", "filter 'arp)', column 4: ')' is wrong here: no '(' is open");
    refused("ARP", "filter 'ARP', column 1: 'ARP' is wrong here: " TERM);
    refused("port", "filter 'port' ends too early: a port from 0 to 65535 is expected");
    refused("port 65536", "filter 'port 65536', column 6: '65536' is wrong here: a port from 0 to "
                          "65535 is expected");
    refused("port http", "filter 'port http', column 6: 'http' is wrong here: a port from 0 to "
                         "65535 is expected");
    refused("host 10.0.0", "filter 'host 10.0.0', column 6: '10.0.0' is wrong here: an IPv4 "
                           "address such as 10.0.0.1 is expected");
    refused("ether 52:54", "filter 'ether 52:54', column 7: '52:54' is wrong here: a MAC address "
                           "such as 52:54:00:12:34:56 is expected");
}

static void test_bad_arguments(void)
{
    static const char *const bad[] = {"port -1",
                                      "port 99999999999",
                                      "port +5",
                                      "port (80)",
                                      "host 256.0.0.1",
                                      "host 1.2.3.4.5",
                                      "host 1.2.3.",
                                      "host .1.2.3",
                                      "host 1..2.3",
                                      "host 0001.2.3.4",
                                      "host 1.2.3.4x",
                                      "host",
                                      "ether",
                                      "ether 52:54:00:12:34:5",
                                      "ether 52:54:00:12:34:567",
                                      "ether 52-54-00-12-34-56",
                                      "ether 52:54:00:12:34:5g",
                                      "ether 5:254:00:12:34:56"};

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(filter_parse(bad[i], &error));
        g_assert_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX);
    }
}

static void length(const char *before, const char *part, unsigned times, const char *after, bool ok)
{
    g_autoptr(GString) text = g_string_new(before);
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = NULL;

    for (unsigned i = 0; i < times; i++)
        g_string_append(text, part);
    g_string_append(text, after);
    filter = filter_parse(text->str, &error);
    g_assert_cmpint(filter != NULL, ==, ok);
    if (!ok)
        g_assert_error(error, FILTER_ERROR, FILTER_ERROR_LENGTH);
}

/* The stack that a filter takes is bounded. */
static void test_length(void)
{
    length("arp", " or arp", FILTER_TERMS_MAX - 1, "", true);
    length("arp", " or arp", FILTER_TERMS_MAX, "", false);
    length("", "not ", FILTER_TERMS_MAX - 1, "arp", true);
    length("", "not ", FILTER_TERMS_MAX, "arp", false);
    length("", "(", FILTER_TERMS_MAX, "arp", false);
    length("", "(", 1000000, "", false);
}

static void matches(const char *text, const void *frame, size_t size, bool expected)
{
    g_autoptr(Filter) filter = filter_parse(text, NULL);

    g_assert_nonnull(filter);
    if (filter_matches(filter, frame, size) != expected)
        g_error("'%s' should %smatch", text, expected ? "" : "not ");
}

/* All single tests; those in `which`, by their letters, match. */
static void profile(const void *frame, size_t size, const char *which)
{
    static const struct {
        char letter;
        const char *text;
    } tests[] = {{'a', "arp"},
                 {'4', "ip"},
                 {'6', "ip6"},
                 {'i', "icmp"},
                 {'j', "icmp6"},
                 {'t', "tcp"},
                 {'u', "udp"},
                 {'s', "port 4096"},
                 {'d', "port 80"},
                 {'h', "host 10.0.0.1"},
                 {'g', "host 10.0.0.2"},
                 {'e', "ether 52:54:00:00:00:01"},
                 {'f', "ether 52:54:00:00:00:02"},
                 {'x', "port 81"},
                 {'y', "host 10.0.0.3"},
                 {'z', "ether 52:54:00:00:00:03"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *negated = g_strdup_printf("not %s", tests[i].text);
        bool expected = strchr(which, tests[i].letter) != NULL;

        matches(tests[i].text, frame, size, expected);
        matches(negated, frame, size, !expected);
    }
}

#define MACS 0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1
#define IPV4(proto, fragment)                                                                      \
    0x45, 0, 0, 40, 0, 0, (fragment) >> 8, (fragment) % 256, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0,  \
        0, 2
#define IPV6(next)                                                                                 \
    0x60, 0, 0, 0, 0, 20, next, 64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfe,    \
        0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define PORTS 0x10, 0, 0, 80

static void test_ipv4(void)
{
    static const uint8_t tcp[] = {MACS, 8, 0, IPV4(6, 0), PORTS, 0, 0, 0, 0};
    static const uint8_t udp[] = {MACS, 8, 0, IPV4(17, 0), PORTS};
    static const uint8_t icmp[] = {MACS, 8, 0, IPV4(1, 0), PORTS};
    static const uint8_t sctp[] = {MACS, 8, 0, IPV4(132, 0), PORTS};
    static const uint8_t icmp6_in_4[] = {MACS, 8, 0, IPV4(58, 0), PORTS};
    static const uint8_t options[] = {MACS, 8,  0, 0x46, 0, 0,  44, 0, 0, 0, 0, 64, 6, 0,
                                      0,    10, 0, 0,    1, 10, 0,  0, 2, 1, 1, 1,  0, PORTS};

    profile(tcp, sizeof(tcp), "4tsdhgef");
    profile(udp, sizeof(udp), "4usdhgef");
    profile(icmp, sizeof(icmp), "4ihgef");
    profile(sctp, sizeof(sctp), "4hgef");
    profile(icmp6_in_4, sizeof(icmp6_in_4), "4hgef");
    profile(options, sizeof(options), "4tsdhgef");
}

static void test_fragments(void)
{
    static const uint8_t first[] = {MACS, 8, 0, IPV4(17, 0x2000), PORTS};
    static const uint8_t later[] = {MACS, 8, 0, IPV4(17, 0x0010), PORTS};
    static const uint8_t later6[] = {MACS, 0x86, 0xdd, IPV6(44), 17, 0, 0, 8, 0, 0, 0, 1, PORTS};
    static const uint8_t first6[] = {MACS, 0x86, 0xdd, IPV6(44), 17, 0, 0, 1, 0, 0, 0, 1, PORTS};

    profile(first, sizeof(first), "4usdhgef");
    profile(later, sizeof(later), "4uhgef");
    profile(first6, sizeof(first6), "6usdef");
    profile(later6, sizeof(later6), "6uef");
}

static void test_ipv6(void)
{
    static const uint8_t tcp[] = {MACS, 0x86, 0xdd, IPV6(6), PORTS};
    static const uint8_t icmp6[] = {MACS, 0x86, 0xdd, IPV6(58), 135, 0, 0, 0};
    static const uint8_t extended[] = {MACS, 0x86, 0xdd, IPV6(0), 43, 0, 0, 0, 0, 0, 0,    0, 60,
                                       1,    0,    0,    0,       0,  0, 0, 0, 0, 0, 0,    0, 0,
                                       0,    0,    17,   0,       0,  0, 0, 0, 0, 0, PORTS};

    profile(tcp, sizeof(tcp), "6tsdef");
    profile(icmp6, sizeof(icmp6), "6jef");
    profile(extended, sizeof(extended), "6usdef");
    profile(extended, sizeof(extended) - 5, "6ef");
}

static void test_arp(void)
{
    static const uint8_t request[] = {MACS, 8,  6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0,
                                      1,    10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10,   0,    0, 2};

    profile(request, sizeof(request), "ahgef");
    profile(request, sizeof(request) - 1, "aef");
}

static void test_vlan(void)
{
    static const uint8_t tagged[] = {MACS, 0x81, 0, 0, 5, 8, 0, IPV4(6, 0), PORTS};
    static const uint8_t twice[] = {MACS, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 5, 8, 0, IPV4(6, 0), PORTS};
    static const uint8_t thrice[] = {MACS, 0x81, 0, 0, 5, 0x81, 0,          0,    5,
                                     0x81, 0,    0, 5, 8, 0,    IPV4(6, 0), PORTS};

    profile(tagged, sizeof(tagged), "4tsdhgef");
    profile(twice, sizeof(twice), "4tsdhgef");
    profile(thrice, sizeof(thrice), "ef");
    profile(tagged, 17, "ef");
}

/* Of a frame cut off anywhere, nothing is read behind its end. */
static void test_short(void)
{
    static const uint8_t tcp[] = {MACS, 8, 0, IPV4(6, 0), PORTS};
    static const uint8_t wrong_version[] = {MACS, 8, 0, 0x65, 0, 0, 40, 0,  0, 0, 0, 64,
                                            6,    0, 0, 10,   0, 0, 1,  10, 0, 0, 2};
    static const uint8_t short_header[] = {MACS, 8, 0, 0x44, 0, 0, 40, 0,  0, 0, 0, 64,
                                           6,    0, 0, 10,   0, 0, 1,  10, 0, 0, 2, PORTS};

    for (size_t size = 0; size <= sizeof(tcp); size++) {
        g_autofree uint8_t *exact = g_memdup2(tcp, size); /* for AddressSanitizer */

        profile(exact, size,
                size < 14            ? ""
                : size < 34          ? "4ef"
                : size < sizeof(tcp) ? "4thgef"
                                     : "4tsdhgef");
    }
    profile(wrong_version, sizeof(wrong_version), "4ef");
    profile(short_header, sizeof(short_header), "4thgef");
}

static void test_combined(void)
{
    static const uint8_t tcp[] = {MACS, 8, 0, IPV4(6, 0), PORTS};

    matches("tcp port 80 and host 10.0.0.2", tcp, sizeof(tcp), true);
    matches("tcp and not port 80", tcp, sizeof(tcp), false);
    matches("udp or (ip and not arp)", tcp, sizeof(tcp), true);
    matches("udp or arp", tcp, sizeof(tcp), false);
    matches("not (udp or arp)", tcp, sizeof(tcp), true);
    matches("udp and arp or tcp", tcp, sizeof(tcp), true);
    matches("udp and (arp or tcp)", tcp, sizeof(tcp), false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/filter/grammar", test_grammar);
    g_test_add_func("/filter/errors", test_errors);
    g_test_add_func("/filter/bad-arguments", test_bad_arguments);
    g_test_add_func("/filter/length", test_length);
    g_test_add_func("/filter/ipv4", test_ipv4);
    g_test_add_func("/filter/fragments", test_fragments);
    g_test_add_func("/filter/ipv6", test_ipv6);
    g_test_add_func("/filter/arp", test_arp);
    g_test_add_func("/filter/vlan", test_vlan);
    g_test_add_func("/filter/short", test_short);
    g_test_add_func("/filter/combined", test_combined);
    return g_test_run();
}
