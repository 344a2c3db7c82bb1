#!/usr/bin/env python3
"""Traffic on the loopback interface for tools/up.sh: several clients (127.0.0.2 …) fetch pages from a
web server of its own."""
import http.client
import http.server
import threading

CLIENTS = [("127.0.0.2", 400000), ("127.0.0.3", 90000), ("127.0.0.4", 12000), ("127.0.0.5", 800)]
FETCHES = 5


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(self.path[1:])
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(b"x" * size)

    def log_message(self, *_):
        """Nobody wants to know."""


def fetch():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for address, size in CLIENTS:
        for _ in range(FETCHES):
            client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5,
                                                source_address=(address, 0))
            client.request("GET", "/%d" % size)
            client.getresponse().read()
            client.close()
    server.shutdown()


if __name__ == "__main__":
    fetch()
