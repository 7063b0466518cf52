/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kernel/cgroupfs.h"

enum { TEXT_BYTES = 256 * 1024, TICK_NS = 10 * 1000 * 1000, NAMES = 32 };

struct stats {
	const struct cgroup_dirs *dirs;
	struct arena *arena;
	char *text; /* of the file read last */
	FILE *to;
	bool comma;
	bool v2;
};

/* ---- JSON --------------------------------------------------------------------------------------- */

static void key(struct stats *s, const char *name)
{
	char quoted[256];

	(void) str_json(quoted, sizeof(quoted), name);
	(void) fprintf(s->to, "%s%s:", s->comma ? "," : "", quoted);
	s->comma = true;
}

static void begin(struct stats *s, const char *name)
{
	key(s, name);
	(void) fputc('{', s->to);
	s->comma = false;
}

static void end(struct stats *s)
{
	(void) fputc('}', s->to);
	s->comma = true;
}

static void put(struct stats *s, const char *name, uint64_t number)
{
	key(s, name);
	(void) fprintf(s->to, "%llu", (unsigned long long) number);
}

/* 0 is left out. */
static void put_some(struct stats *s, const char *name, uint64_t number)
{
	if (number != 0)
		put(s, name, number);
}

/* ---- files -------------------------------------------------------------------------------------- */

/* The first of the directories that has the file. Its text, or NULL. */
static char *read_text(struct stats *s, const char *file)
{
	for (size_t i = 0; i < s->dirs->leaf_count; i++) {
		struct err ignored;

		if (cgroupfs_read_file(s->dirs->leaves[i], file, s->text, TEXT_BYTES, &ignored) >=
			0)
			return s->text;
		err_drop(&ignored);
	}
	return NULL;
}

static uint64_t to_number(const char *text)
{
	return strncmp(text, "max", 3) == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
}

static uint64_t number_in(struct stats *s, const char *file)
{
	const char *text = read_text(s, file);

	return text != NULL ? to_number(text) : 0;
}

/* The number behind a word at the start of a line. */
static uint64_t value_of(const char *text, const char *word)
{
	const size_t length = strlen(word);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, length) == 0 && line[length] == ' ')
			return to_number(line + length + 1);
	}
	return 0;
}

/* ---- pressure ----------------------------------------------------------------------------------- */

static void put_pressure(struct stats *s, const char *file)
{
	static const char *const kinds[] = { "some", "full" };
	char *text = s->v2 ? read_text(s, file) : NULL;

	if (text == NULL)
		return;
	begin(s, "psi");
	for (size_t i = 0; i < 2; i++) {
		const char *line = strstr(text, kinds[i]);
		unsigned avg[6];
		unsigned long long total;

		if (line == NULL ||
			sscanf(line + 4, " avg10=%u.%2u avg60=%u.%2u avg300=%u.%2u total=%llu",
				&avg[0], &avg[1], &avg[2], &avg[3], &avg[4], &avg[5], &total) != 7)
			continue;
		key(s, kinds[i]);
		(void) fprintf(s->to,
			"{\"avg10\":%u.%02u,\"avg60\":%u.%02u,\"avg300\":%u.%02u,\"total\":%llu}",
			avg[0], avg[1], avg[2], avg[3], avg[4], avg[5], total);
	}
	end(s);
}

/* ---- cpu ---------------------------------------------------------------------------------------- */

static void put_column(struct stats *s, const char *name, const char *text, unsigned column)
{
	bool comma = false;

	key(s, name);
	(void) fputc('[', s->to);
	/* "cpu user system", and a line for each. */
	for (const char *line = strchr(text, '\n'); line != NULL && line[1] != '\0';
		line = strchr(line + 1, '\n')) {
		unsigned long long row[3];

		if (sscanf(line + 1, "%llu %llu %llu", &row[0], &row[1], &row[2]) != 3)
			continue;
		(void) fprintf(s->to, "%s%llu", comma ? "," : "", row[column]);
		comma = true;
	}
	(void) fputc(']', s->to);
}

