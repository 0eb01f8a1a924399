// SPDX-License-Identifier: LGPL-2.1-or-later
/* Builds and reads token buckets, tc-tbf(8); called by shape.c, detour.c and traffic.c. */
#include "netns/tbf.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define QUEUE_MSEC	50		/* that a full queue takes to drain */
#define QUEUE_BURSTS	2		/* that fit in a queue, so that it holds what is not cut */
#define PACKET_HIGHEST	(UINT64_C(68) << 10)	/* 64 KiB before they are cut, and the headers of all parts */
#define QUEUE_HIGHEST	(UINT64_C(32) << 20)
#define MEMORY		4		/* bytes for one of a packet, as the kernel counts them; of a small one many more */
#define TICK_NSEC	64		/* in which the kernel tells times: PSCHED_SHIFT */
#define STEP		1024		/* of bursts */

#define HANDLE		TC_H_MAKE(1 << 16, 0)
#define CLASS		TC_H_MAKE(1 << 16, 1)	/* that a token bucket has */

static struct tcmsg message_for(int index, uint32_t parent, uint32_t handle)
{
	return (struct tcmsg){ .tcm_family = AF_UNSPEC, .tcm_ifindex = index,
			       .tcm_parent = parent, .tcm_handle = handle };
}

static uint32_t queue_bytes(const struct shape *shape)
{
	uint64_t bytes = shape->rate_bits / 8 * QUEUE_MSEC / 1000;
	uint64_t lowest = shape->burst_bytes * QUEUE_BURSTS;

	if (lowest > PACKET_HIGHEST)
		lowest = PACKET_HIGHEST;
	return (uint32_t)(bytes < lowest ? lowest : bytes > QUEUE_HIGHEST ? QUEUE_HIGHEST : bytes);
}

static void put_bucket(struct nl_request *rq, int index, const char *name,
		       const struct shape *shape)
{
	const struct tcmsg header = message_for(index, TC_H_ROOT, HANDLE);
	uint64_t bytes_sec = shape->rate_bits / 8;
	const struct tc_tbf_qopt options = {
		.rate = {
			.rate = bytes_sec > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes_sec,
			.linklayer = TC_LINKLAYER_ETHERNET,
		},
		.limit = queue_bytes(shape),
	};
	struct nlattr *nest;

	/* REPLACE: one that is there is changed, and keeps its queue. */
	nl_message(rq, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header),
		   "cannot limit the rate of \"%s\"", name);
	nl_put_text(rq, TCA_KIND, "tbf");
	nest = nl_nest(rq, TCA_OPTIONS);
	nl_put(rq, TCA_TBF_PARMS, &options, sizeof(options));
	nl_put_u32(rq, TCA_TBF_BURST, (uint32_t)shape->burst_bytes);
	if (bytes_sec > UINT32_MAX)
		nl_put(rq, TCA_TBF_RATE64, &bytes_sec, sizeof(bytes_sec));
	nl_nest_end(rq, nest);
}

/* Its own queue is one for all: who fills it delays everybody. */
static void put_fair_queue(struct nl_request *rq, int index, const char *name,
			   const struct shape *shape)
{
	const struct tcmsg header = message_for(index, CLASS, 0);
	struct nlattr *nest;

	nl_message(rq, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header),
		   "cannot queue fairly on \"%s\"", name);
	nl_put_text(rq, TCA_KIND, "fq_codel");
	nest = nl_nest(rq, TCA_OPTIONS);
	nl_put_u32(rq, TCA_FQ_CODEL_MEMORY_LIMIT, queue_bytes(shape) * MEMORY);
	nl_nest_end(rq, nest);
	nl_tolerate(rq, ENOENT);	/* a kernel without it */
}

/* In place of the queue that is there. One of the same kind would only be changed. */
static void put_queue(struct nl_request *rq, int index, const char *name, const char *kind,
		      uint32_t limit)
{
	const struct tcmsg header = message_for(index, CLASS, 0);
	const struct tc_fifo_qopt options = { .limit = limit };

	nl_message(rq, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header),
		   "cannot empty the queue of \"%s\"", name);
	nl_put_text(rq, TCA_KIND, kind);
	nl_put(rq, TCA_OPTIONS, &options, sizeof(options));
}

/* Drop what is queued, and end with the queue that a token bucket has at first. */
static void put_empty_queue(struct nl_request *rq, int index, const char *name,
			    const struct shape *shape)
{
	put_queue(rq, index, name, "pfifo", 1);
	put_queue(rq, index, name, "bfifo", queue_bytes(shape));
}

void tbf_put(struct nl_request *rq, int index, const char *name, const struct shape *shape)
{
	put_bucket(rq, index, name, shape);
	put_fair_queue(rq, index, name, shape);
}

