"""From paths to files, and from a file of any kind to what the core reads."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from wattlens import _core, wire
from wattlens.errors import ReadingError

__all__ = ["Source", "of_paths"]

# What a folder is searched for; a pattern or a list names its files itself.
_SUFFIXES = frozenset((
    ".csv", ".tsv", ".txt", ".dat", ".gz", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet", ".pq", ".xml",
    ".nem12", ".nem13", ".mscons", ".edi",
))  # fmt: skip
_EXCEL = {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}
_PARQUET = b"PAR1"


def of_paths(path: str | PathLike[str] | Iterable[str | PathLike[str]]) -> tuple[list[Source], bool]:
    """The files in order, and whether it is one file by its own name.

    Raises
    ------
    FileNotFoundError
        Nothing there: no such file, nothing that fits the pattern, no file of readings in the folder.
    """
    if not isinstance(path, (str, PathLike)):
        if not isinstance(path, Iterable):
            raise TypeError(f"found {type(path).__name__}, expected a path, a pattern or several paths")
        found = [source for one in path for source in of_paths(one)[0]]
        if not found:
            raise FileNotFoundError("no path is given")
        return found, False
    one = Path(path)
    if one.is_dir():
        files = sorted(
            file
            for file in one.iterdir()
            if file.is_file() and file.suffix.lower() in _SUFFIXES and not file.name.startswith((".", "~$"))
        )
        if not files:
            raise FileNotFoundError(f"no file of readings in the folder {one}; a pattern names others, e.g. {one}/*")
        return [Source(file) for file in files], False
    if not one.exists() and glob.has_magic(fspath(path)):
        files = sorted(Path(name) for name in glob.glob(fspath(path), recursive=True) if Path(name).is_file())  # noqa: PTH207
        if not files:
            raise FileNotFoundError(f"no file fits the pattern {fspath(path)}")
        return [Source(file) for file in files], False
    return [Source(one)], True


@dataclass(frozen=True, slots=True)
class Source:
    """One file."""

    path: Path

    @property
    def stem(self) -> str:
        """Its name without suffixes of formats: `hall 3` of `hall 3.csv.gz`."""
        name = self.path.name
        while (dot := name.rfind(".")) > 0 and name[dot:].lower() in _SUFFIXES:
            name = name[:dot]
        return name

    @property
    def size(self) -> int:
        """Bytes; 0 where it is not there."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def _begins(self) -> bytes:
        """The first bytes tell a workbook and a Parquet file, whatever the name says; the core knows all others."""
        try:
            with self.path.open("rb") as file:
                return file.read(4)
        except OSError:
            return b""

    def _as_text(
        self, options: str, zone: str | None, sheet: str | int | None
    ) -> tuple[bytes, str, dict[str, dict[str, str]]] | None:
        """Text of a workbook or a Parquet file, the options for it, and what is known of it; None for other files."""
        begins = self._begins()
        if begins in _EXCEL:
            from wattlens.excel import text_of

            text, known = text_of(self.path, sheet, options)
            return text, options, known
        if sheet is not None:
            raise ReadingError(f"{self.path} is no workbook; sheet= is for those")
        if begins == _PARQUET:
            from wattlens.parquet import text_of as text_of_parquet

            text, of_place, known = text_of_parquet(self.path)
            if zone is None and of_place is not None:
                options = wire.text(wire.plain(options) | {"zone": of_place})
            return text, options, known
        return None

    def read(
        self, options: str, zone: str | None, sheet: str | int | None, progress: Callable[[int], None]
    ) -> list[_core.Readings]:
        """Its meters."""
        if (text := self._as_text(options, zone, sheet)) is None:
            return _core.read(self.path, options, progress)
        content, options, known = text
        return _core.read_bytes(content, str(self.path), options, wire.text(known))

    def inspect(self, options: str, zone: str | None, sheet: str | int | None) -> tuple[str, dict[str, dict[str, str]]]:
        """What reading it would do, as JSON, and what is known of it beside."""
        if (text := self._as_text(options, zone, sheet)) is None:
            return _core.inspect(self.path, options), {}
        content, options, known = text
        return _core.inspect_bytes(content, str(self.path), options), known
