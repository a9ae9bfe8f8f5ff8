/* SPDX-License-Identifier: GPL-3.0-or-later */
/* to-vcpu.c: by instructions of one vCPU: a pass to each place at which its registers are looked at. */
#include "controller/past/reverse-private.h"

static bool at_probe(Reverse *r, GError **error);

static bool probe(Reverse *r, GError **error)
{
    Insns next;

    switch (vcpu_search_next(r->vcpu, &next)) {
    case VCPU_SEARCH_HERE:
        return --r->goal.count > 0 && reverse_probe(r, error);
    case VCPU_SEARCH_NEVER:
        return reverse_go_to_beginning(r);
    case VCPU_SEARCH_GO:
        r->pass.place = (RunGoal){.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = next};
        r->pass.point = past_point_before(r->session, vtime(INT64_MAX), r->goal.node, next);
        return reverse_go(r, at_probe);
    }
    g_assert_not_reached();
}

bool reverse_probe(Reverse *r, GError **error)
{
    Node *n = r->goal.node;
    Insns first = past_insns_at(past_first(r->session), r->session, n);

    g_clear_pointer(&r->vcpu, vcpu_search_free);
    r->vcpu = vcpu_search_new(n, r->goal.vcpu, first, error);
    return r->vcpu && probe(r, error);
}

static bool at_probe(Reverse *r, GError **error)
{
    return vcpu_search_look(r->vcpu, error) && probe(r, error);
}