static void put_none(struct nl_request *rq, int index, const char *name)
{
	const struct tcmsg root = message_for(index, TC_H_ROOT, 0);

	nl_message(rq, RTM_DELQDISC, 0, &root, sizeof(root), "cannot lift the limit of \"%s\"",
		   name);
	nl_tolerate(rq, ENOENT);
}

/* ---- reading ---- */

static int find_numbers(const struct nlattr *attr, void *data)
{
	struct tc_tbf_qopt options;
	struct tbf *tbf = data;

	if (mnl_attr_get_type(attr) == TCA_TBF_PARMS &&
	    mnl_attr_get_payload_len(attr) >= sizeof(options)) {
		memcpy(&options, mnl_attr_get_payload(attr), sizeof(options));
		if (tbf->shape.rate_bits == UINT64_MAX)
			tbf->shape.rate_bits = (uint64_t)options.rate.rate * 8;
		tbf->shape.burst_bytes = options.buffer;	/* in ticks */
	} else if (mnl_attr_get_type(attr) == TCA_TBF_RATE64 &&
		   mnl_attr_validate(attr, MNL_TYPE_U64) == 0) {
		tbf->shape.rate_bits = mnl_attr_get_u64(attr) * 8;
	}
	return MNL_CB_OK;
}

static int find_drops(const struct nlattr *attr, void *data)
{
	struct gnet_stats_queue queue;
	struct tbf *tbf = data;

	if (mnl_attr_get_type(attr) == TCA_STATS_QUEUE &&
	    mnl_attr_get_payload_len(attr) >= sizeof(queue)) {
		memcpy(&queue, mnl_attr_get_payload(attr), sizeof(queue));
		tbf->dropped = queue.drops;
	}
	return MNL_CB_OK;
}

/* The attributes of a qdisc that matter here. */
struct parts {
	const char          *kind;
	const struct nlattr *options, *stats;
};

static int find_parts(const struct nlattr *attr, void *data)
{
	struct parts *parts = data;

	switch (mnl_attr_get_type(attr)) {
	case TCA_KIND:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			parts->kind = mnl_attr_get_str(attr);
		break;
	case TCA_OPTIONS:
		parts->options = attr;
		break;
	case TCA_STATS2:
		parts->stats = attr;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/* The kernel keeps the time that a burst takes, in ticks; bursts are whole steps. */
static uint64_t bytes_of(uint64_t ticks, uint64_t rate_bits)
{
	unsigned __int128 bits = (unsigned __int128)(ticks * TICK_NSEC + TICK_NSEC / 2) * rate_bits;

	return ((uint64_t)(bits / 8000000000) + STEP / 2) / STEP * STEP;
}

static int read_tbf(const struct nlmsghdr *reply, void *data)
{
	struct parts parts = { 0 };
	struct tbf *tbf = data;

	if (reply->nlmsg_type != RTM_NEWQDISC)
		return -EBADMSG;
	(void)mnl_attr_parse(reply, sizeof(struct tcmsg), find_parts, &parts);
	if (!parts.kind || strcmp(parts.kind, "tbf") != 0)
		return 0;
	if (parts.options)
		(void)mnl_attr_parse_nested(parts.options, find_numbers, tbf);
	if (parts.stats)
		(void)mnl_attr_parse_nested(parts.stats, find_drops, tbf);
	tbf->shape.burst_bytes = bytes_of(tbf->shape.burst_bytes, tbf->shape.rate_bits);
	return 0;
}

int tbf_ask(int fd, int index, const char *name, struct tbf *ret_tbf, struct vps_err *err)
{
	const struct tcmsg root = message_for(index, TC_H_ROOT, 0);
	struct tbf tbf = { .shape.rate_bits = UINT64_MAX };
	struct nl_request rq;
	int r;

	nl_begin(&rq);
	/* ECHO: else only those who listen are answered. One that the kernel made itself is not shown. */
	nl_message(&rq, RTM_GETQDISC, NLM_F_ECHO, &root, sizeof(root), "limit of \"%s\"", name);
	nl_tolerate(&rq, EINVAL);
	r = nl_ask(fd, &rq, read_tbf, &tbf, err);
	if (r == 0)
		*ret_tbf = tbf;
	return r;
}

/* ---- changing ---- */

int tbf_set(int fd, int index, const char *name, const struct shape *shape, struct vps_err *err)
{
	struct nl_request rq;
	struct tbf now;
	int r = tbf_ask(fd, index, name, &now, err);

	if (r < 0)
		return r;
	nl_begin(&rq);
	if (shape->rate_bits == UINT64_MAX) {
		put_none(&rq, index, name);
		return nl_send(fd, &rq, err);
	}
	put_bucket(&rq, index, name, shape);
	/* A packet longer than a burst would wait for ever, and all others behind it. */
	if (now.shape.burst_bytes > shape->burst_bytes)
		put_empty_queue(&rq, index, name, shape);
	put_fair_queue(&rq, index, name, shape);
	return nl_send(fd, &rq, err);
}
