"""The target `cmsis-pack`: a pack for Keil MDK, CMSIS-Toolbox and other tools of Arm's ecosystem."""

from __future__ import annotations

import io
import re
import zipfile

from integrad.errors import UsageError
from integrad.export.leftovers import MARKER
from integrad.export.package import Layout, package_target, package_version
from integrad.export.target import Files, Option, Request
from integrad.files import utf8

LONGEST_NAME = 26
"""Names of components have at most 32 characters, and one of them is the name of the model and ` store`."""


def _check_vendor(vendor: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{1,31}", vendor):
        words = "must be 2 to 32 letters, digits and -, not beginning with -"
        raise UsageError(f"--vendor {vendor}: {words}, such as Example")


VENDOR = Option("vendor", "VENDOR", "Vendor of a CMSIS pack. [default: integrad]", _check_vendor)


def _vendor(request: Request) -> str:
    return request.options.get(VENDOR.name) or "integrad"


def _check_name(prefix: str) -> None:
    if len(prefix) > LONGEST_NAME:
        words = f"names of components of a pack are longer than {LONGEST_NAME} characters with it"
        raise UsageError(f"name {prefix!r}: {words}; choose a shorter --name")


def _packed(files: Files, request: Request) -> Files:
    """The files, and the pack with all of them."""
    vendor = _vendor(request)
    files = {path.replace("VENDOR", vendor): data for path, data in files.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files.keys() - {MARKER}):
            entry = zipfile.ZipInfo(path)  # of 1980, so that equal files give an equal pack
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            data = files[path]
            archive.writestr(entry, data if isinstance(data, bytes) else utf8(data))
    name = f"{vendor}.integrad_{request.plan.prefix}.{package_version(request)}.pack"
    return files | {name: buffer.getvalue()}


CMSIS_PACK = package_target(
    "cmsis-pack",
    "a CMSIS pack",
    Layout("src", "include", "runtime"),
    options=(VENDOR,),
    check_name=_check_name,
    context=lambda request: {"vendor": _vendor(request)},
    finish=_packed,
)
