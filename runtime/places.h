/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of this host limits are about. */
#ifndef RUNTIME_PLACES_H
#define RUNTIME_PLACES_H

#include "runtime/resources.h"

/*
 * Find them: the whole disk that a directory lies on, every RDMA device, and
 * how what is written there can be limited.
 * What is not there stays empty; that is no failure.
 *
 * dir_fd   ROOT, borrowed
 */
void places_find(int dir_fd, struct resource_places *ret_places);

#endif
