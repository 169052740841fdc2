"""Rules of the description of a CMSIS pack, as its schema (PACK.xsd, 1.7) documents them, for the elements
that occur here."""

import re

NAME, VERSION = r"[-_A-Za-z0-9]+", r"\d+\.\d+\.\d+(-[0-9A-Za-z-]+)?"
PART = r"(?=.{2,32}$)[A-Za-z0-9][A-Za-z0-9_+()'/\-\s.]+"
SUB = r"(?=.{0,32}$)([A-Za-z0-9][A-Za-z0-9_+():/\- .]*)?"
VENDOR = r"(?=.{2,32}$)[A-Za-z0-9][A-Za-z0-9\-\s]+"
TEXT = r"(?s).+"
IDENTITY = {"Cvendor": VENDOR, "Cclass": PART, "Cgroup": PART, "Csub": SUB}
CATEGORIES = "doc|header|include|library|object|source|linkerScript|utility|image|other"
SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"

# element: text; required attributes; other attributes; the elements that it must and may contain
ELEMENTS = {
    "package": (r"\s*", {"schemaVersion": r"1\.\d+\.\d+"}, {SCHEMA: r"PACK\.xsd"},
                {"vendor", "name", "description", "url", "releases"},
                {"requirements", "keywords", "taxonomy", "conditions", "components"}),
    "package/vendor": (NAME, {}, {}, set(), set()),
    "package/name": (NAME, {}, {}, set(), set()),
    "package/description": (TEXT, {}, {}, set(), set()),
    "package/url": (r"(https://\S+)?", {}, {}, set(), set()),
    "requirements": (r"\s*", {}, {}, {"languages"}, set()),
    "languages": (r"\s*", {}, {}, {"language"}, set()),
    "language": ("", {"name": TEXT, "version": TEXT}, {}, set(), set()),
    "releases": (r"\s*", {}, {}, {"release"}, set()),
    "release": (TEXT, {"version": VERSION}, {"date": r"\d{4}-\d\d-\d\d"}, set(), set()),
    "keywords": (r"\s*", {}, {}, {"keyword"}, set()),
    "keyword": (TEXT, {}, {}, set(), set()),
    "taxonomy": (r"\s*", {}, {}, {"description"}, set()),
    "taxonomy/description": (TEXT, {"Cclass": PART}, {"Cgroup": PART}, set(), set()),
    "conditions": (r"\s*", {}, {}, {"condition"}, set()),
    "condition": (r"\s*", {"id": TEXT}, {}, set(), {"description", "require"}),
    "condition/description": (TEXT, {}, {}, set(), set()),
    "require": ("", {}, {**IDENTITY, "Cversion": f"{VERSION}(:{VERSION})?"}, set(), set()),
    "components": (r"\s*", {}, {}, {"component"}, set()),
    "component": (r"\s*", {"Cclass": PART, "Cgroup": PART, "Cversion": VERSION},
                  {**IDENTITY, "condition": TEXT}, {"description", "files"}, set()),
    "component/description": (TEXT, {}, {}, set(), set()),
    "files": (r"\s*", {}, {}, {"file"}, set()),
    "file": ("", {"category": CATEGORIES, "name": TEXT},
             {"attr": "config|template", "select": TEXT, "version": VERSION}, set(), set()),
}  # fmt: skip


def breaches(root, inside):
    """What breaks the rules, if anything. inside: names of the files in the pack."""
    found = list(_breaches(root, None)) if root.tag == "package" else [f"root {root.tag}"]
    ids = {condition.get("id") for condition in root.iter("condition")}
    found += [
        f"no condition {c.get('condition')}"
        for c in root.iter("component")
        if c.get("condition") not in {*ids, None}
    ]
    for name in (entry.get("name") for entry in root.iter("file")):
        if not any(path == name or (name.endswith("/") and path.startswith(name)) for path in inside):
            found.append(f"no file {name}")
    return found


def _breaches(element, parent):
    rule = ELEMENTS.get(f"{parent}/{element.tag}") or ELEMENTS.get(element.tag)
    if rule is None:
        yield f"unknown element {element.tag} in {parent}"
        return
    text, required, optional, must, may = rule
    if not re.fullmatch(text, element.text or ""):
        yield f"{element.tag}: text {element.text!r}"
    for name, value in element.attrib.items():
        pattern = {**optional, **required}.get(name)
        if pattern is None or not re.fullmatch(pattern, value):
            yield f"{element.tag}: {name}={value!r}"
    yield from (f"{element.tag}: no {name}" for name in required.keys() - element.attrib.keys())
    there = {child.tag for child in element}
    yield from (f"{element.tag}: contains no {name}" for name in must - there)
    yield from (f"{element.tag}: contains {name}" for name in there - must - may)
    for child in element:
        yield from _breaches(child, element.tag)
