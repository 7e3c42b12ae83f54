"""Branches in processes of their own. Imports nothing of Django's models: a new process reads this module first."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from config.simulation.orders import Order, Report

#: How long an interrupted process may take for its last transaction.
PATIENCE_S = 10


class BranchFailed(Exception):
    """A process of the simulation has ended with an error."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The result of a command."""

    value: Any


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str


class RemoteBranch:
    """A branch in another process: the same commands, sent through a pipe."""

    def __init__(self, order: Order, database: str) -> None:
        # A new process, not a copy of this one: what this one has open (connections, threads of numpy) stays here.
        context = get_context("spawn")
        self.pipe: Connection
        self.pipe, other_end = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(other_end, order, database), daemon=True)
        self.process.start()
        other_end.close()

    def send(self, command: str, *arguments: Any) -> None:
        self.pipe.send((command, arguments))

    def receive(self) -> Any:
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            raise BranchFailed("A process of the simulation was ended from outside.") from None
        if isinstance(message, _Failure):
            raise BranchFailed(message.text)
        return message

    def close(self) -> None:
        self.pipe.close()
        self.process.join(PATIENCE_S)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()


@contextmanager
def remote_branches(orders: Sequence[Order], database: str) -> Iterator[list[RemoteBranch]]:
    """One process for each order; all are ended on the way out."""
    branches: list[RemoteBranch] = []
    try:
        for order in orders:
            branches.append(RemoteBranch(order, database))  # noqa: PERF401 - those that run are ended when one fails
        yield branches
    finally:
        for branch in branches:
            branch.close()


def answers(branches: Sequence[RemoteBranch], tell: Callable[[Report], None]) -> list[Any]:
    """Wait until each of the branches has answered its last command; what they report meanwhile goes to `tell`.

    Raises BranchFailed where one can't answer.
    """
    found: dict[int, Any] = {}
    waiting = dict(enumerate(branches))
    while waiting:
        ready = wait([branch.pipe for branch in waiting.values()])
        for place, branch in list(waiting.items()):
            if branch.pipe not in ready:
                continue
            message = branch.receive()
            if isinstance(message, _Answer):
                found[place] = message.value
                del waiting[place]
            else:
                tell(message)
    return [found[place] for place in range(len(branches))]


def serve(pipe: Connection, order: Order, database: str) -> None:
    """The process: sets Django up and does what comes through the pipe until it is closed."""
    # The terminal's Ctrl-C reaches all processes at once; the one that was started by a person decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    try:
        _obey(pipe, order)
    except (EOFError, OSError):
        return  # whoever gave the orders has gone


def _obey(pipe: Connection, order: Order) -> None:
    from django.core.exceptions import ObjectDoesNotExist
    from django.db import Error

    from config.simulation.branch import Branch
    from config.simulation.conversation import ServerDisagrees
    from studies.errors import DomainError

    try:
        branch = Branch(order)
        while True:
            command, arguments = pipe.recv()
            if command == "work":
                arguments = (*arguments, pipe.send)
            pipe.send(_Answer(getattr(branch, command)(*arguments)))
    except DomainError as error:
        pipe.send(_Failure(str(error)))
    except (ServerDisagrees, Error, LookupError, ValueError, ObjectDoesNotExist) as error:
        pipe.send(_Failure(f"{order.population}: {type(error).__name__}: {error}"))
