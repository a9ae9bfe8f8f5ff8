/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-line-proof.c: two sides that know the same secret find out, however their bytes are cut; a
 * side that does not know it, repeats what it has heard, or says something else is refused.
 */
#include "controller/remote/line-proof.h"

#include <string.h>

static const uint8_t secret[LINE_SECRET] = "this is a secret of 32 bytes....";
static const uint8_t other[LINE_SECRET] = "this is a secret of 32 bytes...,";
static const uint8_t nonce_a[LINE_NONCE] = "nonce of the side that connects.";
static const uint8_t nonce_b[LINE_NONCE] = "nonce of the side that listens..";

typedef struct {
    LineProof proof;
    GByteArray *to; /* bytes for this side */
    GByteArray *said;
} Side;

static void side_init(Side *s, bool connects, const uint8_t *key, LineAnswer *answer)
{
    s->to = g_byte_array_new();
    s->said = g_byte_array_new();
    line_proof_begin(&s->proof, connects, key, connects ? nonce_a : nonce_b, answer);
    g_byte_array_append(s->said, answer->data, (guint)answer->size);
}

static void side_clear(Side *s)
{
    g_byte_array_unref(s->to);
    g_byte_array_unref(s->said);
}

/* Feeds what there is, `cut` bytes at a time; answers go to the other side. */
static bool move_on(Side *s, Side *to, gsize cut)
{
    gsize n = MIN(MIN(s->to->len, line_proof_lacks(&s->proof)), cut);
    LineAnswer answer;

    if (n == 0)
        return false;
    line_proof_feed(&s->proof, s->to->data, n, &answer);
    g_byte_array_remove_range(s->to, 0, (guint)n);
    g_byte_array_append(to->to, answer.data, (guint)answer.size);
    g_byte_array_append(s->said, answer.data, (guint)answer.size);
    return true;
}

static void meet(Side *a, Side *b, const uint8_t *key_a, const uint8_t *key_b, gsize cut)
{
    LineAnswer answer;

    side_init(b, false, key_b, &answer);
    g_assert_cmpuint(answer.size, ==, 0); /* who listens says nothing first */
    side_init(a, true, key_a, &answer);
    g_byte_array_append(b->to, answer.data, (guint)answer.size);
    while (move_on(a, b, cut) || move_on(b, a, cut))
        ;
}

static bool contains(const GByteArray *bytes, const uint8_t *what)
{
    return memmem(bytes->data, bytes->len, what, LINE_SECRET) != NULL;
}

static void test_both_know(void)
{
    for (gsize cut = 1; cut <= LINE_PART; cut++) {
        Side a, b;

        meet(&a, &b, secret, secret, cut);
        g_assert_cmpint(a.proof.result, ==, LINE_PROOF_DONE);
        g_assert_cmpint(b.proof.result, ==, LINE_PROOF_DONE);
        g_assert_cmpuint(line_proof_lacks(&a.proof) + line_proof_lacks(&b.proof), ==, 0);
        g_assert_false(contains(a.said, secret) || contains(b.said, secret));
        side_clear(&a);
        side_clear(&b);
    }
}

static void test_wrong_secret(void)
{
    Side a, b;

    meet(&a, &b, other, secret, LINE_PART);
    g_assert_cmpint(b.proof.result, ==, LINE_PROOF_REFUSED);
    g_assert_cmpint(a.proof.result, ==, LINE_PROOF_MORE); /* it never gets a proof */
    g_assert_cmpuint(b.said->len, ==, LINE_NONCE);
    side_clear(&a);
    side_clear(&b);
}

/* Who connects refuses a listener that can't prove anything, but sends back what it was sent. */
static void test_echo(void)
{
    LineAnswer answer, first;
    LineProof p;

    line_proof_begin(&p, true, secret, nonce_a, &first);
    g_assert_cmpint(line_proof_feed(&p, nonce_a, LINE_NONCE, &answer), ==, LINE_PROOF_MORE);
    g_assert_cmpuint(answer.size, ==, HMAC_SIZE);
    g_assert_cmpint(line_proof_feed(&p, answer.data, HMAC_SIZE, &first), ==, LINE_PROOF_REFUSED);
}

/* What was heard of one connection is no proof in another: the nonces differ. */
static void test_repeated(void)
{
    uint8_t fresh[LINE_NONCE] = "another nonce";
    LineAnswer answer;
    LineProof p;
    Side a, b;

    meet(&a, &b, secret, secret, LINE_PART);
    line_proof_begin(&p, false, secret, fresh, &answer);
    g_assert_cmpint(line_proof_feed(&p, a.said->data, LINE_PART, &answer), ==, LINE_PROOF_MORE);
    g_assert_cmpint(line_proof_feed(&p, a.said->data + LINE_PART, HMAC_SIZE, &answer), ==,
                    LINE_PROOF_REFUSED);
    side_clear(&a);
    side_clear(&b);
}

static void test_stranger(void)
{
    static const char *const strangers[] = {"GET / HTTP/1.1\r\n", "SSH-2.0-x", "\x16\x03\x01",
                                            "metronome line 2",   "M",         ""};

    for (unsigned i = 0; i < G_N_ELEMENTS(strangers); i++) {
        gsize size = MAX(strlen(strangers[i]), 1);
        LineAnswer answer;
        LineProof p;

        line_proof_begin(&p, false, secret, nonce_b, &answer);
        g_assert_cmpint(line_proof_feed(&p, (const uint8_t *)strangers[i], size, &answer), ==,
                        LINE_PROOF_REFUSED);
        g_assert_cmpuint(answer.size, ==, 0);
        g_assert_cmpuint(line_proof_lacks(&p), ==, 0);
    }
}

/* RFC 4231, test case 2. */
static void test_hmac(void)
{
    static const uint8_t expected[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                       0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
                                       0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83,
                                       0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    const char *text = "what do ya want for nothing?";
    uint8_t digest[HMAC_SIZE];

    hmac_sha256((const uint8_t *)"Jefe", 4, (const uint8_t *)text, strlen(text), digest);
    g_assert_true(hmac_equal(digest, expected));
    digest[HMAC_SIZE - 1] ^= 1;
    g_assert_false(hmac_equal(digest, expected));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/line-proof/both-know", test_both_know);
    g_test_add_func("/line-proof/wrong-secret", test_wrong_secret);
    g_test_add_func("/line-proof/echo", test_echo);
    g_test_add_func("/line-proof/repeated", test_repeated);
    g_test_add_func("/line-proof/stranger", test_stranger);
    g_test_add_func("/line-proof/hmac", test_hmac);
    return g_test_run();
}
