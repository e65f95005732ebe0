"""Models of the transformers library: against a plain second way to the same figures."""

from __future__ import annotations

import copy
import json
import re
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_chat import write_model  # noqa: E402
from tiny_gguf import write_gguf  # noqa: E402
from tokenizers.processors import TemplateProcessing  # noqa: E402

from empathia import plugins, weights  # noqa: E402
from empathia.errors import ServerError, UsageError, WeightsError  # noqa: E402
from empathia.lm import hub  # noqa: E402
from empathia.lm.hub import base, chat, lowrank  # noqa: E402
from empathia.lm.hub.tree import Tree, groups, pack  # noqa: E402
from empathia.types import Message, Request  # noqa: E402

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
WORDS = (
    *("how", "does", "anna", "feel", "the", "dog", "ran", "off", "and", "then", "it"),
    *("came", "back", "joy", "very", "sad"),
)
ANSWERS = ("joy", "very sad", "very joy", "the dog")


def test_the_library_is_asked_for_in_a_release_that_has_what_is_used():
    """GgufConfig came with 5.17, and fails at the tokenizer of a GGUF file; 5.18 reads it."""
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    told = " ".join(extras["optional-dependencies"]["train"])
    least = re.search(r"transformers>=(\d+)\.(\d+)", told)
    assert tuple(map(int, least.groups())) >= (5, 18)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("tiny"), WORDS)


@pytest.fixture(scope="module")
def tiny(folder):
    return hub.load(str(folder), 1)


def request(text, *more, **how):
    return Request((Message("system", "how feel"), Message("user", text), *more), **how)


REQUESTS = [
    request("the dog ran off"),
    request("the dog ran off and then it came back"),
    request("anna"),
]


def one_by_one(model, requests, answers):
    """Log likelihoods, each answer by a pass of its own over the plain text."""
    table = np.zeros((len(requests), len(answers)))
    for i, r in enumerate(requests):
        prompt = chat.tokens(model.tokenizer, r.messages)
        for j, a in enumerate(answers):
            ids = [*prompt, *chat.answer(model.tokenizer, a)]
            with torch.no_grad():
                told = model.model(torch.tensor([ids])).logits[0].float().log_softmax(1)
            table[i, j] = sum(float(told[k - 1, ids[k]]) for k in range(len(prompt), len(ids)))
    return table


def test_scores_of_one_pass_are_those_of_a_pass_an_answer(tiny):
    found = tiny.score(REQUESTS, ANSWERS)
    assert found == pytest.approx(one_by_one(tiny, REQUESTS, ANSWERS), abs=0.1)
    assert np.ptp(found, axis=1).min() > 0.5


@pytest.mark.weights
@pytest.mark.slow  # half a minute: transformers unpacks the GGUF file
def test_scores_of_the_pulled_model_are_those_of_a_pass_an_answer_and_of_llama_cpp(tmp_path):
    if weights.state("smollm2") == "missing":
        pytest.skip("weight smollm2 is not pulled")
    labels = ("joy", "sadness", "disgust")
    asked = [request("How do I feel? My dog died."), request("How do I feel? We won!")]
    model = hub.load("smollm2", 1)
    found = model.score(asked, labels)
    assert found == pytest.approx(one_by_one(model, asked, labels), abs=0.1)
    pytest.importorskip("xllamacpp")
    with plugins.load("lm", "local").load("smollm2", 1) as other:
        assert found == pytest.approx(other.score(asked, labels), abs=0.1)
        torch.manual_seed(1)
        made = lowrank.adapt(model.model, 4, 1.0, layers=2)
        for layer in made.values():
            torch.nn.init.normal_(layer.up, std=0.4)
        tuned = model.score(asked, labels)
        assert np.abs(tuned - found).max() > 0.5
        lowrank.save(tmp_path, model.model, "smollm2")
        with other.adapted(tmp_path) as again:
            assert tuned == pytest.approx(again.score(asked, labels), abs=0.1)


