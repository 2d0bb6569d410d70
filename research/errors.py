"""The three ways a request can go wrong, so that a caller can tell them apart."""

from pathlib import Path


class RequestError(Exception):
    """The request itself was wrong: an unknown name, a missing or ill-typed parameter (exit status 2)."""


class DataError(Exception):
    """The data broke a contract: file, place, what was found, what to do (exit status 1)."""


class NoDataError(DataError):
    """A selection came out empty. Empty is never a pass: the message says what there is instead."""


def cannot_write(place: Path, fault: OSError) -> RequestError:
    """The request's error where a result's place cannot be written."""
    return RequestError(
        f"cannot write {place}: {fault.strerror}; nothing was left half-written: choose a folder you may write to"
    )
