"""Saves a family's document by the page's API again and again, and kills the daemon in the midst of each save.

    saves.py ADDRESS PORT CODE PID_FILE BLOCKED MOMENTS

Each moment is a little later than the one before if that was before the save, and a little earlier if it was after it,
so that they crowd where the file changes. After each the daemon that procd starts must have one of
the two documents whole, the new one if the save was confirmed, and answer names by it: BLOCKED, the block page's
address, to the rules of that document alone. Ends with the counts; 1 when anything was otherwise, or all were on one side of the save.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time

RULES = 300
PATIENCE = 20
# Of different size, so that no moment comes twice.
LATER, EARLIER = 1.25, 1.15
PASSWORD = "a long password of the test's"

address, port, code, pid_file, blocked, moments = sys.argv[1:]


def document(word):
    rules = [{"name": f"{word}-{number}.example", "action": "block"} for number in range(RULES)]
    return {"version": 1, "rule": rules}


def request(method, path, body=None, headers=None):
    """Status, headers and JSON of an answer of the page's."""
    connection = http.client.HTTPConnection(address, int(port), timeout=PATIENCE)
    connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(text) if text else None


def come_in(path, body):
    """The cookie of a session; sessions end with the daemon."""
    status, headers, told = request("POST", path, body)
    if status != 201:
        sys.exit(f"{path}: {status} {told}")
    return {"Cookie": headers["Set-Cookie"].split(";")[0]}


def family(session):
    status, headers, told = request("GET", "/api/v1/family", None, session)
    assert status == 200, told
    return told, headers["ETag"]


def daemon():
    with open(pid_file, encoding="ascii") as file:
        return int(file.read())


def another_than(killed):
    """Waits for the daemon that procd starts in place of the killed one, and comes in."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if daemon() != killed:
                return come_in("/api/v1/session", {"password": PASSWORD})
        except (OSError, ValueError, http.client.HTTPException):
            time.sleep(0.02)
    sys.exit("no daemon came back")


def answers(name):
    return subprocess.run(
        ["dig", "+time=2", "+tries=2", "+short", f"@{address}", name], capture_output=True, text=True, check=False
    ).stdout.strip()


def save(session, word, tag):
    return request("PUT", "/api/v1/family", document(word), {**session, "If-Match": tag})


def cut_short(session, word, tag, moment):
    """Sends a save, kills the daemon so many seconds later, and says whether the save was confirmed all the same."""
    killed = daemon()
    connection = http.client.HTTPConnection(address, int(port), timeout=PATIENCE)
    connection.connect()
    body = json.dumps(document(word))
    began = time.perf_counter()
    connection.request(
        "PUT", "/api/v1/family", body, {"Content-Type": "application/json", "If-Match": tag, **session}
    )
    # A sleep would be too coarse.
    while time.perf_counter() < began + moment:
        pass
    os.kill(killed, signal.SIGKILL)
    try:
        confirmed = connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        confirmed = False
    connection.close()
    return killed, confirmed


session = come_in("/api/v1/setup", {"code": code, "password": PASSWORD, "language": "en"})
whole, times = {}, []
for word in ("old", "new", "old", "new", "old"):
    tag = family(session)[1]
    began = time.perf_counter()
    status, _, told = save(session, word, tag)
    times.append(time.perf_counter() - began)
    assert status == 200, told
    whole[word] = family(session)[0]
assert whole["old"] != whole["new"]

stands, kept, taken, confirmed, wrong = "old", 0, 0, 0, 0
moment = earliest = latest = max(times)
for _ in range(int(moments)):
    wanted = "new" if stands == "old" else "old"
    earliest, latest = min(earliest, moment), max(latest, moment)
    killed, was_confirmed = cut_short(session, wanted, family(session)[1], moment)
    session = another_than(killed)
    found = family(session)[0]
    now = next((word for word in whole if whole[word] == found), None)
    if now is None or (was_confirmed and now != wanted):
        print(f"cut after {moment * 1000:.1f} ms: confirmed {was_confirmed}, the document is {found}"[:500])
        sys.exit(1)
    other = "new" if now == "old" else "old"
    if answers(f"{now}-{RULES - 1}.example") != blocked or answers(f"{other}-{RULES - 1}.example") == blocked:
        print(f"cut after {moment * 1000:.1f} ms: names are not answered by the {now} document")
        wrong += 1
    kept, taken, confirmed = kept + (now == stands), taken + (now == wanted), confirmed + was_confirmed
    moment = moment * LATER if now == stands else moment / EARLIER
    stands = now
span = f"{earliest * 1000:.1f} to {latest * 1000:.1f} ms"
print(f"{moments} cuts after {span}: {kept} before the save, {taken} after it, {confirmed} of them confirmed")
sys.exit(1 if wrong or not kept or not taken else 0)
