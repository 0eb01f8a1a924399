// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From text to a tree of JSON values: size, depth and big integers; the other
 * half of doc.h. The tree lives in memory that is set aside beforehand, for two
 * reasons. Jansson's lexer does not notice when it cannot grow the buffer of a
 * token, and then reads past its end; here it always can. And memory that is
 * never given back piece by piece costs a tenth of malloc() and free().
 */
#include "doc.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/own.h"

/*
 * What a tree takes at most per byte of text: an empty object is 2 bytes and a
 * comma, and some 200 in memory. Pages that are not touched cost nothing.
 */
#define ROOM_PER_BYTE	112
#define ROOM_AT_LEAST	65536
#define ALIGNMENT	_Alignof(max_align_t)

/* The memory that this thread's parser takes from; empty while none runs. */
static _Thread_local struct {
	char *at, *start, *end;
} room;

/* What jansson allocated with before. */
static json_malloc_t malloc_before = malloc;
static json_free_t free_before = free;

static void *room_malloc(size_t size)
{
	void *memory = room.at;

	if (!room.at || size > (size_t)(room.end - room.at))
		return malloc_before(size);
	room.at += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (room.at > room.end)
		room.at = room.end;
	return memory;
}

static void room_free(void *memory)
{
	uintptr_t at = (uintptr_t)memory;

	if (at < (uintptr_t)room.start || at >= (uintptr_t)room.end)
		free_before(memory);
}

/*
 * Jansson's hash tables, so that nobody can write keys that all collide. By itself it opens
 * /dev/urandom for that; so it does when there is nothing yet.
 */
static void seed(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) == sizeof(value))
		json_object_seed(value);
}

/* Get between jansson and its allocator, wherever that may be. */
static void hook(void)
{
	json_malloc_t now_malloc;
	json_free_t now_free;

	json_get_alloc_funcs(&now_malloc, &now_free);
	if (now_malloc == room_malloc)
		return;
	seed();
	malloc_before = now_malloc;
	free_before = now_free;
	json_set_alloc_funcs(room_malloc, room_free);
}

/* Whether nothing is nested deeper than DOC_DEPTH_MAX: the parser itself recurses. */
static bool is_shallow(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;
	size_t at;

	for (at = 0; at < len; at++) {
		if (in_string && text[at] == '\\')
			at++;
		else if (text[at] == '"')
			in_string = !in_string;
		else if (!in_string && (text[at] == '{' || text[at] == '['))
			depth++;
		else if (!in_string && (text[at] == '}' || text[at] == ']'))
			depth--;
		if (depth > DOC_DEPTH_MAX)
			return false;
	}
	return true;
}

/*
 * The parser keeps integers in 64 bits with a sign, but OCI has some without
 * (RLIM_INFINITY is 18446744073709551615). So each long one becomes a string
 * that starts with byte 1, which doc_integer() takes for what it is.
 *
 * Returns the new text, malloc()ed, or NULL.
 */
static char *quote_big_integers(const char *text, size_t len, size_t *ret_len)
{
	char *out = malloc(2 * len + 1);
	size_t at = 0, to = 0, sign, end;
	bool in_string = false;

	while (out && at < len) {
		sign = !in_string && text[at] == '-';
		for (end = at + sign; !in_string && end < len && text[end] >= '0' && text[end] <= '9'; end++)
			;
		if (end - at - sign >= 19 && (end == len || !strchr(".eE", text[end])) &&
		    (at == 0 || !strchr("-+.eE", text[at - 1]))) {
			memcpy(out + to, "\"\\u0001", 7);
			memcpy(out + to + 7, text + at, end - at);
			to += 7 + end - at;
			out[to++] = '"';
		} else {
			if (end == at + sign)	/* no number: a character, or an escape of two */
				end = at + 1 + (in_string && text[at] == '\\' && at + 1 < len);
			in_string ^= text[at] == '"';
			memcpy(out + to, text + at, end - at);
			to += end - at;
		}
		at = end;
	}
	*ret_len = to;
	return out;
}

static json_t *load(const char *text, size_t len, bool *ret_has_big, json_error_t *why)
{
	OWN_MEM char *quoted = NULL;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, why);

	if (root || json_error_code(why) != json_error_numeric_overflow)
		return root;
	quoted = quote_big_integers(text, len, &len);
	if (!quoted) {
		*why->text = '\0';
		return NULL;
	}
	*ret_has_big = true;
	return json_loadb(quoted, len, JSON_REJECT_DUPLICATES, why);
}

/* Parse in memory of the document's own. NULL: no memory, or what is wrong is in why. */
static json_t *load_in_room(struct doc *doc, const char *text, size_t len, json_error_t *why)
{
	size_t size = len * ROOM_PER_BYTE + ROOM_AT_LEAST;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	json_t *root;

	if (memory == MAP_FAILED)
		return NULL;
	doc->room = memory;
	doc->room_size = size;
	hook();
	room.start = room.at = memory;
	room.end = room.start + size;
	root = load(text, len, &doc->has_big, why);
	room.start = room.at = room.end = NULL;
	return root;
}

int doc_open(struct doc *doc, const char *text, size_t len, size_t max, struct doc_node *ret_root)
{
	char shown[DOC_SHOWN];
	json_error_t why = { .line = -1 };

	if (len > max)
		return vps_err_say(doc->err, -EINVAL, "the document has %zu bytes, more than %zu",
				   len, max);
	if (!is_shallow(text, len))
		return vps_err_say(doc->err, -EINVAL,
				   "the document nests arrays and objects deeper than %d",
				   DOC_DEPTH_MAX);
	doc->root = load_in_room(doc, text, len, &why);
	if (!doc->root) {
		doc_close(doc);
		if (!*why.text || json_error_code(&why) == json_error_out_of_memory)
			return vps_err_set(doc->err, -ENOMEM, "cannot parse the document");
		return vps_err_say(doc->err, -EINVAL, "line %d, column %d: not JSON: %s", why.line,
				   why.column, doc_printable(why.text, shown));
	}
	*ret_root = (struct doc_node){ .doc = doc, .value = doc->root };
	return 0;
}

void doc_close(struct doc *doc)
{
	if (doc->room)
		(void)munmap(doc->room, doc->room_size);	/* a mapping of ours: cannot fail */
	doc->room = NULL;
	doc->root = NULL;
}
