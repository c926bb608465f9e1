"""Which symmetries contain which others."""


def closure(symmetries: frozenset[str]) -> frozenset[str]:
    """The symmetries, and those that they contain: all translations contain the even ones."""
    return symmetries | {"even-translation"} if "translation" in symmetries else symmetries
