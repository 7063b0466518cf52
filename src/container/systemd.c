/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/systemd.h"

#include "config.h"

#ifdef HAVE_SYSTEMD_SD_BUS_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/str.h"
#include "base/time.h"

enum { CALL_US = 25 * 1000 * 1000, PATH_BYTES = 128, RESULT_BYTES = 32, TRIES = 16 };

struct systemd {
	void *library;
	sd_bus *bus;
	char job[PATH_BYTES]; /* that is waited for */
	char result[RESULT_BYTES]; /* of it, "" until it has ended */
	__typeof__(sd_bus_open_system) *open_system;
	__typeof__(sd_bus_open_user) *open_user;
	__typeof__(sd_bus_flush_close_unref) *close_unref;
	__typeof__(sd_bus_message_new_method_call) *new_call;
	__typeof__(sd_bus_message_append) *append;
	__typeof__(sd_bus_message_append_array) *append_array;
	__typeof__(sd_bus_message_open_container) *open_container;
	__typeof__(sd_bus_message_close_container) *close_container;
	__typeof__(sd_bus_message_read) *read;
	__typeof__(sd_bus_message_unref) *message_unref;
	__typeof__(sd_bus_call) *call;
	__typeof__(sd_bus_error_free) *error_free;
	__typeof__(sd_bus_match_signal_async) *match_signal;
	__typeof__(sd_bus_process) *process;
	__typeof__(sd_bus_wait) *wait;
	__typeof__(sd_bus_get_property_string) *get_string;
};

#define SYMBOL(name, member)                                                                       \
	{                                                                                          \
		name, offsetof(struct systemd, member)                                             \
	}
static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL("sd_bus_open_system", open_system),
	SYMBOL("sd_bus_open_user", open_user),
	SYMBOL("sd_bus_flush_close_unref", close_unref),
	SYMBOL("sd_bus_message_new_method_call", new_call),
	SYMBOL("sd_bus_message_append", append),
	SYMBOL("sd_bus_message_append_array", append_array),
	SYMBOL("sd_bus_message_open_container", open_container),
	SYMBOL("sd_bus_message_close_container", close_container),
	SYMBOL("sd_bus_message_read", read),
	SYMBOL("sd_bus_message_unref", message_unref),
	SYMBOL("sd_bus_call", call),
	SYMBOL("sd_bus_error_free", error_free),
	SYMBOL("sd_bus_match_signal_async", match_signal),
	SYMBOL("sd_bus_process", process),
	SYMBOL("sd_bus_wait", wait),
	SYMBOL("sd_bus_get_property_string", get_string),
};

static const char service[] = "org.freedesktop.systemd1", object[] = "/org/freedesktop/systemd1",
		  manager[] = "org.freedesktop.systemd1.Manager";

/* ---- the connection ----------------------------------------------------------------------------- */

static void copy(char *to, size_t size, const char *from)
{
	(void) snprintf(to, size, "%s", from);
}

/* JobRemoved: id, path of the job, unit, result. */
static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct systemd *systemd = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void) error;
	if (systemd->read(message, "uoss", &id, &path, &unit, &result) >= 0 &&
		str_eq(path, systemd->job))
		copy(systemd->result, sizeof(systemd->result), result);
	return 0;
}

/* Before the call that makes the job, or its end could be told first. The bus takes both in order, so
 * that its answer to this need not be waited for. */
static int listen_to_jobs(struct systemd *systemd, struct err *err)
{
	int r = systemd->match_signal(systemd->bus, NULL, service, object, manager, "JobRemoved",
		on_job_removed, NULL, systemd);

	return r < 0 ? err_num(err, -r, "listen to systemd's jobs") : 0;
}

static int load(struct systemd *systemd, struct err *err)
{
	systemd->library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (systemd->library == NULL)
		return err_set(err, ERR_UNSUPPORTED, "dlopen libsystemd.so.0: %s", dlerror());
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(systemd->library, symbols[i].name);

		if (symbol == NULL)
			return err_set(
				err, ERR_UNSUPPORTED, "libsystemd.so.0 has no %s", symbols[i].name);
		memcpy((char *) systemd + symbols[i].offset, &symbol, sizeof(symbol));
	}
	return 0;
}

int systemd_open(bool user, struct arena *arena, struct systemd **ret, struct err *err)
{
	_cleanup_systemd_ struct systemd *systemd = ARENA_NEW(arena, struct systemd);
	int r;

	if (load(systemd, err) < 0)
		return -1;
	r = user ? systemd->open_user(&systemd->bus) : systemd->open_system(&systemd->bus);
	if (r < 0)
		return err_num(err, -r, "connect to systemd's %s bus", user ? "user" : "system");
	*ret = systemd;
	systemd = NULL;
	return 0;
}