static void put_usage_v1(struct stats *s)
{
	char *text;

	put_some(s, "total", number_in(s, "cpuacct.usage"));
	text = read_text(s, "cpuacct.usage_percpu");
	if (text != NULL) {
		char *rest = text, *word;
		bool comma = false;

		key(s, "percpu");
		(void) fputc('[', s->to);
		while ((word = strsep(&rest, " \n")) != NULL) {
			if (word[0] == '\0')
				continue;
			(void) fprintf(s->to, "%s%llu", comma ? "," : "",
				(unsigned long long) to_number(word));
			comma = true;
		}
		(void) fputc(']', s->to);
	}
	text = read_text(s, "cpuacct.usage_all");
	if (text != NULL) {
		put_column(s, "percpu_kernel", text, 2);
		put_column(s, "percpu_user", text, 1);
	}
	text = read_text(s, "cpuacct.stat"); /* in ticks of a hundredth */
	put(s, "kernel", text != NULL ? value_of(text, "system") * TICK_NS : 0);
	put(s, "user", text != NULL ? value_of(text, "user") * TICK_NS : 0);
}

static void put_cpu(struct stats *s)
{
	char *text;

	begin(s, "cpu");
	begin(s, "usage");
	text = read_text(s, "cpu.stat");
	if (!s->v2)
		put_usage_v1(s);
	else if (text != NULL) {
		put_some(s, "total", value_of(text, "usage_usec") * 1000);
		put(s, "kernel", value_of(text, "system_usec") * 1000);
		put(s, "user", value_of(text, "user_usec") * 1000);
	}
	end(s);
	begin(s, "throttling");
	text = read_text(s, "cpu.stat");
	if (text != NULL) {
		put_some(s, "periods", value_of(text, "nr_periods"));
		put_some(s, "throttledPeriods", value_of(text, "nr_throttled"));
		put_some(s, "throttledTime",
			s->v2 ? value_of(text, "throttled_usec") * 1000
			      : value_of(text, "throttled_time"));
	}
	end(s);
	if (text != NULL && value_of(text, "nr_bursts") != 0) {
		begin(s, "burst_data");
		put(s, "bursts_periods", value_of(text, "nr_bursts"));
		put_some(s, "burst_time",
			s->v2 ? value_of(text, "burst_usec") * 1000 : value_of(text, "burst_time"));
		end(s);
	}
	put_pressure(s, "cpu.pressure");
	end(s);
}

/* "0-2,7" becomes 0,1,2,7. */
static void put_set(struct stats *s, const char *name, const char *file)
{
	char *rest = read_text(s, file), *part;
	unsigned next = 0; /* the kernel's list goes up */
	bool comma = false;

	if (rest == NULL || rest[0] == '\n' || rest[0] == '\0')
		return;
	key(s, name);
	(void) fputc('[', s->to);
	while ((part = strsep(&rest, ",\n")) != NULL) {
		unsigned from, to;
		int got = sscanf(part, "%u-%u", &from, &to);

		if (got < 1)
			continue;
		for (next = from > next ? from : next;
			next <= (got == 2 ? to : from) && next < 65536; next++) {
			(void) fprintf(s->to, "%s%u", comma ? "," : "", next);
			comma = true;
		}
	}
	(void) fputc(']', s->to);
}

static void put_cpuset(struct stats *s)
{
	static const char *const flags[] = { "mem_hardwall", "mem_exclusive", "memory_migrate",
		"memory_spread_page", "memory_spread_slab", "memory_pressure",
		"sched_load_balance" };
	const char *level;

	begin(s, "cpuset");
	if (!s->v2)
		put_set(s, "cpus", "cpuset.cpus");
	put(s, "cpu_exclusive", s->v2 ? 0 : number_in(s, "cpuset.cpu_exclusive"));
	if (!s->v2)
		put_set(s, "mems", "cpuset.mems");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		put(s, flags[i],
			s->v2 ? 0 : number_in(s, arena_printf(s->arena, "cpuset.%s", flags[i])));
	level = s->v2 ? NULL : read_text(s, "cpuset.sched_relax_domain_level");
	key(s, "sched_relax_domain_level");
	/* -1 is as good a number here as any. */
	(void) fprintf(s->to, "%lld", level != NULL ? strtoll(level, NULL, 10) : 0);
	end(s);
}

