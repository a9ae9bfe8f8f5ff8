/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report-error.h: the error domain of the code that writes a report. */
#ifndef REPORT_REPORT_ERROR_H
#define REPORT_REPORT_ERROR_H

#include <glib.h>

#define REPORT_ERROR (report_error_quark())
GQuark report_error_quark(void);

#endif
