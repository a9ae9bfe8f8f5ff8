/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report-error.c: defines the quark of REPORT_ERROR. */
#include "controller/report/report-error.h"

G_DEFINE_QUARK(metronome_report_error_quark, report_error)
