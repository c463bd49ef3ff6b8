"""Short clinical notes and the diagnosis they suggest: a seeded grammar over tables of clinical features.

Each diagnosis has features that mark it and features that others show too; a note names two marks, one or two shared
features and a test, under an age that fits.
"""

import random
from dataclasses import dataclass

from writing import Files, Row, unique, write

NAME = "diagnosis_notes"


@dataclass(frozen=True)
class Diagnosis:
    """What a note of one diagnosis may say: features that mark it, features that others show too, tests."""

    ages: tuple[int, int]
    marks: tuple[str, ...]
    shared: tuple[str, ...]
    tests: tuple[str, ...]


DIAGNOSES = {
    "pneumonia": Diagnosis(
        (25, 88),
        ("cough with rusty sputum", "crackles over the right lower zone", "bronchial breathing at the left base",
         "pleuritic pain with productive cough"),
        ("fever", "shortness of breath", "fatigue", "rigors"),
        ("CRP 180 mg/L", "chest X-ray with lobar consolidation", "white cells 17 x10^9/L", "SpO2 92 % on air"),
    ),
    "asthma": Diagnosis(
        (6, 45),
        ("wheeze worse at night", "tightness after exercise and cold air", "relief within minutes of salbutamol",
         "similar attacks each pollen season"),
        ("cough", "shortness of breath", "history of eczema"),
        ("peak flow 55 % of best", "FEV1 up 18 % after bronchodilator", "chest X-ray normal"),
    ),
    "heart_failure": Diagnosis(
        (58, 90),
        ("sleeps on four pillows", "wakes at night gasping for air", "pitting oedema of both ankles",
         "raised jugular venous pressure with a third heart sound"),
        ("shortness of breath", "fatigue", "cough", "history of high blood pressure"),
        ("BNP 1450 ng/L", "ejection fraction 30 %", "chest X-ray with enlarged heart and effusions"),
    ),
    "pulmonary_embolism": Diagnosis(
        (28, 80),
        ("sudden pleuritic chest pain ten days after hip surgery", "swollen tender left calf before the onset",
         "small haemoptysis after a long flight", "sudden breathlessness while on oestrogen, with one swollen leg"),
        ("shortness of breath", "fast heartbeat", "light-headedness"),
        ("D-dimer 4200 ng/mL", "CT angiogram with filling defect", "S1Q3T3 pattern on ECG", "chest X-ray clear"),
    ),
    "myocardial_infarction": Diagnosis(
        (45, 85),
        ("crushing central chest pain into the left arm", "chest pressure for an hour, not relieved by nitrates",
         "pain in the jaw and chest with cold sweat", "heavy chest pain that began at rest"),
        ("nausea", "shortness of breath", "history of high blood pressure", "pallor"),
        ("troponin 2100 ng/L, rising", "ST elevation in leads II, III and aVF", "new left bundle branch block"),
    ),
    "appendicitis": Diagnosis(
        (8, 40),
        ("pain that moved from the navel to the right iliac fossa", "rebound tenderness at McBurney's point",
         "pain on the right when the left side is pressed", "cannot hop without pain low on the right"),
        ("nausea", "fever", "loss of appetite"),
        ("white cells 15 x10^9/L", "ultrasound with a thickened, non-compressible appendix", "temperature 38.1 C"),
    ),
    "cholecystitis": Diagnosis(
        (35, 75),
        ("right upper abdominal pain after fatty meals", "positive Murphy's sign", "pain into the right shoulder blade",
         "known gallstones, now constant pain below the right ribs"),
        ("nausea", "fever", "vomiting", "loss of appetite"),
        ("ultrasound with stones and a thick gallbladder wall", "white cells 14 x10^9/L", "CRP 95 mg/L"),
    ),
    "pyelonephritis": Diagnosis(
        (18, 70),
        ("left flank pain and burning on passing urine", "tender renal angle with rigors",
         "cloudy urine, frequency and pain in the back", "flank pain days after an untreated cystitis"),
        ("fever", "nausea", "vomiting", "rigors"),
        ("urine with nitrites and white cells", "urine culture with Escherichia coli", "CRP 140 mg/L"),
    ),
    "meningitis": Diagnosis(
        (16, 50),
        ("neck stiffness and dislike of light", "headache with a rash that does not fade under glass",
         "positive Kernig's sign", "severe headache, drowsy and confused since morning with a stiff neck"),
        ("fever", "vomiting", "headache"),
        ("cerebrospinal fluid with many neutrophils and low glucose", "Gram-negative diplococci in spinal fluid",
         "temperature 39.6 C"),
    ),
    "migraine": Diagnosis(
        (16, 50),
        ("throbbing one-sided headache after zigzag lights", "must lie in a dark quiet room until it passes",
         "the same headache before each period", "half the head pounds for a day, worse on climbing stairs"),
        ("nausea", "vomiting", "headache"),
        ("neurological examination normal", "temperature 36.7 C", "no neck stiffness", "CT of the head normal"),
    ),
    "hypothyroidism": Diagnosis(
        (30, 75),
        ("feels cold all the time", "dry skin, hoarse voice and thinning outer eyebrows", "slow ankle reflexes",
         "gained weight in spite of eating little, with puffy eyelids"),
        ("fatigue", "constipation", "low mood"),
        ("TSH 38 mU/L, free T4 low", "pulse 52/min", "anti-TPO antibodies positive"),
    ),
    "iron_deficiency_anaemia": Diagnosis(
        (18, 48),
        ("heavy periods for a year", "craves ice", "spoon-shaped nails", "cracks at the corners of the mouth"),
        ("fatigue", "shortness of breath", "pallor", "fast heartbeat"),
        ("haemoglobin 82 g/L, MCV 68 fL", "ferritin 5 ug/L", "hypochromic red cells on the film"),
    ),
    "type_1_diabetes": Diagnosis(
        (7, 30),
        ("thirst and passing much urine for three weeks", "lost 8 kg while eating well", "breath smells of pear drops",
         "deep sighing breathing and thirst"),
        ("fatigue", "vomiting", "nausea"),
        ("glucose 27 mmol/L", "blood ketones 5.1 mmol/L", "HbA1c 12 %", "pH 7.18"),
    ),
    "gout": Diagnosis(
        (40, 78),
        ("woke with a red, hot big toe joint", "cannot bear the bedsheet on the toe", "chalky lumps on the ear",
         "swollen great toe after beer and seafood"),
        ("fever", "history of high blood pressure", "takes a thiazide"),
        ("urate 560 umol/L", "needle-shaped crystals, negatively birefringent", "CRP 45 mg/L"),
    ),
}  # fmt: skip

