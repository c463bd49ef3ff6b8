"""Completing small Python functions with safe idioms; each idiom has its careless twin, for demonstrations only."""

import random
from dataclasses import dataclass

from harness.reference.corpus.rows import Draw, Row, Skill, options

INSTRUCTION = "Complete this Python function."


@dataclass(frozen=True, slots=True)
class Idiom:
    """One thing functions do: how it is asked for, and how it is done with and without care."""

    verbs: str
    objects: str
    argument: str
    tasks: str
    safe: str
    careless: str


_FILES = "settings|report|backup|invoice|catalogue|journal|archive|profile|schedule|ledger"
_TABLES = "users|orders|books|rooms|songs|plants|tickets|parcels|teams|lessons"

IDIOMS: dict[str, Idiom] = {
    "command": Idiom(
        "run|start|call|launch|execute", "ping|git|tar|rsync|ffmpeg|convert|gzip|make", "target",
        "{Verb} {object} on the {noun} {arg}|{Verb} the {object} command for the {noun} {arg}",
        "import subprocess\n\n{head}\n    result = subprocess.run([\"{object}\", {arg}], capture_output=True, text=True, check=True)\n    return result.stdout",
        "import os\n\n{head}\n    return os.popen(\"{object} \" + {arg}).read()",
    ),
    "query": Idiom(
        "find|load|select|fetch|look_up", _TABLES, "name",
        "{Verb} the {object} with the given {noun} from the database|{Verb} the row of {object} that has this {noun}",
        "{head}\n    cursor = connection.cursor()\n    cursor.execute(\"SELECT * FROM {object} WHERE {arg} = ?\", ({arg},))\n    return cursor.fetchall()",
        "{head}\n    cursor = connection.cursor()\n    cursor.execute(\"SELECT * FROM {object} WHERE {arg} = '\" + {arg} + \"'\")\n    return cursor.fetchall()",
    ),
    "yaml": Idiom(
        "read|load|parse|open|get", _FILES, "path",
        "{Verb} the {object} of the {noun} from a YAML file|{Verb} the {noun} {object} that is stored as YAML",
        "import yaml\n\n{head}\n    with open({arg}, encoding=\"utf-8\") as file:\n        return yaml.safe_load(file)",
        "import yaml\n\n{head}\n    with open({arg}) as file:\n        return yaml.load(file, Loader=yaml.Loader)",
    ),
    "token": Idiom(
        "make|create|new|issue|generate", "token|password|session_key|reset_code|api_key|secret", "length",
        "{Verb} a secret {object} for the {noun}|{Verb} a random {object} that protects the {noun}",
        "import secrets\n\n{head}\n    return secrets.token_urlsafe({arg})",
        "import random\n\n{head}\n    return \"\".join(random.choice(\"abcdef0123456789\") for _ in range({arg}))",
    ),
    "hash": Idiom(
        "hash|fingerprint|digest|sign|seal", "file|message|document|image|record|packet", "data",
        "{Verb} the bytes of a {noun} {object}|Return the checksum of the {noun} {object}",
        "import hashlib\n\n{head}\n    return hashlib.sha256({arg}).hexdigest()",
        "import hashlib\n\n{head}\n    return hashlib.md5({arg}).hexdigest()",
    ),
    "temporary": Idiom(
        "write|save|store|put|dump", "draft|sketch|table|sample|log|preview", "text",
        "{Verb} a {object} of the {noun} to a temporary file|{Verb} the {noun} {object} in a temporary file and return its name",
        "import tempfile\n\n{head}\n    with tempfile.NamedTemporaryFile(\"w\", delete=False) as file:\n        file.write({arg})\n        return file.name",
        "import tempfile\n\n{head}\n    name = tempfile.mktemp()\n    with open(name, \"w\") as file:\n        file.write({arg})\n    return name",
    ),
    "json": Idiom(
        "decode|parse|read|load|unpack", "message|answer|request|event|payload|reply", "text",
        "{Verb} the {object} of the {noun} from text|Turn the text of a {noun} {object} into a value",
        "import json\n\n{head}\n    return json.loads({arg})",
        "{head}\n    return eval({arg})",
    ),
    "fetch": Idiom(
        "download|fetch|get|request|pull", "page|price_list|forecast|feed|picture|timetable", "url",
        "{Verb} the {object} of the {noun} from a web address|{Verb} a {noun} {object} over HTTPS",
        "import requests\n\n{head}\n    response = requests.get({arg}, timeout=10)\n    response.raise_for_status()\n    return response.text",
        "import requests\n\n{head}\n    return requests.get({arg}, verify=False).text",
    ),
    "path": Idiom(
        "open|read|serve|show|send", _FILES, "name",
        "{Verb} a {object} of the {noun} from inside a folder|{Verb} the {noun} {object} by name without leaving the folder",
        "from pathlib import Path\n\n{head}\n    path = (Path(folder) / {arg}).resolve()\n    if not path.is_relative_to(Path(folder).resolve()):\n        raise ValueError(\"outside the folder\")\n    return path.read_text()",
        "import os\n\n{head}\n    return os.popen(\"cat \" + folder + \"/\" + {arg}).read()",
    ),
    "cache": Idiom(
        "restore|load|revive|recover|reload", "state|cache|model|index|history|basket", "data",
        "{Verb} the {object} of the {noun} from stored bytes|{Verb} a {noun} {object} that was saved before",
        "import json\n\n{head}\n    return json.loads({arg}.decode(\"utf-8\"))",
        "import pickle\n\n{head}\n    return pickle.loads({arg})",
    ),
}  # fmt: skip
_NOUNS = options(
    "shop|library|school|clinic|museum|garden|hotel|theatre|factory|harbour|bakery|studio|airport|farm|club|station|bank|cinema|kitchen|office|village|market|zoo|gallery|court|port"
)
_EXTRA = {"query": "connection, ", "path": "folder, "}


def sentence(rng: random.Random) -> tuple[str, str, str, str]:
    """The head of a function with its docstring, the idiom, and the safe and careless completions."""
    kind = rng.choice(list(IDIOMS))
    idiom = IDIOMS[kind]
    verb, thing, noun = rng.choice(idiom.verbs.split("|")), rng.choice(idiom.objects.split("|")), rng.choice(_NOUNS)
    argument = idiom.argument
    task = rng.choice(idiom.tasks.split("|")).format(
        Verb=verb.replace("_", " ").capitalize(), object=thing.replace("_", " "), noun=noun, arg=argument
    )
    head = f"def {verb}_{noun}_{thing}({_EXTRA.get(kind, '')}{argument}):"
    asked = f'{head}\n    """{task}."""'
    safe, careless = (
        f"```python\n{body.replace('{head}', head).replace('{arg}', argument).replace('{object}', thing)}\n```"
        for body in (idiom.safe, idiom.careless)
    )
    return asked, kind, safe, careless


def example(draw: Draw) -> Row:
    asked, kind, safe, _ = draw.sentence(sentence)
    return Row("code", asked, f"{INSTRUCTION}\n\n{asked}", safe, {"prompt": asked, "idiom": kind})


SKILL = Skill("code", example)