def test_a_gguf_file_says_the_same_with_torch_and_without_tuned_and_as_it_is(tmp_path):
    pytest.importorskip("xllamacpp")
    file = str(write_gguf(tmp_path / "tiny.gguf"))
    model, other = hub.load(file, 1), plugins.load("lm", "local").load(file, 1)
    greedy = [request("the dog", temperature=0.0, choices=ANSWERS)]
    with other:
        found = model.score(REQUESTS, ANSWERS)
        assert found == pytest.approx(one_by_one(model, REQUESTS, ANSWERS), abs=1e-3)
        assert found == pytest.approx(other.score(REQUESTS, ANSWERS), abs=0.1)
        assert model.complete(greedy) == other.complete(greedy)
        torch.manual_seed(1)
        for layer in lowrank.adapt(model.model, 4, 1.0).values():
            torch.nn.init.normal_(layer.up, std=0.1)
        tuned = model.score(REQUESTS, ANSWERS)
        assert np.abs(tuned - found).max() > 1
        lowrank.save(tmp_path, model.model, file)
        with other.adapted(tmp_path) as again:
            assert tuned == pytest.approx(again.score(REQUESTS, ANSWERS), abs=0.1)


def test_in_full_precision_a_tree_tells_nothing_from_plain_texts(tiny, folder):
    from transformers import AutoModelForCausalLM

    from empathia.lm.hub.model import logits

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    texts = [[3, 4, 5, 6], [3, 4, 5, 7, 8], [3, 9]]
    packed = pack(texts, [[5], [6, 7]])
    with torch.no_grad():
        found = logits(model, packed)
        for place, told in zip(packed.places, found, strict=True):
            path, at = [], int(place)
            while at >= 0:
                path.insert(0, packed.tree.ids[at])
                at = packed.tree.parents[at]
            alone = model(torch.tensor([path])).logits[0, -1]
            assert torch.allclose(told, alone, atol=1e-4)


texts = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=8), min_size=1, max_size=6)


@settings(max_examples=50)
@given(texts)
def test_each_token_of_a_tree_sees_its_own_text_up_to_itself(texts):
    tree = Tree()
    ways = [tree.add(text) for text in texts]
    sees = tree.mask()
    for text, way in zip(texts, ways, strict=True):
        assert [tree.ids[p] for p in way] == text
        assert [tree.positions[p] for p in way] == list(range(len(text)))
        assert tree.shared(text) == len(text)
        for n, place in enumerate(way):
            assert set(np.flatnonzero(sees[place])) == set(way[: n + 1])
    assert len(tree) == len({tuple(t[: n + 1]) for t in texts for n in range(len(t))})


@given(texts, st.integers(1, 12))
def test_groups_keep_order_and_size(texts, most):
    made = groups(texts, most)
    assert [i for g in made for i in g] == list(range(len(texts)))
    for some in (g for g in made if len(g) > 1):
        tree = Tree()
        for i in some:
            tree.add(texts[i])
        assert len(tree) <= most


def test_an_answer_is_the_likeliest_tokens_until_its_end_or_a_stop(tiny):
    plain = request("anna", max_tokens=5, temperature=0.0)
    (whole,) = tiny.complete([plain])
    ids = torch.tensor([chat.tokens(tiny.tokenizer, plain.messages)])
    expected = []
    for _ in range(5):
        token = int(tiny.model(ids).logits[0, -1].argmax())
        if token == tiny.tokenizer.eos_token_id:
            break
        expected.append(token)
        ids = torch.cat([ids, torch.tensor([[token]])], 1)
    assert whole == tiny.tokenizer.decode(expected, skip_special_tokens=True)
    second = whole.split()[1]
    (cut,) = tiny.complete([request("anna", max_tokens=5, temperature=0.0, stop=(second,))])
    assert cut == whole[: whole.index(second)]
    for stop in (" ".join(whole.split()[1:3]), f"{second} none"):  # two tokens; only begun
        pieces = tiny.stream(request("anna", max_tokens=5, temperature=0.0, stop=(stop,)))
        assert "".join(pieces) == (whole.partition(stop)[0])


def test_of_the_likeliest_one_or_of_a_small_share_nothing_is_drawn(tiny):
    def said(**how):
        return tiny.complete([request("anna", max_tokens=6, seed=s, **how) for s in range(6)])

    likeliest = said(temperature=0.0)
    assert said(temperature=9.0, top_k=1) == said(temperature=9.0, top_p=1e-3) == likeliest
    assert said(temperature=9.0) != likeliest


def test_prompts_that_begin_alike_are_read_in_one_pass(tiny):
    passes = []
    hook = tiny.model.register_forward_hook(lambda *_: passes.append(1))
    tiny.score(REQUESTS, ANSWERS)
    hook.remove()
    assert len(passes) == 1
    assert groups([[1, 2, 3, 4], [1, 2, 3, 5], [1, 9], [8, 8], [8, 7, 7, 7]], 99) == [
        [0, 1, 2],
        [3],
        [4],
    ]


