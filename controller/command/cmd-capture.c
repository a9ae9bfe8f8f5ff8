/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd-capture.c: pcapng and pcap files of what the network carries, stamped with virtual time; what
 * they hold is network/sniffer.h's. An interface of a pcapng file is a card.
 */
#include "controller/base/sink.h"
#include "controller/command/args.h"
#include "controller/fabric/fabric.h"
#include "controller/network/pcapng.h"
#include "controller/network/sniffer.h"

#include <string.h>

typedef struct {
    Session *session;
    char *path;
    Sink *sink;
    bool classic; /* pcap */
    Sniffer *sniffer;
    GArray *interfaces;  /* NetEnd */
    GByteArray *pending; /* blocks that are being made */
} Capture;

static void flush(Capture *c)
{
    sink_write(c->sink, c->pending->data, c->pending->len);
    g_byte_array_set_size(c->pending, 0);
}

static bool is_uart(const Network *net, NetEnd end)
{
    return !end.is_switch && network_port_is_uart(net, end.index);
}

static unsigned interface_of(Capture *c, NetEnd end)
{
    const Network *net = fabric_network(c->session->fabric);

    for (unsigned i = 0; i < c->interfaces->len; i++) {
        NetEnd known = g_array_index(c->interfaces, NetEnd, i);

        if (known.is_switch == end.is_switch && known.index == end.index)
            return i;
    }
    pcapng_interface(c->pending, is_uart(net, end) ? PCAPNG_LINE : PCAPNG_ETHERNET,
                     network_end_name(net, end), NULL);
    g_array_append_val(c->interfaces, end);
    return c->interfaces->len - 1;
}

/* All packets of a pcap file are Ethernet's, so it has no bytes of lines. It has no place for a note,
 * either: what did not come to the card whose view is taken would look
 * as if it had. */
static void put_frame(const SniffFrame *f, void *data)
{
    Capture *c = data;

    if (f->at.ns <= c->session->captured_until.ns || c->session->hidden)
        return; /* it was written when the ensemble was here before, or is on no branch */
    if (!c->classic)
        pcapng_packet(c->pending, interface_of(c, f->place), f->at, f->data, f->size,
                      f->sent ? PCAPNG_OUTBOUND : PCAPNG_INBOUND, f->note);
    else if (f->seen && !is_uart(fabric_network(c->session->fabric), f->place))
        pcap_packet(c->pending, f->at, f->data, f->size);
}

/* At a barrier, in the thread that completes it. */
static void on_packet(const NetEvent *e, void *data)
{
    Capture *c = data;

    if (!sink_is_open(c->sink))
        return;
    sniffer_event(c->sniffer, e);
    flush(c);
}

static void capture_free(void *data)
{
    Capture *c = data;

    network_unobserve(fabric_network(c->session->fabric), c);
    if (c->sniffer && sink_is_open(c->sink)) {
        sniffer_finish(c->sniffer, engine_now(c->session->engine));
        flush(c);
    }
    sniffer_free(c->sniffer);
    sink_close(c->sink);
    g_array_unref(c->interfaces);
    g_byte_array_unref(c->pending);
    g_free(c->path);
    g_free(c);
}

void captures_free(Session *s)
{
    g_clear_pointer(&s->captures, g_ptr_array_unref);
}

void captures_mirror(const Session *from, Session *to)
{
    for (unsigned i = 0; from->captures && i < from->captures->len; i++)
        checking_capture(to->checking, ((const Capture *)from->captures->pdata[i])->path);
}

static CommandResult end(Session *s, const char *path, GError **error)
{
    for (unsigned i = 0; s->captures && i < s->captures->len; i++) {
        if (strcmp(((const Capture *)s->captures->pdata[i])->path, path) != 0)
            continue;
        g_ptr_array_remove_index(s->captures, i);
        return COMMAND_DONE;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "nothing is captured into '%s'", path);
    return COMMAND_FAILED;
}

/* pcapng, or pcap of either byte order with µs or ns. */
static bool is_capture(const char *head, gsize size)
{
    static const uint32_t magics[] = {0x0a0d0d0a, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2c3d4, 0xd4c3b2a1};
    uint32_t magic = 0;

    if (size >= sizeof(magic))
        memcpy(&magic, head, sizeof(magic));
    for (unsigned i = 0; i < G_N_ELEMENTS(magics); i++)
        if (magic == magics[i])
            return true;
    return false;
}

