#!/usr/bin/env python3
"""Stands before a hub and lets only the basic LFS transfer through: basic_lfs_filter.py HUB PORT_FILE

The batch request is passed on with "transfers": ["basic"]; Xet routes answer 404. Everything else
is handed on as it is, with links rewritten to this address.
"""

import http.client
import http.server
import json
import os
import sys
import urllib.parse

HUB = urllib.parse.urlsplit(sys.argv[1])
DROP = {"connection", "transfer-encoding", "host", "content-length", "keep-alive", "expect"}


class Filter(http.server.BaseHTTPRequestHandler):
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

    def handle_any(self):
        body = self.read_body()
        if self.path.startswith("/v1/") or self.path.startswith("/v2/") or "/xet-" in self.path:
            return self.answer(404, [], b"not found")
        if self.path.endswith("/info/lfs/objects/batch"):
            request = json.loads(body)
            request["transfers"] = ["basic"]
            body = json.dumps(request).encode()
        upstream = http.client.HTTPConnection(HUB.hostname, HUB.port)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in DROP}
        headers["Host"] = self.headers["Host"]
        upstream.request(self.command, self.path, body, headers)
        reply = upstream.getresponse()
        return self.answer(reply.status, reply.getheaders(), reply.read())

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in DROP | {"date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = handle_any

    def log_message(self, format, *args):
        sys.stderr.write(f"{self.command} {self.path} {args[1:]}\n")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Filter)
with open(sys.argv[2] + ".new", "w", encoding="utf-8") as file:
    file.write(str(server.server_address[1]))
os.replace(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
