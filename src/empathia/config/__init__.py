"""Run files: a TOML that says all about one training, as frozen dataclasses.

    name = "text-default"
    seed = 1
    about = "One line for people."

    [data]
    corpora = ["goemotions"]     # plug-ins of empathia.corpora; read from DATA/<corpus>/
    labels = "ekman7"

    [data.options.table]         # options of a corpus's load()
    folder = "iemocap"           # ... and where it lies below DATA

    [labels]                     # an own set: label = what corpora call it; others are dropped
    low = ["sadness", "fear"]
    high = ["joy"]

    [features]                   # modality = features; "extractor" or "extractor:variant"
    text = ["text:minilm"]       # [] for the words alone
    voice = ["prosody"]

    [normalise]                  # feature = kind; fitted on the training part
    prosody = "speaker"

    [model]
    recogniser = "text"          # plug-in of empathia.emotion; the other keys are its own
    dropout = 0.1
    # or: generator = "lm"       # plug-in of empathia.replies that learns; no labels are needed
    # or: predictor = "fusion"   # plug-in of empathia.reaction

    [reaction]                   # what a predictor foretells of the other's next utterance
    targets = ["prosody"]        # [] for the emotion alone
    when = "after"               # or "while" the other speaks: features of who listens

    [training]
    epochs = 6
    select = "macro_f1"          # validation metric; more is better

``base = "other.toml"`` takes what is not said from another run file beside it; ``[features]``,
``[labels]``, ``[normalise]`` and a ``[model]`` that names a recogniser replace the other's. A key
that nobody knows is an error: a typing mistake must not train something else.
"""

from __future__ import annotations

from empathia.config.options import Options, checked_options, complete
from empathia.config.parts import DataPart, ModelPart, ReactionPart, Run, TrainingPart
from empathia.config.reading import read_run
from empathia.config.rules import PORTION, SHARE, Rule, at_least, more_than, one_of

__all__ = [
    "PORTION",
    "SHARE",
    "DataPart",
    "ModelPart",
    "Options",
    "ReactionPart",
    "Rule",
    "Run",
    "TrainingPart",
    "at_least",
    "checked_options",
    "complete",
    "more_than",
    "one_of",
    "read_run",
]
