#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

prepare() {
	vpsctl create web1 --env FROM_SPEC=spec
}

setup() {
	status_is web1 running || vpsctl start web1
}

# The VPS of this file serves all its tests.
teardown() {
	:
}

@test "exec: the exit status is the program's" {
	run -0 vpsctl exec web1 true
	run -1 vpsctl exec web1 false
	run -42 vpsctl exec web1 sh -c 'exit 42'
	run -255 vpsctl exec web1 sh -c 'exit 255'
}

@test "exec: a program that a signal ended is 128 and the signal" {
	run -137 vpsctl exec web1 sh -c 'kill -KILL $$'
	run -143 vpsctl exec web1 sh -c 'kill -TERM $$'
}

@test "exec: 127 when there is no such program, 126 when it cannot be executed" {
	run -127 --separate-stderr vpsctl exec web1 no-such-program
	[[ $stderr == "vpsctl: web1: "*no-such-program* ]]
	run -127 vpsctl exec web1 /no/such/program
	run -126 --separate-stderr vpsctl exec web1 /etc
	[[ $stderr == "vpsctl: web1: "*/etc* ]]
	vps_sh web1 'echo text >/root/text; chmod 644 /root/text'
	run -126 vpsctl exec web1 /root/text
}

@test "exec: 125 when the VPS does not run" {
	vpsctl create web2
	run -125 --separate-stderr vpsctl exec web2 true
	[[ -z $output && $stderr == "vpsctl: web2: "* ]]
	vpsctl destroy web2
}

@test "exec: stdin, stdout and stderr are the caller's" {
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
	vpsctl exec web1 cat <"$BATS_TEST_TMPDIR/bytes" >"$BATS_TEST_TMPDIR/copy"
	cmp "$BATS_TEST_TMPDIR/bytes" "$BATS_TEST_TMPDIR/copy"
	run -0 --separate-stderr vpsctl exec web1 sh -c 'echo out; echo err >&2'
	[[ $output == out && $stderr == err ]]
}

@test "exec: words arrive as they were given" {
	[[ $(vpsctl exec web1 printf '[%s]' 'a b' '' '*' '$x' --json) == '[a b][][*][$x][--json]' ]]
	[[ $(vpsctl exec web1 -- printf '[%s]' -- x) == '[--][x]' || $(vpsctl exec web1 -- echo x) == x ]]
}

@test "exec: the environment is the VPS's own and what --env adds" {
	[[ $(LEAKED=host vpsctl exec --env A=1 -e 'B=two words' web1 sh -c 'echo "$A/$B/$FROM_SPEC/${LEAKED-}"') == "1/two words/spec/" ]]
	[[ $(vpsctl exec web1 sh -c 'echo $HOME') == /root ]]
	[[ -n $(vpsctl exec web1 sh -c 'echo $PATH') ]]
	[[ $(vpsctl exec -e A=1 -e B=2 -e A=3 web1 env | grep ^A=) == A=3 ]]
}

@test "exec: a terminal of its own comes with the caller's TERM, unless another is asked for" {
	needs_program script
	term_of() {
		TERM=vt52 script -qec "vpsctl exec $1 web1 sh -c 'echo is-\$TERM'" /dev/null </dev/null | tr -d '\r'
	}
	[[ $(term_of --tty) == *is-vt52* ]]
	[[ $(term_of '--tty --env TERM=ansi') == *is-ansi* ]]
	[[ $(term_of) != *vt52* ]]
}

@test "exec: root needs no entry in passwd, and an id that a VPS has not is named" {
	vps_sh web1 'mv /etc/passwd /etc/passwd.away'
	[[ $(vpsctl exec web1 sh -c 'echo "$(id -u) $USER $HOME"') == "0 root /" ]]
	[[ $(vpsctl exec --user root web1 id -u) == 0 ]]
	[[ $(vpsctl enter web1 <<<'id -u') == 0 ]]
	vpsctl exec web1 mv /etc/passwd.away /etc/passwd
	run -125 --separate-stderr vpsctl exec --user 70000 web1 id
	[[ $stderr == "vpsctl: web1: cannot become user 70000: the user namespace has no such id" ]]
}

@test "exec: --cwd, and the user's home without" {
	[[ $(vpsctl exec --cwd /etc web1 pwd) == /etc ]]
	[[ $(vpsctl exec web1 pwd) == /root ]]
	run -125 --separate-stderr vpsctl exec --cwd /no/such/dir web1 pwd
	[[ $stderr == *"/no/such/dir"* ]]
}

