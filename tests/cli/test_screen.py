"""What stands in a log where there is no terminal to draw on."""

from __future__ import annotations

from empathia.cli._screen import bar


def test_each_place_and_each_epoch_is_told_once(capsys):
    with bar("steps", lasting=True) as progress:
        progress("1/2 seed 1 fold a", 0, 1)
        for step in range(8):
            progress(f"1/2 seed 1 fold a: epoch {step // 4 + 1}/2, {step} tokens/s", step, 8)
        progress("2/2 seed 2 fold a: epoch 2/2, best .5", 6, None)  # it goes on there
    assert capsys.readouterr().err.splitlines() == [
        "1/2 seed 1 fold a",
        "1/2 seed 1 fold a: epoch 1/2, 0 tokens/s (0 of 8 steps)",
        "1/2 seed 1 fold a: epoch 2/2, 4 tokens/s (4 of 8 steps)",
        "2/2 seed 2 fold a: epoch 2/2, best .5",
    ]
