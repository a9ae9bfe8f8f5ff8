/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-roff.c: Markdown as roff that says what was meant. */
#include "controller/command/roff.h"

#include <string.h>

static void escapes(const char *text, const char *expected)
{
    g_autofree char *got = roff_escape(text);

    g_assert_cmpstr(got, ==, expected);
}

static void test_escape(void)
{
    escapes("", "");
    escapes("plain words, 5.", "plain words, 5.");
    escapes(".TH", "\\&.TH");
    escapes("'br", "\\(aqbr");
    escapes("--log", "\\-\\-log");
    escapes("\\n \"x\" `y` ~ ^", "\\en \\(dqx\\(dq \\(gay\\(ga \\(ti \\(ha");
    escapes("…µ", "\\&...\\&\\[u00B5]");
}

static void fill_key(GString *page, const char *key, void *data)
{
    (void)data;
    g_string_append_printf(page, ".\\\" %s\n", key);
}

/* What follows the title of a page of this text. */
static void makes(const char *markdown, const char *expected)
{
    g_autofree char *whole = g_strconcat("# a-b(5): some page\n", markdown, NULL);
    g_autofree char *got = roff_page(whole, "1.2", "2026-01-02", fill_key, NULL);
    const char *head = ".TH A\\-B 5 \"2026-01-02\" \"metronome 1.2\" \"File Formats Manual\"\n"
                       ".nh\n.ad l\n.nr HY 0\n.ds AD l\n.SH NAME\na\\-b \\- some page\n";

    g_assert_true(g_str_has_prefix(got, head));
    g_assert_cmpstr(got + strlen(head), ==, expected);
}

static void test_paragraphs(void)
{
    makes("\n## A part\n\nOne. Two `x-y`.\n\n.three\n",
          ".SH \"A PART\"\nOne.\nTwo \\fBx\\-y\\fR.\n.PP\n\\&.three\n");
    makes("### Less\n- an item\n- **bold** [a link](x.md#y) [far](https://z)\n",
          ".SS \"Less\"\n.IP \\(bu 2\nan item\n.IP \\(bu 2\n\\fBbold\\fR a link far <https://z>\n");
    makes("a ` and a [ and a ** alone\n", ".PP\na \\(ga and a [ and a ** alone\n");
    makes("<!-- key -->\n", ".\\\" key\n");
}

static void test_verbatim(void)
{
    makes("text:\n\n    one\n    .two  `x`\n\n    three\n\nmore\n",
          ".PP\ntext:\n.PP\n.RS 4\n.nf\none\n\\&.two  \\(gax\\(ga\n\nthree\n.fi\n.RE\n.PP\nmore\n");
    makes("## X\n\n    one\n", ".SH \"X\"\n.RS 4\n.nf\none\n.fi\n.RE\n");
}

static void test_tables(void)
{
    makes("| key | |\n|---|---|\n| `a\\|b` | What. |\n| word | |\n\nmore\n",
          ".TP\n\\fBa|b\\fR\nWhat.\n.TP\n\\fBword\\fR\n\\&\n.PP\nmore\n");
    makes("| key | default | |\n|---|---|---|\n| `a` | 1 | What. |\n| `b` | `2` | |\n",
          ".TP\n\\fBa\\fR\ndefault: 1.\nWhat.\n.TP\n\\fBb\\fR\ndefault: \\fB2\\fR.\n");
    makes("| a | |\n|---|---|\n| `x` | 1 |\n\n| b | c |\n|---|---|\n| `y` | 2 |\n",
          ".TP\n\\fBx\\fR\n1\n.TP\n\\fBy\\fR\nc: 2.\n");
}

/* No line is longer than mandoc's style wants, none begins as a request does. */
static void test_long(void)
{
    g_autoptr(GString) text = g_string_new("# a(1): b\n");
    g_autofree char *page = NULL;
    g_auto(GStrv) lines = NULL;

    for (unsigned i = 0; i < 200; i++)
        g_string_append(text, i % 3 ? "word " : ".dot 'tick ");
    page = roff_page(text->str, "1", "2026-01-02", fill_key, NULL);
    lines = g_strsplit(page, "\n", -1);
    for (char **line = lines + 8; *line && **line; line++) {
        g_assert_cmpuint(strlen(*line), <=, 80);
        g_assert_true(**line != '.' && **line != '\'');
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/roff/escape", test_escape);
    g_test_add_func("/roff/paragraphs", test_paragraphs);
    g_test_add_func("/roff/verbatim", test_verbatim);
    g_test_add_func("/roff/tables", test_tables);
    g_test_add_func("/roff/long", test_long);
    return g_test_run();
}
