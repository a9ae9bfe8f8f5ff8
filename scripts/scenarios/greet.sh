#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs in the guest of files.mtr: says what it was given, and when.
read -r uptime _ </proc/uptime
echo "Hello, $*. I am $0, the guest is up for $uptime seconds"
