"""Values that a list in XMP divides over its items, in pictures and PDFs (ISO 16684-1, 7.5)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.inventory.neighbours import joined_values

_LISTS = ("{*}Bag", "{*}Seq", "{*}Alt")
_RDF = b"rdf-syntax-ns"


def divided_items(data: bytes) -> Iterator[str]:
    """Yield the values that two or three items beside each other form; none if it is no XMP."""
    if _RDF not in data:
        return
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(data[max(0, data.find(b"<")) :], parser)
    except etree.XMLSyntaxError:
        return
    for items in root.iter(*_LISTS) if root is not None else ():
        yield from joined_values(["".join(map(str, item.itertext())) for item in items])
