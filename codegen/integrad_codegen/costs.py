"""What a plan costs, layer by layer, before anything is compiled."""

from __future__ import annotations

from integrad_codegen.plan import Plan


def layers(plan: Plan) -> list[dict]:
    """One dict a layer: name, what, macs (forward, one sample), weights_bytes, learns."""
    rows = []
    for o in plan.operations:
        shapes = f"{_shape(o.input_shape)} -> {_shape(o.output_shape)}"
        what = o.kind.replace("_", "-")
        if o.kind == "conv":
            what = f"conv {o.kernel[0]}x{o.kernel[1]}"
        elif o.pool:
            what = f"{what} {o.pool.window[0]}x{o.pool.window[1]}"
        rows.append(
            _row(o.name, f"{what}, {shapes}", o.macs, o.weights.nbytes if o.is_block else 0, o.learns)
        )
        if o.learns:
            head = o.head
            rows.append(
                _row(head.name, f"head, {head.features} -> {head.classes}", 0, o.head_weights.nbytes, True)
            )
    out = plan.output
    macs = out.features * out.classes
    shapes = f"output, {out.features} -> {out.classes}"
    rows.append(_row(out.name, shapes, macs, plan.output_weights.nbytes, plan.batch > 0))
    return rows


def _row(name: str, what: str, macs: int, weights_bytes: int, learns: bool) -> dict:
    return {"name": name, "what": what, "macs": macs, "weights_bytes": weights_bytes, "learns": learns}


def layer_rows(plan: Plan) -> list[str]:
    """The layers as a plain-text table for the header."""
    table = [("layer", "what", "MACs", "flash bytes", "RAM bytes")]
    for row in layers(plan):
        ram = row["weights_bytes"] if row["learns"] else 0
        table.append((row["name"], row["what"], f"{row['macs']:,}", f"{row['weights_bytes']:,}", f"{ram:,}"))
    widths = [max(len(line[i]) for line in table) for i in range(5)]
    return [
        f"{n:<{widths[0]}}  {w:<{widths[1]}}  {m:>{widths[2]}}  {f:>{widths[3]}}  {r:>{widths[4]}}"
        for n, w, m, f, r in table
    ]


def memory_rows(plan: Plan) -> list[tuple[str, int]]:
    """(what, bytes) of everything that a caller provides or that lies in flash."""
    rows = [("weights in flash", plan.weights_bytes + plan.frozen_bytes)]
    if plan.batch:
        rows.append(("weights in RAM, to learn", plan.weights_bytes))
    rows.append(("scratch of an inference", max(1, plan.inference_arena.bytes)))
    if plan.batch:
        rows.append(("scratch of a training step", plan.scratch.bytes))
    return rows


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
