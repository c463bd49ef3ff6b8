"""Multiple choice on common drugs, from a hand-written table: class, main use, daily maximum, contraindication, effect.

Table: ``facts/drug_information.txt``, drug | class | main use | usual adult maximum a day | contraindication | adverse
effect; ``-`` where nothing plain can be said. A wrong option must be wrong beyond doubt, so classes and uses come from
other parts of medicine, and contraindications and effects from lists that name every drug they may hold for.
"""

import random
from dataclasses import dataclass

from facts import read_groups
from writing import Files, Row, multiple_choice, split_off, write

NAME = "drug_information"
_NSAIDS = {"ibuprofen", "naproxen", "aspirin"}
_OPIOIDS = {"morphine", "codeine", "tramadol"}
_STEROIDS = {"prednisolone", "beclometasone"}
_BLEEDING = {"warfarin", "apixaban", "clopidogrel", "sertraline"}

#: Uses and classes from elsewhere that are right, or nearly, for a drug too.
ALSO_RIGHT: dict[str, set[str]] = {
    "codeine": {"acute diarrhoea"},
    "prednisolone": {
        "inhaled corticosteroid", "anti-inflammatory alkaloid", "prevention of asthma attacks", "acute gout",
        "relief of acute asthma symptoms", "add-on prevention of asthma", "hay fever and urticaria",
        "maintenance treatment of COPD", "rheumatoid arthritis, once a week", "anaphylaxis",
        "nausea and vomiting",
    },
    "beclometasone": {"corticosteroid", "inflammatory and allergic disease"},
    "montelukast": {"inflammatory and allergic disease"},
    "cetirizine": {"inflammatory and allergic disease", "anaphylaxis"},
    "adrenaline": {"relief of acute asthma symptoms", "short-acting beta-2 agonist"},
    "bisoprolol": {"hyperthyroidism"},
    "salbutamol": {"sympathomimetic", "anaphylaxis"},
    "propranolol": {"hyperthyroidism"},
    "spironolactone": {"acne and chlamydial infection"},
    "sildenafil": {"hypertension", "hypertension and angina", "hypertension and heart failure"},
    "tamsulosin": {"hypertension", "hypertension and angina", "hypertension and heart failure"},
    "haloperidol": {"nausea and vomiting", "dopamine antagonist antiemetic"},
    "clozapine": {"dopamine antagonist antiemetic", "antihistamine"},
    "metoclopramide": {"acute migraine attacks", "typical antipsychotic"},
    "amitriptyline": {"antihistamine", "moderate to severe pain", "prevention of migraine and control of tremor"},
    "valproate": {"prevention of migraine and control of tremor"},
    "phenytoin": {"antiarrhythmic"},
    "methotrexate": {"inflammatory and allergic disease"},
    "colchicine": {"inflammatory and allergic disease"},
    "aspirin": {
        "prevention of clots after a coronary stent", "prevention of stroke in atrial fibrillation",
        "acute migraine attacks",
    },
    "paracetamol": {"acute migraine attacks"},
    "ibuprofen": {"acute migraine attacks", "acute gout"},
    "naproxen": {"acute migraine attacks", "acute gout"},
    "sumatriptan": {"mild to moderate pain and fever", "pain with inflammation", "moderate to severe pain"},
}  # fmt: skip

#: Wrong options for contraindications, each with the drugs that it holds for or may hold for.
CONTRAINDICATIONS: dict[str, set[str]] = {
    "allergy to penicillin": {"amoxicillin", "flucloxacillin"},
    "Parkinson's disease": {"haloperidol", "clozapine", "metoclopramide"},
    "use together with nitrates": {"sildenafil"},
    "inability to sit upright for 30 minutes": {"alendronic acid", "doxycycline"},
    "galactosaemia": {"lactulose"},
    "haemochromatosis": {"ferrous sulfate"},
    "use together with tizanidine": {"ciprofloxacin"},
    "history of agranulocytosis": {"clozapine", "carbimazole", "methotrexate", "colchicine"},
    "iodine sensitivity": {"amiodarone"},
    "use together with an MAO inhibitor": _OPIOIDS
    | {"sertraline", "amitriptyline", "sumatriptan", "levodopa", "adrenaline", "salbutamol", "metoclopramide"},
    "type 1 diabetes": {"gliclazide", "metformin"},
}

