#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's end of a transfer with a VPS, for shape.bats.

usage: peer.py take|give|hear PORT FILE
       peer.py flood PORT ADDRESS

take: receive by TCP, from everybody who connects; give: send to them; hear: receive by UDP.
The number of bytes so far is in FILE, all the time. flood, the other end of hear: send to it as
fast as it goes. Runs until it is killed.
"""
import os
import socket
import sys
import threading
import time

BUFFER = 262144     # little is on its way unseen: what is counted has about arrived

total = 0


def count(step):
    global total
    while True:
        try:
            size = step()
        except OSError:
            return
        if size == 0:
            return
        total += size


def serve(peer, how):
    zeros = bytes(65536)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    with peer:
        count((lambda: peer.send(zeros)) if how == "give" else (lambda: len(peer.recv(65536))))


def accept(how, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    listener.bind(("0.0.0.0", port))
    listener.listen()
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=serve, args=(peer, how), daemon=True).start()


def hear(port):
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind(("0.0.0.0", port))
    count(lambda: len(heard.recv(65536)))


def flood(port, address):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        try:
            sender.sendto(bytes(1400), (address, port))
        except OSError:     # no room for it at the moment
            pass


def main(how, port, target):
    if how == "flood":
        flood(int(port), target)
    work = (hear, (int(port),)) if how == "hear" else (accept, (how, int(port)))
    threading.Thread(target=work[0], args=work[1], daemon=True).start()
    while True:
        with open(target + ".new", "w") as file:
            file.write(str(total))
        os.rename(target + ".new", target)
        time.sleep(0.02)


main(*sys.argv[1:])
