/* SPDX-License-Identifier: GPL-3.0-or-later */
/* card.c: see card.h. */
#include "controller/engine/card.h"

#include "controller/base/log.h"

Card *card_new(Node *node, unsigned index, VTime now, const CardNetwork *net, GError **error)
{
    Nic *nic = nic_new(node, index, error);
    Card *c;

    if (!nic)
        return NULL;
    c = g_new0(Card, 1);
    c->node = node;
    c->net = net;
    c->nic = nic;
    c->flights = g_array_new(FALSE, FALSE, sizeof(CardFrame));
    c->reached = now;
    return c;
}

void card_free(Card *c)
{
    if (!c)
        return;
    g_array_unref(c->flights);
    g_free(c);
}

static CardFrame *flight(const Card *c, unsigned i)
{
    return &g_array_index(c->flights, CardFrame, i);
}

static void on_frame(VTime sent, const uint8_t *frame, size_t size, void *data)
{
    Card *c = data;
    VTime at = vtime_sub(sent, c->node->epoch);

    /* Stamps are whole µs, rounded down: what bears the last boundary's was sent right behind it.
     */
    if (at.ns <= c->reached.ns)
        at = vtime(c->reached.ns + 1);
    c->net->sent(c, at, frame, size);
}

/* What was put is there if QEMU took it in time; else it is late, and will be there at the next
 * boundary. */
static void settle(Card *c, VTime now)
{
    bool off = !node_is_live(c->node);
    unsigned n = c->n_put;

    if (n == 0 || c->aim.ns > now.ns)
        return;
    /* An idle node may have stood beyond an added boundary already. */
    if (c->exact)
        now = vtime(MAX(now.ns, vtime_floor_us(node_ensemble_time(c->node)) * NS_PER_US));
    if (!off)
        n = nic_settle(c->nic);
    for (unsigned i = 0; i < n; i++)
        c->net->settled(c, flight(c, i), !off, now);
    if (n > 0)
        g_array_remove_range(c->flights, 0, n);
    if (off)
        nic_clear(c->nic);
    else
        nic_take_back(c->nic);
    c->n_put = nic_sent(c->nic);
    for (unsigned i = 0; i < c->n_put; i++)
        flight(c, i)->carried = false;
}

void card_reach(Card *c, VTime now)
{
    if (!nic_collect(c->nic, vtime_add(now, c->node->epoch), on_frame, c))
        log_warn("node %s: its capture can't be read", c->node->name);
    settle(c, now);
    c->reached = vtime(MAX(c->reached.ns, now.ns));
}

/* Frames that find a card full follow at the next boundary: carried, unless it is full of late
 * ones. */
void card_fill(Card *c, VTime now, VTime until, VTime quantum)
{
    bool barrier = until.ns % quantum.ns == 0, full_of_late;

    if ((c->n_put > 0 && c->aim.ns > now.ns && c->aim.ns != until.ns) || (!barrier && !c->exact))
        return;
    if (until.ns <= c->reached.ns)
        return; /* the others are brought there: this one's next boundary is behind it */
    full_of_late = nic_sent(c->nic) > 0 && c->aim.ns <= now.ns;
    c->aim = until;
    nic_aim(c->nic, barrier ? 0 : vtime_floor_us(vtime_add(until, c->node->epoch)));
    for (;;) {
        CardFrame *f, fresh;

        /* What was taken is put first, unless a shorter quantum has come since. */
        if (c->n_put == c->flights->len) {
            if (!c->net->next(c, until, &fresh))
                return;
            g_array_append_val(c->flights, fresh);
        }
        f = flight(c, c->n_put);
        if (f->due.ns > until.ns || !nic_put(c->nic, f->data, f->size))
            return;
        if (f->due.ns <= c->reached.ns && !full_of_late)
            f->carried = true;
        c->n_put++;
    }
}

void card_take_back(Card *c)
{
    nic_clear(c->nic);
    c->n_put = 0;
}
