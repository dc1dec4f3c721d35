"""Checks the citations of laws in a text against a library of laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from documents.document import Document
from documents.errors import EmptyDocument
from documents.isolation.compute import compute
from tasks.cite_check.citations import Citation, find_citations, is_law_name, short_names
from tasks.cite_check.cited_provisions import Provision
from tasks.cite_check.library import Law, LawLibrary, LawText
from tasks.cite_check.lookup import LawSearch, missing_part, provision_label, text_of
from tasks.cite_check.quotations import Work, nearest_words
from tasks.compare.differences import find_edits
from tasks.doubts import no_doubts
from tasks.engine import Engine
from tasks.limits import MOST_LISTED
from tasks.references import DocumentRef, LibraryRef
from tasks.task import Task
from tasks.text.edits import Edit
from tasks.unread import UnreadItem, unread_items

_LAW = "市场管理办法\n2020年1月1日公布\n第一条 市场每日开放。\n第二条 市场内禁止吸烟。"

LawName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CiteCheckOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"library": "laws", "laws": []}}
    )

    library: LibraryRef | None = Field(
        None, description="The name of a library of the department that contains laws."
    )
    laws: list[DocumentRef] = Field(
        default_factory=list,
        max_length=200,
        description="Laws in addition to those of the library.",
    )
    short_names: dict[LawName, LawName] = Field(
        default_factory=dict,
        max_length=1_000,
        description="Short names of laws, each with its full name. Names that the text itself "
        "defines (以下简称) are not needed.",
    )

    @model_validator(mode="after")
    def _check_laws(self) -> CiteCheckOptions:
        if self.library is None and not self.laws:
            raise PydanticCustomError("laws", "Give a `library`, or `laws`.")
        return self


class Verdict(StrEnum):
    ok = "ok"
    words_not_compared = "words-not-compared"
    unknown_law = "unknown-law"
    superseded = "superseded"
    no_such_article = "no-such-article"
    quotation_differs = "quotation-differs"


class CitationCheck(BaseModel):
    """One citation and the result of its check."""

    text: str = Field(description="The citation as written in the text.")
    start: int = Field(description="Offset of the first character in the document's text, from 0.")
    end: int = Field(description="Offset after the last character.")
    page: int | None = Field(description="The page, from 1; null where the format has no pages.")
    verdict: Verdict = Field(
        description="`ok`: no error was found. `words-not-compared`: the provision exists, and the "
        "text says without quotation marks what it states, which was not compared. `unknown-law`: "
        "the library has no law of that name, or not the version named. `superseded`: the version "
        "named or quoted is not the latest in the library. `no-such-article`: the law has no such "
        "article, paragraph or item. "
        "`quotation-differs`: the quoted words are not in the provision."
    )
    law: str | None = Field(description="The title of the law in the library; null if unknown.")
    version: date | None = Field(
        description="The date of adoption or last amendment of the version used."
    )
    current: date | None = Field(description="The date of the latest version in the library.")
    provision: str | None = Field(description="The provision cited, such as 第十二条第二款.")
    missing: str | None = Field(description="The part of the provision that does not exist.")
    quote: str | None = Field(description="The quoted words.")
    expected: str | None = Field(
        description="If the quotation differs: the most similar words of the law."
    )
    edits: list[Edit] = Field(
        description="Edits that turn `quote` into `expected`, with offsets into `quote`."
    )
    suggestion: str | None = Field(
        description="The title that was probably meant, or the provision that contains the quoted "
        "words."
    )


class LawInLibrary(BaseModel):
    title: str = Field(description="The title.")
    version: date | None = Field(description="The date of adoption or last amendment, if known.")
    current: bool = Field(description="Whether it is the latest version in the library.")


class CiteCheckResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "citations": [
                    {
                        "text": "《市场管理办法》第三条",
                        "start": 2,
                        "end": 13,
                        "page": None,
                        "verdict": "no-such-article",
                        "law": "市场管理办法",
                        "version": "2020-01-01",
                        "current": "2020-01-01",
                        "provision": "第三条",
                        "missing": "第三条",
                        "quote": None,
                        "expected": None,
                        "edits": [],
                        "suggestion": None,
                    }
                ],
                "not_listed": 0,
                "counts": {
                    "ok": 0,
                    "words-not-compared": 0,
                    "unknown-law": 0,
                    "superseded": 0,
                    "no-such-article": 1,
                    "quotation-differs": 0,
                },
                "laws": [{"title": "市场管理办法", "version": "2020-01-01", "current": True}],
                "unread": [],
            }
        }
    )

    citations: list[CitationCheck] = Field(
        description=f"The citations in the order of the text, at most {MOST_LISTED:,}."
    )
    not_listed: int = Field(
        0,
        description="How many further citations the text contains. They were not checked: divide "
        "the text.",
    )
    counts: dict[Verdict, int] = Field(
        description="How many entries of `citations` have each verdict."
    )
    laws: list[LawInLibrary] = Field(description="The laws used for the check.")
    unread: list[UnreadItem] = Field(
        default=[],
        description="What was on a page of the document and was not read, so that it is not part "
        "of the result: its kind, place and the reason.",
    )


async def cite_check(
    document: Document, options: CiteCheckOptions, engine: Engine
) -> CiteCheckResult:
    """Checks all citations in the document. Raises `EmptyDocument`."""
    if not document.text.strip():
        raise EmptyDocument("The document contains no text. Send a document with text.")
    engine.progress(0, 1)
    result = await compute(check_citations, document, laws_of(options), options.short_names)
    engine.progress(1, 1)
    return result.model_copy(update={"unread": unread_items(document)})


def laws_of(options: CiteCheckOptions) -> list[LawText]:
    documents = [*options.library.documents] if options.library is not None else []
    documents += [one.document for one in options.laws]
    return [LawText(one, one.source.filename if one.source else None) for one in documents]


def check_citations(
    document: Document, laws: Sequence[LawText], names: Mapping[str, str]
) -> CiteCheckResult:
    """Checks all citations against `laws`; `names` are short names with the full ones."""
    library = LawLibrary(laws, names)
    for short, title in short_names(document.text):
        library.add_name(short, title)
    plain_names = [*library.titles, *library.short_names]
    found = [
        citation
        for citation in find_citations(document.text, plain_names)
        if is_law_name(citation.name) or library.versions(citation.name) or citation.provision
    ]
    search = LawSearch(Work())
    citations: list[CitationCheck] = []
    for citation in found[:MOST_LISTED]:
        if search.work.is_done:
            break
        citations.append(_check(document, citation, library, search))
    counts = Counter(one.verdict for one in citations)
    return CiteCheckResult(
        citations=citations,
        not_listed=len(found) - len(citations),
        counts={verdict: counts[verdict] for verdict in Verdict},
        laws=[
            LawInLibrary(
                title=law.title,
                version=law.version,
                current=law is library.versions(law.title)[-1],
            )
            for law in library.laws
        ],
    )


def _check(
    document: Document, citation: Citation, library: LawLibrary, search: LawSearch
) -> CitationCheck:
    check = CitationCheck(
        text=document.text[citation.start : citation.end],
        start=citation.start,
        end=citation.end,
        page=document.page_at(citation.start) if document.pages else None,
        verdict=Verdict.ok,
        law=None,
        version=None,
        current=None,
        provision=provision_label(citation.provision) if citation.provision else None,
        missing=None,
        quote=citation.quote,
        expected=None,
        edits=[],
        suggestion=None,
    )
    versions = library.versions(citation.name)
    cited = _cited_version(versions, citation.year)
    if cited is None:
        suggestion = versions[-1].title if versions else library.nearest(citation.name)
        return check.model_copy(update={"verdict": Verdict.unknown_law, "suggestion": suggestion})
    last = versions[-1]
    check = check.model_copy(
        update={"law": cited.title, "version": cited.version, "current": last.version}
    )
    if cited is not last:
        return check.model_copy(update={"verdict": Verdict.superseded})
    if citation.provision is None:
        return check
    return _check_provision(check, citation, citation.provision, versions, search)


def _cited_version(versions: Sequence[Law], year: int | None) -> Law | None:
    if year is None or all(law.version is None for law in versions):
        return versions[-1] if versions else None
    of_year = [law for law in versions if law.version is not None and law.version.year == year]
    return of_year[-1] if of_year else None


def _check_provision(
    check: CitationCheck,
    citation: Citation,
    provision: Provision,
    versions: Sequence[Law],
    search: LawSearch,
) -> CitationCheck:
    law, quote = versions[-1], citation.quote
    missing = missing_part(law, provision)
    if quote is None or (not missing and _quotes(law, citation, quote, search)):
        right = Verdict.words_not_compared if citation.states_words else Verdict.ok
        verdict = Verdict.no_such_article if missing else right
        return check.model_copy(update={"verdict": verdict, "missing": missing})
    older = next((one for one in versions[-2::-1] if _quotes(one, citation, quote, search)), None)
    if older is not None:
        return check.model_copy(update={"verdict": Verdict.superseded, "version": older.version})
    elsewhere = search.part_with(law, quote)
    if missing:
        verdict = Verdict.no_such_article
        return check.model_copy(
            update={"verdict": verdict, "missing": missing, "suggestion": elsewhere}
        )
    expected = nearest_words(
        text_of(law.articles[provision.article], provision), quote, search.work
    )
    return check.model_copy(
        update={
            "verdict": Verdict.quotation_differs,
            "expected": expected,
            "edits": list(find_edits(quote, expected)),
            "suggestion": elsewhere,
        }
    )


def _quotes(law: Law, citation: Citation, quote: str, search: LawSearch) -> bool:
    """Whether one of the cited provisions contains the quotation."""
    cited = [one for one in (citation.provision, *citation.before) if one is not None]
    return any(search.contains(law, one, quote) for one in cited if not missing_part(law, one))


TASK = Task(
    name="cite_check",
    version="1",
    description="Check the citations of laws in a text against a library of laws: whether the law "
    "exists and is current, the article exists, and the quotation is exact. Uses rules only, no "
    "model.",
    options=CiteCheckOptions,
    result=CiteCheckResult,
    run=cite_check,
    doubts=no_doubts,
)