@test "exec: --user by name and by number, with the user's groups" {
	vps_sh web1 'grep -q ^tester: /etc/passwd || {
		echo "tester:x:1000:1000::/home/tester:/bin/sh" >>/etc/passwd
		echo "tester:x:1000:" >>/etc/group
		echo "extra:x:2000:tester" >>/etc/group
		mkdir -p /home/tester && chown 1000:1000 /home/tester; }'
	[[ $(vpsctl exec --user tester web1 sh -c 'id -u; id -g; id -G; pwd; echo $HOME') == \
		$'1000\n1000\n1000 2000\n/home/tester\n/home/tester' ]]
	[[ $(vpsctl exec --user 1234:77 web1 sh -c 'id -u; id -g') == $'1234\n77' ]]
	[[ $(vpsctl exec -u tester:extra web1 id -g) == 2000 ]]
	run -125 --separate-stderr vpsctl exec --user nobody-of-this-name web1 id
	[[ $stderr == *nobody-of-this-name* ]]
}

@test "exec: a passwd that is a symlink out of the VPS is read inside it" {
	vps_sh web1 'cp /etc/passwd /root/passwd.real; ln -sf ../../../../../../root/passwd.real /etc/passwd'
	[[ $(vpsctl exec --user root web1 id -u) == 0 ]]
	vps_sh web1 'rm /etc/passwd; cp /root/passwd.real /etc/passwd'
}

@test "exec: joins every namespace of init" {
	local name inside
	for name in cgroup ipc mnt net pid user uts time; do
		inside=$(vpsctl exec web1 readlink "/proc/self/ns/$name")
		[[ $inside == "$(vpsctl exec web1 readlink "/proc/1/ns/$name")" ]]
		[[ $inside != "$(readlink "/proc/self/ns/$name")" ]]
	done
}

@test "exec: sits in the cgroup of the VPS and under its seccomp filter" {
	[[ $(vps_sh web1 'grep ^0:: /proc/self/cgroup') != *..* ]]
	[[ $(vps_sh web1 'sed -n "s/^Seccomp:\t*//p" /proc/self/status') == 2 ]]
	vpsctl exec web1 sleep 30 &
	eventually 10 sh -c "find '$(vps_cgroup web1)' -name cgroup.procs -exec cat {} + | xargs -I{} cat /proc/{}/comm 2>/dev/null | grep -q sleep"
	vps_sh web1 'killall sleep'
	wait || true
}

@test "exec: has the capabilities of init, and no more" {
	[[ $(vps_sh web1 'grep ^Cap[PEB] /proc/self/status') == $(vps_sh web1 'grep ^Cap[PEB] /proc/1/status') ]]
}

@test "exec: priority, scheduling and resource limits are those of the VPS, not the caller's" {
	local inside='cut -d " " -f 18,19,41 /proc/self/stat; ulimit -n; ulimit -s; umask' usual
	usual=$(vps_sh web1 "$inside")
	run -0 chrt -f 10 vpsctl exec web1 -- sh -c "$inside"
	[[ $output == "$usual" ]]
	run -0 bash -c 'umask 077; ulimit -Sn 77; ulimit -Ss 1000; exec nice -n 5 vpsctl exec web1 -- sh -c "$0"' "$inside"
	[[ $output == "$usual" ]]
}

@test "exec: no descriptor of vpsctl's is open inside" {
	exec 7</etc/passwd
	[[ $(vpsctl exec web1 sh -c 'ls /proc/$$/fd | tr "\n" " "') == "0 1 2 "* ]]
	[[ $(vpsctl exec web1 sh -c 'ls -l /proc/$$/fd') != *passwd* ]]
	exec 7<&-
}

@test "exec: signals are passed on, and the program's answer is the exit status" {
	run -33 timeout --signal TERM --preserve-status 2 vpsctl exec web1 \
		sh -c 'trap "exit 33" TERM; while :; do sleep 0.1; done'
}

@test "exec: a terminal only when one is asked for" {
	run -1 vpsctl exec web1 test -t 0 </dev/null
	needs_program script
	[[ $(script -qec 'vpsctl exec --tty web1 sh -c "test -t 0 && test -t 1 && echo terminal"' /dev/null </dev/null | tr -d '\r') == *terminal* ]]
	run -9 script -qec 'vpsctl exec --tty web1 sh -c "exit 9"' /dev/null </dev/null
}

@test "exec: the terminal of the caller is out of reach of a program that got none" {
	needs_program script
	script -qec 'exec 3<>/dev/tty' /dev/null </dev/null
	run -1 script -qec 'vpsctl exec web1 sh -c "exec 3<>/dev/tty" </dev/null' /dev/null </dev/null
}

@test "exec: a program that got no terminal has pipes in place of that of the caller" {
	needs_program script
	run -7 script -qec 'vpsctl exec web1 sh -c "for i in 0 1 2; do readlink /proc/self/fd/\$i; done
		read line; echo out-\$line; echo err-\$line >&2; exit 7"' /dev/null <<<typed
	[[ $output != *pts* && $(grep -c pipe: <<<"$output") == 3 ]]
	[[ $output == *out-typed* && $output == *err-typed* ]]
}

