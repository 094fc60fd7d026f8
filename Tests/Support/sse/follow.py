"""follow.py CLIENT URL SEED: reads an event stream to its end with CLIENT, httpx-sse or sseclient-py.

Drops the connection at random moments and resumes with Last-Event-ID, as an EventSource does. The token is in
BASCULE_TOKEN. Prints the data of every event, one a line, and on standard error how often it came back.
"""

import os
import random
import sys
import time

import httpx
import httpx_sse
import sseclient


def httpx_events(response):
    for event in httpx_sse.EventSource(response).iter_sse():
        yield event.id, event.data


def sseclient_events(response):
    for event in sseclient.SSEClient(response.iter_raw()).events():
        yield event.id, event.data


CLIENTS = {"httpx-sse": httpx_events, "sseclient-py": sseclient_events}


def main(name, url, seed):
    events = CLIENTS[name]
    chance = random.Random(int(seed))
    headers = {"Authorization": "Bearer " + os.environ["BASCULE_TOKEN"], "Accept": "text/event-stream"}
    last = None
    connections = 0
    with httpx.Client(timeout=60) as client:
        while True:
            if last:
                headers["Last-Event-ID"] = last
            connections += 1
            # After that many events, or in the middle of nothing.
            patience = chance.choice([1, 10, 1000, 5000, 20000])
            with client.stream("GET", url, headers=headers) as response:
                if response.status_code == 204:
                    break
                response.raise_for_status()
                for identity, data in events(response):
                    print(data)
                    last = identity
                    patience -= 1
                    if patience <= 0 or chance.random() < 0.00005:
                        break
            if chance.random() < 0.1:
                time.sleep(chance.random() / 10)
    print(connections, file=sys.stderr)


main(*sys.argv[1:])
