#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No path of somebody's own machine in the tree.
. "$(dirname "$0")/lib.bash"
if grep -rnE '(^|[^A-Za-z0-9_.$}"*-])/(work/(main|shared)|home/[a-z])' src libocispec-lite docs contrib tests README.md configure.ac Makefile.am \
	--exclude=words.sh --exclude=self-test.sh; then
	fault "a local path"
fi
done_check
