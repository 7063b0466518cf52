/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

const struct option_row command_no_rows[] = { { 0 } };

int command_print(const char *text, struct err *err)
{
	if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
		return err_sys(err, "write stdout");
	return 0;
}

int command_format(const char *text, enum list_format *ret, struct err *err)
{
	if (text != NULL && !str_eq(text, "table") && !str_eq(text, "json"))
		return err_set(err, ERR_USAGE, "--format: \"%s\" is not table or json", text);
	*ret = text != NULL && str_eq(text, "json") ? LIST_JSON : LIST_TABLE;
	return 0;
}

int command_each(const struct call *call, const char *id, bool regex,
	int (*verb)(const struct call *call, const char *id, struct err *err), struct err *err)
{
	char **ids = NULL;
	int result = 0;

	if (!regex)
		return verb(call, id, err);
	if (lifecycle_matching(call->global, id, call->arena, &ids, err) < 0)
		return -1;
	for (; *ids != NULL; ids++) {
		struct err local = { 0 };

		if (verb(call, *ids, &local) == 0)
			continue;
		if (result < 0)
			log_warning("%s", local.text);
		else
			*err = local;
		result = -1;
	}
	return result;
}
