"""Airflow 3: one DAG per job. Exit code 3 (the other side is away) is tried again."""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

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
COMMAND = "leadrelay run {job} --json --config /etc/leadrelay/config.toml || [ $? -eq 1 ]"

for job, cadence in CADENCES.items():
    with DAG(
        dag_id=f"leadrelay-{job}",
        schedule=cadence,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,  # one run catches up with everything
        max_active_runs=1,
    ) as dag:
        BashOperator(
            task_id="run",
            bash_command=COMMAND.format(job=job),
            retries=2,
            retry_delay=timedelta(minutes=1),
        )
    globals()[dag.dag_id] = dag
