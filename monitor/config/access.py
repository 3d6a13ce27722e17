"""Whether the files and folders that the configuration names can be used by this user."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from monitor.config.settings import Settings


def access_problems(settings: Settings) -> list[str]:
    """Return one line for each file that cannot be read and folder that cannot be written.

    References are not looked at: `monitor.reference` knows more about them. Nothing is created.
    """
    found = [*_folders(settings), *_files(settings), *_triggers(settings)]
    return [f"{key}: {problem}" for key, problem in found if problem is not None]


def _folders(settings: Settings) -> Iterator[tuple[str, str | None]]:
    yield "state", _wrong_with_writing(settings.state)
    if settings.quarantine.file is not None:
        yield "quarantine.file", _wrong_with_writing(settings.quarantine.file)
    if settings.source.files is not None:
        yield "source.files.folder", _wrong_with_listing(settings.source.files.folder)
    if any(each.rebuild_reference for each in settings.alerts):
        for name, model in settings.models.items():
            if model.rebuild_from is not None:
                yield f"models.{name}.reference", _wrong_with_writing(model.reference.parent)


def _files(settings: Settings) -> Iterator[tuple[str, str | None]]:
    if settings.api_token_file is not None:
        yield "api_token_file", _wrong_with_reading(settings.api_token_file)
    for name, model in settings.models.items():
        if model.endpoint is not None:
            for key, path in model.endpoint.files:
                yield f"models.{name}.endpoint.{key}", _wrong_with_reading(path)
    if settings.source.kafka is None:
        return
    security = settings.source.kafka.security
    for key in ("password_file", "ca_file", "certificate_file", "key_file"):
        path = getattr(security, key)
        if path is not None:
            yield f"source.kafka.security.{key}", _wrong_with_reading(path)


def _triggers(settings: Settings) -> Iterator[tuple[str, str | None]]:
    for name, trigger in settings.triggers.items():
        for key, path in trigger.files:
            yield f"triggers.{name}.{key}", _wrong_with_reading(path)
        if trigger.command is not None:
            yield f"triggers.{name}.command", _wrong_with_running(trigger.command[0])


def _wrong_with_writing(folder: Path) -> str | None:
    nearest = next(each for each in (folder, *folder.absolute().parents) if _may(each, os.F_OK))
    if not nearest.is_dir():
        return f"{folder} cannot be a folder: {nearest} is a file; name another one"
    if not _may(nearest, os.W_OK | os.X_OK):
        return f"{folder} cannot be written: {_user()} may not write to {nearest}"
    return None


def _wrong_with_listing(folder: Path) -> str | None:
    if not _may(folder, os.F_OK):
        return f"{folder} does not exist; create it, or correct the path"
    if not folder.is_dir():
        return f"{folder} is not a folder; name the one that holds a folder per topic"
    if not _may(folder, os.R_OK | os.X_OK):
        return f"{folder} cannot be read by {_user()}"
    return None


def _wrong_with_reading(file: Path) -> str | None:
    if not _may(file, os.F_OK):
        return f"{file} does not exist; create it, or correct the path"
    if not file.is_file():
        return f"{file} is not a file"
    if not _may(file, os.R_OK):
        return f"{file} cannot be read by {_user()}"
    return None


def _wrong_with_running(program: str) -> str | None:
    if shutil.which(program) is not None:
        return None
    if "/" not in program:
        return f"{program!r} is no program on PATH; install it, or write its whole path"
    return f"{program} is no program that {_user()} may run; correct the path or its rights"


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=True)


def _user() -> str:
    return f"user {os.geteuid()}"
