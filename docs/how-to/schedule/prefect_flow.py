"""Prefect: one flow with one deployment per job; `python prefect_flow.py` serves them."""

import json
import subprocess

from prefect import flow, serve

CADENCES = {
    "pull-leads": "* * * * *",
    "push-sqls": "* * * * *",
    "pull-status": "*/5 * * * *",
    "recycle-leads": "*/15 * * * *",
    "watch-promises": "*/15 * * * *",
    "reconcile": "40 2 * * *",
    "audit": "10 3 * * *",
    "watch-schemas": "40 4 * * *",
    "closed-loop": "20 5 * * *",
}
DONE, ATTENTION = 0, 1


@flow(name="leadrelay", retries=2, retry_delay_seconds=60)
def run(job: str) -> dict[str, object]:
    """Runs a job once and returns its totals."""
    command = ["leadrelay", "run", job, "--json", "--config", "/etc/leadrelay/config.toml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (DONE, ATTENTION):
        raise RuntimeError(f"{job} ended with exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    serve(
        *(
            run.to_deployment(name=job, cron=cadence, parameters={"job": job})
            for job, cadence in CADENCES.items()
        )
    )
