# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of ocirt for bash. Commands and options come from the program's own help.
# shellcheck shell=bash

_ocirt() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local i command='' words root=()

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) root=(--root "${COMP_WORDS[++i]}") ;;
		--log | --log-format | --log-level | --cgroup-manager | --rootless | --criu) ((++i)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $prev in
	--log-format) words='text json' ;;
	--log-level) words='error warning info debug' ;;
	--cgroup-manager) words='cgroupfs systemd disabled' ;;
	--format) words='table json' ;;
	--bundle | -b | --root)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--config | --console-socket | --pidfd-socket | --pid-file | --log | --file | --resources)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*)
		if [[ $cur == -* ]]; then
			words=$(ocirt ${command:+"$command"} --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+')
		elif [[ -z $command ]]; then
			words='create run start state kill update delete pause resume list ps mounts spec features checkpoint restore'
		elif [[ $command != @(spec|list|features) ]]; then
			words=$(ocirt "${root[@]}" list --quiet 2>/dev/null)
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _ocirt ocirt