#: Wrong options for adverse effects, each with the drugs that it holds for or may hold for.
EFFECTS: dict[str, set[str]] = {
    "tendon rupture": {"ciprofloxacin", "simvastatin", "atorvastatin"} | _STEROIDS,
    "hearing loss": {"gentamicin", "vancomycin", "furosemide", "sildenafil", "metronidazole"} | _NSAIDS | _OPIOIDS,
    "orange-red urine": {"rifampicin", "levodopa", "metronidazole", "nitrofurantoin", "warfarin"},
    "dry cough": {
        "ramipril", "lisinopril", "losartan", "tiotropium", "beclometasone", "salbutamol", "nitrofurantoin",
        "methotrexate", "amiodarone",
    },
    "yellow vision in toxicity": {"digoxin", "sildenafil", "bendroflumethiazide"},
    "gum overgrowth": {"phenytoin", "amlodipine", "valproate"},
    "black stools": {"ferrous sulfate", "prednisolone", "alendronic acid"} | _NSAIDS | _BLEEDING,
    "nephrogenic diabetes insipidus": {"lithium", "gentamicin"},
    "acute opioid withdrawal": {"naloxone"} | _OPIOIDS,
    "lactic acidosis": {"metformin", "isoniazid", "paracetamol", "adrenaline", "salbutamol"},
    "irritation of the oesophagus": {"alendronic acid", "doxycycline", "ferrous sulfate"} | _NSAIDS | _STEROIDS,
    "dyskinesia": {
        "levodopa", "haloperidol", "metoclopramide", "clozapine", "phenytoin", "amitriptyline", "lithium",
        "sertraline", "valproate", "donepezil",
    },
    "lung fibrosis with long use": {"nitrofurantoin", "amiodarone", "methotrexate"},
}  # fmt: skip


@dataclass(frozen=True)
class Drug:
    """One line of the table; ``area`` is the heading it stands under."""

    area: str
    name: str
    kind: str
    use: str
    maximum: str
    contraindication: str
    effect: str


def drugs() -> list[Drug]:
    return [Drug(area, *line) for area, lines in read_groups(NAME).items() for line in lines]


def _elsewhere(drug: Drug, field: str, table: list[Drug], rng: random.Random) -> list[str]:
    """Three values that hold for drugs of other areas and not for this one."""
    right = ALSO_RIGHT.get(drug.name, set()) | {getattr(other, field) for other in table if other.area == drug.area}
    values = {getattr(other, field) for other in table if other.area != drug.area} - right - {"analgesic"}
    return rng.sample(sorted(values), 3)


def _from_list(drug: Drug, right: str, held: dict[str, set[str]], rng: random.Random) -> list[str]:
    return rng.sample(sorted(value for value, names in held.items() if drug.name not in names and value != right), 3)


def _doses(maximum: str, rng: random.Random) -> list[str]:
    """Doses far off on either side, so that the right one has no fixed rank among them."""
    number, unit = maximum.split()
    return [f"{float(number) * factor:g} {unit}" for factor in rng.sample((0.1, 0.25, 3, 10), 3)]


def _ask(drug: Drug, table: list[Drug], rng: random.Random) -> list[Row]:
    name = drug.name
    asked = [
        (f"To which class of drugs does {name} belong?", drug.kind, _elsewhere(drug, "kind", table, rng), "class"),
        (f"What is a main use of {name}?", drug.use, _elsewhere(drug, "use", table, rng), "indication"),
        (
            f"Which adverse effect is typical of {name}?",
            drug.effect,
            _from_list(drug, drug.effect, EFFECTS, rng),
            "adverse effect",
        ),
    ]
    if drug.contraindication != "-":
        question = f"Which of these is a contraindication to {name}?"
        wrong = _from_list(drug, drug.contraindication, CONTRAINDICATIONS, rng)
        asked.append((question, drug.contraindication, wrong, "contraindication"))
    if drug.maximum != "-":
        question = f"What is the usual maximum daily dose of {name} for adults?"
        asked.append((question, drug.maximum, _doses(drug.maximum, rng), "dosage"))
    return [multiple_choice(question, right, wrong, rng, aspect=aspect) for question, right, wrong, aspect in asked]


def files() -> Files:
    rng = random.Random(13)
    table = drugs()
    rows = [row for drug in table for row in _ask(drug, table, rng)]
    rng.shuffle(rows)
    return split_off(rows, 8)


if __name__ == "__main__":
    write(NAME, files())
