// SPDX-License-Identifier: GPL-2.0-or-later
/* Freeing images; called by whoever store_find() or store_list() handed one. */
#include "image.h"

#include <stdlib.h>

void image_free(struct image *image)
{
	if (!image)
		return;
	arena_free(&image->arena);
	free(image);
}

void image_list_free(struct image_list *list)
{
	size_t i;

	for (i = 0; i < list->len; i++)
		image_free(list->images[i]);
	free(list->images);
	list->images = NULL;
	list->len = 0;
}
