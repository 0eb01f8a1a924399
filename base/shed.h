/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving back memory that a program which now mostly waits does not need. */
#ifndef BASE_SHED_H
#define BASE_SHED_H

/*
 * Unmap the code and constants of the program and its libraries, which stay in
 * the page cache, and pages of their variables that hold nothing but zeros
 * (libcgroup clears a table of 0.8 MB). What is used again costs a page fault.
 * For a process of one thread.
 */
void shed_memory(void);

#endif
