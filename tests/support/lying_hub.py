#!/usr/bin/env python3
"""Stands before a hub and lies: lying_hub.py HUB PORT_FILE LIE

Git's own requests pass unchanged, so a clone gets as far as its data; there the lie is told.
endless-refs and endless-pack lie in git's requests instead. PORT_FILE.told is there once an answer
was altered: a lie that was never told proves nothing.
"""

import http.client
import http.server
import json
import os
import socket
import struct
import sys
import urllib.parse

HUB = urllib.parse.urlsplit(sys.argv[1])
LIE = sys.argv[3]
DROP = {"connection", "transfer-encoding", "host", "content-length", "keep-alive", "expect"}


def is_data(path):
    return (
        "/info/lfs/" in path
        or path.startswith(("/v1/", "/v2/", "/get_xorb", "/xorbs"))
        or "/xet-" in path
        or "xorb" in path
    )


def is_json(reply):
    return "json" in (reply.getheader("Content-Type") or "")


class Liar(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reset(self):
        # Closed behind the backs of rfile and wfile, which would hold it open until a FIN is sent.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def told(self):
        with open(sys.argv[2] + ".told", "w", encoding="utf-8"):
            pass

    def handle_any(self):
        body = self.read_body()
        data = is_data(self.path)
        if LIE == "endless-refs" and "/info/refs" in self.path:
            service = b"001e# service=git-upload-pack\n0000"
            first = b"0" * 39 + b"1 HEAD\0multi_ack_detailed side-band-64k ofs-delta\n"
            ref = b"0" * 39 + b"1 refs/heads/" + b"x" * 200 + b"\n"
            lines = b"%04x%s" % (len(ref) + 4, ref)
            head = service + b"%04x%s" % (len(first) + 4, first)
            return self.endless(lines * 256, "application/x-git-upload-pack-advertisement", head)
        if LIE == "endless-pack" and self.path.endswith("/git-upload-pack"):
            # A pack that announces four thousand million objects, and noise in sideband 1 for them.
            line = b"%04x\x01%s" % (65515 + 5, b"\x5a" * 65515)
            head = b"0008NAK\n" + b"%04x\x01PACK\x00\x00\x00\x02\xff\xff\xff\xff" % (12 + 5)
            return self.endless(line, "application/x-git-upload-pack-result", head)
        if data:
            if LIE in ("reset-always", "http-500", "html-200"):
                self.told()
            if LIE == "bad-json" and self.command == "POST":
                self.told()
            if LIE == "reset-always":
                return self.reset()
            if LIE == "http-500":
                return self.answer(500, [], b"no")
            if LIE == "html-200":
                return self.answer(200, [("Content-Type", "text/html")], b"<html>Log in first</html>")
            if LIE == "bad-json" and self.command == "POST":
                return self.answer(200, [("Content-Type", "application/vnd.git-lfs+json")], b'{"objects": [{')
            if LIE == "huge-json" and self.command == "POST":
                return self.endless(b'{"objects": [' + b'{"oid":"' + b"0" * 64 + b'"},' * 1000)
        upstream = http.client.HTTPConnection(HUB.hostname, HUB.port)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in DROP}
        headers["Host"] = self.headers["Host"]
        upstream.request(self.command, self.path, body, headers)
        reply = upstream.getresponse()
        payload = reply.read()
        headers = reply.getheaders()
        if not data or reply.status >= 300:
            return self.answer(reply.status, headers, payload)
        if is_json(reply):
            lie = self.lie_in_json(payload)
            if json.loads(lie) != json.loads(payload):
                self.told()
            return self.answer(reply.status, headers, lie)
        if payload and LIE in ("oid-bytes", "short-body", "redirect-away"):
            self.told()
        if LIE == "oid-bytes":
            middle = len(payload) // 2
            payload = payload[:middle] + bytes([payload[middle] ^ 1]) + payload[middle + 1 :]
        if LIE == "short-body":
            payload = payload[: len(payload) // 2]
        if LIE == "endless-body":
            return self.endless(payload or b"x" * 65536)
        if LIE == "redirect-away":
            return self.answer(302, [("Location", "http://127.0.0.2:9/elsewhere")], b"")
        return self.answer(reply.status, headers, payload)

    def lie_in_json(self, payload):
        try:
            value = json.loads(payload)
        except ValueError:
            return payload

        def walk(node):
            if isinstance(node, dict):
                for key, child in node.items():
                    if LIE == "wrong-size" and key in ("size", "unpacked_length") and isinstance(child, int):
                        node[key] = child + 1
                    elif LIE == "absurd-count" and isinstance(child, int) and not isinstance(child, bool):
                        if key not in ("exp", "expires_in", "hash_algo"):
                            node[key] = 2**62
                    else:
                        walk(child)
            elif isinstance(node, list):
                for child in node:
                    walk(child)

        walk(value)
        return json.dumps(value).encode()

    def endless(self, piece, kind="application/vnd.git-lfs+json", head=b""):
        self.told()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        try:
            if head:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(head), head))
            while sent < 1 << 31:  # bounded, though no client should read on so far
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                sent += len(piece)
        except OSError:
            pass
        self.close_connection = True

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in DROP | {"date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any

    def log_message(self, format, *args):
        sys.stderr.write(f"{self.command} {self.path} {args[1:]}\n")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
with open(sys.argv[2] + ".new", "w", encoding="utf-8") as file:
    file.write(str(server.server_address[1]))
os.replace(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
