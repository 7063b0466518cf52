/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sched.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/names.h"
#include "plan/parts.h"

enum { UTS_BYTES = 64 };

/* "1.MINOR.PATCH", with what semver allows behind it ("1.0.2-dev"). */
static int check_version(const char *version, struct err *err)
{
	const char *at = version;

	for (unsigned part = 0; part < 3; part++) {
		const size_t digits = strspn(at, "0123456789");

		if (digits == 0 || (part == 0 && (digits != 1 || at[0] != '1')))
			return err_at(err, "/ociVersion",
				"\"%s\" is not a version 1.x.y of the specification", version);
		at += digits;
		if (part < 2 && *at++ != '.')
			return err_at(
				err, "/ociVersion", "\"%s\" is not a version like 1.3.0", version);
	}
	if (*at != '\0' && *at != '-' && *at != '+')
		return err_at(err, "/ociVersion", "\"%s\" is not a version like 1.3.0", version);
	return 0;
}

static bool has_namespace(const struct spec *spec, const char *type)
{
	for (size_t i = 0; spec->linux_ != NULL && i < spec->linux_->namespaces.count; i++)
		if (str_eq(spec->linux_->namespaces.items[i].type, type))
			return true;
	return false;
}

static int check_name(
	const struct spec *spec, const char *name, const char *pointer, struct err *err)
{
	if (name == NULL)
		return 0;
	if (strlen(name) > UTS_BYTES)
		return err_at(err, pointer, "%zu bytes are more than the %d that a kernel takes",
			strlen(name), UTS_BYTES);
	if (name[0] != '\0' && !has_namespace(spec, "uts"))
		return err_at(err, pointer, "it needs a uts namespace of the container's own");
	return 0;
}

static int check_rdt(const struct spec_linux *linux_, struct err *err)
{
	const char *id =
		linux_ != NULL && linux_->intel_rdt != NULL ? linux_->intel_rdt->clos_id : NULL;

	if (id != NULL &&
		(str_eq(id, ".") || str_eq(id, "..") || id[0] == '\0' ||
			(strchr(id, '/') != NULL && !str_eq(id, "/"))))
		return err_at(
			err, "/linux/intelRdt/closID", "\"%s\" is not the name of a group", id);
	return 0;
}

static int check_net_devices(const struct spec *spec, struct err *err)
{
	if (spec->linux_ == NULL || spec->linux_->net_devices.count == 0)
		return 0;
	if (!has_namespace(spec, "network"))
		return err_at(err, "/linux/netDevices",
			"devices are moved into a network namespace, and there is none");
	for (size_t i = 0; i < spec->linux_->net_devices.count; i++) {
		const struct spec_net_device *device = &spec->linux_->net_devices.items[i];
		const char *name = device->name != NULL ? device->name : device->key;

		if (device->key[0] == '\0' || strlen(device->key) > 15 || strlen(name) > 15 ||
			strpbrk(device->key, "/: \t") != NULL || strpbrk(name, "/: \t") != NULL ||
			str_eq(name, ".") || str_eq(name, ".."))
			return err_at(err, "/linux/netDevices",
				"\"%s\" is not the name of a network device", device->key);
	}
	return err_at(err, "/linux/netDevices", "moving network devices is not built in yet");
}

int plan_validate(const struct plan_input *in, struct err *err)
{
	const struct spec *spec = in->spec;

	if (check_version(spec->oci_version, err) < 0)
		return -1;
	if (spec->root == NULL)
		return err_at(err, "/root", "a container needs a root file system");
	if (spec->root->path[0] == '\0')
		return err_at(err, "/root/path", "it is empty");
	if (spec->process == NULL)
		return err_at(err, "/process", "a container needs a process");
	if (check_name(spec, spec->hostname, "/hostname", err) < 0 ||
		check_name(spec, spec->domainname, "/domainname", err) < 0 ||
		check_net_devices(spec, err) < 0)
		return -1;
	return check_rdt(spec->linux_, err);
}
