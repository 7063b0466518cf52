/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/keyring.h"

#include <linux/keyctl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { USER_SEARCH = 0x00080000 };

int keyring_join(const char *name, struct err *err)
{
	char text[256];
	const char *p = text;
	uint32_t permissions = 0;
	long key, length;

	key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0);
	if (key < 0)
		return err_sys(err, "keyctl join session keyring %s", name);
	length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text, sizeof(text) - 1, 0);
	if (length <= 0 || (size_t) length > sizeof(text) - 1)
		return err_sys(err, "keyctl describe session keyring");
	text[length] = '\0';
	/* "type;uid;gid;permissions;name", the permissions in hexadecimal. */
	for (int field = 0; *p != '\0' && field < 3; p++)
		field += *p == ';';
	for (; *p != '\0' && *p != ';'; p++) {
		unsigned digit = *p <= '9' ? (unsigned) (*p - '0') : (unsigned) (*p - 'a') + 10;

		if (digit > 15)
			return err_num(err, EINVAL, "keyctl describe session keyring");
		permissions = permissions << 4 | digit;
	}
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, key, permissions | USER_SEARCH, 0, 0) < 0)
		return err_sys(err, "keyctl setperm session keyring");
	return 0;
}
