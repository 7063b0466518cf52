# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of ocirt for fish. Commands and options come from the program's own help.

function __ocirt_command
	set -l skip no
	for word in (commandline -opc)[2..-1]
		if test $skip = yes
			set skip no
			continue
		end
		switch $word
			case --root --log --log-format --log-level --cgroup-manager --criu
				set skip yes
			case '-*'
			case '*'
				echo $word
				return
		end
	end
end

function __ocirt_words
	set -l program (commandline -opc)[1]
	set -l command (__ocirt_command)
	if string match -q -- '-*' (commandline -ct)
		$program $command --help 2>/dev/null | string match -ar -- '--[a-z][a-z0-9-]*' | sort -u
	else if test -z "$command" -o "$command" = help
		$program --help 2>/dev/null | string replace -rf '^  ([a-z]+) .*' '$1'
	else if $program $command --help 2>/dev/null | string match -qr '^usage: .*ID'
		$program list --quiet 2>/dev/null
	end
end

complete -c ocirt -a '(__ocirt_words)'
