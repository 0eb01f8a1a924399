/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices of this host limits by device are about. */
#ifndef RUNTIME_PLACES_H
#define RUNTIME_PLACES_H

#include "runtime/resources.h"

/*
 * Find them: the whole disk that a directory lies on, and every RDMA device.
 * What is not there stays empty; that is no failure.
 *
 * dir_fd   ROOT, borrowed
 */
void places_find(int dir_fd, struct resource_places *ret_places);

#endif
