/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h: report.html, one file that needs no other file. Any browser shows the page, also without
 * JavaScript. The page's script only adds other views of data that is drawn already. No other
 * script can run (Content-Security-Policy).
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "controller/report/charts.h"

/* The text of the page; free with g_free(). Reads the ends of the console logs; otherwise pure. */
char *page_html(const Picture *picture);

#endif