void systemd_close(struct systemd **systemd)
{
	if (*systemd == NULL)
		return;
	if ((*systemd)->bus != NULL)
		(void) (*systemd)->close_unref((*systemd)->bus);
	if ((*systemd)->library != NULL)
		(void) dlclose((*systemd)->library);
	*systemd = NULL;
}

int systemd_control_group(
	struct systemd *systemd, struct arena *arena, const char **ret, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *text = NULL;
	int r = systemd->get_string(
		systemd->bus, service, object, manager, "ControlGroup", &error, &text);

	systemd->error_free(&error);
	if (r < 0)
		return err_num(err, -r, "read systemd's ControlGroup");
	*ret = arena_str(arena, text);
	free(text);
	return 0;
}

/* ---- calls -------------------------------------------------------------------------------------- */

struct outcome { /* of a call that systemd refused */
	char name[96]; /* "org.freedesktop.systemd1.UnitExists" */
	char text[256];
};

/* Sends the call, which it takes. With a job as the answer: waits for its end. Returns 0, or -1 with *err
 * and *ret_outcome, whose name is "" where systemd did not answer. */
static int send_call(struct systemd *systemd, sd_bus_message *take_message, bool job,
	uint64_t deadline_ns, struct outcome *ret_outcome, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *path = NULL;
	int r = systemd->call(systemd->bus, take_message, CALL_US, &error, &reply);

	*ret_outcome = (struct outcome){ 0 };
	systemd->message_unref(take_message);
	if (r >= 0 && job) {
		r = systemd->read(reply, "o", &path);
		if (r >= 0) {
			copy(systemd->job, sizeof(systemd->job), path);
			systemd->result[0] = '\0';
		}
	}
	if (r < 0) {
		copy(ret_outcome->name, sizeof(ret_outcome->name),
			error.name != NULL ? error.name : "");
		copy(ret_outcome->text, sizeof(ret_outcome->text),
			error.message != NULL ? error.message : "");
		(void) err_num(err, -r, "call systemd");
		if (error.message != NULL)
			(void) err_ctx(err, "%s", error.message);
	}
	systemd->message_unref(reply);
	systemd->error_free(&error);
	while (r >= 0 && job && systemd->result[0] == '\0') {
		const uint64_t now = time_now_ns();

		r = systemd->process(systemd->bus, NULL);
		if (r < 0)
			return err_num(err, -r, "wait for systemd's job");
		if (r > 0)
			continue;
		if (now >= deadline_ns)
			return err_set(err, ERR_TIMEOUT, "systemd's job does not end");
		r = systemd->wait(systemd->bus, (deadline_ns - now + 999) / 1000);
		if (r < 0 && r != -EINTR)
			return err_num(err, -r, "wait for systemd's job");
		r = 0;
	}
	if (r >= 0 && job && !str_eq(systemd->result, "done"))
		return err_set(err, ERR_SYSTEM, "systemd's job ended with \"%s\"", systemd->result);
	return r < 0 ? -1 : 0;
}

static int new_call(
	struct systemd *systemd, const char *method, sd_bus_message **ret, struct err *err)
{
	int r = systemd->new_call(systemd->bus, ret, service, object, manager, method);

	return r < 0 ? err_num(err, -r, "make a call of systemd") : 0;
}

/* ---- properties --------------------------------------------------------------------------------- */

static int put_value(struct systemd *s, sd_bus_message *m, const struct unit_property *property)
{
	const char *type = property->type;
	int r = 0;

	if (str_eq(type, "ay"))
		return s->append_array(m, 'y', property->bytes, property->count);
	if (str_eq(type, "as")) {
		r = s->open_container(m, 'a', "s");
		for (size_t i = 0; r >= 0 && i < property->count; i++)
			r = s->append(m, "s", property->texts[i]);
		return r < 0 ? r : s->close_container(m);
	}
	if (str_eq(type, "a(ss)")) {
		r = s->open_container(m, 'a', "(ss)");
		for (size_t i = 0; r >= 0 && i + 1 < property->count; i += 2)
			r = s->append(m, "(ss)", property->texts[i], property->texts[i + 1]);
		return r < 0 ? r : s->close_container(m);
	}
	switch (type[0]) {
	case 's':
		return s->append(m, "s", property->texts[0]);
	case 'b':
	case 'i':
		return s->append(m, type, (uint32_t) property->number);
	default:
		return s->append(m, type, property->number);
	}
}

static int put(struct systemd *s, sd_bus_message *m, const struct unit_property *property)
{
	int r = s->open_container(m, 'r', "sv");

	if (r >= 0)
		r = s->append(m, "s", property->name);
	if (r >= 0)
		r = s->open_container(m, 'v', property->type);
	if (r >= 0)
		r = put_value(s, m, property);
	if (r >= 0)
		r = s->close_container(m);
	return r < 0 ? r : s->close_container(m);
}

