"""The errors of the house. Each says what is wrong, where, and how to mend it; the command line prints one line."""


class HarnessError(Exception):
    """Something a user can understand and mend.

    Args:
        what: What is wrong, in one clause.
        where: The file, key, sample or model it concerns (``suite.yaml:12``).
        mend: What to do about it.
    """

    exit_status = 3

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(str(self))

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return " ".join(f"{line}; {self.mend}".split() if self.mend else line.split())


class InputError(HarnessError):
    """What the user gave is wrong: a file, a key, a value, a model. Exit status 2."""

    exit_status = 2


class RunError(HarnessError):
    """The run itself broke: an engine died, a result could not be saved. Exit status 3."""

    exit_status = 3


class Unavailable(HarnessError):
    """A check, metric or engine cannot work on this machine. It fails a gate; it is never counted as passed."""

    exit_status = 3


def reason(error: BaseException) -> str:
    """The first line of a library's error, which often goes on with advice; its kind where it says nothing."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
