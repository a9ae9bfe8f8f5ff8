/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter.c: translates metronome's own words to tcpdump's, compiles with libpcap, and explains
 * errors.
 */
#include "controller/network/filter.h"

#include "controller/base/suggest.h"

#include <pcap/pcap.h>
#include <string.h>

#define SNAP_LENGTH 262144 /* longer than any frame */
#define EXPECTED                                                                                   \
    "filters are written as for tcpdump, such as \"tcp port 80 and host 10.0.0.1\", with numbers " \
    "for names of hosts, ports and protocols"

G_DEFINE_QUARK(metronome_filter_error_quark, filter_error)

#define TAGS_MAX 2 /* VLAN tags that are skipped */

struct Filter {
    unsigned n_programs; /* one per number of VLAN tags; 1: VLAN tags are not skipped */
    struct bpf_program programs[TAGS_MAX + 1];
};

/* --- metronome's own words --- */

#define OWN_WORD                                                                                   \
    "\\G\\s*((?:and|or|not|arp|ip6?|icmp6?|tcp|udp|port\\s+\\d+|host\\s+[\\d.]+|"                  \
    "ether\\s+(?:[[:xdigit:]]{2}:){5}[[:xdigit:]]{2})(?![^\\s()])|[()])\\s*"

/* Doubles parentheses, and closes and opens them around "or", because "and" binds tighter. */
static void append_own(GString *out, const char *word)
{
    if (strcmp(word, "or") == 0)
        g_string_append(out, ")or(");
    else if (*word == '(' || *word == ')')
        g_string_append_printf(out, "%s%s", word, word);
    else if (strcmp(word, "icmp6") == 0) /* MLD's messages are behind a hop-by-hop header */
        g_string_append(out, "(icmp6 or (ip6[6] = 0 and ip6[40] = 58))");
    else if (g_str_has_prefix(word, "ether"))
        g_string_append_printf(out, "ether host %s", word + strlen("ether"));
    else if (g_str_has_prefix(word, "port")) /* libpcap reads 010 as 8 */
        g_string_append_printf(out, "port %" G_GUINT64_FORMAT,
                               g_ascii_strtoull(word + strlen("port"), NULL, 10));
    else
        g_string_append(out, word);
    g_string_append_c(out, ' ');
}

/* Translates a filter of metronome's own words to libpcap's language; NULL if the filter has other
 * words. */
static char *own_translated(const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new(OWN_WORD, G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GString) out = g_string_new("(");
    bool operand = false; /* this word follows an operand */
    int end = 0;

    for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *word = g_match_info_fetch(match, 1);
        bool joins = strcmp(word, "and") == 0 || strcmp(word, "or") == 0;

        if (operand && !joins && *word != ')')
            g_string_append(out, "and ");
        append_own(out, word);
        operand = !joins && *word != '(' && strcmp(word, "not") != 0;
        g_match_info_fetch_pos(match, 0, NULL, &end);
    }
    if (text[end])
        return NULL;
    g_string_append_c(out, ')');
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* --- libpcap --- */

/* Compiles a filter; on failure returns NULL and libpcap's reason. */
static Filter *compile(const char *text, char **reason)
{
    static const char *const tags[] = {"", "vlan and ", "vlan and vlan and "};
    g_autofree char *own = own_translated(text);
    g_autoptr(Filter) filter = g_new0(Filter, 1);
    pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, SNAP_LENGTH);
    bool good = true;

    /* libpcap shifts all offsets behind "vlan" by four bytes. */
    for (unsigned i = 0; good && i < (own ? G_N_ELEMENTS(tags) : 1); i++) {
        g_autofree char *tagged = g_strconcat(tags[i], own ? own : text, NULL);

        good = pcap_compile(ethernet, &filter->programs[i], tagged, 0, PCAP_NETMASK_UNKNOWN) == 0;
        filter->n_programs += good;
    }
    if (!good && reason)
        *reason = g_strdup(pcap_geterr(ethernet));
    pcap_close(ethernet);
    return good ? g_steal_pointer(&filter) : NULL;
}

/* Reports whether the first `len` bytes of the text, followed by `end`, are a filter. */
static bool compiles(const char *text, size_t len, const char *end)
{
    g_autofree char *whole = g_strdup_printf("%.*s%s", (int)len, text, end);
    g_autoptr(Filter) filter = compile(whole, NULL);

    return filter != NULL;
}

static bool ends_too_early(const char *text)
{
    static const char *const ends[] = {" arp", " 1", ")", " 52:54:00:12:34:56"};

    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++)
        if (compiles(text, strlen(text), ends[i]))
            return true;
    return false;
}

/* Returns the length of the longest beginning that is a filter once open parentheses are closed. */
static size_t right_until(const char *text)
{
    for (size_t len = strlen(text); len-- > 1;) {
        g_autoptr(GString) closing = g_string_new(NULL);

        if (!strchr(" \t\n()", text[len]) || strchr(" \t\n(", text[len - 1]))
            continue;
        for (size_t i = 0; i < len; i++)
            if (text[i] == '(')
                g_string_append_c(closing, ')');
            else if (text[i] == ')' && closing->len > 0)
                g_string_truncate(closing, closing->len - 1);
        if (compiles(text, len, closing->str))
            return len;
    }
    return 0;
}

