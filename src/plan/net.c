/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/net: linux.netDevices. The names were judged by plan_validate. */
#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"

void plan_net(const struct plan_input *in, struct net_plan *ret)
{
	const struct spec_linux *from = in->spec->linux_;
	const size_t count = from != NULL ? from->net_devices.count : 0;
	struct net_device_plan *devices = arena_array(in->arena, count, sizeof(*devices));
	const char *path = "";

	for (size_t i = 0; i < count; i++) {
		const struct spec_net_device *device = &from->net_devices.items[i];
		char key[100];

		str_pointer_key(key, sizeof(key), device->key);
		devices[i] = (struct net_device_plan){
			.host_name = device->key,
			.name = device->name != NULL && device->name[0] != '\0' ? device->name
										: device->key,
			.pointer = arena_printf(in->arena, "/linux/netDevices/%s", key),
		};
	}
	for (size_t i = 0; count > 0 && i < from->namespaces.count; i++)
		if (str_eq(from->namespaces.items[i].type, "network") &&
			from->namespaces.items[i].path != NULL)
			path = from->namespaces.items[i].path;
	*ret = (struct net_plan){ devices, count, path };
}
