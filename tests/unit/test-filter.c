/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-filter.c: grammar and errors of packet filters, and which frames they match. */
#include "controller/network/filter.h"

#include <string.h>

static void accepted(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = filter_new(text, &error);

    g_assert_no_error(error);
    g_assert_nonnull(filter);
}

static void test_language(void)
{
    static const char *const good[] = {"arp",
                                       " \t arp\n",
                                       "(arp)",
                                       "((arp))",
                                       "port 0",
                                       "port 65535",
                                       "host 10.0.0.255",
                                       "ether 52:54:00:aB:CD:ef",
                                       "not not arp",
                                       "not (arp and ip)",
                                       "tcp(port 80)not ip6",
                                       "ip icmp icmp6 udp", /* tcpdump's alone: */
                                       "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                                       "src host 10.0.0.1",
                                       "net 10.0.0.0/8",
                                       "net 10",
                                       "portrange 1-1023",
                                       "vlan 5 and ip",
                                       "ether host 1:2:3:4:5:6",
                                       "ether src 52-54-00-12-34-56",
                                       "ether broadcast",
                                       "ip6 multicast",
                                       "greater 100",
                                       "host fe80::1",
                                       "host (10.0.0.1 or 10.0.0.2)",
                                       "tcp dst port 21 or 22",
                                       "!arp && !ip6",
                                       "ip proto 6",
                                       "ether proto 0x88f7",
                                       "ip6 protochain 58",
                                       "icmp[icmptype] == icmp-echo",
                                       "len <= 60",
                                       "sctp || igmp"};

    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++)
        accepted(good[i]);
}

#define EXPECTED                                                                                   \
    "filters are written as for tcpdump, such as \"tcp port 80 and host 10.0.0.1\", with numbers " \
    "for names of hosts, ports and protocols"

static void refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *expected = g_strdup_printf("filter '%s'%s", text, message);

    g_assert_null(filter_new(text, &error));
    g_assert_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX);
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_errors(void)
{
    refused("", " ends too early: " EXPECTED);
    refused("tcp and", " ends too early: " EXPECTED);
    refused("not", " ends too early: " EXPECTED);
    refused("port", " ends too early: " EXPECTED);
    refused("host", " ends too early: " EXPECTED);
    refused("ether", " ends too early: " EXPECTED);
    refused("(arp", " ends too early: " EXPECTED);
    refused("tpc", ", column 1: 'tpc' is wrong here: did you mean 'tcp'?");
    refused("arp or tpc", ", column 8: 'tpc' is wrong here: did you mean 'tcp'?");
    refused("ARP", ", column 1: 'ARP' is wrong here: did you mean 'arp'?");
    refused("port http", ", column 6: 'http' is wrong here: " EXPECTED);
    refused("host example.com", ", column 6: 'example.com' is wrong here: " EXPECTED);
    refused("host bad.fed", ", column 6: 'bad.fed' is wrong here: " EXPECTED);
    refused("host 1bad", ", column 6: '1bad' is wrong here: " EXPECTED);
    refused("host 1-2", ", column 6: '1-2' is wrong here: " EXPECTED);
    refused("host 1.2.3.4.5", ", column 6: '1.2.3.4.5' is wrong here: " EXPECTED);
    refused("host 10.", ", column 6: '10.' is wrong here: " EXPECTED);
    refused("port 80-90", ", column 6: '80-90' is wrong here: " EXPECTED);
    refused("inbound", ", column 1: 'inbound' is wrong here: " EXPECTED);
    refused("arp and or ip", ", column 5: 'and or ip' is wrong here: syntax error; " EXPECTED);
    refused("(arp or (ip and)) or tcp",
            ", column 13: 'and)) or tcp' is wrong here: syntax error; " EXPECTED);
    refused("arp ) or ip", ", column 5: ') or ip' is wrong here: syntax error; " EXPECTED);
    refused("()", ", column 1: '()' is wrong here: syntax error; " EXPECTED);
    refused("arp or port 65536", ", column 5: 'or port 65536' is wrong here: illegal port number "
                                 "65536 > 65535; " EXPECTED);
    refused(
        "host 256.0.0.1",
        ", column 1: 'host 256.0.0.1' is wrong here: invalid IPv4 address '256.0.0.1'; " EXPECTED);
    refused("src tcp port 80",
            ", column 1: 'src tcp port 80' is wrong here: syntax error; " EXPECTED);
}

static void test_bad_arguments(void)
{
    static const char *const bad[] = {"port -1",
                                      "port 99999999999",
                                      "port +5",
                                      "port (arp)",
                                      "host 1.2.3.4.5",
                                      "host 1.2.3.",
                                      "host .1.2.3",
                                      "host 1..2.3",
                                      "host 1.2.3.4x",
                                      "ether 52:54:00:12:34:567",
                                      "ether 52:54:00:12:34:5g",
                                      "ip broadcast",
                                      "host \xff",
                                      "arp\x01"};

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        if (filter_new(bad[i], &error))
            g_error("'%s' is taken", bad[i]);
        g_assert_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX);
    }
}

static GError *length(const char *before, const char *part, unsigned times, const char *after)
{
    g_autoptr(GString) text = g_string_new(before);
    g_autoptr(Filter) filter = NULL;
    GError *error = NULL;

    for (unsigned i = 0; i < times; i++)
        g_string_append(text, part);
    g_string_append(text, after);
    filter = filter_new(text->str, &error);
    g_assert_cmpint(filter == NULL, ==, error != NULL);
    return error;
}

/* libpcap's time grows steeply with this, and AddressSanitizer's much more. */
#ifdef __SANITIZE_ADDRESS__
#define MANY_PORTS 35
#else
#define MANY_PORTS 140
#endif

