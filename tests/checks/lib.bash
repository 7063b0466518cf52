# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by every check: cd to the tree (CHECK_ROOT, or the one that this file lies in), count faults.
# Exit status of a check: 0 holds, 1 violated (one line each), 77 cannot be checked here.
set -uo pipefail
export LC_ALL=C
cd "${CHECK_ROOT:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 1
faults=0
fault() { echo "$*"; faults=$((faults + 1)); }
skip() { echo "$*"; exit 77; }
done_check() { [ "$faults" = 0 ]; exit; }
objects() { find "${OCIRT_BUILD:-build}/$1" -name '*.o' ! -name '*_test*.o' 2>/dev/null | sort; }
