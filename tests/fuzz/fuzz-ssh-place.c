/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-ssh-place.c: [USER@]HOST[:PORT] put together again from its parts is the same place. */
#include "controller/remote/ssh-place.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len), *whole = NULL;
    g_autoptr(GError) error = NULL;
    SshPlace place, again;
    bool ok = ssh_place_parse(text, &place, &error);

    demand(ok == !error);
    demand(!ssh_is_fingerprint(text) || strlen(text) == strlen(SSH_FINGERPRINT) + 43);
    if (ok) {
        bool brackets = strchr(place.host, ':') != NULL;

        demand(*place.host && *place.host != '-' && (!place.user || *place.user));
        whole =
            g_strdup_printf("%s%s%s%s%s%s%s", place.user ? place.user : "", place.user ? "@" : "",
                            brackets ? "[" : "", place.host, brackets ? "]" : "",
                            place.port ? ":" : "", place.port ? place.port : "");
        demand(ssh_place_parse(whole, &again, NULL));
        demand(g_strcmp0(place.user, again.user) == 0 && strcmp(place.host, again.host) == 0 &&
               g_strcmp0(place.port, again.port) == 0);
        ssh_place_clear(&again);
    }
    ssh_place_clear(&place);
    return 0;
}
