"""The study of a search in Optuna's hands: opened or gone on with, its samplers and pruners, one process at a time."""

import fcntl
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.records import InputError, RunError, Unavailable, content_hash
from harness.search.space import grid, suggest
from harness.training.recipes.tuning import Tuning

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

_NAME = "tune"
_LOCK = "lock"
_AGAIN = "delete this file: the same trials are made again, and what they trained is taken over"
_IDENTITY = "identity"
#: Seconds that another program may hold the study's file.
_LOCKED = 60.0
#: SQLite's codes for a file that is damaged: not one statement fits it, its pages contradict, or it is no database.
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def refuse_foreign_folder(folder: Path) -> None:
    """A search replaces ``best/`` and removes what lies under ``trials/``: only where an earlier one was at work.

    Raises:
        InputError: the folder holds one of them, and no search left its lock there.
    """
    taken = next((name for name in ("best", "trials") if (folder / name).exists()), None)
    if taken and not (folder / _LOCK).is_file():
        raise InputError(
            f"holds {taken!r}, which is not from a search", where=str(folder), mend="name another folder with --out"
        )


@contextmanager
def only_search_in(folder: Path) -> Iterator[None]:
    """Keeps a second search out of a folder. The system lets go of the lock when the process ends, however it ends.

    Raises:
        InputError: another process searches there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _LOCK).open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    "another search is at work here", where=str(folder), mend="wait for it, or name another folder"
                ) from None
            yield
    except OSError as error:
        raise RunError(f"cannot be written ({error})", where=str(folder)) from error


@contextmanager
def study_errors(folder: Path) -> Iterator[None]:
    """Turn what becomes of a study's file into one line. What was finished is in the file, or can be had again.

    Raises:
        RunError: the file cannot be read or written.
        Unavailable: Optuna is not installed.
    """
    try:
        import optuna
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        raise Unavailable(
            "the search needs optuna", where="harness tune", mend="pip install 'adapter-harness[tune]'"
        ) from None
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = error if isinstance(error, SQLAlchemyError) else error.__cause__ or error
        refused = getattr(cause, "orig", None) or cause
        code = getattr(refused, "sqlite_errorcode", None)
        damaged = code is None or code & 0xFF in _DAMAGED
        mend = _AGAIN if damaged else "free space or fix access: the same command goes on"
        raise _unusable(folder, refused, mend) from error


def _unusable(folder: Path, error: object, mend: str) -> RunError:
    reason = next(iter(str(error).splitlines()), "")
    return RunError(f"the study cannot be read or written ({reason})", where=str(_file(folder)), mend=mend)


def _file(folder: Path) -> Path:
    return folder / "study.sqlite"


def open_study(folder: Path, tuning: Tuning, identity: str, *, maximize: bool) -> "Study":
    """The study of a folder, which survives a kill at any moment.

    Args:
        identity: Of everything that decides what trials mean; a folder with another study is refused.
        maximize: Whether the objective's metric is better when greater.

    Raises:
        InputError: the folder holds another search.
        RunError: its study cannot be understood.
    """
    import optuna
    from optuna.storages import RDBStorage
    from optuna.study import StudyDirection

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=UserWarning, module="optuna")
    directions = [StudyDirection.MAXIMIZE if maximize or tuning.against else StudyDirection.MINIMIZE]
    directions += [StudyDirection.MINIMIZE] if tuning.against else []
    # Quoted for SQLAlchemy and for SQLite: a name may hold what means something in an address, or to Optuna.
    address = f"sqlite:///file:{quote(quote(str(_file(folder).resolve())))}?uri=true"
    try:
        study = optuna.create_study(
            storage=RDBStorage(address, engine_kwargs={"connect_args": {"timeout": _LOCKED}}),
            study_name=_NAME,
            directions=directions,
            pruner=_pruner(tuning),
            load_if_exists=True,
        )
        study.get_trials(deepcopy=False)
    except (ValueError, LookupError, RuntimeError) as error:
        # What Optuna says of a file that SQLite reads, but whose content is not of this version, or damaged.
        raise _unusable(folder, error, _AGAIN) from error
    if study.user_attrs.setdefault(_IDENTITY, identity) != identity:
        raise InputError(
            "holds a search of another recipe, data, suite or version of a library",
            where=str(folder),
            mend="name another folder with --out, or delete it",
        )
    study.set_user_attr(_IDENTITY, identity)
    return study


def next_trial(study: "Study", tuning: Tuning) -> "Trial | None":
    """The trial that a kill left unfinished, else a new one; None where a grid has been walked through.

    The choice depends on the seed, the trial's number and the trials before, so that a search that was killed makes
    the same trials as one that was not.
    """
    from optuna import Trial
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    left = next((one for one in trials if one.state == TrialState.RUNNING), None)
    number = left.number if left else sum(one.state != TrialState.WAITING for one in trials)
    study.sampler = _sampler(tuning, number)
    if left:
        trial = Trial(study, left._trial_id)
    else:
        if tuning.sampler == "grid" and not any(one.state == TrialState.WAITING for one in trials):
            points = grid(tuning)
            if number >= len(points):
                return None
            study.enqueue_trial(points[number])
        trial = study.ask()
    suggest(trial, tuning)
    return trial


def importances(study: "Study", tuning: Tuning) -> dict[str, float]:
    """Share of each key in the variance of the (first) objective, largest first; empty where trials are too few.

    Source: Hutter, Hoos and Leyton-Brown (2014), functional ANOVA over a random forest, as Optuna computes it.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    first = [one.values[0] for one in complete]
    if len(complete) < 2 + 2 * len(tuning.ranges) or len(set(first)) < 2:
        return {}
    evaluator = FanovaImportanceEvaluator(seed=tuning.seed)
    try:
        return dict(get_param_importances(study, evaluator=evaluator, target=lambda trial: float(trial.values[0])))
    except RuntimeError:  # every tree of the forest saw one value alone
        return {}


def _sampler(tuning: Tuning, number: int) -> "BaseSampler":
    from optuna import samplers

    seed = int(content_hash([tuning.seed, number]), 16) % 2**32
    if tuning.sampler == "tpe":
        # Optuna's ten random trials before it learns would be half of a short search.
        return samplers.TPESampler(seed=seed, n_startup_trials=min(10, max(4, tuning.trials // 4)))
    if tuning.sampler == "nsga2":
        return samplers.NSGAIISampler(seed=seed, population_size=min(50, max(4, tuning.trials // 4)))
    return samplers.RandomSampler(seed=seed)


def _pruner(tuning: Tuning) -> "BasePruner":
    from optuna import pruners

    made: dict[str, Any] = {
        "median": lambda: pruners.MedianPruner(n_startup_trials=min(5, max(2, tuning.trials // 4))),
        "successive_halving": pruners.SuccessiveHalvingPruner,
        "none": pruners.NopPruner,
    }
    pruner: BasePruner = made[tuning.pruner]()
    return pruner