/* The stack and the time that a filter takes are bounded. */
static void test_length(void)
{
    g_autoptr(GError) parentheses = length("", "(", FILTER_LENGTH_MAX, "");
    g_autoptr(GError) more = length("", "(", FILTER_LENGTH_MAX, "(");

    g_assert_error(parentheses, FILTER_ERROR, FILTER_ERROR_SYNTAX);
    g_assert_error(more, FILTER_ERROR, FILTER_ERROR_LENGTH);
    g_assert_no_error(length("arp", " or arp", 255, ""));
    g_assert_no_error(length("arp", " or port 65535", MANY_PORTS, ""));
    g_assert_no_error(length("", "not ", 255, "arp"));
}

static void matches(const char *text, const void *frame, size_t size, bool expected)
{
    g_autoptr(Filter) filter = filter_new(text, NULL);

    g_assert_nonnull(filter);
    if (filter_matches(filter, frame, size) != expected)
        g_error("'%s' should %smatch", text, expected ? "" : "not ");
}

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

/* All single tests; those in `which`, by their letters, match. */
static void profile(const void *frame, size_t size, const char *which)
{
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
    profile(sctp, sizeof(sctp), "4sdhgef");
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
    profile(first6, sizeof(first6), "6uef");
    profile(later6, sizeof(later6), "6uef");
}

static void test_ipv6(void)
{
    static const uint8_t tcp[] = {MACS, 0x86, 0xdd, IPV6(6), PORTS};
    static const uint8_t icmp6[] = {MACS, 0x86, 0xdd, IPV6(58), 135, 0, 0, 0};
    /* As MLD's messages are. */
    static const uint8_t report[] = {MACS, 0x86, 0xdd, IPV6(0), 58,  0, 5, 2,
                                     0,    0,    1,    0,       143, 0, 0, 0};

    profile(tcp, sizeof(tcp), "6tsdef");
    profile(icmp6, sizeof(icmp6), "6jef");
    profile(report, sizeof(report), "6jef");
}

static void test_arp(void)
{
    static const uint8_t request[] = {MACS, 8,  6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0,
                                      1,    10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10,   0,    0, 2};

    profile(request, sizeof(request), "ahgef");
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
}

static bool is_match(const char *text, const uint8_t *frame, size_t size)
{
    g_autofree uint8_t *exact = g_memdup2(frame, size); /* for AddressSanitizer */
    g_autoptr(Filter) filter = filter_new(text, NULL);

    return filter_matches(filter, exact, size);
}

/* A frame cut off anywhere matches what the whole one matches, or nothing. */
static void test_short(void)
{
    static const uint8_t tcp[] = {MACS, 8, 0, IPV4(6, 0), PORTS};

    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *negated = g_strdup_printf("not %s", tests[i].text);

        for (size_t size = 0; size < sizeof(tcp); size++)
            for (unsigned opposite = 0; opposite < 2; opposite++) {
                const char *text = opposite ? negated : tests[i].text;

                g_assert_true(!is_match(text, tcp, size) || is_match(text, tcp, sizeof(tcp)));
            }
    }
    g_assert_true(is_match("ip", tcp, 14));
    g_assert_false(is_match("tcp", tcp, 23));
    g_assert_true(is_match("tcp", tcp, 24));
}

static void test_combined(void)
{
    static const uint8_t tcp[] = {MACS, 8, 0, IPV4(6, 0), PORTS};

    matches("tcp port 80 and host 10.0.0.2", tcp, sizeof(tcp), true);
    matches("tcp and not port 80", tcp, sizeof(tcp), false);
    matches("udp or (ip and not arp)", tcp, sizeof(tcp), true);
    matches("udp or arp", tcp, sizeof(tcp), false);
    matches("not (udp or arp)", tcp, sizeof(tcp), true);
    matches("udp host 10.0.0.2", tcp, sizeof(tcp), false);
    matches("port 0080", tcp, sizeof(tcp), true);
    matches("(host 10.0.0.2) not arp", tcp, sizeof(tcp), true);
    /* "and" binds tighter here; tcpdump reads from left to right. */
    matches("tcp or ip and arp", tcp, sizeof(tcp), true);
    matches("ip proto 6 or ip and arp", tcp, sizeof(tcp), false);
    matches("udp and arp or tcp", tcp, sizeof(tcp), true);
    matches("udp and (arp or tcp)", tcp, sizeof(tcp), false);
}

/* What only tcpdump's language says. */
static void test_tcpdump(void)
{
    static const uint8_t syn[] = {MACS, 8, 0, IPV4(6, 0), PORTS, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2};
    static const uint8_t tagged[] = {MACS, 0x81, 0, 0, 5, 8, 0, IPV4(6, 0), PORTS};

    matches("tcp[tcpflags] & tcp-syn != 0", syn, sizeof(syn), true);
    matches("tcp[tcpflags] & (tcp-ack|tcp-fin) != 0", syn, sizeof(syn), false);
    matches("src host 10.0.0.1 and dst port 80", syn, sizeof(syn), true);
    matches("src host 10.0.0.2", syn, sizeof(syn), false);
    matches("src net 10.0.0.0/8 && portrange 79-81", syn, sizeof(syn), true);
    matches("less 48", syn, sizeof(syn), true);
    matches("greater 49", syn, sizeof(syn), false);
    matches("vlan 5 and tcp", tagged, sizeof(tagged), true);
    matches("vlan 6", tagged, sizeof(tagged), false);
    matches("tcp dst port 80", tagged, sizeof(tagged), false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/filter/language", test_language);
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
    g_test_add_func("/filter/tcpdump", test_tcpdump);
    return g_test_run();
}
