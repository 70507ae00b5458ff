"""Our host alone, for somebody else's terminals."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.live.host_server import HostServer
from harness.live.peer_limits import PeerLimits
from harness.live.repetition import Repetition
from harness.live.standalone import Standalone, StandaloneMachines
from harness.live.stores import HostStore, Store, open_host_store
from harness.plan import RunPlan


class StandaloneHost(Standalone):
    """Listens at `listen` (host, port; port 0: any free one) and answers whoever signs on."""

    mode: ClassVar[str] = "host"

    def __init__(
        self,
        plan: RunPlan,
        *,
        listen: tuple[str, int] = ("127.0.0.1", 0),
        limits: PeerLimits | None = None,
        **options: Any,
    ) -> None:
        """Raises ConfigError where the limits let nobody in."""
        super().__init__(plan, **options)
        self._limits = (limits or PeerLimits()).checked()
        self._listen = listen
        self._store: HostStore | None = None
        self._repetition: Repetition | None = None
        self._built: HostServer | None = None

    @property
    def address(self) -> str:
        """'HOST:PORT', where it listens."""
        return f"{self._listen[0]}:{self._host.port}"

    @property
    def _host(self) -> HostServer:
        assert self._built is not None, "used before 'async with'"
        return self._built

    def _open_store(self) -> Store | None:
        if self._state_dir is None:
            return None
        self._store = open_host_store(self._state_dir, fsync=self._fsync)
        return self._store

    async def _open(self) -> StandaloneMachines:
        if self._store is not None:
            self._store.journal = self._writer
        self._repetition = Repetition(
            self.journal, self.clock, self._assembly.dialect, at_host=True
        )
        self._built = HostServer(
            *(self._assembly, self._repetition, self.clock),
            standalone=True,
            store=self._store,
            limits=self._limits,
        )
        self._repetition.now = self._built.delay.now
        self._host.go_on(self._begun.died_at)
        await self._host.listen(*self._listen)
        self._host.drain()
        return self._host

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()

    async def _shut(self) -> None:
        if self._built is not None:
            self._built.close()
        if self._repetition is not None:
            self._repetition.close()

    def _lift(self) -> None:
        self._host.lift()

    def quiet(self) -> bool:
        """Has every withdrawal that got no answer from us been reversed?"""
        return self.judge.open_business() == 0
