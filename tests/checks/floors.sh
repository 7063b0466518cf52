#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom (docs/ARCHITECTURE.md), and the map names every folder.
. "$(dirname "$0")/lib.bash"
allowed() {
	case $1 in
	base) echo base ;;
	kernel) echo kernel base ;;
	plan) echo plan libocispec-lite base ;;
	container) echo container plan kernel libocispec-lite base ;;
	lifecycle) echo lifecycle container plan kernel libocispec-lite base ;;
	cli) echo cli lifecycle base ;;
	esac
}
for d in src/*/; do
	floor=$(basename "$d")
	grep -q "src/$floor" docs/ARCHITECTURE.md || fault "docs/ARCHITECTURE.md does not name src/$floor"
	may=" $(allowed "$floor") "
	while IFS=: read -r file _ inc; do
		inc=${inc#*\"}
		inc=${inc%%\"*}
		case $file:$inc in *_test.c:*) continue ;; *:ocirt-commit.h|*:config.h) continue ;; esac
		case $may in *" ${inc%%/*} "*) ;; *) fault "$file includes $inc: not below src/$floor" ;; esac
	done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$d" --include='*.[ch]')
done
for f in src/container/init.c src/container/rootfs.c src/container/proc.c; do
	if [ -e $f ] && grep -n 'include.*libocispec-lite/' $f; then fault "$f sees the specification's structs"; fi
done
for d in libocispec-lite tests contrib docs; do
	grep -q "$d" docs/ARCHITECTURE.md || fault "docs/ARCHITECTURE.md does not name $d"
done
if grep -rnE 'include[[:space:]]*"(base|kernel|plan|container|lifecycle|cli)/' libocispec-lite --include='*.[ch]'; then
	fault "libocispec-lite knows src"
fi
done_check
