// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names, the default set, and the two steps of giving up capabilities; called
 * by the spec parsers and, between clone() and execve(), by the child.
 */
#include "caps.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "base/own.h"

#define NUMBERS		64	/* bits of a set; the kernel uses 41 of them */
#define NAME_ROOM	32	/* "CAP_CHECKPOINT_RESTORE" is the longest so far */
#define BIT(number)	(UINT64_C(1) << (number))

const uint64_t caps_system_container =
	/* files: packages are unpacked, users made, logs rotated */
	BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |
	BIT(CAP_FSETID) | BIT(CAP_SETFCAP) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_LEASE) |
	BIT(CAP_MKNOD) |
	/* processes: init, login, sshd, sudo, cron, debuggers */
	BIT(CAP_KILL) | BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP) |
	BIT(CAP_SYS_CHROOT) | BIT(CAP_SYS_PTRACE) | BIT(CAP_SYS_NICE) | BIT(CAP_SYS_RESOURCE) |
	BIT(CAP_IPC_LOCK) | BIT(CAP_IPC_OWNER) |
	/* the network namespace: ifup, firewalls, ping, ports below 1024 */
	BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_NET_BIND_SERVICE) |
	BIT(CAP_NET_BROADCAST) |
	/* the machine that it believes to be: mount, hostname, containers in it, reboot, vhangup */
	BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_BOOT) | BIT(CAP_SYS_TTY_CONFIG) |
	/* pam_loginuid, sshd and sudo call it an error when they may not log */
	BIT(CAP_AUDIT_WRITE) | BIT(CAP_AUDIT_CONTROL);
	/*
	 * Deliberately excluded. In the user namespace of a VPS the kernel would
	 * refuse all of them anyway, since it checks them against the initial one;
	 * a VPS that shares the host's user namespace must not have them.
	 *
	 *	SYS_MODULE		code in the kernel
	 *	SYS_RAWIO		I/O ports, /dev/mem, raw SCSI commands
	 *	SYS_TIME		the clock is everybody's; without it systemd skips
	 *				timesyncd (ConditionCapability=) and does not fail
	 *	SYS_PACCT		accounting writes to one file for the whole host
	 *	MAC_ADMIN, MAC_OVERRIDE	the host's AppArmor, SELinux and Smack policy
	 *	SYSLOG			the host's kernel log and kernel addresses
	 *	AUDIT_READ		the host's audit log; systemd skips its socket
	 *	WAKE_ALARM, BLOCK_SUSPEND	the host's power management
	 *	PERFMON			what other tenants execute can be seen
	 *	BPF			programs in the kernel; type confusion there has
	 *				been the commonest way out of containers
	 *	CHECKPOINT_RESTORE	choosing pids and opening map_files; SYS_ADMIN
	 *				includes it where a namespace grants it
	 */

int caps_parse(const char *name)
{
	const char *known;
	cap_value_t number;

	/* cap_from_name() also takes "12" and any case; a specification has one spelling. */
	if (cap_from_name(name, &number) < 0 || number < 0 || number >= NUMBERS)
		return -EINVAL;
	known = caps_name((unsigned)number);
	return known && strcmp(known, name) == 0 ? number : -EINVAL;
}

const char *caps_name(unsigned number)
{
	static char names[NUMBERS][NAME_ROOM];
	char *lower;
	size_t i;

	if (number >= NUMBERS)
		return NULL;
	if (*names[number])
		return names[number];
	lower = cap_to_name((cap_value_t)number);
	/* Of one that it does not know libcap says only the number. */
	if (lower && strncmp(lower, "cap_", 4) == 0 && strlen(lower) < NAME_ROOM)
		for (i = 0; lower[i]; i++)
			names[number][i] = (char)toupper((unsigned char)lower[i]);
	(void)cap_free(lower);
	return *names[number] ? names[number] : NULL;
}

unsigned caps_last(void)
{
	return (unsigned)cap_max_bits() - 1;
}

/* The lowest capability of a set that is not empty, for a message. */
static const char *first_name(uint64_t set)
{
	const char *name = caps_name((unsigned)__builtin_ctzll(set));

	return name ? name : "a capability without a name";
}

