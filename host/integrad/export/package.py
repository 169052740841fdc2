"""Packages: exports for somebody else's build system.

A package is the files of the target `c`, laid out in the folders that the build system expects, and the files
of `templates/packages/TARGET/`: its descriptions in the build system's own language, and an example program.
A template lies where its file will lie, with NAME for the model's name; one that renders to nothing makes no
file. `templates/packages/shared/` holds what several packages include.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from importlib.resources import files as resources

from integrad import __version__
from integrad.errors import UsageError
from integrad.execute.self_test import PREDICTIONS, STEPS, expected_checksums
from integrad.export.c import SERIAL, C
from integrad.export.leftovers import MARKER
from integrad.export.target import Files, Option, Request, Target
from integrad.files import utf8
from integrad_codegen.c.layout import paragraph
from integrad_codegen.c.runtime import FOLDER, serial_files
from integrad_codegen.file_sets import merged
from integrad_codegen.kind_templates import environment_for
from integrad_codegen.store_format import rounded, slot_bytes


def _check_version(version: str) -> None:
    if not re.fullmatch(r"(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}", version):
        raise UsageError(f"--package-version {version}: must be three numbers with dots, such as 1.0.0")


VERSION = Option(
    "package_version", "X.Y.Z", "Version of the package of a build system. [default: 1.0.0]", _check_version
)
DEFAULT_VERSION = "1.0.0"

RUNTIME = "runtime"
"""integrad::runtime, CONFIG_INTEGRAD_RUNTIME and so on: no model can have this name."""


IDENTITY = {
    "shared/runtime_id.h.jinja": f"{FOLDER}/runtime_id.h",
    "shared/runtime_check.c.jinja": "NAME_runtime.c",
}
"""Template → file: they stop the compiler where models of different versions would share one runtime."""


def _any_name(prefix: str) -> None:
    pass


@dataclass(frozen=True)
class Layout:
    """Folders of a package, "" for the package itself; NAME stands for the name of the model.

    sources: of NAME.c and NAME_weights.c. headers: of NAME.h, NAME_store.h and so on. runtime: in which the
    folder `integrad` lies.
    """

    sources: str = "src"
    headers: str = "src"
    runtime: str = "src"

    def named(self, prefix: str) -> Layout:
        return Layout(*(folder.replace("NAME", prefix) for folder in astuple(self)))

    def place(self, name: str) -> str:
        """Path in the package of a file of the target `c`."""
        if name.startswith(f"{FOLDER}/"):
            return _joined(self.runtime, name)
        return _joined(self.headers if name.endswith(".h") else self.sources, name)


def package_target(
    name: str,
    help: str,
    layout: Layout,
    *,
    options: tuple[Option, ...] = (),
    check_name: Callable[[str], None] = _any_name,
    context: Callable[[Request], dict] = lambda request: {},
    finish: Callable[[Files, Request], Files] = lambda files, request: files,
) -> Target:
    """The row of a package in the table of targets.

    options: besides those of all packages, those of this one. check_name: raises UsageError for names of
    models that the build system refuses. context: further names for its templates. finish: what is done with
    all files at the end.
    """

    def make(request: Request) -> Files:
        if request.plan.prefix == RUNTIME:
            raise UsageError(f"name {RUNTIME!r}: is what models share in a package; choose another --name")
        check_name(request.plan.prefix)
        files, names = _sources(request, layout.named(request.plan.prefix))
        names |= {"target": name} | context(request)
        files = merged(files, dict(_rendered(name, names)), {MARKER: _marker(name, names)})
        return finish(files, request)

    return Target(name, help, make, (SERIAL, VERSION, *options), predicts_parts=True)


def package_version(request: Request) -> str:
    return request.options.get(VERSION.name) or DEFAULT_VERSION


def _sources(request: Request, layout: Layout) -> tuple[Files, dict]:
    """The files of the target `c`, laid out, and names for the templates.

    The runtime includes the weight store and the serial protocol even if they are not used, so that all
    packages have the same one.
    """
    emitted = C.files(request) | serial_files()
    runtime = {path: text for path, text in emitted.items() if path.startswith(f"{FOLDER}/")}
    plan, environment = request.plan, environment_for("packages")
    names = {
        "p": plan.prefix,
        "P": plan.prefix.upper(),
        "plan": plan,
        "learns": plan.batch > 0,
        "version": package_version(request),
        "generator": __version__,
        "layout": layout,
        "runtime_id": f"{zlib.crc32(''.join(f'{k}{v}' for k, v in sorted(runtime.items())).encode()):08x}",
        "slot_bytes": lambda unit, block: rounded(slot_bytes(plan.weights_bytes, unit), block),
        "memory": lambda name, **constants: memory(name, plan.prefix, **constants),
        "self_test": lambda: self_test(request),
    }
    for template, path in IDENTITY.items():
        emitted[path.replace("NAME", plan.prefix)] = environment.get_template(template).render(**names)
    files = {layout.place(path): text for path, text in emitted.items()}
    sources = {"model_sources": _units(files, layout, False), "runtime_sources": _units(files, layout, True)}
    return files, names | sources


def _units(files: Iterable[str], layout: Layout, runtime: bool) -> list[str]:
    """The files to compile. Those in the subfolders of the runtime are headers."""
    root = _joined(layout.runtime, f"{FOLDER}/")
    return sorted(path for path in files if path.endswith(".c") and path.startswith(root) == runtime)


def memory(name: str, prefix: str, **constants: int) -> str:
    """A memory for the weight store: the text of a file in device/store/memories, with other values of some
    of its constants, for example SLOT_BYTES=8192, and with the prefix before the names that others see."""
    text = (resources("integrad_device") / "store/memories" / name).read_text(encoding="utf-8")
    for constant, value in constants.items():
        text, count = re.subn(rf"\b{constant} = [^,}}]+?( ?[,}}])", rf"{constant} = {value}\1", text)
        if count != 1:
            raise ValueError(f"{name}: {count} constants {constant}")
    text = re.sub(r"\b(open_)?(flash_store|file_store|weights_partition)\b", rf"{prefix}_\1\2", text)
    return re.sub(r"^(.* = \{)(\.read.*?\};)", _aligned, text, flags=re.DOTALL | re.MULTILINE)


def _aligned(initialiser: re.Match) -> str:
    """An initialiser whose lines begin in one column, whatever its name."""
    column = len(initialiser[1].splitlines()[-1])
    return initialiser[1] + f"\n{' ' * column}".join(line.strip() for line in initialiser[2].splitlines())


def self_test(request: Request) -> dict:
    """What the shared self-test expects, by the arithmetic of the host."""
    expected = expected_checksums(request.model, request.plan)
    schedule = request.model.schedule(1).words() if request.plan.batch else ()
    return {
        "predictions": PREDICTIONS,
        "steps": STEPS if request.plan.batch else 0,
        "scores": f"UINT32_C(0x{expected.scores:08x})",
        "weights": f"UINT32_C(0x{expected.weights:08x})",
        "schedule": list(schedule)[: len(request.plan.schedule_fields)],
    }


def _rendered(target: str, names: dict) -> Iterator[tuple[str, str]]:
    """(path in the package, text) of all templates of a target."""
    environment = environment_for("packages")
    environment.filters["paragraph"] = paragraph
    for template in environment.list_templates(extensions=["jinja"]):
        folder, _, path = template.partition("/")
        text = environment.get_template(template).render(**names) if folder == target else ""
        if text.strip():
            yield path.removesuffix(".jinja").replace("NAME", names["p"]), text


def _marker(target: str, names: dict) -> bytes:
    fields = {
        "target": target,
        "name": names["p"],
        "version": names["version"],
        "runtime": names["runtime_id"],
    }
    return utf8(json.dumps(fields, indent=2) + "\n")


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