/* ---- memory ------------------------------------------------------------------------------------- */

struct entry {
	uint64_t limit, usage, max, failcnt;
};

static void put_entry(struct stats *s, const char *name, const struct entry *entry)
{
	begin(s, name);
	put(s, "limit", entry->limit);
	put_some(s, "usage", entry->usage);
	put_some(s, "max", entry->max);
	put(s, "failcnt", entry->failcnt);
	end(s);
}

static struct entry entry_v1(struct stats *s, const char *prefix)
{
	return (struct entry){
		.limit = number_in(s, arena_printf(s->arena, "%s.limit_in_bytes", prefix)),
		.usage = number_in(s, arena_printf(s->arena, "%s.usage_in_bytes", prefix)),
		.max = number_in(s, arena_printf(s->arena, "%s.max_usage_in_bytes", prefix)),
		.failcnt = number_in(s, arena_printf(s->arena, "%s.failcnt", prefix)),
	};
}

static struct entry entry_v2(struct stats *s, const char *prefix)
{
	return (struct entry){
		.limit = number_in(s, arena_printf(s->arena, "%s.max", prefix)),
		.usage = number_in(s, arena_printf(s->arena, "%s.current", prefix)),
		.max = number_in(s, arena_printf(s->arena, "%s.peak", prefix)),
	};
}

