// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and compares lists of processors; called by limits and by what binds a process to some. */
#include "cpulist.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"

#define ONLINE_FILE "/sys/devices/system/cpu/online"

/* One decimal; moves *text behind it. */
static bool take_cpu(const char **text, unsigned long *ret_cpu)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*ret_cpu = strtoul(*text, &end, 10);
	*text = end;
	return errno == 0 && *ret_cpu < CPULIST_CPUS;
}

bool cpulist_parse(const char *text, struct cpulist *ret_list)
{
	unsigned long first, last;

	*ret_list = (struct cpulist){ 0 };
	if (!*text)
		return true;
	for (;;) {
		if (!take_cpu(&text, &first))
			return false;
		last = first;
		if (*text == '-') {
			text++;
			if (!take_cpu(&text, &last) || last < first)
				return false;
		}
		for (; first <= last; first++)
			ret_list->words[first / 64] |= UINT64_C(1) << first % 64;
		if (*text != ',')
			return *text == '\0';
		text++;
	}
}

bool cpulist_is_within(const struct cpulist *list, const struct cpulist *whole)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(list->words); i++)
		if (list->words[i] & ~whole->words[i])
			return false;
	return true;
}

bool cpulist_overlaps(const struct cpulist *a, const struct cpulist *b)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(a->words); i++)
		if (a->words[i] & b->words[i])
			return true;
	return false;
}

bool cpulist_is_equal(const struct cpulist *a, const struct cpulist *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void cpulist_online(struct cpulist *ret_list)
{
	char text[4096];

	if (file_read_line(AT_FDCWD, ONLINE_FILE, text, sizeof(text)) < 0 ||
	    !cpulist_parse(text, ret_list))
		memset(ret_list, 0xff, sizeof(*ret_list));
}
