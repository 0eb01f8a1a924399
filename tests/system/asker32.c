// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What view_calls.bats runs inside a VPS to ask as a 32-bit program: prints
 * "TOTALRAM UNIT PROCS PROCESSORS" of sysinfo(2) and sched_getaffinity(2).
 * Without a C library, since few hosts have one for it:
 * cc -m32 -nostdlib -static -O1 -fno-stack-protector.
 */
struct info {
	int            uptime;
	unsigned       loads[3];
	unsigned       totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	unsigned short procs, pad;
	unsigned       totalhigh, freehigh, unit;
	char           padding[8];
};

static long call(long number, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}

static void print(unsigned number, char end)
{
	char text[12];
	int at = sizeof(text);

	text[--at] = end;
	do
		text[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	(void)call(4, 1, (long)(text + at), (long)sizeof(text) - at);	/* write */
}

void _start(void);
void _start(void)
{
	static struct info info;
	static unsigned set[256];
	unsigned count = 0;
	int i;

	if (call(116, (long)&info, 0, 0) < 0)				/* sysinfo */
		(void)call(1, 1, 0, 0);					/* exit */
	if (call(242, 0, sizeof(set), (long)set) < 0)			/* sched_getaffinity */
		(void)call(1, 2, 0, 0);
	for (i = 0; i < 256 * 32; i++)
		count += set[i / 32] >> i % 32 & 1;
	print(info.totalram, ' ');
	print(info.unit, ' ');
	print(info.procs, ' ');
	print(count, '\n');
	(void)call(1, 0, 0, 0);
}
