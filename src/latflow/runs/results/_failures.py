"""What is said where an observable could not be computed."""

from latflow.observables import Observable


def failure(what: str, observable: Observable, error: Exception) -> str:
    """One line about an exception.

    After hours of sampling nothing that one observable does (it may be the user's own) must keep
    the results of the others from being seen: hence every exception is caught, and told.

    Args:
        what: of the observable could not be computed.
        observable: whose it is.
        error: the exception.
    """
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    nothing = f"the {what} of {observable.name} cannot be computed: nothing is known about them"
    return f"{nothing} ({reason})"
