/* SPDX-License-Identifier: GPL-3.0-or-later */
/* case.c: see case.h. */
#include "controller/testing/case.h"

void boot_free(void *data)
{
    Boot *b = data;

    g_free(b->path);
    g_free(b->canonical);
    g_free(b->save);
    g_strfreev(b->variables);
    header_clear(&b->header);
    result_clear(&b->result);
    g_free(b);
}

void case_free(void *data)
{
    TestCase *c = data;

    g_free(c->name);
    g_free(c->canonical);
    g_strfreev(c->variables);
    header_clear(&c->header);
    for (unsigned i = 0; c->results && i < c->runs; i++)
        result_clear(&c->results[i]);
    g_free(c->results);
    g_free(c->again);
    g_free(c);
}

unsigned case_result_run(const TestCase *c)
{
    for (unsigned i = 0; i < c->runs; i++)
        if (c->results[i].state == RESULT_FAILED || c->results[i].state == RESULT_ERROR)
            return i + 1;
    for (unsigned i = 0; i < c->runs; i++)
        if (c->results[i].state != RESULT_PASSED)
            return i + 1;
    return 1;
}

const TestResult *case_result(const TestCase *c)
{
    return &c->results[case_result_run(c) - 1];
}