static void explain(const char *text, const char *reason, GError **error)
{
    size_t at;

    /* libpcap's longer text for this case has no more information. */
    reason = strstr(reason, "syntax error") ? "syntax error" : reason;
    if (ends_too_early(text)) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    "filter '%s' ends too early: " EXPECTED, text);
        return;
    }
    at = right_until(text);
    at += strspn(text + at, " \t\n");
    g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                "filter '%s', column %" G_GSIZE_FORMAT ": '%.80s' is wrong here: %s; " EXPECTED,
                text, at + 1, text + at, reason);
}

/* --- words --- */

/* Words that make sense for Ethernet frames and need no look-up on this host. */
static const char words[] =
    "aarp ah and arp atalk broadcast carp decnet dst esp ether gateway geneve greater host "
    "icmp icmp-echo icmp-echoreply icmp-ireq icmp-ireqreply icmp-maskreply icmp-maskreq "
    "icmp-paramprob icmp-redirect icmp-routeradvert icmp-routersolicit icmp-sourcequench "
    "icmp-timxceed icmp-tstamp icmp-tstampreply icmp-unreach icmp6 icmp6-destinationunreach "
    "icmp6-echo icmp6-echoreply icmp6-multicastlistenerdone icmp6-multicastlistenerquery "
    "icmp6-multicastlistenerreportv1 icmp6-multicastlistenerreportv2 icmp6-neighboradvert "
    "icmp6-neighborsolicit icmp6-nodeinformationquery icmp6-nodeinformationresponse "
    "icmp6-packettoobig icmp6-parameterproblem icmp6-redirect icmp6-routeradvert "
    "icmp6-routerrenum icmp6-routersolicit icmp6-timeexceeded icmp6code icmp6type icmpcode "
    "icmptype igmp igrp ip ip6 ipx iso lat len length less link llc mask moprc mopdl mpls "
    "multicast net netbeui not or pim port portrange pppoed pppoes proto protochain rarp sca "
    "sctp src stp tcp tcp-ack tcp-cwr tcp-ece tcp-fin tcp-push tcp-rst tcp-syn tcp-urg "
    "tcpflags udp vlan vrrp";

/* Numbers and addresses in all their forms. */
#define NUMBER                                                                                     \
    "(?:0x[[:xdigit:]]+|\\d+(?:\\.\\d+){0,3}|portrange\\s+\\d+-\\d+|"                              \
    "[[:xdigit:].]*:[[:xdigit:].:]*|(?:[[:xdigit:]]{1,2}[-.]){5}[[:xdigit:]]{1,2}|"                \
    "(?:[[:xdigit:]]{4}\\.){2}[[:xdigit:]]{4})(?![\\w.-])"

/* Refuses unknown words. libpcap asks the name service for an unknown word: the answer would depend
 * on the host, and the check would wait for the answer. */
static bool knows_all_words(const char *text, GError **error)
{
    g_autoptr(GRegex) regex = g_regex_new("(?:" NUMBER ")|(\\w[\\w.-]*)", G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_auto(GStrv) known = g_strsplit(words, " ", -1);

    for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *word = g_match_info_fetch(match, 1), *hint = NULL;
        int at;

        if (!word || !*word || g_strv_contains((const char *const *)known, word))
            continue;
        hint = suggest_hint(word, (const char *const *)known, EXPECTED);
        g_match_info_fetch_pos(match, 1, &at, NULL);
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    "filter '%s', column %d: '%.80s' is wrong here: %s", text, at + 1, word, hint);
        return false;
    }
    return true;
}

Filter *filter_new(const char *text, GError **error)
{
    g_autofree char *reason = NULL;
    Filter *filter;

    if (strlen(text) > FILTER_LENGTH_MAX) {
        g_set_error(error, FILTER_ERROR, FILTER_ERROR_LENGTH,
                    "the filter is too long: at most %d bytes", FILTER_LENGTH_MAX);
        return NULL;
    }
    if (!knows_all_words(text, error))
        return NULL;
    filter = compile(text, &reason);
    if (!filter)
        explain(text, reason, error);
    return filter;
}

void filter_free(Filter *filter)
{
    for (unsigned i = 0; filter && i < filter->n_programs; i++)
        pcap_freecode(&filter->programs[i]);
    g_free(filter);
}

static bool is_tag(const uint8_t *type)
{
    return (type[0] == 0x81 && type[1] == 0x00) || (type[0] == 0x88 && type[1] == 0xa8);
}

bool filter_matches(const Filter *filter, const void *frame, size_t size)
{
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)size, .len = (bpf_u_int32)size};
    unsigned tags = 0;

    while (tags + 1 < filter->n_programs && size >= 14 + 4 * (size_t)tags &&
           is_tag((const uint8_t *)frame + 12 + 4 * (size_t)tags))
        tags++;
    return pcap_offline_filter(&filter->programs[tags], &header, frame) != 0;
}
