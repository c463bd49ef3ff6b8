"""Why a request is not answered, each with its HTTP status."""

from harness.records import HarnessError


class Refused(HarnessError):
    """The request cannot be answered as it is."""

    status = 400


class UnknownModel(Refused):
    """It names a model that is not served."""

    status = 404


class Busy(Refused):
    """Too many requests are waiting, or the service is shutting down. ``wait`` is in seconds."""

    status = 429

    def __init__(self, what: str, *, wait: int) -> None:
        super().__init__(what, mend=f"try again in {wait} s")
        self.wait = wait
