// SPDX-License-Identifier: GPL-2.0-or-later
/* vps-view: answers what VPSs read from /proc; started by vps-monitor, never by hand. */
#include <stdio.h>

#include "runtime/view.h"
#include "runtime/view_client.h"

int main(int argc, char **argv)
{
	if (argc != 2 || *argv[1] != '/') {
		(void)fprintf(stderr, "vps-view: vps-monitor starts this program; "
				      "usage: vps-view DIR\n");
		return 2;
	}
	return view_serve(argv[1], VIEW_MNTNS_FD);
}
