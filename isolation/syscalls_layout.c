// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lays a filter's decisions out anew so that the kernel loads it faster; called
 * once a profile, between libseccomp and the cache.
 *
 * At load time the kernel runs the filter for every number of every
 * architecture, to learn which calls are always allowed. libseccomp's program
 * compares number by number or in buckets of four. Allowed numbers lie side by
 * side, though, so a search over ranges has a tenth of the instructions. The
 * kernel also translates each of them for the processor, so comparisons share answers.
 *
 * Nothing here knows what a system call is. A program decides by comparing the
 * architecture and the number with constants, so between two neighbouring
 * constants its decision cannot change: running it once for each range gives
 * the whole table. Where it goes on to look at arguments, that part of it is
 * copied as it stands.
 */
#include "syscalls_parts.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

#define ARCHS_MAX	16
#define BLOCKS_MAX	64
#define JUMP_MAX	255	/* of a conditional jump; "ja" goes anywhere */
#define JUMP_FAR	150	/* answers are written before a jump to them gets so long */
#define SINGLES_MAX	3

#define LOAD	(BPF_LD | BPF_W | BPF_ABS)
#define NR_AT	((uint32_t)offsetof(struct seccomp_data, nr))
#define ARCH_AT	((uint32_t)offsetof(struct seccomp_data, arch))

/* What the accumulator holds before an instruction. */
enum content { UNREACHED, NUMBER, ARCH, ARGUMENT, MIXED };

/* What happens to a range of numbers: an answer, or a part that looks at arguments. */
struct decision {
	bool     is_block;
	uint32_t what;		/* the answer, or the index of the part's first instruction */
};

struct range {
	uint32_t        start;	/* up to the start of the next */
	struct decision decision;
};

/* Ranges of one decision with some single numbers of others between them. */
struct group {
	const struct range *ranges;	/* every second is a single one */
	size_t              singles;
};

/* Where a comparison leads when it is true, or when not. */
struct way {
	size_t          compare;
	bool            is_true;
	struct decision decision;
};

struct layout {
	const struct syscalls_program *from;
	struct syscalls_program        to;
	uint32_t     *points;	/* first numbers of ranges, sorted */
	size_t        point_count;
	struct range *ranges;	/* of one architecture; room for point_count */
	size_t        range_count;
	struct group *groups;	/* of them; the same room */
	uint32_t      archs[ARCHS_MAX];
	size_t        arch_count;
	uint32_t      blocks[BLOCKS_MAX];	/* first instructions, in the old program */
	size_t        block_count;
	uint16_t      leaves[BPF_MAXINSNS];	/* jumps to blocks, in the new program */
	size_t        leaf_count;
	struct way    waiting[JUMP_MAX];	/* for the answer, which will follow */
	size_t        waiting_count;
};

static bool is_same(struct decision a, struct decision b)
{
	return a.is_block == b.is_block && a.what == b.what;
}

static bool is_compare(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
}

/* Where an instruction may go next: none, one or two indices. */
static size_t successors(const struct sock_filter *insn, size_t at, size_t next[2])
{
	if (BPF_CLASS(insn->code) == BPF_RET)
		return 0;
	if (insn->code == (BPF_JMP | BPF_JA)) {
		next[0] = at + 1 + insn->k;
		return 1;
	}
	next[0] = at + 1 + (is_compare(insn) ? insn->jt : 0);
	next[1] = at + 1 + insn->jf;
	return is_compare(insn) ? 2 : 1;
}

/* The instructions that libseccomp writes; of others we do not know what they keep. */
static bool is_known(const struct sock_filter *insn)
{
	switch (insn->code) {
	case LOAD:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_RET | BPF_K:
		return true;
	default:
		return false;
	}
}

static enum content content_after(const struct sock_filter *insn, enum content before)
{
	if (insn->code == LOAD)
		return insn->k == NR_AT ? NUMBER : insn->k == ARCH_AT ? ARCH : ARGUMENT;
	if (BPF_CLASS(insn->code) == BPF_ALU)
		return before == ARGUMENT ? ARGUMENT : MIXED;
	return before;
}

static int add_arch(struct layout *lay, uint32_t arch)
{
	size_t i;

	for (i = 0; i < lay->arch_count; i++)
		if (lay->archs[i] == arch)
			return 0;
	if (lay->arch_count == ARCHS_MAX)
		return -EOPNOTSUPP;
	lay->archs[lay->arch_count++] = arch;
	return 0;
}

