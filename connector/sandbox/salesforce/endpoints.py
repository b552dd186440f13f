"""What the simulated Salesforce answers, and on what evidence: the table for documents and tests.

The modules themselves decide by path; a test calls each line of this table, and each successful
call of all tests must stand in it.
"""

import re
from dataclasses import dataclass
from typing import Literal

Evidence = Literal["recorded", "documented", "clients"]

#: What each word of `Endpoint.evidence` means.
EVIDENCE: dict[Evidence, str] = {
    "recorded": "compared with recorded answers of real organisations",
    "documented": "after the vendor's documentation",
    "clients": "after the source of public clients, which are run against it",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: `{…}` is a variable, `/vNN.N` stands for `/services/data/vNN.N`."""

    methods: tuple[str, ...]
    path: str
    does: str
    evidence: Evidence = "recorded"


_GET, _POST = ("GET",), ("POST",)
_JOB1 = "/services/async/NN.N/job"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(_POST, "/services/oauth2/token", "sign-in: four grants"),
    Endpoint(("GET", "POST"), "/services/oauth2/revoke", "ends a token", "documented"),
    Endpoint(("GET", "POST"), "/services/oauth2/userinfo", "who is signed in", "documented"),
    Endpoint(_GET, "/id/{organisation}/{user}", "identity", "documented"),
    Endpoint(_POST, "/services/Soap/u/NN.N", "SOAP login"),
    Endpoint(_GET, "/services/data", "versions"),
    Endpoint(_GET, "/vNN.N", "resources", "documented"),
    Endpoint(_GET, "/vNN.N/limits", "limits"),
    Endpoint(_GET, "/vNN.N/limits/recordCount", "rows per object"),
    Endpoint(_GET, "/vNN.N/sobjects", "describe global"),
    Endpoint(("GET", "POST"), "/vNN.N/sobjects/{object}", "describe in brief; create"),
    Endpoint(_GET, "/vNN.N/sobjects/{object}/describe", "describe"),
    Endpoint(_GET, "/vNN.N/sobjects/{object}/updated", "ids of changed rows"),
    Endpoint(_GET, "/vNN.N/sobjects/{object}/deleted", "ids of deleted rows"),
    Endpoint(("GET", "PATCH", "DELETE"), "/vNN.N/sobjects/{object}/{id}", "a row"),
    Endpoint(
        ("GET", "PATCH", "DELETE"),
        "/vNN.N/sobjects/{object}/{field}/{value}",
        "a row by external id; upsert",
    ),
    Endpoint(_POST, "/vNN.N/sobjects/{object}/Id", "create, in the manner of upsert", "documented"),
    Endpoint(
        _GET,
        "/vNN.N/ui-api/object-info/{object}/picklist-values/{type}",
        "picklists of a record type",
        "documented",
    ),
    Endpoint(_GET, "/vNN.N/query", "SOQL"),
    Endpoint(_GET, "/vNN.N/queryAll", "SOQL with deleted rows", "documented"),
    Endpoint(_GET, "/vNN.N/query/{locator}", "the next page"),
    Endpoint(("POST", "PATCH", "DELETE"), "/vNN.N/composite/sobjects", "collections"),
    Endpoint(("GET", "POST"), "/vNN.N/composite/sobjects/{object}", "retrieve many"),
    Endpoint(("PATCH",), "/vNN.N/composite/sobjects/{object}/{field}", "upsert many"),
    Endpoint(_POST, "/vNN.N/composite", "composite with references"),
    Endpoint(_POST, "/vNN.N/composite/graph", "graphs"),
    Endpoint(_POST, "/vNN.N/composite/batch", "batch", "documented"),
    Endpoint(_POST, "/vNN.N/composite/tree/{object}", "trees", "documented"),
    Endpoint(("GET", "POST"), "/vNN.N/jobs/ingest", "Bulk 2.0 ingest"),
    Endpoint(("GET", "PATCH", "DELETE"), "/vNN.N/jobs/ingest/{job}", "close, abort, progress"),
    Endpoint(("PUT",), "/vNN.N/jobs/ingest/{job}/batches", "content", "documented"),
    Endpoint(_GET, "/vNN.N/jobs/ingest/{job}/successfulResults", "rows done", "documented"),
    Endpoint(_GET, "/vNN.N/jobs/ingest/{job}/failedResults", "rows refused"),
    Endpoint(_GET, "/vNN.N/jobs/ingest/{job}/unprocessedrecords", "rows untouched", "documented"),
    Endpoint(("GET", "POST"), "/vNN.N/jobs/query", "Bulk 2.0 query"),
    Endpoint(("GET", "PATCH", "DELETE"), "/vNN.N/jobs/query/{job}", "abort, progress"),
    Endpoint(_GET, "/vNN.N/jobs/query/{job}/results", "rows found", "documented"),
    Endpoint(_POST, _JOB1, "Bulk 1.0 in JSON, CSV and XML envelopes", "clients"),
    Endpoint(("GET", "POST"), f"{_JOB1}/{{job}}", "close, abort, progress", "clients"),
    Endpoint(("GET", "POST"), f"{_JOB1}/{{job}}/batch", "batches", "clients"),
    Endpoint(_GET, f"{_JOB1}/{{job}}/batch/{{batch}}", "progress", "clients"),
    Endpoint(_GET, f"{_JOB1}/{{job}}/batch/{{batch}}/result", "results", "clients"),
    Endpoint(_GET, f"{_JOB1}/{{job}}/batch/{{batch}}/result/{{result}}", "rows found", "clients"),
)


def _pattern(path: str) -> re.Pattern[str]:
    whole = path.replace("/vNN.N", "/services/data/vNN.N", 1) if path.startswith("/vNN") else path
    parts = re.split(r"\{[^}]*\}", whole)
    text = "[^/]+".join(re.escape(part).replace("NN\\.N", r"\d+\.\d") for part in parts)
    return re.compile(f"{text}/?", re.IGNORECASE)


_PATTERNS = [(endpoint, _pattern(endpoint.path)) for endpoint in ENDPOINTS]


def find(method: str, path: str) -> Endpoint | None:
    """The line of the table for a call; None where it has none."""
    fitting = (one for one, pattern in _PATTERNS if pattern.fullmatch(path))
    return next((one for one in fitting if method in one.methods), None)