_OPENINGS = ("{age}-year-old {sex}.", "{Sex}, {age}.", "{age}y {sex}, seen today.", "Pt: {sex}, {age} years.")
_SEXES = ("woman", "man")


def _note(name: str, rng: random.Random) -> Row:
    diagnosis = DIAGNOSES[name]
    sex = "woman" if name == "iron_deficiency_anaemia" else rng.choice(_SEXES)
    age = rng.randint(*diagnosis.ages)
    marks = rng.sample(diagnosis.marks, 2)
    if any("period" in mark for mark in marks) or any("oestrogen" in mark for mark in marks):
        sex, age = "woman", min(age, 48)
    features = [*marks, *rng.sample(diagnosis.shared, rng.randint(1, 2))]
    rng.shuffle(features)
    opening = rng.choice(_OPENINGS).format(age=age, sex=sex, Sex=sex.capitalize())
    said = [one[0].upper() + one[1:] + "." for one in (*features, rng.choice(diagnosis.tests))]
    return {"note": " ".join([opening, *said]), "label": name}


def files() -> Files:
    rng = random.Random(21)
    test: list[Row] = []
    train: list[Row] = []
    for name in DIAGNOSES:
        rows = unique(lambda name=name: _note(name, rng), 24, "note")
        test += rows[:22]
        train += rows[22:]
    rng.shuffle(test)
    return {"test.jsonl": test, "train.jsonl": train}


if __name__ == "__main__":
    write(NAME, files())