/* Note the constants that one comparison divides architectures or numbers by. */
static int note_compare(struct layout *lay, const struct sock_filter *insn, enum content content)
{
	const uint16_t op = BPF_OP(insn->code);

	if (content == ARGUMENT)
		return 0;
	if (content == ARCH && op == BPF_JEQ)
		return add_arch(lay, insn->k);
	if (content != NUMBER || op == BPF_JSET)
		return -EOPNOTSUPP;
	lay->points[lay->point_count++] = insn->k;
	if (insn->k < UINT32_MAX)
		lay->points[lay->point_count++] = insn->k + 1;
	return 0;
}

static int compare_points(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* One pass over the program, which only ever jumps forward: what is compared with what. */
static int survey(struct layout *lay, uint8_t *contents)
{
	size_t at, i, count, next[2];
	int r;

	lay->points[lay->point_count++] = 0;
	contents[0] = MIXED;
	for (at = 0; at < lay->from->count; at++) {
		const struct sock_filter *insn = &lay->from->insns[at];
		enum content content = contents[at];

		if (content == UNREACHED)
			continue;
		if (!is_known(insn))
			return -EOPNOTSUPP;
		r = is_compare(insn) ? note_compare(lay, insn, content) : 0;
		if (r < 0)
			return r;
		content = content_after(insn, content);
		count = successors(insn, at, next);
		for (i = 0; i < count; i++) {
			if (next[i] >= lay->from->count)
				return -EOPNOTSUPP;
			if (contents[next[i]] == UNREACHED)
				contents[next[i]] = (uint8_t)content;
			else if (contents[next[i]] != content)
				contents[next[i]] = MIXED;
		}
	}
	qsort(lay->points, lay->point_count, sizeof(*lay->points), compare_points);
	return 0;
}

static bool compares(const struct sock_filter *insn, uint32_t value)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return value == insn->k;
	case BPF_JGE:
		return value >= insn->k;
	default:
		return value > insn->k;		/* JGT; survey() lets no other pass */
	}
}

/* Run the program as far as architecture and number lead. */
static struct decision decide(const struct syscalls_program *program, uint32_t arch,
			      uint32_t number)
{
	uint32_t value = 0;
	size_t at = 0;

	for (;;) {
		const struct sock_filter *insn = &program->insns[at];

		if (insn->code == LOAD && insn->k != NR_AT && insn->k != ARCH_AT)
			return (struct decision){ true, (uint32_t)at };
		if (insn->code == LOAD)
			value = insn->k == NR_AT ? number : arch;
		else if (BPF_CLASS(insn->code) == BPF_RET)
			return (struct decision){ false, insn->k };
		if (insn->code == (BPF_JMP | BPF_JA))
			at += insn->k;
		else if (is_compare(insn))
			at += compares(insn, value) ? insn->jt : insn->jf;
		at++;
	}
}

static void find_ranges(struct layout *lay, uint32_t arch)
{
	size_t i;

	lay->range_count = 0;
	for (i = 0; i < lay->point_count; i++) {
		struct decision decision = decide(lay->from, arch, lay->points[i]);
		const struct range *last = lay->ranges + lay->range_count - 1;

		if (lay->range_count && is_same(last->decision, decision))
			continue;
		lay->ranges[lay->range_count++] = (struct range){ lay->points[i], decision };
	}
}

static int emit(struct layout *lay, uint16_t code, uint32_t k, size_t jt, size_t jf)
{
	if (lay->to.count >= BPF_MAXINSNS || jt > JUMP_MAX || jf > JUMP_MAX)
		return -EOPNOTSUPP;
	lay->to.insns[lay->to.count++] = (struct sock_filter){
		.code = code, .jt = (uint8_t)jt, .jf = (uint8_t)jf, .k = k,
	};
	return 0;
}

static int find_block(struct layout *lay, uint32_t first)
{
	size_t i;

	for (i = 0; i < lay->block_count; i++)
		if (lay->blocks[i] == first)
			return (int)i;
	if (i == BLOCKS_MAX)
		return -EOPNOTSUPP;
	lay->blocks[lay->block_count++] = first;
	return (int)i;
}

static int emit_leaf(struct layout *lay, struct decision decision)
{
	int block;

	if (!decision.is_block)
		return emit(lay, BPF_RET | BPF_K, decision.what, 0, 0);
	block = find_block(lay, decision.what);
	if (block < 0 || lay->leaf_count == BPF_MAXINSNS)
		return -EOPNOTSUPP;
	lay->leaves[lay->leaf_count++] = (uint16_t)lay->to.count;
	return emit(lay, BPF_JMP | BPF_JA, (uint32_t)block, 0, 0);	/* emit_blocks() knows the way */
}

/* Lead one way of a comparison to the instruction that comes next. */
static int lead_here(struct layout *lay, size_t compare, bool is_true)
{
	struct sock_filter *insn = &lay->to.insns[compare];
	const size_t distance = lay->to.count - compare - 1;

	if (distance > JUMP_MAX)
		return -EOPNOTSUPP;
	*(is_true ? &insn->jt : &insn->jf) = (uint8_t)distance;
	return 0;
}

