"""The three ways a request can go wrong, so that a caller can tell them apart."""


class RequestError(Exception):
    """The request itself was wrong: an unknown name, a missing or ill-typed parameter (exit status 2)."""


class DataError(Exception):
    """The data broke a contract: file, place, what was found, what to do (exit status 1)."""


class NoDataError(DataError):
    """A selection came out empty. Empty is never a pass: the message says what there is instead."""
