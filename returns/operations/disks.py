"""The disks that this computer writes to. That of a database elsewhere is not known here."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from config import embedded_postgres

# Below both, a disk is nearly full.
LEAST_SHARE, LEAST_BYTES = 0.05, 500_000_000


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk by what the desk keeps there: "temporary" files, or "data" of the database."""

    name: str
    folder: Path
    free: int
    total: int

    @property
    def free_share(self) -> float:
        """Return which part of it is free, from 0 to 1."""
        return self.free / self.total if self.total else 0.0

    @property
    def is_nearly_full(self) -> bool:
        """Tell whether there is little space left, of the disk and in bytes."""
        return self.free_share < LEAST_SHARE and self.free < LEAST_BYTES


def disks() -> list[Disk]:
    """Return the disk of temporary files and, with the bundled PostgreSQL, that of its data."""
    folders = {"temporary": Path(tempfile.gettempdir())}
    if settings.LOCAL:
        folders["data"] = embedded_postgres.state_folder(settings.BASE_DIR)
    found = []
    for name, folder in folders.items():
        if os.access(folder, os.F_OK):
            usage = shutil.disk_usage(folder)
            found.append(Disk(name, folder, usage.free, usage.total))
    return found