/* Version 1 counts memory and swap together, and so does whoever reads this. */
static void put_entries_v2(struct stats *s)
{
	const struct entry memory = entry_v2(s, "memory"), none = { 0 };
	struct entry swap = entry_v2(s, "memory.swap");

	swap.usage += memory.usage;
	if (swap.limit != UINT64_MAX)
		swap.limit = memory.limit == UINT64_MAX ? UINT64_MAX : swap.limit + memory.limit;
	put_entry(s, "usage", &memory);
	put_entry(s, "swap", &swap);
	put_entry(s, "kernel", &none);
	put_entry(s, "kernelTCP", &none);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* A word of the kernel's and a number: whatever else stands there would be no JSON. */
static bool is_figure(const char *line)
{
	const char *end = line;

	while ((*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z') ||
		(*end >= '0' && *end <= '9') || *end == '_')
		end++;
	return *end == ' ' && end != line && end - line < 64;
}

/* memory.stat by name, each line of it. */
static void put_raw(struct stats *s)
{
	char *rest = read_text(s, "memory.stat"), *line, **lines = NULL;
	size_t count = 0;

	if (rest == NULL)
		return;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (is_figure(line))
			*ARENA_PUSH(s->arena, lines, count) = line;
	if (count > 1)
		qsort(lines, count, sizeof(*lines), by_name);
	begin(s, "raw");
	for (size_t i = 0; i < count; i++) {
		char *number = strchr(lines[i], ' ');

		*number++ = '\0';
		put(s, lines[i], to_number(number));
	}
	end(s);
}

static void put_memory(struct stats *s)
{
	static const struct {
		const char *name, *prefix;
	} entries[] = { { "usage", "memory" }, { "swap", "memory.memsw" },
		{ "kernel", "memory.kmem" }, { "kernelTCP", "memory.kmem.tcp" } };
	const char *text = read_text(s, "memory.stat");

	begin(s, "memory");
	if (text != NULL)
		put_some(s, "cache", value_of(text, s->v2 ? "file" : "cache"));
	if (s->v2)
		put_entries_v2(s);
	for (size_t i = 0; !s->v2 && i < sizeof(entries) / sizeof(entries[0]); i++) {
		const struct entry entry = entry_v1(s, entries[i].prefix);

		put_entry(s, entries[i].name, &entry);
	}
	put_raw(s);
	put_pressure(s, "memory.pressure");
	text = s->v2 ? read_text(s, "memory.events") : NULL;
	if (text != NULL) {
		begin(s, "event_count");
		put_some(s, "low", value_of(text, "low"));
		put_some(s, "high", value_of(text, "high"));
		put_some(s, "max", value_of(text, "max"));
		put_some(s, "oom", value_of(text, "oom"));
		put_some(s, "oom_kill", value_of(text, "oom_kill"));
		put_some(s, "oom_group_kill", value_of(text, "oom_group_kill"));
		end(s);
	}
	end(s);
}

/* ---- the others --------------------------------------------------------------------------------- */

static void put_pids(struct stats *s)
{
	const uint64_t limit = number_in(s, "pids.max");

	begin(s, "pids");
	put_some(s, "current", number_in(s, "pids.current"));
	put_some(s, "limit", limit == UINT64_MAX ? 0 : limit);
	end(s);
}

static void put_transfer(struct stats *s, bool *first, unsigned major, unsigned minor,
	const char *operation, unsigned long long value)
{
	(void) fprintf(s->to, "%s{", *first ? "" : ",");
	*first = false;
	if (major != 0)
		(void) fprintf(s->to, "\"major\":%u,", major);
	if (minor != 0)
		(void) fprintf(s->to, "\"minor\":%u,", minor);
	(void) fprintf(s->to, "\"op\":\"%s\"", operation);
	if (value != 0)
		(void) fprintf(s->to, ",\"value\":%llu", value);
	(void) fputc('}', s->to);
}

/* "8:0 Read 4096" */
static void put_blkio_v1(struct stats *s, const char *name, const char *const *files)
{
	char *rest = NULL, *line;
	bool first = true;

	for (; *files != NULL; files++) {
		rest = read_text(s, *files);
		if (rest != NULL && strchr(rest, ':') != NULL)
			break;
	}
	if (rest == NULL)
		return;
	while ((line = strsep(&rest, "\n")) != NULL) {
		unsigned major, minor;
		char operation[16];
		unsigned long long value;

		if (sscanf(line, "%u:%u %15[A-Za-z] %llu", &major, &minor, operation, &value) != 4)
			continue;
		if (first) {
			key(s, name);
			(void) fputc('[', s->to);
		}
		put_transfer(s, &first, major, minor, operation, value);
	}
	if (!first)
		(void) fputc(']', s->to);
}

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6"; what is discarded is no transfer for runc. */
static void put_blkio_v2(struct stats *s, const char *name, const char *unit)
{
	static const struct {
		char letter;
		const char *operation;
	} kinds[] = { { 'r', "Read" }, { 'w', "Write" } };
	char *rest = read_text(s, "io.stat"), *line;
	bool first = true;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		unsigned major, minor;

		if (sscanf(line, "%u:%u ", &major, &minor) != 2)
			continue;
		for (size_t i = 0; i < 2; i++) {
			char word[16];
			const char *found;

			(void) snprintf(word, sizeof(word), " %c%s=", kinds[i].letter, unit);
			found = strstr(line, word);
			if (found == NULL)
				continue;
			if (first) {
				key(s, name);
				(void) fputc('[', s->to);
			}
			put_transfer(s, &first, major, minor, kinds[i].operation,
				(unsigned long long) to_number(found + strlen(word)));
		}
	}
	if (!first)
		(void) fputc(']', s->to);
}

static void put_blkio(struct stats *s)
{
	static const struct {
		const char *name;
		const char *files[4];
	} lists[] = {
		{ "ioServiceBytesRecursive",
			{ "blkio.bfq.io_service_bytes_recursive",
				"blkio.io_service_bytes_recursive",
				"blkio.throttle.io_service_bytes_recursive" } },
		{ "ioServicedRecursive",
			{ "blkio.bfq.io_serviced_recursive", "blkio.io_serviced_recursive",
				"blkio.throttle.io_serviced_recursive" } },
		{ "ioQueueRecursive",
			{ "blkio.bfq.io_queued_recursive", "blkio.io_queued_recursive" } },
		{ "ioServiceTimeRecursive",
			{ "blkio.bfq.io_service_time_recursive",
				"blkio.io_service_time_recursive" } },
		{ "ioWaitTimeRecursive",
			{ "blkio.bfq.io_wait_time_recursive", "blkio.io_wait_time_recursive" } },
		{ "ioMergedRecursive",
			{ "blkio.bfq.io_merged_recursive", "blkio.io_merged_recursive" } },
	};

	begin(s, "blkio");
	if (s->v2) {
		put_blkio_v2(s, "ioServiceBytesRecursive", "bytes");
		put_blkio_v2(s, "ioServicedRecursive", "ios");
		put_pressure(s, "io.pressure");
	}
	for (size_t i = 0; !s->v2 && i < sizeof(lists) / sizeof(lists[0]); i++)
		put_blkio_v1(s, lists[i].name, lists[i].files);
	end(s);
}

/* The sizes of huge pages, as the directory has files for them: "2MB". */
static size_t page_sizes(struct stats *s, char names[NAMES][16])
{
	size_t count = 0;

	for (size_t i = 0; i < s->dirs->leaf_count && count == 0; i++) {
		int fd = open(s->dirs->leaves[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *listing = fd < 0 ? NULL : fdopendir(fd);

		if (listing == NULL) {
			fd_close(&fd);
			continue;
		}
		for (struct dirent *entry; count < NAMES && (entry = readdir(listing)) != NULL;) {
			const char *rest = str_after(entry->d_name, "hugetlb.");
			const char *dot = rest != NULL ? strchr(rest, '.') : NULL;

			if (dot != NULL && str_eq(dot, s->v2 ? ".current" : ".usage_in_bytes") &&
				dot - rest < 16)
				(void) snprintf(
					names[count++], 16, "%.*s", (int) (dot - rest), rest);
		}
		(void) closedir(listing);
	}
	return count;
}

/* Reserved pages where the kernel counts them, as runc since 1.1.10 does. Version 2 counts failures for
 * both together; runc looks for a file of its own for the reserved ones there and, not finding it, leaves
 * all sizes out, which is no use to anybody. */
static void put_hugetlb(struct stats *s)
{
	char names[NAMES][16];
	const size_t count = page_sizes(s, names);
	const char *usage = s->v2 ? "current" : "usage_in_bytes";

	begin(s, "hugetlb");
	for (size_t i = 0; i < count; i++) {
		const char *plain = arena_printf(s->arena, "hugetlb.%s", names[i]);
		const char *at = arena_printf(s->arena, "%s.rsvd", plain);
		const char *text = read_text(s, arena_printf(s->arena, "%s.%s", at, usage));

		if (text == NULL)
			at = plain;
		begin(s, names[i]);
		put_some(s, "usage", number_in(s, arena_printf(s->arena, "%s.%s", at, usage)));
		if (s->v2) {
			text = read_text(s, arena_printf(s->arena, "%s.events", plain));
			put(s, "failcnt", text != NULL ? value_of(text, "max") : 0);
		} else {
			put_some(s, "max",
				number_in(s, arena_printf(s->arena, "%s.max_usage_in_bytes", at)));
			put(s, "failcnt", number_in(s, arena_printf(s->arena, "%s.failcnt", at)));
		}
		end(s);
	}
	end(s);
}

char *cgroup_stats_json(const struct cgroup_dirs *dirs, struct arena *arena, struct err *err)
{
	char *bytes = NULL, *kept;
	size_t length = 0;
	const int v2 = dirs->leaf_count == 1 ? cgroupfs_is_v2(dirs->leaves[0], err) : 0;
	struct stats s = {
		.dirs = dirs,
		.arena = arena,
		.text = arena_alloc(arena, TEXT_BYTES),
		/* Beside v1 hierarchies, it is they that count. */
		.v2 = v2 > 0,
	};

	if (v2 < 0)
		return NULL;
	s.to = open_memstream(&bytes, &length);
	if (s.to == NULL) {
		(void) err_sys(err, "open_memstream");
		return NULL;
	}
	(void) fputc('{', s.to);
	put_cpu(&s);
	put_cpuset(&s);
	put_memory(&s);
	put_pids(&s);
	put_blkio(&s);
	put_hugetlb(&s);
	begin(&s, "intel_rdt");
	end(&s);
	key(&s, "network_interfaces");
	(void) fputs("null}", s.to);
	(void) fclose(s.to);
	kept = arena_strn(arena, bytes, length);
	free(bytes);
	return kept;
}
