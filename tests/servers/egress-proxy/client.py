#!/usr/bin/env python3
"""A program that knows nothing of tokens: client.py URL REQUESTS [WORKERS]

Sends the requests over HTTP/1.1, each worker on a connection that it keeps, and prints how often each status came, as JSON.
"""
import collections
import concurrent.futures
import http.client
import json
import sys
import threading
import urllib.parse

url, requests = sys.argv[1], int(sys.argv[2])
workers = int(sys.argv[3]) if len(sys.argv) > 3 else requests
target = urllib.parse.urlsplit(url)
own = threading.local()
together = threading.Barrier(workers)


def connect():
    own.connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
    own.connection.connect()
    # All requests begin when everybody is connected.
    together.wait(60)


def send(_):
    own.connection.request("GET", target.path, headers={"Authorization": "Basic eA=="})
    answer = own.connection.getresponse()
    answer.read()
    return answer.status


with concurrent.futures.ThreadPoolExecutor(workers, initializer=connect) as pool:
    statuses = collections.Counter(pool.map(send, range(requests)))
print(json.dumps({str(status): count for status, count in statuses.items()}))