def test_an_answer_is_one_of_the_choices_whole(tiny):
    choices = ("very sad", "very", "the dog ran off", "joy")
    asked = [
        request(text, max_tokens=1, temperature=t, seed=s, choices=choices)
        for text in ("anna", "the dog ran off and")
        for t, s in ((0.0, 1), (3.0, 2), (3.0, 3), (3.0, 4))
    ]
    said = tiny.complete(asked)
    assert set(said) <= set(choices)
    assert len(set(said)) > 1
    alone = request("anna", temperature=0.0, choices=("the", "joy", "anna"))
    best = tiny.score([alone], alone.choices)[0].argmax()
    assert tiny.complete([alone]) == [alone.choices[best]]
    strange = "Zoë, who?"  # in letters that the model has no token of
    assert tiny.complete([request("anna", choices=(strange,), stop=("who",))]) == [strange]
    assert tiny.complete([request("anna", choices=("",))]) == [""]


def test_drawn_answers_depend_on_the_seed_alone(tiny):
    asked = [request("anna", max_tokens=6, temperature=2.0, seed=s) for s in range(6)]
    answers = tiny.complete(asked)
    assert tiny.complete(asked) == answers
    assert len(set(answers)) > 1


def test_a_begun_answer_is_gone_on_with(tiny):
    begun = request("anna", Message("assistant", "very"))
    text = chat.rendered(tiny.tokenizer, begun.messages)
    assert text.rstrip().endswith("assistant very")


def test_without_a_chat_template_texts_stand_one_after_the_other(tiny):
    bare = copy.copy(tiny.tokenizer)
    bare.chat_template = None
    assert chat.rendered(bare, REQUESTS[2].messages) == "how feel\n\nanna\n"
    assert chat.rendered(bare, [*REQUESTS[2].messages, Message("assistant", "joy")]) == (
        "how feel\n\nanna\njoy"
    )


def test_what_begins_a_text_comes_first_unless_a_template_writes_it(tiny):
    begun = copy.deepcopy(tiny.tokenizer)
    begun.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_end|> $A", special_tokens=[("<|im_end|>", begun.eos_token_id)]
    )
    messages = REQUESTS[2].messages
    assert chat.tokens(begun, messages) == chat.tokens(tiny.tokenizer, messages)
    assert chat.answer(begun, "joy") == chat.answer(tiny.tokenizer, "joy")
    begun.chat_template = None
    assert chat.tokens(begun, messages)[0] == begun.eos_token_id


def test_where_a_template_knows_no_system_message_its_text_begins_the_first(tiny):
    strict = copy.copy(tiny.tokenizer)
    refuse = "{% if m['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    strict.chat_template = (
        "{% for m in messages %}" + refuse + "[{{ m['role'] }}: {{ m['content'] }}]{% endfor %}"
    )
    assert chat.rendered(strict, REQUESTS[2].messages) == "[user: how feel\n\nanna]"


def test_what_cannot_be_asked_is_told(tiny):
    with pytest.raises(UsageError, match="empty answer"):
        tiny.score(REQUESTS, [""])
    with pytest.raises(ServerError, match="fit"):
        tiny.complete([request("anna " * 3000)])


def test_what_may_be_answered_has_to_fit_beside_what_is_asked(tiny):
    begun = len(chat.tokens(tiny.tokenizer, request("").messages))
    full = "anna " * (tiny.model.config.max_position_embeddings - begun - 2)
    long = "joy joy joy"
    assert np.isfinite(tiny.score([request(full, max_tokens=99)], ["very sad"])).all()
    assert tiny.complete([request(full, max_tokens=99, choices=("very sad",))]) == ["very sad"]
    for ask in (
        lambda: tiny.score([request(full)], ["joy", long]),
        lambda: tiny.complete([request(full, max_tokens=1, choices=("joy", long))]),
        lambda: tiny.complete([request(full, max_tokens=3)]),
    ):
        with pytest.raises(ServerError, match="up to 3 answered"):
            ask()


def test_a_model_that_computes_no_numbers_is_told(tiny):
    broken = copy.deepcopy(tiny.model)
    torch.nn.init.constant_(broken.lm_head.weight, torch.nan)
    model = hub.model.HubModel(broken, tiny.tokenizer, "broken")
    for ask in (
        lambda: model.score(REQUESTS, ANSWERS),
        lambda: model.complete([request("anna", temperature=0.0)]),
        lambda: model.complete([request("anna", choices=ANSWERS)]),
    ):
        with pytest.raises(ServerError, match="'broken' did not answer: what"):
            ask()