static int put_text(struct systemd *s, sd_bus_message *m, const char *name, const char *text)
{
	return put(s, m, &(struct unit_property){ .name = name, .type = "s", .texts = &text });
}

static int put_flag(struct systemd *s, sd_bus_message *m, const char *name, bool on)
{
	return put(s, m, &(struct unit_property){ .name = name, .type = "b", .number = on });
}

/* What systemd does not know is remembered here, to be left out of the next try. */
struct unknown {
	const char *names[TRIES];
	size_t count;
};

static bool is_unknown(const struct unknown *unknown, const char *name)
{
	for (size_t i = 0; i < unknown->count; i++)
		if (str_eq(unknown->names[i], name))
			return true;
	return false;
}

static int put_all(struct systemd *s, sd_bus_message *m, const struct unit_plan *unit,
	const struct unknown *unknown)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < unit->property_count; i++)
		if (!is_unknown(unknown, unit->properties[i].name))
			r = put(s, m, &unit->properties[i]);
	return r;
}

/* "Cannot set property X, or unknown property." Returns whether there is one that may be left out. */
static bool learn(
	struct unknown *unknown, const struct unit_plan *unit, const struct outcome *outcome)
{
	if (!str_eq(outcome->name, "org.freedesktop.DBus.Error.PropertyReadOnly") ||
		unknown->count == TRIES)
		return false;
	for (size_t i = 0; i < unit->property_count; i++) {
		const char *name = unit->properties[i].name, *found = strstr(outcome->text, name);
		const char next = found != NULL ? found[strlen(name)] : 'x';

		if (unit->properties[i].optional && (next == ',' || next == ' ' || next == '.') &&
			!is_unknown(unknown, name)) {
			unknown->names[unknown->count++] = name;
			return true;
		}
	}
	return false;
}

/* ---- start, stop -------------------------------------------------------------------------------- */

static bool is_scope(const char *name)
{
	const size_t length = strlen(name);

	return length > 6 && str_eq(name + length - 6, ".scope");
}

static int put_start(struct systemd *s, sd_bus_message *m, const struct unit_plan *unit,
	const char *id, pid_t pid, bool v2, const struct unknown *unknown)
{
	static const char *const accounting[] = { "CPUAccounting", "MemoryAccounting",
		"TasksAccounting" };
	const bool scope = is_scope(unit->name);
	const uint32_t process = (uint32_t) pid;
	char text[320] = "container ";
	int r = s->append(m, "ss", unit->name, "replace");

	copy(text + 10, sizeof(text) - 10, id);
	if (r >= 0)
		r = s->open_container(m, 'a', "(sv)");
	if (r >= 0 && scope) {
		r = s->append(m, "(sv)", "PIDs", "au", 1, process);
		if (r >= 0)
			r = put_flag(s, m, "Delegate", true);
		if (r >= 0)
			r = put_text(s, m, "Slice", unit->slice);
	} else if (r >= 0)
		r = s->append(m, "(sv)", "Wants", "as", 1, unit->slice);
	if (r >= 0)
		r = put_text(s, m, "Description", text);
	for (size_t i = 0; r >= 0 && i < sizeof(accounting) / sizeof(accounting[0]); i++)
		r = put_flag(s, m, accounting[i], true);
	if (r >= 0)
		r = put_flag(s, m, v2 ? "IOAccounting" : "BlockIOAccounting", true);
	if (r >= 0)
		r = put_flag(s, m, "DefaultDependencies", false);
	if (r >= 0)
		r = put_all(s, m, unit, unknown);
	if (r >= 0)
		r = s->close_container(m);
	return r < 0 ? r : s->append(m, "a(sa(sv))", 0);
}

/* A call with one text, whose refusal is no matter. */
static void reset_failed(struct systemd *systemd, const char *unit)
{
	struct outcome outcome;
	struct err ignored = { 0 };
	sd_bus_message *m = NULL;

	if (new_call(systemd, "ResetFailedUnit", &m, &ignored) < 0 ||
		systemd->append(m, "s", unit) < 0) {
		systemd->message_unref(m);
		return;
	}
	if (send_call(systemd, m, false, 0, &outcome, &ignored) < 0)
		err_drop(&ignored);
}

