"""The target `esp-idf`: components for ESP-IDF, in an example project."""

from __future__ import annotations

import re

from integrad.errors import UsageError
from integrad.export.package import Layout, package_target
from integrad.export.target import Request


def _check_name(prefix: str) -> None:
    """Names of components, integrad_NAME, have single _ between letters and digits."""
    if re.search("__|_$", prefix):
        words = "components of ESP-IDF have no _ at the end of their names, and no two in a row"
        raise UsageError(f"name {prefix!r}: {words}; choose another --name")


def _context(request: Request) -> dict:
    """label: of the partition of the weight store, which has at most 16 characters."""
    return {"label": request.plan.prefix[:8] + "_weights"}


ESP_IDF = package_target(
    "esp-idf",
    "components for ESP-IDF",
    Layout("components/integrad_NAME/src", "components/integrad_NAME/include", "components/integrad_runtime"),
    check_name=_check_name,
    context=_context,
)
