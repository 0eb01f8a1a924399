/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving back memory that a program which now mostly waits does not need. */
#ifndef BASE_SHED_H
#define BASE_SHED_H

/*
 * Unmap the pages of code and constants of the program and its libraries. They
 * stay in the page cache: what is used again is mapped again, a page fault each.
 */
void shed_code(void);

#endif