int systemd_start(struct systemd *systemd, const struct unit_plan *unit, const char *id, pid_t pid,
	bool v2, uint64_t deadline_ns, struct err *err)
{
	struct unknown unknown = { .count = 0 };
	bool reset = false;

	if (listen_to_jobs(systemd, err) < 0)
		return -1;
	for (;;) {
		struct outcome outcome;
		sd_bus_message *m = NULL;
		bool exists;
		int r;

		if (new_call(systemd, "StartTransientUnit", &m, err) < 0)
			return -1;
		r = put_start(systemd, m, unit, id, pid, v2, &unknown);
		if (r < 0) {
			systemd->message_unref(m);
			return err_num(err, -r, "make the unit %s", unit->name);
		}
		if (send_call(systemd, m, true, deadline_ns, &outcome, err) == 0)
			return 0;
		exists = str_eq(outcome.name, "org.freedesktop.systemd1.UnitExists");
		if (exists && !reset) {
			reset_failed(systemd, unit->name);
			reset = true;
		} else if (!learn(&unknown, unit, &outcome)) {
			if (exists)
				err->code = ERR_STATE; /* somebody else's */
			return err_ctx(err, "start unit %s", unit->name);
		}
		err_drop(err);
	}
}

int systemd_stop(struct systemd *systemd, const char *unit, uint64_t deadline_ns, struct err *err)
{
	struct outcome outcome;
	sd_bus_message *m = NULL;
	int r;

	if (listen_to_jobs(systemd, err) < 0 || new_call(systemd, "StopUnit", &m, err) < 0)
		return -1;
	r = systemd->append(m, "ss", unit, "replace");
	if (r < 0) {
		systemd->message_unref(m);
		return err_num(err, -r, "make a call of systemd");
	}
	if (send_call(systemd, m, true, deadline_ns, &outcome, err) < 0) {
		if (!str_eq(outcome.name, "org.freedesktop.systemd1.NoSuchUnit"))
			return err_ctx(err, "stop unit %s", unit);
		err_drop(err);
	}
	reset_failed(systemd, unit);
	return 0;
}

int systemd_set(
	struct systemd *systemd, const struct unit_plan *unit, const char *name, struct err *err)
{
	struct unknown unknown = { .count = 0 };

	for (;;) {
		struct outcome outcome;
		sd_bus_message *m = NULL;
		int r;

		if (new_call(systemd, "SetUnitProperties", &m, err) < 0)
			return -1;
		r = systemd->append(m, "sb", name, 1);
		if (r >= 0)
			r = systemd->open_container(m, 'a', "(sv)");
		if (r >= 0)
			r = put_all(systemd, m, unit, &unknown);
		if (r >= 0)
			r = systemd->close_container(m);
		if (r < 0) {
			systemd->message_unref(m);
			return err_num(err, -r, "make the properties of %s", name);
		}
		if (send_call(systemd, m, false, 0, &outcome, err) == 0)
			return 0;
		if (!learn(&unknown, unit, &outcome))
			return err_ctx(err, "set the properties of %s", name);
		err_drop(err);
	}
}

int systemd_attach(struct systemd *systemd, const char *unit, pid_t pid, struct err *err)
{
	struct outcome outcome;
	sd_bus_message *m = NULL;
	int r;

	if (new_call(systemd, "AttachProcessesToUnit", &m, err) < 0)
		return -1;
	r = systemd->append(m, "ssau", unit, "", 1, (uint32_t) pid);
	if (r < 0) {
		systemd->message_unref(m);
		return err_num(err, -r, "make a call of systemd");
	}
	if (send_call(systemd, m, false, 0, &outcome, err) < 0)
		return err_ctx(err, "move a process into %s", unit);
	return 0;
}

#else

static int missing(struct err *err)
{
	return err_set(
		err, ERR_UNSUPPORTED, "this build knows no systemd: its headers were missing");
}

int systemd_open(bool user, struct arena *arena, struct systemd **ret, struct err *err)
{
	(void) user;
	(void) arena;
	(void) ret;
	return missing(err);
}

void systemd_close(struct systemd **systemd)
{
	*systemd = NULL;
}

int systemd_control_group(
	struct systemd *systemd, struct arena *arena, const char **ret, struct err *err)
{
	(void) systemd;
	(void) arena;
	(void) ret;
	return missing(err);
}

int systemd_start(struct systemd *systemd, const struct unit_plan *unit, const char *id, pid_t pid,
	bool v2, uint64_t deadline_ns, struct err *err)
{
	(void) systemd;
	(void) unit;
	(void) id;
	(void) pid;
	(void) v2;
	(void) deadline_ns;
	return missing(err);
}

int systemd_stop(struct systemd *systemd, const char *unit, uint64_t deadline_ns, struct err *err)
{
	(void) systemd;
	(void) unit;
	(void) deadline_ns;
	return missing(err);
}

int systemd_set(
	struct systemd *systemd, const struct unit_plan *unit, const char *name, struct err *err)
{
	(void) systemd;
	(void) unit;
	(void) name;
	return missing(err);
}

int systemd_attach(struct systemd *systemd, const char *unit, pid_t pid, struct err *err)
{
	(void) systemd;
	(void) unit;
	(void) pid;
	return missing(err);
}

#endif