static bool refuse(const char *path, const GError *e, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't capture into '%s': %s", path,
                e->message);
    return false;
}

static bool takes_capture(const char *path, GError **error)
{
    g_autoptr(GError) e = NULL;

    return sink_accepts(path, "capture", is_capture, &e) || refuse(path, e, error);
}

static bool open_file(Capture *c, GError **error)
{
    g_autoptr(GError) e = NULL;

    c->sink = sink_open(c->path, "capture", is_capture, &e);
    return c->sink || refuse(c->path, e, error);
}

static bool is_classic(const char *path)
{
    return g_ascii_strcasecmp(path + MAX(strlen(path), 5) - 5, ".pcap") == 0;
}

static CommandResult begin(Session *s, const char *path, const SniffOptions *options,
                           GError **error)
{
    Capture *c = g_new0(Capture, 1);

    c->session = s;
    c->path = g_strdup(path);
    c->classic = is_classic(path);
    c->interfaces = g_array_new(FALSE, FALSE, sizeof(NetEnd));
    c->pending = g_byte_array_new();
    if (!open_file(c, error)) {
        capture_free(c);
        return COMMAND_FAILED;
    }
    c->sniffer = sniffer_new(fabric_network(s->fabric), options, put_frame, c);
    if (c->classic)
        pcap_header(c->pending);
    else
        pcapng_section(c->pending, "metronome");
    flush(c);
    network_observe(fabric_network(s->fabric), on_packet, c);
    if (!s->captures)
        s->captures = g_ptr_array_new_with_free_func(capture_free);
    g_ptr_array_add(s->captures, c);
    return COMMAND_DONE;
}

/* One end: a card; two: their link. */
static bool find_place(const CommandCall *call, SniffOptions *o, GError **error)
{
    const char *names[2];
    unsigned n = args_ends(call, names);
    Session *s = call->session;
    const Network *net = fabric_network(s->fabric);
    NetEnd ends[2];
    bool reversed;

    for (unsigned i = 0; i < n; i++) {
        if (!network_find(net, names[i], &ends[i], error)) {
            session_doubt_link(s, names[i], names[n == 2 ? 1 - i : i]);
            return false;
        }
    }
    if (n > 0 && is_classic(args_text(call, "FILE")) && is_uart(net, ends[0])) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s': a pcap file holds Ethernet alone; the bytes of a line go into a pcapng "
                    "file, with a name that does not end in .pcap",
                    args_text(call, "FILE"));
        return false;
    }
    o->scope = n == 0 ? SNIFF_ALL : n == 1 ? SNIFF_PORT : SNIFF_LINK;
    if (n == 2 && !network_find_link(net, ends[0], ends[1], &o->index, &reversed, error)) {
        session_doubt_link(s, names[0], names[1]);
        return false;
    }
    if (n == 2)
        return true;
    if (n == 1 && ends[0].is_switch) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is a switch: `capture FILE %s CARD` captures one of its links", names[0],
                    names[0]);
        return false;
    }
    o->index = n == 1 ? ends[0].index : 0;
    return true;
}

static CommandResult exec_capture(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const char *path = args_text(call, "FILE");
    SniffOptions options = {.both = args_is(call, "both", "on"),
                            .at_delivery = args_is(call, "at", "delivery")};
    bool off = args_has(call, "off");

    if (!s->fabric) {
        checking_in_doubt(s->checking, CHECKING_LINK, NULL);
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no link yet: `link add` comes first");
        return COMMAND_FAILED;
    }
    if (!off && !find_place(call, &options, error))
        return COMMAND_FAILED;
    if (s->options.dry && !off && !takes_capture(path, error))
        return COMMAND_FAILED;
    if (s->options.dry)
        return command_would_capture(s, path, off, error);
    return off ? end(s, path, error) : begin(s, path, &options, error);
}

const Command cmd_capture = {
    .name = "capture",
    .usage = "FILE [END [END]] [both=on|off] [at=initiator|delivery] | FILE off",
    .help =
        "Write what the network, one link or one card carries to a pcapng file (FILE.pcap: pcap), "
        "or to a FIFO for a live view: each frame once, as the card saw it that began the "
        "conversation; at=delivery: when it was delivered; both=on: when sent and when "
        "delivered; off ends it",
    .exec = exec_capture,
    .outside = true,
    .defines = DEFINES_CAPTURE,
};
