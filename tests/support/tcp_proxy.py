#!/usr/bin/env python3
"""A TCP proxy on loopback that counts bytes and breaks connections on demand.

Writes {"port", "up", "down", "connections"} to the file --stats every 50 ms. A line in STATS.command
changes what it does: `cut-up N` resets every connection once N more bytes have gone to the target,
`cut-down N` the same for bytes that come back, `stall-down N` lets nothing more pass on connections
that exist once N more bytes came back, `flip-down N` damages the byte N bytes from now, `pass` ends
all that.
"""

import argparse
import json
import os
import socket
import struct
import threading
import time


class Proxy:
    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.lock = threading.Lock()
        self.count = {"up": 0, "down": 0}
        self.connections = 0
        self.open = set()
        self.trap = None  # (action, direction, at)
        self.stalled = set()

    def command(self, line):
        words = line.split()
        with self.lock:
            if not words or words[0] == "pass":
                self.trap = None
                self.stalled.clear()
            else:
                action, direction = words[0].split("-")
                self.trap = (action, direction, self.count[direction] + int(words[1]))

    def reset(self, sock):
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def pump(self, pair, direction, source, sink):
        try:
            while True:
                data = source.recv(1 << 16)
                if not data:
                    break
                with self.lock:
                    before = self.count[direction]
                    self.count[direction] += len(data)
                    trap = self.trap
                    if trap and trap[1] == direction and self.count[direction] > trap[2]:
                        self.trap = None
                        if trap[0] == "cut":
                            for sock in [sock for both in self.open for sock in both]:
                                self.reset(sock)
                            return
                        if trap[0] == "stall":
                            self.stalled |= self.open
                        if trap[0] == "flip":
                            place = max(0, trap[2] - before)
                            data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
                while pair in self.stalled:
                    time.sleep(0.05)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            try:
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def serve(self, client):
        try:
            upstream = socket.create_connection(self.target)
        except OSError:
            self.reset(client)
            client.close()
            return
        pair = (client, upstream)
        with self.lock:
            self.open.add(pair)
            self.connections += 1
        back = threading.Thread(target=self.pump, args=(pair, "down", upstream, client), daemon=True)
        back.start()
        self.pump(pair, "up", client, upstream)
        back.join()
        with self.lock:
            self.open.discard(pair)
        for sock in pair:
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
            if os.path.exists(command_file):
                with open(command_file, encoding="utf-8") as file:
                    proxy.command(file.read())
                os.unlink(command_file)
            with proxy.lock:
                stats = {"port": listener.getsockname()[1], "connections": proxy.connections, **proxy.count}
            with open(options.stats + ".new", "w", encoding="utf-8") as file:
                json.dump(stats, file)
            os.replace(options.stats + ".new", options.stats)
            time.sleep(0.05)

    threading.Thread(target=report, daemon=True).start()
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main()
