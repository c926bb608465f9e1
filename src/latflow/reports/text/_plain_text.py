"""Text for matplotlib, which takes dollar signs for mathematics."""


def plain_text(text: str) -> str:
    """Text that matplotlib writes as it stands, dollar signs included."""
    return text.replace("$", r"\$")
