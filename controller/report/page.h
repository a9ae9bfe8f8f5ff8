/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h: report.html: one file that needs no other, for any browser, also without JavaScript. The
 * script only adds looks at what is drawn already; nothing but it can run
 * (Content-Security-Policy).
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "controller/report/charts.h"

/* Free with g_free(). Reads the ends of the consoles; else pure. */
char *page_html(const Picture *picture);

#endif
