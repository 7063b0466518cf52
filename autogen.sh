#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure from configure.ac in a checkout; a release archive already has it.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all
