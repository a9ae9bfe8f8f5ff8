/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream-tcp.h: a TCP connection to an agent as a stream, beside the line on which the agent was
 * started. That line carries nothing any more, but it is kept: its end ends the agent, and it tells
 * how the agent ended and what the agent said on stderr.
 */
#ifndef REMOTE_STREAM_TCP_H
#define REMOTE_STREAM_TCP_H

#include "controller/remote/stream.h"

/* Takes over the connected socket fd and the launcher's stream, which stream_free() frees after the
 * socket. The stream ends with whichever of the two ends first; the end of the launcher's is
 * noticed within a second in which the stream is read. */
Stream *stream_new_tcp(int fd, Stream *launcher);

#endif
