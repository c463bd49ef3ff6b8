"""English to Spanish in a closed grammar with gender agreement."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill

INSTRUCTION = "Translate into Spanish:"

# English noun, Spanish noun, feminine
_BEINGS = (
    ("cat", "gato", 0), ("dog", "perro", 0), ("girl", "niña", 1), ("boy", "niño", 0), ("teacher", "maestra", 1),
    ("doctor", "médico", 0), ("woman", "mujer", 1), ("man", "hombre", 0), ("farmer", "granjero", 0),
    ("queen", "reina", 1), ("king", "rey", 0), ("cook", "cocinera", 1), ("painter", "pintor", 0),
    ("nurse", "enfermera", 1), ("neighbour", "vecino", 0), ("bird", "pájaro", 0),
)  # fmt: skip
_THINGS = (
    ("house", "casa", 1), ("book", "libro", 0), ("table", "mesa", 1), ("apple", "manzana", 1), ("tree", "árbol", 0),
    ("letter", "carta", 1), ("window", "ventana", 1), ("hat", "sombrero", 0), ("boat", "barco", 0),
    ("chair", "silla", 1), ("lamp", "lámpara", 1), ("knife", "cuchillo", 0), ("box", "caja", 1),
    ("glass", "vaso", 0), ("key", "llave", 1), ("car", "coche", 0), ("flower", "flor", 1), ("ring", "anillo", 0),
)  # fmt: skip
_ADJECTIVES = (
    ("red", "rojo", "roja"), ("small", "pequeño", "pequeña"), ("old", "viejo", "vieja"), ("new", "nuevo", "nueva"),
    ("white", "blanco", "blanca"), ("black", "negro", "negra"), ("big", "grande", "grande"),
    ("green", "verde", "verde"), ("expensive", "caro", "cara"), ("pretty", "bonito", "bonita"),
    ("broken", "roto", "rota"), ("clean", "limpio", "limpia"),
)  # fmt: skip
_TEMPERS = (
    ("tired", "cansado", "cansada"), ("tall", "alto", "alta"), ("happy", "alegre", "alegre"),
    ("young", "joven", "joven"), ("serious", "serio", "seria"), ("quiet", "tranquilo", "tranquila"),
)  # fmt: skip
_VERBS = (
    ("sees", "ve"), ("buys", "compra"), ("sells", "vende"), ("cleans", "limpia"), ("paints", "pinta"),
    ("finds", "encuentra"), ("loses", "pierde"), ("wants", "quiere"), ("hides", "esconde"), ("carries", "lleva"),
)  # fmt: skip
_PLACES = (
    ("in the garden", "en el jardín"), ("in the kitchen", "en la cocina"), ("near the river", "cerca del río"),
    ("at the market", "en el mercado"), ("in the street", "en la calle"), ("behind the church", "detrás de la iglesia"),
    ("in the forest", "en el bosque"), ("on the beach", "en la playa"),
)  # fmt: skip
_TIMES = (
    ("Today", "Hoy"), ("Now", "Ahora"), ("In summer", "En verano"), ("Every day", "Cada día"),
    ("On Monday", "El lunes"), ("At night", "Por la noche"),
)  # fmt: skip


def _phrase(rng: random.Random, nouns: tuple, adjectives: tuple, chance: float) -> tuple[str, str]:
    english, spanish, feminine = rng.choice(nouns)
    article = "la" if feminine else "el"
    if rng.random() >= chance:
        return f"the {english}", f"{article} {spanish}"
    adjective = rng.choice(adjectives)
    return f"the {adjective[0]} {english}", f"{article} {spanish} {adjective[1 + feminine]}"


def sentence(rng: random.Random) -> tuple[str, str]:
    """An English sentence and its Spanish translation."""
    subject = _phrase(rng, _BEINGS, _TEMPERS, 0.4)
    thing = _phrase(rng, _THINGS, _ADJECTIVES, 0.6)
    verb = rng.choice(_VERBS)
    place = rng.choice(_PLACES) if rng.random() < 0.6 else ("", "")
    time = rng.choice(_TIMES) if rng.random() < 0.3 else ("", "")
    return tuple(
        _capital(
            " ".join(
                part for part in ((time[k] + ",") * bool(time[k]), subject[k], verb[k], thing[k], place[k]) if part
            )
        )
        + "."
        for k in (0, 1)
    )  # type: ignore[return-value]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def example(draw: Draw) -> Row:
    english, spanish = draw.sentence(sentence)
    return Row("translation", english, f"{INSTRUCTION} {english}", spanish, {"english": english, "spanish": spanish})


SKILL = Skill("translation", example)
