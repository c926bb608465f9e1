"""Small XML documents of strangers: the text of their elements, and nothing that grows."""

from pathlib import Path
from xml.parsers import expat

from latflow.errors import ForeignFileError
from latflow.exchange.gauge._checks import printable


class _Refused(Exception):
    pass


def xml_texts(path: Path, what: str, document: bytes) -> dict[str, str]:
    """The text of every element by its name without namespace; the first where there are several.

    Documents with a DOCTYPE are refused: entities are how a short one becomes a long one.

    Args:
        path: the file that the document is in.
        what: the document is, for messages.
        document: not longer than its caller allows.

    Raises:
        ForeignFileError: it is not XML, or has a DOCTYPE.
    """
    texts: dict[str, str] = {}
    open_elements: list[tuple[str, list[str]]] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        open_elements.append((name.rpartition(":")[2], []))

    def end(_name: str) -> None:
        name, parts = open_elements.pop()
        texts.setdefault(name, printable("".join(parts)))

    def text(data: str) -> None:
        if open_elements:
            open_elements[-1][1].append(data)

    def refuse(*_arguments: object) -> None:
        raise _Refused

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(document, True)
    except _Refused:
        raise ForeignFileError(path, f"its {what} has a DOCTYPE, which is not read") from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ForeignFileError(path, f"its {what} is not XML ({error}); get it again") from None
    return texts
