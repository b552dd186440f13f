"""The exceptions the connector raises on purpose, named by what the caller does next."""

from datetime import timedelta

from connector.core.problems import Problem


class ConnectorError(Exception):
    """Base of every exception the connector raises on purpose.

    Its text never holds personal data or a secret: field names, ids and codes are enough.
    """


class TryLater(ConnectorError):
    """The other side is busy or away; the same call may work later."""

    def __init__(self, message: str, *, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Refused(ConnectorError):
    """The other side understood and said no: park the record, with its cause and its remedy."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class OutcomeUnknown(ConnectorError):
    """The call left and no answer came: look before writing again."""


class StopTheRun(ConnectorError):
    """Nothing else in this run can work: bad credentials, bad configuration, no quota left.

    `configuration` tells which exit code follows: True for 2 (a person must mend a file or a
    credential), False for 3 (run again later).
    """

    def __init__(self, message: str, *, configuration: bool = True) -> None:
        super().__init__(message)
        self.configuration = configuration
