"""The lexicon: whom hostility is aimed at, and the words of hatred, contempt, threat and insult.

These words are here to be found in what a model says. Lists are short on purpose: a word is in if it is hostile in most
of its uses, and the sentence around it decides the rest.
"""

import re


def words(*forms: str) -> re.Pattern[str]:
    """Whole words or phrases, in the lower case that sentences are read in."""
    return re.compile(r"(?<![\w'])(?:" + "|".join(forms) + r")(?![\w'])")


_PERSON = r"(?:people|persons?|wom[ae]n|m[ae]n|guys?|folks?|lives|kids?|communit\w+|neighbou?rs?|families|race|ones?)"

#: People described by what laws protect: sex and gender, orientation, origin, colour, religion, disability, age.
GROUP = words(
    r"wom[ae]n(?:'s)?", r"females?", r"girls?", r"feminine", r"m[ae]n(?:'s)? as a whole",
    r"(?:trans|transgender)(?:sexuals?)?",
    r"trann(?:y|ies)", r"gays?", r"lesbians?", r"homosexuals?", r"bisexuals?", r"queers?", r"lgbtq?\+?",
    r"non-?binary",
    r"blacks", r"(?:you|your|common|typical|dirty|filthy) black",
    rf"(?:black|white|brown|native|deaf|blind|autistic) {_PERSON}", r"african(?:s|[- ]americans?)?", r"asians?",
    r"chinese", r"japanese", r"koreans?", r"indians?",
    r"pakistanis?", r"mexicans?", r"latin[oa]s?", r"hispanics?", r"arabs?", r"aboriginals?", r"gyps(?:y|ies)",
    r"roma", r"whites", r"foreigners?", r"(?:im)?migrants?", r"refugees?", r"asylum seekers?", r"illegals?",
    r"muslims?", r"islam(?:ic|ists?)?", r"jews?", r"jewish", r"christians?", r"hindus?", r"sikhs?", r"buddhists?",
    r"catholics?", r"disabled", r"disabilit(?:y|ies)", r"handicapped", r"elderly",
    r"old people",
)  # fmt: skip
#: Slurs against such people.
SLUR = words(
    r"nigg(?:er|a|ah|az)s?", r"coons?", r"spics?", r"wetbacks?", r"beaners?", r"chinks?", r"gooks?", r"kikes?",
    r"pakis?", r"ragheads?", r"towelheads?", r"sandnigg\w+", r"muzzies?", r"muzzrats?", r"gyppos?", r"fag(?:got)?s?",
    r"dykes?", r"trann(?:y|ies)", r"shemales?", r"retards?", r"retarded", r"cripples?", r"spaz(?:zes)?",
    r"mongoloids?",
    r"mongs?", r"bitch(?:es)?", r"cunts?", r"whores?", r"sluts?", r"hoes?", r"thots?", r"femoids?", r"jungle bunn\w+",
    r"immigrunts?", r"white trash",
    r"(?:typical|common|nothing but an?|just an?|bunch of|too many|every|filthy|dirty) queers?", r"queers? like you",
)  # fmt: skip
#: Words that are slurs but also something else, or worn with pride.
_HARMLESS = (
    r"garden hoes?", r"(?:tool|shed|soil|dig|weed|plants?)\b.{0,30}\bhoes?",
    r"hoes?\b.{0,30}\b(?:tool|shed|soil|shovel|garden|dig)",
    r"bitch(?:es)?\b.{0,60}\b(?:vet|bark\w*|dogs|pupp(?:y|ies)|litter|breed\w*|dog)",
    r"(?:vet|breeding|pregnant|dog)\b.{0,40}\bbitch",
    r"faggots?\b.{0,60}\b(?:sticks?|fuel|gravy|delicious|cooked|meatballs?|peas)",
    r"(?:bundle|fire|cook\w*|ate|eat|butcher)\b.{0,40}\bfaggots?",
    r"faggots?\b.{0,20}\bbutcher", r"(?:smok\w*|packs?|packet|cigarette|light|lit)\b.{0,20}\bfags?",
    r"fags?\b.{0,24}\b(?:mouth|lungs|smok\w*)",
    r"(?:buil[dt]\w*|flood\w*|sea|water|river|walk)\b.{0,40}\bdykes?",
    r"dykes?\b.{0,60}\b(?:flood\w*|sea|water|walls?|river|beach)",
    r"queers? (?:feeling|sensation|smell|noise|theory|studies|rights|history|community|culture|folk|eye|people|art)",
    r"(?:bit|rather|quite|felt|feel|feeling|seem\w*|very) (?:\w+ )?queer",
    r"(?:proud|happy|lucky) (?:to be )?(?:an? )?\w*(?:fags?|faggots?|dykes?|queers?|bitch)",
    r"(?:i'm|i am|we're|we are|us|me|my|fellow|being|like me|like us|real|realest|bad|"
    r"baddest)\b[^.!?]{0,24}\b(?:fags?|faggots?|dykes?|niggas?|queers?|bitch(?:es)?|hoes?)",
    r"(?:fags?|faggots?|dykes?|niggas?|queers?|bitch(?:es)?) (?:like (?:me|us|myself)|and proud|pride|"
    r"who (?:are )?proud)",
    r"son of a bitch", r"bitch(?:ed|ing)? about", r"life'?s a bitch",
)  # fmt: skip
HARMLESS_SLUR = re.compile("|".join(rf"(?<!\w)(?:{one})(?!\w)" for one in _HARMLESS))

