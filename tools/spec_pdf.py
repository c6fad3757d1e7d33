"""Makes the PDF of the specification, with contents and an index of clauses: `python tools/spec_pdf.py FILE`."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from datetime import date
from html import escape
from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from weasyprint import HTML

from adamcore import SPEC
from adamcore.conformance.clauses import load, order

DOCS = Path(__file__).parents[1] / "docs"
RELEASED = re.compile(r"^date-released: (\S+)$", re.MULTILINE)


def main() -> None:
    """Write the PDF to the file that the first argument names."""
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/spec_pdf.py FILE")
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        body = article(Path(folder))
    HTML(string=book(body), base_url=str(DOCS)).write_pdf(target)
    print(f"wrote {target}")


def article(folder: Path) -> Tag:
    """The specification as one HTML element, its formulas drawn."""
    names = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    others = [name for name in names if not name.startswith("spec/")]
    settings = {
        "root_doc": "spec/index",
        "exclude_patterns": ",".join(["_build", "_ext", *others]),
        "html_theme": "basic",
        "html_permalinks": "0",
        "math_form": "svg",
        "suppress_warnings": "myst.xref_missing",  # links to guides, which are no part of the book
    }
    options = [part for name, value in settings.items() for part in ("-D", f"{name}={value}")]
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-E", "-W", "-q", "-b", "singlehtml", *options, str(DOCS), str(folder)],
        check=True,
    )
    page = BeautifulSoup((folder / "spec" / "index.html").read_text(), "html.parser")
    found = page.find("div", class_="body")
    if not isinstance(found, Tag):
        raise SystemExit("the page that Sphinx wrote has no body")
    return found


def book(body: Tag) -> str:
    """The whole document: title page, contents, specification, index of clauses."""
    for link in body.find_all("a", href=re.compile("#")):
        link["href"] = "#" + link["href"].rpartition("#")[2]
    for number, heading in enumerate(_chapters(body)):
        heading["class"], heading["id"] = "chapter", f"chapter-{number}"
    style = (DOCS / "_static" / "book.css").read_text()
    parts = [_title(), _contents(body), body.decode(), _index()]
    head = f"<head><title>adamcore specification {SPEC}</title><style>{style}</style></head>"
    return f'<html lang="en">{head}<body>{"".join(parts)}</body></html>'


def _chapters(body: Tag) -> list[Tag]:
    """The first heading of every page."""
    starts = body.find_all("span", id=re.compile("^document-"))
    return [body.h1, *(start.find_next(["h1", "h2", "h3"]) for start in starts)]


def _title() -> str:
    found = RELEASED.search((DOCS.parent / "CITATION.cff").read_text())
    day = date.fromisoformat(found[1]) if found else date.today()
    what = "the reference specification of adaptive optimizers"
    cite = f"The adamcore authors ({day.year}). adamcore: {what}, spec {SPEC}. Name the clauses that you mean."
    return (
        f'<header><p class="name">adamcore</p><p class="what">{what.capitalize()}</p>'
        f"<p>Spec {SPEC} · {day.day} {day:%B %Y}</p><p>Cite as: {cite}</p></header>"
    )


def _contents(body: Tag) -> str:
    return f"<nav><h1>Contents</h1><ul>{''.join(map(_line, body.select('.chapter')))}</ul></nav>"


def _line(heading: Tag) -> str:
    return f'<li><a href="#{heading["id"]}">{escape(heading.get_text())}</a></li>'


def _index() -> str:
    identities = sorted((clause.id for clause in load(DOCS / "spec")), key=order)
    families = groupby(identities, key=lambda identity: order(identity)[0])
    lines = [
        "<p>" + ", ".join(f'<a href="#clause-{one.lower()}">{one}</a>' for one in members) + "</p>"
        for _, members in families
    ]
    return f'<section class="index"><h1>Index of clauses</h1>{"".join(lines)}</section>'


if __name__ == "__main__":
    main()
