"""The DNS cache from any language: questions, a batch and an entry of one's own, by HTTP. Standard library only.

    larder dns --stub --http 127.0.0.1:8053 &            # or --upstream system, for real answers
    python3 examples/20_dns_over_rest.py http://127.0.0.1:8053
"""

import json
import sys
import urllib.parse
import urllib.request

service = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8053"


def call(method, path, body=None, **parameters):
    url = service + path + ("?" + urllib.parse.urlencode(parameters) if parameters else "")
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method)) as reply:
        return json.load(reply)


def addresses(answer):
    return ", ".join(record["data"] for record in answer["Answer"]) or f"none (Status {answer['Status']})"


# The same question twice: fetched, then near.
for _ in range(2):
    answer = call("GET", "/resolve", name="www.example.com", type="A", larder=1)
    print(f"www.example.com   {addresses(answer)}   from {answer['Larder']['source']}")

# Many at once, answered in order.
names = ["example.com", "example.org", "nx.example.net"]
for name, answer in zip(names, call("POST", "/resolve", {"queries": [{"name": name} for name in names]})["answers"]):
    print(f"{name:17} {addresses(answer)}")

# An entry that stays until it is erased; then upstream's answer is back.
call("PUT", "/cache/printer.example.com/A", {"records": ["192.0.2.7"], "pinned": True})
print(f"pinned            {addresses(call('GET', '/resolve', name='printer.example.com'))}")
call("DELETE", "/cache/printer.example.com")
print(f"erased            {addresses(call('GET', '/resolve', name='printer.example.com'))}")