static int wait_for_answer(struct layout *lay, size_t compare, bool is_true,
			   struct decision decision)
{
	if (lay->waiting_count == ARRAY_LEN(lay->waiting))
		return -EOPNOTSUPP;
	lay->waiting[lay->waiting_count++] = (struct way){ compare, is_true, decision };
	return 0;
}

/* Each answer once for all comparisons that wait for it. Nobody may run into this from above. */
static int emit_answers(struct layout *lay)
{
	size_t i, left;
	int r = 0;

	while (r == 0 && lay->waiting_count) {
		const struct decision decision = lay->waiting[0].decision;

		for (i = left = 0; r == 0 && i < lay->waiting_count; i++) {
			const struct way way = lay->waiting[i];

			if (is_same(way.decision, decision))
				r = lead_here(lay, way.compare, way.is_true);
			else
				lay->waiting[left++] = way;
		}
		lay->waiting_count = left;
		if (r == 0)
			r = emit_leaf(lay, decision);
	}
	return r;
}

static bool is_far(const struct layout *lay)
{
	size_t i;

	for (i = 0; i < lay->waiting_count; i++)
		if (lay->to.count - lay->waiting[i].compare > JUMP_FAR)
			return true;
	return false;
}

static int emit_tree(struct layout *lay, const struct group *groups, size_t count);

/* One way of a comparison: to an answer, or to a search over some groups, which follows. */
static int emit_way(struct layout *lay, size_t compare, bool is_true, const struct group *groups,
		    size_t count)
{
	int r;

	if (count == 1 && groups->singles == 0)
		return wait_for_answer(lay, compare, is_true, groups->ranges->decision);
	r = lead_here(lay, compare, is_true);
	return r < 0 ? r : emit_tree(lay, groups, count);
}

/* The single numbers of a group, one after the other. */
static int emit_singles(struct layout *lay, const struct group *group)
{
	size_t i, compare;
	int r = 0;

	for (i = 0; r == 0 && i < group->singles; i++) {
		const struct range *single = &group->ranges[2 * i + 1];

		compare = lay->to.count;
		r = emit(lay, BPF_JMP | BPF_JEQ | BPF_K, single->start, 0, 0);
		if (r == 0)
			r = wait_for_answer(lay, compare, true, single->decision);
	}
	return r < 0 ? r : wait_for_answer(lay, lay->to.count - 1, false, group->ranges->decision);
}

static size_t count_compares(const struct group *groups, size_t count)
{
	size_t i, compares = count;

	for (i = 0; i < count; i++)
		compares += groups[i].singles;
	return compares;
}

/* More groups than a conditional jump leads past. */
static int emit_long_tree(struct layout *lay, const struct group *groups, size_t count)
{
	const size_t half = count / 2;
	size_t jump;
	int r = emit(lay, BPF_JMP | BPF_JGE | BPF_K, groups[half].ranges->start, 0, 1);

	jump = lay->to.count;
	if (r == 0)
		r = emit(lay, BPF_JMP | BPF_JA, 0, 0, 0);
	if (r == 0)
		r = emit_tree(lay, groups, half);
	if (r == 0)
		r = emit_answers(lay);
	if (r < 0)
		return r;
	lay->to.insns[jump].k = (uint32_t)(lay->to.count - jump - 1);
	return emit_tree(lay, groups + half, count - half);
}

static int emit_tree(struct layout *lay, const struct group *groups, size_t count)
{
	const size_t half = count / 2, compare = lay->to.count;
	int r;

	if (count == 1)
		return emit_singles(lay, groups);
	if (count_compares(groups, half) > JUMP_FAR)
		return emit_long_tree(lay, groups, count);
	r = emit(lay, BPF_JMP | BPF_JGE | BPF_K, groups[half].ranges->start, 0, 0);
	if (r == 0)
		r = emit_way(lay, compare, false, groups, half);
	if (r == 0 && is_far(lay))
		r = emit_answers(lay);
	return r < 0 ? r : emit_way(lay, compare, true, groups + half, count - half);
}

/* How many ranges of a single number, each between two of the first one's decision, begin here. */
static size_t count_singles(const struct range *ranges, size_t count)
{
	size_t singles = 0, at;

	for (at = 2; at < count && singles < SINGLES_MAX; at += 2, singles++)
		if (!is_same(ranges[at].decision, ranges->decision) ||
		    ranges[at].start - ranges[at - 1].start != 1)
			break;
	return singles;
}

