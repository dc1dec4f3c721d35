"""Documents for tests, and how hypothesis makes them."""

from __future__ import annotations

from hypothesis import strategies as st

from documents.document import Block, BlockKind, Document

CHINESE = "政府办公室关于进一步加强城市管理工作的通知各县区人民政府：，。；？！“”（）〔〕《》"
MIXED = st.text(
    st.one_of(
        st.sampled_from(CHINESE),
        st.sampled_from("abcXYZ019 .,;!?-\"'()½éß\u00a0\u3000\u200b１Ａ，—…"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


def document(*paragraphs: str, page_of: tuple[int, ...] = (), headings: int = 0) -> Document:
    """One block a paragraph, the first `headings` of them headings."""
    blocks, start = [], 0
    for index, paragraph in enumerate(paragraphs):
        page = page_of[index] if page_of else None
        kind = BlockKind.heading if index < headings else BlockKind.paragraph
        blocks.append(Block(start, start + len(paragraph), kind, page))
        start += len(paragraph) + 2
    pages = max(page_of) if page_of else None
    return Document("\n\n".join(paragraphs), tuple(blocks), "text/plain", pages)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = MIXED.filter(lambda paragraph: paragraph.strip())
    paragraphs = draw(st.lists(text, min_size=1, max_size=12))
    return document(*paragraphs, headings=draw(st.integers(0, len(paragraphs))))