static int refuse(uint64_t missing, const char *set_name, struct vps_err *err)
{
	return vps_err_say(err, -EPERM,
			   "%s in the %s set cannot be given: this process does not have it itself",
			   first_name(missing), set_name);
}

int caps_before_setuid(const struct caps_sets *sets, struct vps_err *err)
{
	const unsigned last = caps_last();
	uint64_t missing = last + 1 < NUMBERS ? sets->bounding >> (last + 1) << (last + 1) : 0;
	unsigned n;

	/* All are looked at before one is dropped: dropping cannot be undone. */
	for (n = 0; n <= last; n++)
		if ((sets->bounding & BIT(n)) && cap_get_bound((cap_value_t)n) != 1)
			missing |= BIT(n);
	if (missing)
		return refuse(missing, "bounding", err);

	for (n = 0; n <= last; n++) {
		if (sets->bounding & BIT(n))
			continue;
		if (cap_drop_bound((cap_value_t)n) == 0)
			continue;
		/* Without SETPCAP nothing can be dropped, and what is not there need not be. */
		if (errno == EPERM && cap_get_bound((cap_value_t)n) == 0)
			continue;
		return vps_err_set(err, -errno, "cannot drop %s from the bounding set",
				   first_name(BIT(n)));
	}
	/* Otherwise a change from user 0 to another empties permitted; execve() clears this. */
	if (prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) < 0)
		return vps_err_set(err, -errno, "cannot keep capabilities across setuid");
	return 0;
}

static void own_caps(cap_t *caps)
{
	int saved = errno;

	(void)cap_free(*caps);
	*caps = NULL;
	errno = saved;
}

#define OWN_CAPS __attribute__((cleanup(own_caps))) cap_t

static uint64_t get_set(cap_t caps, cap_flag_t flag)
{
	const unsigned last = caps_last();
	cap_flag_value_t value;
	uint64_t set = 0;
	unsigned n;

	for (n = 0; n <= last; n++)
		if (cap_get_flag(caps, (cap_value_t)n, flag, &value) == 0 && value == CAP_SET)
			set |= BIT(n);
	return set;
}

static int put_set(cap_t caps, cap_flag_t flag, uint64_t set)
{
	cap_value_t numbers[NUMBERS];
	int count = 0;

	for (; set; set &= set - 1)
		numbers[count++] = __builtin_ctzll(set);
	return count ? cap_set_flag(caps, flag, count, numbers, CAP_SET) : 0;
}

static int set_ambient(uint64_t set, struct vps_err *err)
{
	/* cap_reset_ambient() asks for each of them before it does this. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L) < 0)
		return vps_err_set(err, -errno, "cannot empty the ambient set");
	for (; set; set &= set - 1)
		if (cap_set_ambient(__builtin_ctzll(set), CAP_SET) < 0)
			return vps_err_set(err, -errno, "cannot put %s into the ambient set",
					   first_name(set));
	return 0;
}

int caps_after_setuid(const struct caps_sets *sets, struct vps_err *err)
{
	OWN_CAPS have = cap_get_proc(), want = cap_init();
	uint64_t permitted, inheritable;

	if (!have || !want)
		return vps_err_set(err, -errno, "cannot read our capabilities");
	permitted = get_set(have, CAP_PERMITTED);
	if (sets->permitted & ~permitted)
		return refuse(sets->permitted & ~permitted, "permitted", err);
	if (sets->effective & ~sets->permitted)
		return vps_err_say(err, -EINVAL, "%s is in the effective set but not in the permitted one",
				   first_name(sets->effective & ~sets->permitted));
	/* The kernel adds to inheritable only what is permitted and in the bounding set. */
	inheritable = sets->inheritable &
		      ((permitted & sets->bounding) | get_set(have, CAP_INHERITABLE));

	if (put_set(want, CAP_EFFECTIVE, sets->effective) < 0 ||
	    put_set(want, CAP_PERMITTED, sets->permitted) < 0 ||
	    put_set(want, CAP_INHERITABLE, inheritable) < 0 || cap_set_proc(want) < 0)
		return vps_err_set(err, -errno, "cannot set our capabilities");
	return set_ambient(sets->ambient & sets->permitted & inheritable, err);
}
