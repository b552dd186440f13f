"""One limit for several processes: on a file of SQLite, and on a real PostgreSQL."""

import subprocess
import sys
import time

from connector.config import beside

WORK = """
import sys, time
from connector.adapters.pacing import Buckets, Limit
bucket = Buckets(sys.argv[1]).bucket("shared", Limit(calls=20, seconds=1))
while time.time() < float(sys.argv[2]):
    bucket.wait()
    print(time.time())
bucket.close()
"""


def test_processes_share_one_limit(story_ledger: str) -> None:
    url = beside(story_ledger, "pace")
    end = str(time.time() + 5)
    workers = [
        subprocess.Popen([sys.executable, "-c", WORK, url, end], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    moments = sorted(float(line) for worker in workers for line in worker.communicate()[0].split())
    assert all(worker.returncode == 0 for worker in workers)
    assert len(moments) >= 30
    most = max(len([m for m in moments if start <= m < start + 1]) for start in moments)
    # What is printed is a moment later than what was counted: one may slip over an edge.
    assert most <= 22
