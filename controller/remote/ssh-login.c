/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-login.c: checks host keys by fingerprint or known_hosts; tries keys first, then a password.
 * No secret gets into a message, and each secret is wiped after use.
 */
#include "controller/remote/ssh-login.h"

#include "controller/base/text.h"
#include "controller/qemu/options.h"
#include "controller/remote/message.h"

#include <string.h>

#define TRIES 3 /* passwords to ask for */

char *ssh_login_reason(const SshLogin *l)
{
    return text_plain(ssh_get_error(l->session), -1);
}

bool ssh_login_fail(GError **error, const SshLogin *l, const char *what)
{
    g_autofree char *why = ssh_login_reason(l);

    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "ssh %s: %s: %s", l->name, what, why);
    return false;
}

/* --- the host's key --- */

static bool refuse_key(GError **error, const SshLogin *l, const char *type, const char *fingerprint,
                       const char *why)
{
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_REFUSED, "ssh %s: its %s key %s is refused: %s",
                l->name, type, fingerprint, why);
    return false;
}

static bool compare_key(const SshLogin *l, const char *wanted, const char *type,
                        const char *fingerprint, GError **error)
{
    if (wanted)
        return strcmp(wanted, fingerprint) == 0 ||
               refuse_key(error, l, type, fingerprint, "fingerprint= names another");
    switch (ssh_session_is_known_server(l->session)) {
    case SSH_KNOWN_HOSTS_OK:
        return true;
    case SSH_KNOWN_HOSTS_CHANGED:
        return refuse_key(error, l, type, fingerprint,
                          "known_hosts has another one for it; that may be an attack, or a host "
                          "that was set up anew: then `ssh-keygen -R` forgets the old one");
    case SSH_KNOWN_HOSTS_OTHER:
        return refuse_key(error, l, type, fingerprint,
                          "known_hosts has a key of another type for it");
    case SSH_KNOWN_HOSTS_UNKNOWN:
    case SSH_KNOWN_HOSTS_NOT_FOUND:
        if (!l->ask || !l->ask->accept || !l->ask->accept(l->name, type, fingerprint, l->ask->data))
            return refuse_key(error, l, type, fingerprint,
                              "known_hosts does not have it; compare it, then give it as "
                              "fingerprint=, or connect once with ssh");
        return ssh_session_update_known_hosts(l->session) == SSH_OK ||
               ssh_login_fail(error, l, "known_hosts can't be written");
    case SSH_KNOWN_HOSTS_ERROR:
        break;
    }
    return ssh_login_fail(error, l, "its key can't be checked");
}

bool ssh_login_check_host(const SshLogin *l, const char *wanted, GError **error)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t size = 0;
    char *fingerprint = NULL;
    bool ok = false;

    if (ssh_get_server_publickey(l->session, &key) == SSH_OK &&
        ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) == SSH_OK &&
        (fingerprint = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size)))
        ok = compare_key(l, wanted, ssh_key_type_to_char(ssh_key_type(key)), fingerprint, error);
    else
        ssh_login_fail(error, l, "its key can't be read");
    ssh_string_free_char(fingerprint);
    ssh_clean_pubkey_hash(&hash);
    ssh_key_free(key);
    return ok;
}

/* --- the user --- */

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

/* Asks the user for a passphrase. Fails if no question can be asked: without this function OpenSSL
 * itself would ask on /dev/tty. */
static int ask_passphrase(const char *prompt, char *buf, size_t size, int echo, int verify,
                          void *data)
{
    SshLogin *l = data;
    g_autofree char *question = NULL;
    char *path = NULL, *secret;
    bool fits;

    (void)prompt;
    (void)echo;
    (void)verify;
    if (!l->ask || !l->ask->password)
        return -1;
    l->asked = true;
    if (!l->identity)
        ssh_userauth_publickey_auto_get_current_identity(l->session, &path);
    question = g_strdup_printf("Passphrase of %s: ", l->identity ? l->identity
                                                     : path      ? path
                                                                 : "your key");
    ssh_string_free_char(path);
    secret = l->ask->password(question, l->ask->data);
    fits = secret && g_strlcpy(buf, secret, size) < size;
    wipe(secret);
    return fits ? 0 : -1;
}

static bool use_identity(SshLogin *l, GError **error)
{
    ssh_key key = NULL;
    int rc = ssh_pki_import_privkey_file(l->identity, NULL, ask_passphrase, l, &key);

    if (rc != SSH_OK) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "identity='%s': %s", l->identity,
                    l->asked ? "no private key that can be read with this passphrase"
                             : "no private key that can be read without a passphrase; ssh-add "
                               "gives it to your ssh-agent, which is used without identity=");
        return false;
    }
    rc = ssh_userauth_publickey(l->session, NULL, key);
    ssh_key_free(key);
    if (rc == SSH_AUTH_SUCCESS)
        return true;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_REFUSED, "ssh %s: the key '%s' is not accepted",
                l->name, l->identity);
    return false;
}

static bool use_password(const SshLogin *l)
{
    g_autofree char *prompt = g_strdup_printf("Password for %s: ", l->name);

    for (unsigned i = 0; i < TRIES; i++) {
        char *secret = l->ask->password(prompt, l->ask->data);
        int rc = secret ? ssh_userauth_password(l->session, NULL, secret) : SSH_AUTH_DENIED;
        bool given = secret != NULL;

        wipe(secret);
        if (rc == SSH_AUTH_SUCCESS)
            return true;
        if (!given)
            return false;
    }
    return false;
}

bool ssh_login_user(SshLogin *l, GError **error)
{
    if (ssh_userauth_none(l->session, NULL) == SSH_AUTH_SUCCESS)
        return true;
    if (l->identity)
        return use_identity(l, error);
    if (ssh_userauth_publickey_auto(l->session, NULL, NULL) == SSH_AUTH_SUCCESS)
        return true;
    if (l->ask && l->ask->password &&
        (ssh_userauth_list(l->session, NULL) & SSH_AUTH_METHOD_PASSWORD) && use_password(l))
        return true;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_REFUSED,
                "ssh %s: no key of your ssh-agent or ~/.ssh is accepted: name one with identity=, "
                "or ssh-add it",
                l->name);
    return false;
}

void ssh_login_init(SshLogin *l, const SshTarget *target, const SshAsk *ask)
{
    *l = (SshLogin){.session = ssh_new(),
                    .name = g_strdup(target->target),
                    .ask = ask,
                    .identity = target->identity};
    l->callbacks.auth_function = ask_passphrase;
    l->callbacks.userdata = l;
    ssh_callbacks_init(&l->callbacks);
    ssh_set_callbacks(l->session, &l->callbacks);
}

void ssh_login_end(SshLogin *l)
{
    l->ask = NULL;
    l->identity = NULL;
}
