"""What a device computed: its accuracies, and whether they are those of the host."""

from __future__ import annotations

from rich.table import Table

from integrad.errors import IntegradError
from integrad.execute.adaptation import Adaptation


def outcome_json(outcome: Adaptation) -> dict:
    """The JSON keys for accuracy and equality with the host."""
    return {
        "accuracy": outcome.before,
        "accuracy_after_tuning": outcome.after,
        "equal_to_host": outcome.equal_to_host,
        "weights_crc": f"{outcome.crc_device:08x}",
    }


def show_outcome(console, what: str, outcome: Adaptation, learnt: str, note: str | None) -> None:
    console.print(f"{what}: accuracy on {outcome.samples:,} samples", markup=False, soft_wrap=True)
    table = Table(show_header=False)
    table.add_column("")
    table.add_column("accuracy", justify="right")
    table.add_row("as trained" if outcome.after is None else "before tuning", f"{outcome.before:.2%}")
    if outcome.after is not None:
        table.add_row(f"after {learnt}", f"{outcome.after:.2%}")
    console.print(table)
    if note:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    same = (
        "same bits as on the host" if outcome.equal_to_host else "[red]different bits than on the host[/red]"
    )
    console.print(f"{same}: {_crcs(outcome)}")


def require_equal(outcome: Adaptation, device: str) -> None:
    """Raise IntegradError if the device computed other bits than the host."""
    if not outcome.equal_to_host:
        raise IntegradError(f"{device} and host computed different bits: {_crcs(outcome)}")


def _crcs(outcome: Adaptation) -> str:
    return f"CRC of weights: host {outcome.crc_host:08x}, device {outcome.crc_device:08x}"
