/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-conversation.c: whatever a guest sends, its conversation has the initiator that was told first,
 * also when the frame comes again from elsewhere.
 */
#include "controller/network/conversation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(Conversations) c = conversations_new();

    if (len < 14)
        return 0;
    if (conversations_initiator(c, bytes, len, 1) != 1 ||
        conversations_initiator(c, bytes, len, 2) != 1)
        abort();
    return 0;
}