/* The search for one architecture, entered with anything in the accumulator. */
static int emit_arch(struct layout *lay, uint32_t arch)
{
	size_t i, count = 0;
	int r;

	find_ranges(lay, arch);
	if (lay->range_count == 1)
		return emit_leaf(lay, lay->ranges->decision);
	for (i = 0; i < lay->range_count; i += 2 * lay->groups[count++].singles + 1)
		lay->groups[count] = (struct group){
			&lay->ranges[i], count_singles(&lay->ranges[i], lay->range_count - i),
		};
	r = emit(lay, LOAD, NR_AT, 0, 0);
	if (r == 0)
		r = emit_tree(lay, lay->groups, count);
	return r < 0 ? r : emit_answers(lay);
}

/* A value that is none of the architectures that the program knows. */
static uint32_t other_arch(const struct layout *lay)
{
	uint32_t other = 0;
	size_t i;

	for (i = 0; i < lay->arch_count; i++)
		if (lay->archs[i] == other) {
			other++;
			i = (size_t)-1;		/* look at all again */
		}
	return other;
}

/* Each architecture: "is it this one? if not, past its search". The last is for all others. */
static int emit_archs(struct layout *lay)
{
	size_t i;
	int r = emit(lay, LOAD, ARCH_AT, 0, 0);

	for (i = 0; r == 0 && i < lay->arch_count; i++) {
		size_t test = lay->to.count;

		r = emit(lay, BPF_JMP | BPF_JEQ | BPF_K, lay->archs[i], 1, 0);
		if (r == 0)
			r = emit(lay, BPF_JMP | BPF_JA, 0, 0, 0);
		if (r == 0)
			r = emit_arch(lay, lay->archs[i]);
		if (r == 0)
			lay->to.insns[test + 1].k = (uint32_t)(lay->to.count - test - 2);
	}
	return r < 0 ? r : emit_arch(lay, other_arch(lay));
}

/*
 * Where each old instruction that a block can reach will be: place holds 0 for
 * the others. One pass for all blocks keeps what they share shared.
 */
static void place_blocks(struct layout *lay, uint32_t *place)
{
	size_t at, i, count, next[2], end = lay->to.count;

	for (i = 0; i < lay->block_count; i++)
		place[lay->blocks[i]] = 1;
	for (at = 0; at < lay->from->count; at++) {
		if (!place[at])
			continue;
		place[at] = (uint32_t)end++;
		count = successors(&lay->from->insns[at], at, next);
		for (i = 0; i < count; i++)
			place[next[i]] = 1;
	}
}

/* Copy them in their old order, so that distances can only shrink; then lead the leaves there. */
static int emit_blocks(struct layout *lay, uint32_t *place)
{
	size_t at, i;
	int r;

	place_blocks(lay, place);
	for (at = 0; at < lay->from->count; at++) {
		struct sock_filter insn = lay->from->insns[at];

		if (!place[at])
			continue;
		if (insn.code == (BPF_JMP | BPF_JA))
			insn.k = place[at + 1 + insn.k] - place[at] - 1;
		r = emit(lay, insn.code, insn.k,
			 is_compare(&insn) ? place[at + 1 + insn.jt] - place[at] - 1 : 0,
			 is_compare(&insn) ? place[at + 1 + insn.jf] - place[at] - 1 : 0);
		if (r < 0)
			return r;
	}
	for (i = 0; i < lay->leaf_count; i++) {
		struct sock_filter *leaf = &lay->to.insns[lay->leaves[i]];

		leaf->k = place[lay->blocks[leaf->k]] - lay->leaves[i] - 1;
	}
	return 0;
}

int syscalls_layout(const struct syscalls_program *program, struct syscalls_program *ret_program)
{
	OWN_MEM struct layout *lay = calloc(1, sizeof(*lay));
	OWN_MEM struct sock_filter *insns = calloc(BPF_MAXINSNS, sizeof(*insns));
	OWN_MEM uint8_t *contents = calloc(program->count, sizeof(*contents));
	OWN_MEM uint32_t *place = calloc(program->count, sizeof(*place));
	/* Two constants from each comparison, and 0. */
	OWN_MEM uint32_t *points = calloc(2 * program->count + 1, sizeof(*points));
	OWN_MEM struct range *ranges = calloc(2 * program->count + 1, sizeof(*ranges));
	OWN_MEM struct group *groups = calloc(2 * program->count + 1, sizeof(*groups));
	int r;

	if (!lay || !insns || !contents || !place || !points || !ranges || !groups)
		return -ENOMEM;
	lay->from = program;
	lay->to.insns = insns;
	lay->points = points;
	lay->ranges = ranges;
	lay->groups = groups;
	r = program->count ? survey(lay, contents) : -EOPNOTSUPP;
	if (r == 0)
		r = emit_archs(lay);
	if (r == 0)
		r = emit_blocks(lay, place);
	if (r < 0)
		return r;
	ret_program->insns = mem_take(&insns);
	ret_program->count = lay->to.count;
	return 0;
}
