#!/usr/bin/env python3
"""A TCP proxy on loopback that counts bytes and breaks connections on demand.

Writes {"port", "up", "down", "connections", "cut", "flipped", "stalled"} to the file --stats every
50 ms; `cut` and `flipped` are how often that was done. A line in STATS.command, a file that is gone
once the command is in force, changes what it does: `cut-up N` resets every connection (RST) once N
more bytes have gone to the target, `cut-down N` the same for bytes that come back, `stall-up N` and
`stall-down N` let nothing more pass in either direction from then on, `flip-down N` damages the byte
N bytes from now, `pass` ends all that, `report` changes nothing.
"""

import argparse
import json
import os
import socket
import struct
import threading
import time


TICK_S = 0.1  # how often a waiting connection looks whether it was cut


class Cut(Exception):
    """This connection is to be reset."""


class Proxy:
    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.lock = threading.Lock()
        self.count = {"up": 0, "down": 0}
        self.connections = 0
        self.done = {"cut": 0, "flip": 0}
        self.open = set()
        self.cut = set()
        self.trap = None  # (action, direction, at)
        self.stalled = False

    def command(self, line):
        words = line.split()
        with self.lock:
            if words == ["pass"]:
                self.trap = None
                self.stalled = False
            elif words != ["report"]:
                action, direction = words[0].split("-")
                self.trap = (action, direction, self.count[direction] + int(words[1]))

    def spring(self, direction, data):
        """Counts `data` and does what was commanded; returns what is to be handed on."""
        with self.lock:
            before = self.count[direction]
            self.count[direction] += len(data)
            trap = self.trap
            if not trap or trap[1] != direction or self.count[direction] <= trap[2]:
                return data
            self.trap = None
            if trap[0] == "cut":
                self.cut |= self.open
                self.done["cut"] += 1
            if trap[0] == "stall":
                self.stalled = True
            if trap[0] == "flip":
                self.done["flip"] += 1
                place = max(0, trap[2] - before)
                data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            return data

    def wait(self, pair, call):
        """Calls until it no longer times out. Sockets have a timeout so that a cut is noticed."""
        while True:
            if pair in self.cut:
                raise Cut
            try:
                return call()
            except TimeoutError:
                pass

    def pump(self, pair, direction, source, sink):
        try:
            while True:
                data = self.wait(pair, lambda: source.recv(1 << 16))
                if not data:
                    break
                data = memoryview(self.spring(direction, data))
                while self.stalled:
                    if pair in self.cut:
                        raise Cut
                    time.sleep(0.02)
                while data:
                    data = data[self.wait(pair, lambda: sink.send(data)) :]
        except Cut:
            return
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self, sock):
        """With nobody waiting on the socket, closing it now sends RST, not FIN."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    def serve(self, client):
        try:
            upstream = socket.create_connection(self.target)
        except OSError:
            self.reset(client)
            return
        pair = (client, upstream)
        for sock in pair:
            sock.settimeout(TICK_S)
        with self.lock:
            self.open.add(pair)
            self.connections += 1
        back = threading.Thread(target=self.pump, args=(pair, "down", upstream, client), daemon=True)
        back.start()
        self.pump(pair, "up", client, upstream)
        back.join()
        with self.lock:
            self.open.discard(pair)
            was_cut = pair in self.cut
            self.cut.discard(pair)
        for sock in pair:
            if was_cut:
                self.reset(sock)
            else:
                sock.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--stats", required=True)
    options = parser.parse_args()
    proxy = Proxy(options.target)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def report():
        command_file = options.stats + ".command"
        while True:
            commanded = os.path.exists(command_file)
            if commanded:
                with open(command_file, encoding="utf-8") as file:
                    proxy.command(file.read())
            with proxy.lock:
                stats = {
                    "port": listener.getsockname()[1],
                    "connections": proxy.connections,
                    "cut": proxy.done["cut"],
                    "flipped": proxy.done["flip"],
                    "stalled": proxy.stalled,
                    **proxy.count,
                }
            with open(options.stats + ".new", "w", encoding="utf-8") as file:
                json.dump(stats, file)
            os.replace(options.stats + ".new", options.stats)
            if commanded:
                os.unlink(command_file)
            time.sleep(0.05)

    threading.Thread(target=report, daemon=True).start()
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
