"""A model prepared for a device: its plan, generated sources, and sessions on host and emulators."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.build.firmware import DoesNotFitError, Firmware, build_firmware
from integrad.build.host_program import build_host, run_host
from integrad.build.objects import ArrayTooLargeError
from integrad.emulate.runner import RunResult, run
from integrad.emulate.simavr import SIMAVR, session_shortage
from integrad.errors import IntegradError
from integrad.estimate.fit import advice
from integrad.execute.session import Action, Predict, Reset, Session, Train, Weights
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import Core
from integrad.training.stepper import Stepper
from integrad_codegen.c.firmware import emit_firmware
from integrad_codegen.c.module import write_files
from integrad_codegen.encodings import packed, unpacked
from integrad_codegen.plan import Plan, make_plan


@dataclass
class DeviceModel:
    """A model lowered for one learn set and batch size, and its sources in `folder`.

    command: the command line that the header names.
    """

    model: Model
    plan: Plan
    folder: Path
    sources: list[Path]
    command: str = ""

    @classmethod
    def generate(
        cls,
        model: Model,
        folder: Path,
        learn: str = "none",
        batch_size: int = 16,
        prefix: str = "model",
        command: str = "",
        options: Mapping[str, str] | None = None,
    ) -> DeviceModel:
        """Lower the model and write its sources to folder/source. options: see Learner.device_options."""
        plan = make_plan(model.network, prefix, learn, batch_size, model.constants | dict(options or {}))
        return cls.of(model, plan, folder, command)

    @classmethod
    def of(cls, model: Model, plan: Plan, folder: Path, command: str = "") -> DeviceModel:
        """The same for a plan that is there already."""
        paths = write_files(emit_firmware(model, plan, command), folder / "source")
        return cls(model, plan, folder, _units(paths, folder / "source"), command)

    def session(self, actions: list[Action]) -> Session:
        """The session that performs these actions on this model."""
        return Session(self.plan.classes, self.plan.weights_bytes, actions)

    def run_numpy(self, actions: list[Action]) -> list:
        """Results of the actions by the arithmetic of the host. The result of Stack is 0."""
        twin = self.model.network.copy()
        return [self._act(twin, action) for action in actions]

    def run_host(
        self, actions: list[Action], compiler: str = "gcc", sanitize: bool = True, time_limit: float = 600
    ) -> list:
        """Results of the generated C on the host, by default with sanitizers."""
        return self.run_program(self.build_host(compiler, sanitize), actions, time_limit)

    def build_host(self, compiler: str = "gcc", sanitize: bool = True, optimisation: str = "-O2") -> Path:
        """Build the generated C for the host. Returns the program, which performs sessions."""
        return build_host(
            self.sources,
            [self.source_folder],
            self.folder / f"host-{compiler}",
            compiler=compiler,
            sanitize=sanitize,
            optimisation=optimisation,
        )

    def run_program(self, program: Path, actions: list[Action], time_limit: float = 600) -> list:
        """Results of a program of build_host()."""
        session = self.session(actions)
        return session.decode(run_host(program, session.encode(), time_limit))

    def build(self, core: Core, whole_machine: bool = False, toolchain: str | None = None) -> Firmware:
        """Build firmware for a core. Raises DoesNotFitError, with suggestions, if the part is too small, and
        IntegradError if the emulated machine is too small."""
        where = self.folder / f"{core.name}-{toolchain or 'default'}"
        try:
            return self._build(core, where, whole_machine, toolchain)
        except DoesNotFitError as error:
            if whole_machine:  # suggestions would be pointless
                raise IntegradError(f"does not fit the emulated machine: {error.shortage}") from None
            what = advice(self.model, self.plan, error, partial(self._attempt, toolchain))
            error.args = (f"{error.args[0]}; {what}",)
            raise
        except ArrayTooLargeError as error:
            raise IntegradError(f"the network does not fit {core.part.name}: {error}") from None

    def shortage(self, core: Core, actions: list[Action]) -> str:
        """What the emulated machine of a core lacks for these actions; "" if they can be performed there."""
        try:
            firmware = self._build(core, self.folder / f"{core.name}-default", True, None)
        except DoesNotFitError as error:
            return error.shortage
        except ArrayTooLargeError as error:
            return str(error)
        if core.family.engine != SIMAVR:
            return ""
        return session_shortage(firmware.program, core, self.session(actions).encode())

    def _build(self, core: Core, where: Path, whole_machine: bool, toolchain: str | None) -> Firmware:
        return build_firmware(
            core,
            self.sources,
            [self.source_folder],
            where,
            whole_machine=whole_machine,
            toolchain=toolchain,
        )

    def _attempt(self, toolchain: str | None, plan: Plan, core: Core) -> DoesNotFitError | None:
        """Build another plan of the same model; the error of the linker, or None."""
        with TemporaryDirectory(dir=self.folder) as name:
            other = self.of(self.model, plan, Path(name))
            try:
                other._build(core, Path(name, "build"), False, toolchain)
            except DoesNotFitError as error:
                return error
        return None

    def run_emulated(
        self,
        firmware: Firmware,
        actions: list[Action],
        count: bool = False,
        time_limit: float = 600,
        engine: str | None = None,
        callers: Collection[str] = (),
    ) -> tuple[list, RunResult]:
        """Results of the firmware on the emulated core, and the measurements of the emulator."""
        session = self.session(actions)
        options = {"time_limit": time_limit, "count": count, "engine": engine, "callers": callers}
        result = run(firmware, session.encode(), **options)
        return session.decode(result.output), result

    @property
    def source_folder(self) -> Path:
        return self.folder / "source"

    def files(self) -> dict[str, Path]:
        """Name, with its folder in an export → path of every generated file."""
        paths = (path for path in self.source_folder.rglob("*") if path.is_file())
        return {path.relative_to(self.source_folder).as_posix(): path for path in paths}

    def network_with(self, weights: bytes) -> Network:
        """The network of the model with the weights that a session returned."""
        network = self.model.network.copy()
        network.load_parameters(network.arrays() | unpacked(self.plan.parameters(), weights))
        return network

    def struct_of(self, network: Network) -> bytes:
        """The weights of a network as a weights struct."""
        found = {parameter.name: parameter for parameter in network.parameters()}
        return packed(found[parameter.name] for parameter in self.plan.parameters())

    def _act(self, twin: Network, action: Action):
        # The samples of an action are integers, as received by the device, even if the data set contains
        # floats.
        preprocessing = self.model.preprocessing.of_raw_samples()
        if isinstance(action, Predict):
            return twin.logits(preprocessing.apply(action.samples))
        if isinstance(action, Train):
            stepper = Stepper.on_device(
                twin, action.schedule, self.plan.learn.name, constants=self.plan.constants
            )
            return stepper.step(preprocessing.apply(action.samples), action.labels).correct
        if isinstance(action, Reset):
            twin.load_parameters(self.model.network.arrays())
            return None
        return self.struct_of(twin) if isinstance(action, Weights) else 0


def _units(paths: list[Path], folder: Path) -> list[Path]:
    """The compiled files, those in the folder itself: session-kernels.c includes the runtime's."""
    return [path for path in paths if path.suffix == ".c" and path.parent == folder]
