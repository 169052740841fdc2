"""The result of `integrad check` for machines: Markdown for the summary of a job, JUnit XML, JSON."""

from __future__ import annotations

import xml.etree.ElementTree as xml

from integrad.testing.budgets import CoreReport, Report, Row

SUITE = "integrad check"
PASSED, FAILED = "✅", "❌"


def columns(report: Report) -> list[str]:
    """Titles of the columns of a table of figures."""
    before = ["baseline", "change"] if report.compared else []
    return ["core", "figure", *before, "now", "budget"]


def cells(core: str, row: Row, report: Report) -> list[str]:
    """A row of this table."""
    show = row.figure.show
    before = ["" if row.before is None else show(row.before), row.change] if report.compared else []
    limit = "" if row.limit is None else f"{row.figure.bound} {show(row.limit)}"
    return [core, row.figure.title, *before, show(row.value), limit]


def markdown(report: Report) -> str:
    """A table of all figures; below it, what is wrong with its reasons."""
    head = columns(report)
    lines = [f"### {PASSED if report.passed else FAILED} {SUITE}", ""]
    lines += [_line(["", *head]), _line(["---", *("---" if c in head[:2] else "---:" for c in head)])]
    for core in report.cores:
        if core.error:
            filler = [""] * (len(head) - 2)
            lines.append(_line([FAILED, core.core, "not measured", *filler]))
        for row in core.rows:
            mark = FAILED if report.fails(row) else PASSED
            lines.append(_line([mark, *cells(core.core, row, report)]))
    if failures := report.failures():
        lines += ["", "**What is wrong**", "", *(f"- {_inline(line)}" for line in failures)]
    if report.notes:
        lines += ["", *(f"- Note: {_inline(note)}" for note in report.notes)]
    grown = [(core.core, row) for core in report.cores for row in core.rows if row.worse_by > 0 and row.grown]
    if grown:
        lines += ["", "<details><summary>Where it grew</summary>", ""]
        lines += [_line(["core", "figure", "where", "baseline", "change", "now"])]
        lines += [_line(["---", "---", "---", "---:", "---:", "---:"])]
        for core, row in grown:
            for share in row.grown:
                numbers = [f"{share.before:,}", f"{share.after - share.before:+,}", f"{share.after:,}"]
                lines.append(_line([core, row.figure.title, f"`{share.name}`", *numbers]))
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def junit(report: Report) -> bytes:
    """One test case for each figure of each core, and one for the baseline if there is one."""
    cases = [_case(report, core, row) for core in report.cores for row in core.rows]
    for core in report.cores:
        if core.error:
            case = _test_case(core.core, "measurement")
            xml.SubElement(case, "error", message=core.error).text = core.error
            cases.append(case)
    if report.compared:
        case = _test_case("baseline", "baseline")
        if report.reasons and not report.accepted:
            text = "\n".join(report.reasons)
            xml.SubElement(case, "failure", message=report.reasons[0]).text = text
        cases.append(case)
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
    }
    root = xml.Element("testsuites", name=SUITE, **counts)
    suite = xml.SubElement(root, "testsuite", name=SUITE, **counts)
    suite.extend(cases)
    xml.indent(root)
    return xml.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _case(report: Report, core: CoreReport, row: Row) -> xml.Element:
    case = _test_case(core.core, row.figure.key)
    properties = xml.SubElement(case, "properties")
    values = {"value": row.value, "budget": row.limit, "baseline": row.before}
    for name, value in values.items():
        if value is not None:
            xml.SubElement(properties, "property", name=name, value=str(value))
    if report.fails(row):
        sentences = row.sentences()
        message = f"{row.figure.title} on {core.core}: {sentences[0]}"
        xml.SubElement(case, "failure", message=message).text = "\n".join(sentences)
    return case


def _test_case(core: str, name: str) -> xml.Element:
    return xml.Element("testcase", classname=f"integrad.check.{core}", name=name)


def to_json(report: Report) -> dict:
    """The object that --json writes."""
    return {
        "passed": report.passed,
        "cores": [
            {
                "core": core.core,
                "error": core.error or None,
                "figures": [_row_json(row) for row in core.rows],
            }
            for core in report.cores
        ],
        "failures": report.failures(),
        "notes": list(report.notes),
    }


def _row_json(row: Row) -> dict:
    return {
        "name": row.figure.key,
        "value": row.value,
        "budget": row.limit,
        "baseline": row.before,
        "allowed": row.allowed,
        "over_budget": row.over_budget,
        "regressed": row.regressed,
        "grown": [{"name": share.name, "before": share.before, "after": share.after} for share in row.grown],
    }


def _line(texts: list[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def _inline(text: str) -> str:
    """A text in which nothing is taken for markup."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in text)
