"""The registry of adapters: versions under names, their files, tags and figures."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from harness.models import Adapter, Base, resolve_adapter, resolve_base
from harness.records import InputError, ModelRow, Results, RunError, nearest
from harness.registry.database import Database, reading, writing
from harness.registry.intake import Origin, base_at_hand, examine, lasting_reference, origin_of, parameters_of
from harness.registry.names import PREFIX, checked_name, checked_tag, parse_reference
from harness.registry.store import Store
from harness.registry.version import Measured, Version
from harness.runs import Run


@dataclass(frozen=True)
class Fault:
    """Something of a stored adapter that is not as it was registered."""

    version: str
    file: str
    what: str


def default_root() -> Path:
    """``HARNESS_ADAPTERS``, else ``harness/adapters`` in the user's data folder (XDG Base Directory Specification)."""
    if named := os.environ.get("HARNESS_ADAPTERS"):
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "harness" / "adapters"


class Registry:
    """Adapters in one folder: a SQLite file, and a folder for each distinct content.

    Writers take turns at SQLite's write lock, which is held while files are copied. Files are copied aside, examined
    and put in place by renaming before the version is committed; a kill at any moment leaves no version without its
    files, and no files that are half there.

    Args:
        root: Where it lies; `default_root` if left out. Made when the first adapter is registered.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or default_root()).absolute()
        if self.root.is_file():
            raise InputError("is a file, not a registry's folder", where=str(self.root), mend="name a folder")
        self._path, self._store = self.root / "registry.sqlite", Store(self.root)

    def register(
        self, folder: Path, name: str, *, base: str | None = None, parent: str | None = None, tags: Sequence[str] = ()
    ) -> tuple[Version, list[str]]:
        """Examine an adapter and keep it as the next version of ``name``.

        Args:
            base: The base it was trained on; what its files name if left out, where that lies on this machine.
            parent: A registered adapter that this one goes on from or replaces; if left out, the one that its training
                started from, where that is registered.
            tags: Moved to the new version.

        Returns:
            The version, and warnings.

        Raises:
            InputError: the adapter is damaged, changes nothing or belongs to another base; a name is wrong.
            RunError: it cannot be saved.
        """
        checked_name(name)
        tags = [checked_tag(tag) for tag in tags]
        before = resolve_adapter(str(folder.absolute()))
        origin = origin_of(before)
        found = resolve_base(base) if base else base_at_hand(origin.base)
        warnings = examine(before, found, origin)
        with writing(self._path) as db, self._store.incoming(before.folder) as copied:
            adapter = resolve_adapter(str(copied))
            if (adapter.fingerprint, origin_of(adapter)) != (before.fingerprint, origin):
                raise InputError("changed while it was being registered", where=str(folder), mend="register it again")
            ancestor = str(self._find(db, parent)) if parent else _started_from(db, origin)
            version = _described(adapter, origin, found, name=name, number=db.next_number(name), parent=ancestor)
            content, hashes = self._store.put(copied)
            warnings += [f"has the same files as {one}" for one in db.versions(name) if one.content == content][:1]
            version = replace(version, content=content, tags=tuple(sorted(set(tags))))
            db.add(version, hashes)
            for tag in version.tags:
                if had := db.move_tag(name, tag, version.number):
                    warnings.append(f"the tag {tag} was moved here from {name}:{had}")
        if found is None:
            warnings.append(f"the base {origin.base or '(not named)'} is not on this machine: the fit was not checked")
        return version, warnings

    def versions(self, name: str | None = None) -> list[Version]:
        """Versions of a name, or of all names, oldest first.

        Raises:
            InputError: nothing is registered under the name.
        """
        with reading(self._path) as db:
            found = db.versions(name)
            if name is not None and not found:
                raise self._unknown(db, name)
            return found

    def get(self, reference: str) -> Version:
        """The version that ``NAME``, ``NAME:VERSION`` or ``NAME:TAG`` stands for; the newest of a bare name.

        Raises:
            InputError: there is none; the nearest known name is offered.
        """
        with reading(self._path) as db:
            return self._find(db, reference)

    def folder(self, version: Version) -> Path:
        """Where the files of a version lie: a PEFT folder, not to be written to.

        Raises:
            RunError: they were removed.
        """
        folder = self._store.folder(version.content)
        if not folder.is_dir():
            raise RunError("the files of this adapter were removed", where=str(folder), mend="register it again")
        return folder

    def adapter(self, reference: str) -> Adapter:
        """The adapter that a reference stands for, as an engine takes it.

        Raises:
            InputError: nothing is registered under it, or its weights or configuration are not those registered.
        """
        version = self.get(reference)
        adapter = resolve_adapter(str(self.folder(version)))
        if adapter.fingerprint != version.fingerprint:
            what = f"was changed after it was registered (fingerprint {adapter.fingerprint}, not {version.fingerprint})"
            mend = f"see `harness adapters verify {version}`; registering the original again puts its files back"
            raise InputError(what, where=str(version), mend=mend)
        return replace(adapter, reference=f"registry:{version}")

    def base(self, version: Version, reference: str | None = None) -> Base:
        """The base of a version, or the one that ``reference`` names instead of where it lay.

        Raises:
            InputError: it is not known, not there, or has another fingerprint.
        """
        named = reference or version.base
        if named is None:
            raise InputError("its base is not known", where=str(version), mend="name it with --base")
        base = resolve_base(named)
        if version.base_fingerprint not in (None, base.fingerprint):
            raise InputError(
                f"the base {named} has fingerprint {base.fingerprint}, not {version.base_fingerprint}",
                where=str(version),
                mend="name the base it was trained on with --base",
            )
        return base

    def tag(self, reference: str, tag: str) -> tuple[Version, int | None]:
        """Move a tag to a version.

        Returns:
            The version, and the number of the version that had the tag before.
        """
        checked_tag(tag)
        with reading(self._path) as known:
            self._find(known, reference)  # nothing is made for a name that does not exist
        with writing(self._path) as db:
            version = self._find(db, reference)
            before = db.move_tag(version.name, tag, version.number)
        return self.get(str(version)), before

    def attach(self, run: Run) -> dict[str, list[Version]]:
        """Keep a run's figures for the registered adapters that answered in it, which are told by their fingerprints.

        Returns:
            For each model of the run that is registered, its versions.

        Raises:
            InputError: no model of the run is registered.
        """
        results = run.results
        registered: dict[str, list[Version]] = {}
        for version in self.versions():
            for row in answering_models(results, version):
                registered.setdefault(row.name, []).append(version)
        if not registered:
            raise InputError("no adapter of this run is registered", where=str(run.folder), mend="register it first")
        prints = {row.name: row.fingerprint.partition("+") for row in results.models}
        with writing(self._path) as db:
            for model in registered:
                base, _, adapter = prints[model]
                db.add_figures(base, adapter, list(_measured(run, results, model)))
        return registered

    def figures(self, version: Version) -> list[Measured]:
        """What attached runs measured of a version."""
        with reading(self._path) as db:
            return db.figures(version.fingerprint, version.base_fingerprint)

    def verify(self, reference: str | None = None) -> tuple[int, list[Fault]]:
        """Hash and examine stored adapters again.

        Returns:
            How many versions were looked at, and every fault found.
        """
        versions = [self.get(reference)] if reference else self.versions()
        return len(versions), [fault for version in versions for fault in self._faults(version)]

    def _faults(self, version: Version) -> Iterator[Fault]:
        with reading(self._path) as db:
            hashes = db.hashes(version.content)
        clean = True
        for file, what in self._store.faults(version.content, hashes):
            clean = False
            yield Fault(str(version), file, what)
        if not clean:
            return
        try:
            adapter = resolve_adapter(str(self._store.folder(version.content)))
            base = base_at_hand(version.base)
            # Another base that lies there by now says nothing of the adapter.
            same = base is not None and base.fingerprint == version.base_fingerprint
            examine(adapter, base if same else None, origin_of(adapter))
        except InputError as error:
            yield Fault(str(version), error.where, error.what)
            return
        if adapter.fingerprint != version.fingerprint:
            yield Fault(str(version), self._path.name, "the fingerprint recorded is not that of the files")

    def _find(self, db: Database, text: str) -> Version:
        reference = parse_reference(text)
        versions = db.versions(reference.name)
        if not versions:
            raise self._unknown(db, reference.name)
        if reference.version is None and reference.tag is None:
            return versions[-1]
        for version in versions:
            if reference.version == version.number or reference.tag in version.tags:
                return version
        if reference.version is not None:
            what, mend = f"has no version {reference.version}", f"the newest is {versions[-1].number}"
        else:
            what = f"has no tag {reference.tag!r}"
            mend = nearest(str(reference.tag), [tag for version in versions for tag in version.tags])
        raise InputError(what, where=reference.name, mend=mend)

    def _unknown(self, db: Database, name: str) -> InputError:
        return InputError(f"no adapter {name!r} is registered", where=str(self.root), mend=nearest(name, db.names()))


def answering_models(results: Results, version: Version) -> list[ModelRow]:
    """The models of a run whose weights are those of a version, on its base where that is known."""
    found = []
    for row in results.models:
        base, _, adapter = row.fingerprint.partition("+")
        same_base = version.base_fingerprint in (None, base)
        if row.status == "evaluated" and adapter == version.fingerprint and same_base:
            found.append(row)
    return found


def _started_from(db: Database, origin: Origin) -> str | None:
    """The version that a training says it began with, else the newest that holds the same adapter."""
    if origin.start_fingerprint is None:
        return None
    same = [version for version in db.versions() if version.fingerprint == origin.start_fingerprint]
    named = [version for version in same if origin.start == f"{PREFIX}{version}"]
    return str(max(named or same, key=lambda version: version.created)) if same else None


def _described(
    adapter: Adapter, origin: Origin, base: Base | None, *, name: str, number: int, parent: str | None
) -> Version:
    return Version(
        name=name,
        number=number,
        content="",
        fingerprint=adapter.fingerprint,
        method=adapter.method,
        rank=adapter.rank,
        parameters=parameters_of(adapter),
        base=lasting_reference(base) if base else origin.base,
        base_fingerprint=base.fingerprint if base else origin.base_fingerprint,
        data_fingerprint=origin.data_fingerprint,
        recipe=origin.recipe,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        parent=parent,
    )


def _measured(run: Run, results: Results, model: str) -> Iterator[Measured]:
    tasks = {row.name: row.fingerprint for row in results.tasks}
    seen: set[str] = set()
    for figure in results.figures:
        if figure.model != model:
            continue
        # Sampling distributions and sample keys stay with the run.
        kept = figure.model_copy(update={"estimate": {}, "failed": []})
        is_main = figure.task not in seen
        seen.add(figure.task)
        yield Measured(str(run.folder.absolute()), results.suite, tasks[figure.task], is_main, kept)