# What it leaves behind holds a pipe that nobody reads any more.
@test "exec: a file of the host that output goes to is out of reach" {
	local log=$BATS_TEST_TMPDIR/log
	echo before >"$log"
	vpsctl exec web1 -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done
		(: >/proc/self/fd/1) 2>/dev/null; (while sleep 0.1; do echo late; done) &' >>"$log" 2>&1
	sleep 1
	[[ $(<"$log") == "before"$'\n'"$(for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i; done)" ]]
	vpsctl exec web1 -- head -c 5000000 /dev/zero >"$log" 2>"$log.err"
	[[ $(stat -c %s "$log") == 5000000 && ! -s $log.err ]]
}

@test "exec: Ctrl-C ends all that a program without a terminal runs" {
	needs_program script
	run bash -c "(sleep 2; printf '\003'; sleep 2) | timeout 20 script -qec 'vpsctl exec web1 sh -c \"sleep 1234; echo goes-on\"' /dev/null"
	[[ $output != *goes-on* && $status != 124 ]]
	[[ -z $(vps_sh web1 'pgrep -f "sleep 1234" | grep -v $$' || true) ]]
}

@test "exec: what a program leaves behind gets nothing of what is typed after its end" {
	needs_program script
	run -0 bash -c "(sleep 3; echo secret) | timeout 20 script -qec 'vpsctl exec web1 sh -c \"exec 3<&0; cat <&3 >/stolen & sleep 0.2\"
		sleep 4; read -r line; echo the-shell-has-\$line' /dev/null"
	[[ $output == *the-shell-has-secret* ]]
	[[ -z $(vps_sh web1 'cat /stolen') ]]
}

@test "exec: a program that floods its pipes ends, and all that it wrote is shown" {
	needs_program script
	run -0 bash -c 'script -qec "vpsctl exec web1 sh -c \"head -c 1000000 /dev/zero | tr \\\\0 a; echo end\"" /dev/null </dev/null | wc -c'
	((output > 1000000))
}

@test "exec: a terminal whose input and output are both full goes on" {
	run bash -c '(sleep 1; head -c 300000 /dev/zero | tr "\0" a) |
		timeout 60 vpsctl exec --tty web1 sh -c "stty raw -echo; head -c 300000" | wc -c'
	[[ $output == 300000 ]]
}

@test "exec: a program with a terminal hears of the end of standard input" {
	run -0 timeout 20 vpsctl exec --tty web1 cat </dev/null
	run -0 timeout 20 vpsctl exec --tty web1 cat < <(printf 'one\ntwo')
	[[ $output == *one*two* ]]
	run -7 timeout 20 vpsctl exec --tty web1 sh <<<'(exit 7)'
}

@test "exec: a program with a terminal hears of the end of vpsctl" {
	(sleep 20 | vpsctl --root "$VPS_ROOT" exec --tty web1 sh -c 'echo $$ >/tty-pid; exec sleep 600' >/dev/null) 3>&- &
	eventually 10 vps_sh web1 'test -s /tty-pid'
	pkill -TERM -f "vpsctl --root $VPS_ROOT exec --tty web1 sh -c echo"
	eventually 10 vps_sh web1 '! kill -0 "$(cat /tty-pid)" 2>/dev/null'
}

@test "exec: no path leads through descriptors of the host" {
	vps_sh web1 'printf "root:x:0:0::/root:/bin/sh\nout:x:7:7::/:/proc/self/fd/3/../../../bin/busybox\n" >/etc/passwd'
	run ! vpsctl enter --user out web1 </dev/null
	vps_sh web1 'for i in 3 4 5 6 7 8 9 10 11 12; do printf "o$i:x:$i:7::/:/proc/self/fd/$i/bin/sh\n"; done >>/etc/passwd'
	local i
	for i in {3..12}; do
		run ! vpsctl enter --user "o$i" web1 </dev/null
	done
}

@test "exec: what a program leaves in the background belongs to init" {
	vps_sh web1 '(sleep 500 & echo $! >/root/background) >/dev/null 2>&1'
	vps_sh web1 'kill -0 $(cat /root/background) && grep -q "^PPid:.*1$" /proc/$(cat /root/background)/status'
	vps_sh web1 'kill $(cat /root/background)'
}

@test "exec: many at once" {
	local i pids=()
	for i in {1..20}; do
		vpsctl exec web1 sh -c "exit $i" &
		pids+=($!)
	done
	for i in {1..20}; do
		local status=0
		wait "${pids[i - 1]}" || status=$?
		((status == i))
	done
}

@test "enter: a login shell that takes commands from a pipe" {
	vps_sh web1 'echo "FROM_PROFILE=yes" >>/etc/profile'
	run -0 vpsctl enter web1 <<<'echo "$FROM_PROFILE $(id -u) $(pwd)"'
	[[ $output == "yes 0 /root" ]]
	run -5 vpsctl enter web1 <<<'exit 5'
}