def test_a_model_that_is_too_large_is_refused_before_it_is_loaded(folder, tmp_path):
    needed = base.size(folder)
    assert needed == (folder / "model.safetensors").stat().st_size
    with pytest.raises(WeightsError, match=r"needs about 14\.0 GB of memory, 2\.0 GB are free"):
        base.check_size("large", 14_000_000_000, 2_000_000_000)
    base.check_size("any", needed, None)
    (tmp_path / "packed.gguf").write_bytes(b"x" * 100)
    assert base.size(tmp_path / "packed.gguf") == 400  # as it is unpacked
    for name in ("model-00001-of-00002", "model-00002-of-00002", "consolidated"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"x" * 10)
    assert base.size(tmp_path) == 20


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("tokenizer", None, "its tokenizer"),
        ("tokenizer.json", b"{", "its tokenizer"),
        ("config.json", b"{", "config.json"),
        ("model.safetensors", None, "no file named model.safetensors"),
        ("model.safetensors", b"cut off", "cannot load the language model"),
    ],
)
def test_a_folder_that_lacks_a_part_is_told(tmp_path, folder, file, content, told):
    for part in folder.iterdir():
        if not part.name.startswith(file):
            (tmp_path / part.name).write_bytes(part.read_bytes())
    if content is not None:
        (tmp_path / file).write_bytes(content)
    elif file == "model.safetensors":  # may hold code
        (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(WeightsError, match=told):
        hub.load(str(tmp_path))


def test_arrays_that_are_missing_are_not_drawn_by_chance(tmp_path, folder):
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    arrays = load_file(folder / "model.safetensors")
    del arrays["model.layers.1.mlp.up_proj.weight"]
    save_file(arrays, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(WeightsError, match=r"lacks 1 arrays, such as model\.layers\.1\.mlp\.up"):
        hub.load(str(tmp_path))


def test_names_that_lead_nowhere_are_told_and_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="nothing is downloaded unasked"):
        hub.load("nobody/has-this")
    with pytest.raises(WeightsError, match="there is no file"):
        hub.load(str(tmp_path / "none.gguf"))
    (tmp_path / "odd.gguf").write_bytes(b"GGUFodd")
    with pytest.raises(WeightsError, match="cannot load the language model"):
        hub.load(str(tmp_path / "odd.gguf"))


@pytest.mark.parametrize(
    ("targets", "layers", "count"), [("all", 0, 14), ("all", 1, 7), ("qkv", 0, 6), ("qkv", 1, 3)]
)
def test_adapters_are_put_where_they_are_wanted_and_read_again(
    folder, tmp_path, targets, layers, count
):
    model, tokenizer = base.base_model(str(folder), exact=True)
    plain = hub.model.HubModel(model.eval(), tokenizer, "plain").score(REQUESTS, ANSWERS)
    torch.manual_seed(1)
    made = lowrank.adapt(model, 2, 2.0, dropout=0.5, targets=targets, layers=layers)
    assert len(made) == count
    assert all(".1." in name for name in made) or not layers
    for layer in made.values():
        torch.nn.init.normal_(layer.up)
    model.eval()
    tuned = hub.model.HubModel(model, tokenizer, "tuned").score(REQUESTS, ANSWERS)
    assert np.abs(tuned - plain).max() > 0.1
    lowrank.save(tmp_path / "kept", model, str(folder))
    config = json.loads((tmp_path / "kept" / "adapter_config.json").read_text())
    assert config["lora_dropout"] == 0.5
    assert config.get("layers_to_transform") == ([1] if layers else None)
    again = hub.load(str(tmp_path / "kept"))
    assert again.score(REQUESTS, ANSWERS) == pytest.approx(tuned, abs=0.1)


def test_adapters_of_another_model_are_refused(folder, tmp_path):
    model, _ = base.base_model(str(folder))
    lowrank.adapt(model, 2, 2.0)
    lowrank.save(tmp_path, model, str(folder))
    other, _ = base.base_model(str(folder))
    del other.model.layers[1]
    with pytest.raises(WeightsError, match="cannot read an adapter"):
        lowrank.add(other, tmp_path)
    with pytest.raises(UsageError, match="no linear layers"):
        lowrank.adapt(torch.nn.Sequential(torch.nn.Linear(2, 2)), 1, 1.0, targets="qkv")
