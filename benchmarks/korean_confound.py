"""What makes the Korean corpus so easy: the recording, or the sentences?

    python benchmarks/korean_confound.py DATA [--picture FILE.png] [--threads 2]

DATA holds korean_emotional/. A model that knows no test speaker tells its four
emotions apart in 19 of 20 clips. Each row asks what that rests on, by logistic
regression, one speaker left out at a time (mean recall, chance is 25):

| row | what is looked at |
|---|---|
| level, noise floor, duration | one or two numbers of the recording as it is |
| pauses | spectrum of the frames that hold no speech: room, microphone, noise |
| prosody | the eight measures |
| speech | pooled layers of the speech encoder, silence cut off, one level |
| ..., new sentence | the same, and the sentence was heard from nobody else either |

All speakers say the same five sentences an emotion (by the number of their files).
In "emotional-to-emotional" each emotion has sentences of its own, so that whoever
knows the sentence knows the emotion; in "plain-to-emotional" it tells nothing.
For a like amount of training data the other rows leave out another sentence.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from empathia import media
from empathia.bench.gather import gather
from empathia.corpora import korean_emotional
from empathia.encoders.speech import mel_filters

Array = np.ndarray
WINDOW, HOP, SENTENCES = 400, 160, 5
STYLES = ("emotional-to-emotional", "plain-to-emotional")


def recording(samples: Array) -> dict[str, Array]:
    """What a clip tells beside its speech."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), 1) + 1e-12)
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1)) ** 2 @ mel_filters()
    quiet = np.argsort(level)[: max(5, int(np.sum(level < level.max() - 45)))]
    return {
        "level": np.array([level.max(), level[level > level.max() - 35].mean()]),
        "noise floor": np.quantile(level, [0.02, 0.05]),
        "duration": np.array([np.log(len(samples))]),
        "pauses": np.median(10 * np.log10(power[quiet] + 1e-12), 0),
    }


def tables(data: Path, threads: int) -> tuple[dict[str, Array], Array, Array, Array, Array]:
    """Rows by name, and labels, speakers, sentences and styles of all clips."""
    dialogues = korean_emotional.load(data / "korean_emotional", as_heard=True)
    clips = [u for d in dialogues for u in d.utterances]
    found = gather(dialogues, ["prosody", "speech"], threads=threads)
    beside = [recording(np.concatenate([b.samples for b in media.blocks(u.audio)])) for u in clips]
    rows = {k: np.stack([b[k] for b in beside]) for k in beside[0]}
    rows["prosody"] = np.nan_to_num(np.stack([found["prosody"][u.id].values[0] for u in clips]))
    rows["speech"] = np.stack([found["speech"][u.id].values[0, 1:] for u in clips])
    about = [
        (u.gold[0], u.speaker, (int(u.id[3:]) - 1) % 100 % SENTENCES, u.groups["style"])
        for u in clips
    ]
    return rows, *(np.array(x) for x in zip(*about, strict=True))


def recall(x: Array, label: Array, speaker: Array, sentence: Array, *, new: bool) -> float:
    """Mean over speakers of the mean recall of the labels, in percent."""
    said = np.empty_like(label)
    for who in np.unique(speaker):
        for which in range(SENTENCES):
            left_out = which if new else (which + 1) % SENTENCES
            train = (speaker != who) & (sentence != left_out)
            test = (speaker == who) & (sentence == which)
            scale = StandardScaler().fit(x[train])
            model = LogisticRegression(C=1 if x.shape[1] < 100 else 0.01, max_iter=1000)
            said[test] = model.fit(scale.transform(x[train]), label[train]).predict(
                scale.transform(x[test])
            )
    each = [
        np.mean([np.mean(said[(speaker == s) & (label == k)] == k) for k in np.unique(label)])
        for s in np.unique(speaker)
    ]
    return 100 * float(np.mean(each))


def picture(found: dict[str, list[float]], file: Path) -> None:
    """Bars by what was looked at and style, with the line of chance."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    at = np.arange(len(found))
    for k, style in enumerate(STYLES):
        axes.barh(at + 0.2 - 0.4 * k, [v[k] for v in found.values()], 0.38, label=style)
    axes.axvline(25, color="black", linewidth=0.8, linestyle=":")
    axes.set_yticks(at, list(found))
    axes.invert_yaxis()
    axes.set_xlabel("mean recall of four emotions, unknown speaker (%; dotted: chance)")
    axes.legend(frameon=False)
    figure.savefig(file, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    rows, label, speaker, sentence, style = tables(args.data, args.threads)
    found: dict[str, list[float]] = {}
    for name, x in rows.items():
        for new in (False, True) if name in {"prosody", "speech"} else (False,):
            each = [
                recall(x[i], label[i], speaker[i], sentence[i], new=new)
                for i in (style == s for s in STYLES)
            ]
            found[name + (", new sentence" if new else "")] = each
            print(f"{name + (', new sentence' if new else ''):24}", *(f"{v:6.1f}" for v in each))
    if args.picture:
        picture(found, args.picture)


if __name__ == "__main__":
    main()
