"""Whether a small model's reply stays with what was said.

A model of 100 million parameters brings in babies, cars and lawyers that nobody
mentioned. Its words must come from the conversation or from what a listener
says anyway; the reply is refused otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from empathia.replies.lm.polish import words

# Words of a listener, and words that only join others. Content words belong here
# only if they fit whatever was said.
_LISTENER = frozenset(
    """
    a about after again all also always am an and angry annoy annoyed any anything are around as at
    awful bad be because been before being best better bit bother bothered both but by can can't
    challenging come comes concern concerned concerning coped cope coping could could've day deal
    dealing did didn't difficult disappointed disappointing disgusting do does doesn't doing don't
    down else emotional enough even ever everything exciting experience expect expected face facing
    feel feeling feelings feels felt few first for frightening from frustrated frustrating go goes
    going good got great had handle handled happen happened happening happens happy hard hardest
    has have haven't having he hear heard heavy hello help her here him his hope how hurt i i'd i'll
    i'm i've if imagine important in incredible into is isn't it it's its just kind know later
    learn left let like little long look looking lot lots made make makes making matter may maybe me
    mean means mind moment more most much must must've my natural need nervous never news next no
    normal not nothing now of oh okay on one only or other out over overwhelmed overwhelming
    painful part past people perhaps place please proud quite reaction really relief relieved right
    sad scared scary see seem seems share sharing she should shock since situation situations so
    some someone something sometimes sorry sound sounds special still story stressful such sudden
    support sure surprise surprised surprising take tell terrible than thank thanks that that's the
    their them then there these they thing things think thinking this those thought thoughts
    through time to today together told too tough trying turn ugh uncomfortable understand
    understandable unexpected unfair unpleasant unsettling until up upset upsetting us very want
    was wasn't way we well were what what's when where which while who whole why will wish with
    without wonder wonderful wondering word words worried worries worry worst worth would would've
    wow yes yet you you'd you'll you're you've your yourself lonely alone hardest exhausting tiring
    disrespected respected ignored betrayed betrayal lovely delightful fantastic amazing
    congratulations idea opportunity dismissive rude unkind cruel effort milestone
    celebrate achievement accomplishment loss grief miss missing talk talked talking
    """.split()  # noqa: SIM905 - a list of 300 strings reads worse
)
# Further words that listeners use whatever was said (EmpatheticDialogues' training part): a model
# that learnt from people has them, and one that did not goes astray with them.
_PEOPLE = frozenset(
    """
    able absolutely actually age ago agree ah ahead almost already alright annoying another anymore
    anyone anyway appreciate aren't ask avoid aw aww awesome back believe bet big blame break bring
    bummer call cant care careful case certainly chance change check close completely confident
    congrats cool couple course crazy cute damn days definitely deserve didnt different done dont
    during each early easier easy either else embarrassing enjoy enjoyed especially every everyone
    eventually exactly excited extra fair far fast find fine focus forever forget forward full fun
    funny future get gets getting give glad gone gonna goodness gosh gotta gross guess ha hang
    hate heart helpful helps hey honest honestly hopefully horrible huh i'm im impressive instead
    interesting issue jealous keep knows last lately late laugh least leave less lesson life live
    longer lose losing lost love luck lucky many memories might mistakes move myself needs nice
    off often old omg once ones ouch our own perfect plan planned plans play plenty point positive
    prepared pretty problem put quickly ready real realize reason relate relaxing rest rough safe
    said same saw say seen sense serious shame shouldn't show similar smart somewhere soon sort
    start stay stop stress stuff sucks super suppose sweet takes taking terrifying thats there's
    they'll they're times took totally touch treat tried true truly trust try turns uh unfortunately
    usually wait wanted went weren't weird whatever whats whoa win won't works worse wouldn't wrong
    yea yeah yikes new
    """.split()  # noqa: SIM905 - as above
)


def strays(reply: str, spoken: Iterable[str], *, freely: bool = False) -> list[str]:
    """Words of a reply that neither a listener nor the conversation would bring up.

    Args:
        reply: The reply.
        spoken: What was said so far, speakers' names included.
        freely: Listeners have more words: those of a model that learnt from people.
    """
    known = {_stem(w) for text in spoken for w in words(text)}
    own = _LISTENER | _PEOPLE if freely else _LISTENER
    return [w for w in words(reply) if w not in own and _stem(w) not in known]


_CONFUSED = re.compile(
    r"\b(?:i was|i(?:'m| am) not|i (?:don't|didn't|can't|won't)|how (?:can|could) i|to me|for me"
    r"|i hope you (?:didn't|don't)|you(?:'re| are) (?:right|not|so sorry)|how about you)\b",
    re.IGNORECASE,
)


def confused(reply: str) -> bool:
    """Whether a reply tells the listener's story, or denies the speaker's."""
    return bool(_CONFUSED.search(reply.replace("’", "'")))


def _stem(word: str) -> str:
    """Enough of a word that its forms meet: no linguistics, five letters at most."""
    word = word.removesuffix("'s").removesuffix("'")
    for ending in ("ing", "ies", "ed", "es", "s", "y", "e"):
        if len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
    return word[:5] if len(word) > 5 else word