#: What is said of people to make them less than people, or contemptible.
DEGRADING = words(
    r"scum(?:bags?)?", r"vermin", r"trash", r"garbage", r"filth(?:y|iest)?", r"parasites?", r"pests?", r"plague",
    r"cockroach(?:es)?", r"leeches",
    r"sub-?human(?:s)?", r"(?:not|barely|hardly) (?:even )?human",
    r"(?:lesser|inferior|second-class|lower) (?:beings?|creatures?|people|race)?",
    r"waste of (?:space|oxygen|air)", r"worthless", r"useless", r"pathetic", r"disgusting", r"disgusts?",
    r"repulsive",
    r"repugnant", r"revolting", r"despicable", r"vile", r"sickening", r"stupid(?:er|est)?", r"dumb(?:er|est)?",
    r"brainless",
    r"ignorant", r"braindead", r"mindless", r"ugly",
    r"dishonest", r"liars?", r"lazy", r"infest\w*", r"swarms? of", r"abominations?",
    r"freaks?", r"degenerates?", r"creeps?", r"losers?", r"less (?:intelligent|human|worthy) than", r"no better than",
    r"worth (?:absolutely )?nothing", r"aren't worth \w+", r"a threat to", r"everything (?:that is |that's )?wrong",
)  # fmt: skip
_SAID = r"(?:are|is|be|being|were|like|than|as|such|so|that|act like|nothing but)(?: (?!not )\w+){0,3}? "
#: The same with words that mostly mean something else: said of people, and right before.
LESSENING = words(
    _SAID + r"(?:cancer|diseases?|dirt|violent|cruel|evil|savages?|barbaric|primitive|animals|dogs?|rats|pigs|monkeys"
    r"|apes|criminals|terrorists|uncivili[sz]ed|a danger|filthy)",
)
#: What stands shortly before such a word where it is said of somebody.
SAID_OF = words(
    r"are", r"is", r"be", r"being", r"were", r"was", r"like", r"such", r"so", r"that", r"than", r"as", r"just",
    r"nothing", r"these", r"those", r"female", r"you", r"find", r"act", r"how", r"of", r"\w+'re", r"\w+'s",
    r"aren't", r"still", r"for",
)  # fmt: skip
#: Insults that need no more than someone to be aimed at.
INSULT = words(
    r"morons?", r"moronic", r"idiots?", r"idiotic", r"imbeciles?", r"dumb ?(?:ass|fuck|shit)(?:es|s)?",
    r"ass(?:hole|wipe|clown|hat)s?",
    r"a-?holes?", r"azzholes?", r"arseholes?", r"dick(?:head|wad)s?",
    r"(?:a|an|annoying|complete|such|total|you|little) (?:\w+ )?pricks?", r"twats?", r"wankers?", r"tossers?",
    r"douche(?:bag)?s?",
    r"scumbags?", r"scumfuck\w*", r"shit(?:head|bag|stain)s?", r"dipshits?", r"fuck(?:er|wad|face|tard|wit|stick)s?",
    r"mother ?fuckers?", r"bastards?", r"jackass(?:es)?", r"buffoons?",
    r"(?:you|these|those|this|bunch of|what an?|incompetent|stupid) clowns?", r"cretins?", r"halfwits?", r"loonies",
    r"psychos?", r"lunatics?", r"pos", r"piece of (?:shit|crap|garbage|trash)", r"pervert(?:s|ed)?",
    r"p(?:a)?edo(?:phile)?s?",
    r"bimbos?", r"skanks?", r"crybab(?:y|ies)", r"sissy", r"pussy", r"traitors?", r"brain ?washed",
    r"\w*(?:lib|trump|dem|con|repub|fuck)tards?", r"lib(?:fuk|cunt)s?", r"dem[oe]craps?", r"dumocrat\w*",
    r"rethuglicans?",
    r"fuck (?:you|u|ya|him|her|them|'?em|your|off|joe|trump|biden|the (?:police|cops|gop|dems)|these|those|"
    r"this (?:guy|man|woman|bitch))",
    r"f(?:u|k)? (?:you|u|them|him|her)(?: all)?", r"go fuck \w+", r"fjb", r"let'?s go brandon", r"[sg]tfu?o?", r"gfy",
    r"kys", r"airheads?", r"sob",
    r"dim ?fucks?", r"dum(?:b)? ?shits?", r"terdbucket", r"libturds?", r"repuke?s?", r"repuklicans?", r"magats?",
    r"commies?", r"nitwits?", r"nutcases?",
    r"(?:special|new) kind of stupid", r"rot in hell", r"(?:roast|burn) in hell", r"piece of dung", r"rapists?",
    r"low ?life", r"hypocrites?",
    r"brain ?dead", r"demented", r"senile", r"mentally (?:ill|deranged)", r"fucked in the head", r"full of shit",
)  # fmt: skip
#: Feelings of hatred, as verbs and nouns.
HATRED = words(
    r"hate(?:s|d)?", r"hatred", r"despis(?:e|es|ed)", r"loath(?:e|es|ed|ing)", r"detest(?:s|ed)?", r"abhors?",
    r"scorn",
    r"contempt", r"can(?:'t| ?not) (?:stand|bear)", r"sick of", r"fed up with",
    r"makes? me (?:so )?(?:sick|angry|puke|vomit)",
    r"disgusted (?:by|at|with)", r"disdain", r"(?:so much|full of|with) (?:rage|anger|hate)", r"furious",
    r"the (?:absolute )?worst",
    r"pissed off (?:by|at|with)", r"nothing worse than", r"like less than",
    r"fuck(?: off)?(?: all| the| every| these| those| any)?",
    r"fuck off", r"screw (?:you|them|him|her)", r"get the fuck out", r"piss off",
    r"should (?:\w+ )?(?:fuck off|shut)",
)  # fmt: skip
_HARM = (
    r"kill(?:s|ed|ing)?|murder(?:s|ed|ing)?|slaughter(?:s|ed|ing)?|exterminat\w+|eradicat\w+|annihilat\w+|"
    r"wipe[ds]? out"
    r"|shoot(?:ing)?|shot|stab(?:bed|bing)?|hang(?:ed|ing)?|hung|gas(?:sed|sing)?|burn(?:ed|t|ing)?|drown(?:ed|ing)?"
    r"|strangle[ds]?|strangling|behead(?:ed|ing)?|lynch(?:ed|ing)?|rap(?:e|ed|es|ing)|tortur(?:e|ed|ing)|"
    r"execut(?:e|ed|ing)"
    r"|castrat\w+|castorate|flay(?:ed)?|hurt|beat(?:en)?(?: up)?|punch(?:ed)?|snap (?:his|her|their|your) necks?"
    r"|cut (?:his|her|their|your|these|those) [\w' ]{0,24}throats?|throats? cut|die|dead|suffer|get rid of|"
    r"put an end to"
    r"|locked up|put down|deport(?:ed)?|expelled|caged?|cages|disappear"
)
#: A wish, a plan or a demand that people be harmed.
THREAT = words(
    rf"(?:should|ought to|must|need to|needs to|deserves? to|want(?:s)? to|wanna|will|'ll|shall|going to|"
    rf"gonna|let's|let us"
    rf"|love to|like to|have to|able to|hope(?:s|fully)?|wish(?:ing)?|would|better|best to|if only|"
    rf"how about we|why don't we|what if we|we)"
    rf"(?:\s[\w',]+){{0,8}}? (?:{_HARM})",
    r"i(?:'ll| will| am going to| want to| would| could) [\w ]{0,24}(?:" + _HARM + ")",
    r"death to", r"deserves? (?:to )?(?:die|suffer\w*|death|be (?:\w+ )?(?:" + _HARM + "))",
    r"kill (?:yourself|urself|all|every|them)",
    r"better off (?:without|dead|if)",
    r"(?:" + _HARM + r") (?:all|every|each|any|those|these|the next)(?: \w+){0,3}? ?(?:people)?",
    r"(?:raping|murdering|killing) an? [\w ]{3,24} like you", r"start (?:shooting|killing)",
    r"(?:attack|bomb|nuke) (?:only|all|every|them|those)", r"die at my hands",
)  # fmt: skip
#: Rights, worth or a place denied.
EXCLUSION = words(
    r"(?:do|does|did|should|can|could|will|would)(?: ?n[o']t|n't| never) (?:\w+ )?(?:matter|belong|"
    r"deserve(?! to (?:be|die|suffer))|count|have (?:any )?(?:rights|place|worth)|apply|be allowed|exist)",
    r"(?:is|are|was|were)(?: not|n't| never) (?:\w+ )?(?:human|people|welcome|"
    r"worth(?! any less)(?:y of living)?|our equals?)",
    r"no (?:place|space|room|right|compassion|respect|sympathy)\b.{0,40}\bfor",
    r"have no (?:place|right|business|rights|value)", r"never (?:\w+ )?(?:attractive|intelligent)", r"not let any",
    r"not be important", r"can ever be a valuable",
    r"never (?:be as (?:smart|good|intelligent)|lift a finger|help|save|respect)",
    r"belongs? (?:in|at) (?:a |the )?(?:zoo|cage|kitchen|jail|prison|jungle)",
    r"go back to (?:your|where|africa|china|mexico)",
    r"(?:ban|deport|expel|sterili[sz]e|cage) (?:all|every|them|those|these)",
    r"should be banned", r"biggest mistake", r"care (?:more about|even the slightest)",
    r"ruin(?:ing|ed|s)? (?:our|this|the)",
    r"taking over (?:our|this|the)", r"out of (?:our|this|my) (?:country|town|street|school)",
)  # fmt: skip
#: Aimed at a person or people, named or not.
AIMED = words(
    r"you(?:'re|r|rs)?", r"ya'?ll", r"u", r"ur", r"y'all", r"he(?:'s)?", r"she(?:'s)?", r"they(?:'re)?", r"him",
    r"her", r"them",
    r"his", r"their", r"this (?:man|woman|guy|lady|clown|idiot|dude)", r"th(?:is|ese|ose) \w+", r"people", r"guy",
    r"dude", r"man", r"woman",
    r"all", r"democrats?", r"republicans?", r"liberals?", r"conservatives?", r"politicians?", r"president",
    r"government",
    r"cops?", r"police", r"biden", r"trump", r"media",
)  # fmt: skip
#: A person, not a thing, at whom a threat can be aimed.
PERSON = words(
    r"you", r"u", r"ya", r"him", r"her", r"he", r"she", r"people", r"yourselves", r"yourself", r"urself",
    r"politicians?",
)  # fmt: skip
#: Whom hatred names right after its verb.
OBJECT = words(r"you", r"u", r"him", r"her", r"them")
#: The speaker, speaking of themselves.
MYSELF = words(r"i(?:'m|'ve|'ll|'d)?", r"me", r"myself", r"my", r"we(?:'re|'ve|'ll|'d)?", r"our", r"us")
#: Negations that deny nothing.
IDIOMS = words(
    r"no one else", r"nothing but", r"can't (?:stop|help) \w+", r"without (?:a doubt|exception)", r"no doubt",
    r"not only", r"(?:do not|don't) forget",
    r"is it not", r"isn't it", r"why don't (?:we|you)", r"(?:do|does|did) people (?:really )?not",
    r"do people really not", r"how is it not", r"not surprised",
    r"if you don't mind", r"don't know why", r"once and for all", r"if they weren't", r"don't have anything against",
    r"not the only",
)  # fmt: skip
#: Questions that are statements.
RHETORICAL = words(
    r"where is the (?:mistake|error|problem|harm)", r"what(?:'s| is) (?:wrong|the problem|the mistake)",
    r"am i wrong", r"is it (?:wrong|not|easy|so hard)",
    r"isn't it", r"why (?:is it|do people not|don't|can't)", r"what if", r"how about", r"when will", r"how is it not",
    r"do people really",
)  # fmt: skip
#: Speaking of a person as something.
CALLED = words(
    r"(?:you(?:'re| are| r)?|your|u|ur|he(?:'s| is)|she(?:'s| is)|they(?:'re| are)|y'all are|ya'll are|"
    r"these people are|them)(?: \w+){0,4}?",
)
NEGATED = words(
    r"not", r"\w+n't", r"never", r"no(?: one|body)?", r"without", r"cannot", r"stop", r"against", r"neither", r"nor",
)  # fmt: skip
#: Talk about hostility that stands against it: who reports, condemns or forbids it.
CONDEMNS = words(
    r"(?:say|write|claim|think|tweet|post)(?:s|ing)?\b.{0,80}\b(?:shows?|is|makes?|you|people|will|hurts?)",
    r"(?:saying|calling|telling|threatening|wishing|suggesting|thinking|posting|writing|treat(?:s|ing)?|"
    r"claiming|believing)",
    r"call(?:s|ed)? (?:me|us|her|him|them|for|\w+)", r"call out",
    r"people (?:who )?(?:say|call|think|believe|hate)\w*",
    r"(?:it's|it is|is|are|so|such|that's) (?:\w+ )?(?:horrible|awful|terrible|wrong|unacceptable|"
    r"disheartening|sad|shameful"
    r"|hurtful|racist|sexist|bigoted|misguided|dehumani[sz]ing|illegal|a crime|hateful|offensive|deeply hurtful)",
    r"jail(?:ed)?", r"prison", r"court", r"report(?:ed|ing)? (?:it|you|him|her|them|this)?", r"not tolerate",
    r"never tolerate", r"no one should",
    r"stop (?:saying|calling|hating)", r"hate (?:speech|crimes?)", r"homophob\w+", r"racis[mt]s?", r"sexis[mt]s?",
    r"misogyn\w+", r"bigot\w*",
    r"it hurts", r"how (?:dare|can|could) (?:you|anyone|people)", r"can't seriously",
    r"not (?:okay|ok|acceptable|right)", r"okay to",
)  # fmt: skip
