"""What a page is told that waits for news of a run."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from starlette.requests import Request

from alfs_core.errors import RunError
from alfs_core.losses import LossSpec
from alfs_core.training.history import Histories
from alfs_core.training.runs import RunStore
from pages.common import curves, news
from tests.training.test_history import STARTED
from tests.training.test_store import CONFIG, EPOCH, PROGRESS


class Manager:
    def __init__(self, path):
        self.store = RunStore(path)
        self.histories = Histories(self.store)
        self.get = self.store.get


@pytest.fixture
def store(tmp_path, monkeypatch):
    manager = Manager(tmp_path / "runs.sqlite")
    for module in (news, curves):
        monkeypatch.setattr(module, "manager", lambda: manager)
    monkeypatch.setattr(news, "HOLD", 0.3)
    monkeypatch.setattr(news, "looks", news.Looks())
    yield manager.store
    manager.store.close()


def ask(run, after, **more):
    """The answer to GET /news/{run}?after=..."""
    query = urlencode({"after": after} | more).encode()
    scope = {"type": "http", "path_params": {"run": run}, "query_string": query, "headers": []}
    with ThreadPoolExecutor(1) as apart:  # Playwright's own loop may run in this thread
        return apart.submit(asyncio.run, news.answer(Request(scope))).result()


def number(answer):
    return json.loads(answer.body)["number"]


def test_what_is_newer_is_told_at_once_and_then_no_more(store):
    run = store.create(CONFIG)
    store.append(run, EPOCH)
    told = ask(run, 0)

    assert (told.status_code, number(told)) == (200, store.news(run))
    assert ask(run, store.news(run)).status_code == 204


def test_progress_is_no_news(store):
    run = store.create(CONFIG)
    store.append(run, PROGRESS)

    assert ask(run, 0).status_code == 204


def test_the_other_seeds_of_a_race_are_news_and_other_races_are_not(store):
    first, second = (store.create(CONFIG, group="g") for _ in range(2))
    other = store.create(CONFIG)
    store.append(other, EPOCH)
    assert ask(first, 0).status_code == 204

    store.append(second, EPOCH)
    assert ask(first, 0).status_code == 200


def test_many_who_wait_look_once_at_a_time(store, monkeypatch):
    run, looked = store.create(CONFIG), []
    newest = store.news
    monkeypatch.setattr(store, "news", lambda *asked: looked.append(asked) or newest(*asked))
    monkeypatch.setattr(news, "LOOK", 60.0)

    async def crowd():
        return await asyncio.gather(*(news.looks.newest(run) for _ in range(20)))

    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, crowd()).result() == [0] * 20
    assert len(looked) == 1


def test_only_the_runs_asked_for_last_are_remembered(store, monkeypatch):
    monkeypatch.setattr(news, "KEPT", 3)
    for run in "abcde":
        ask(run, 0)
    assert len(news.looks._seen) == 3


def test_a_run_that_is_not_there_has_no_news(store):
    assert ask("no run", 0).status_code == 204


@pytest.mark.parametrize(
    "question",
    [
        {"after": ""},
        {"after": "soon"},
        {"after": "1.5"},
        {"after": 0, "curves": "no such curve"},
        {"after": 0, "curves": "test accuracy,test accuracy"},
        {"after": 0, "styles": "0,-1"},
        {"after": 0, "styles": "a"},
        {"after": 0, "styles": ",".join(["1"] * 50)},
    ],
)
def test_what_makes_no_sense_is_refused(question):
    assert ask("run", **question).status_code == 400


def test_the_figures_are_those_that_the_page_draws(store):
    losses = tuple(map(LossSpec.of, ("CE", "MAE")))
    run = store.create(replace(CONFIG, losses=losses))
    store.append(run, replace(STARTED, losses=("CE", "MAE"), scales=(1.0, 1.0)))
    store.append(run, EPOCH)
    shown = {"curves": "test accuracy,training loss", "styles": "4,2"}
    first, second = json.loads(ask(run, 0, **shown).body)["figures"]

    race = curves.race_of(curves.members(run), curves.NEWEST)
    drawn = curves.curves_of(race, ("test accuracy", "training loss"), (4, 2))
    for figure, one in zip((first, second), drawn, strict=True):
        assert (figure["key"], figure["alt"]) == (one.key, one.alt)
        assert figure["height"] == one.height
        assert figure["figure"] == json.loads(one.figure.to_json(remove_uids=False))
    assert "CE: 50 % at epoch 1" in first["alt"]


def test_before_the_race_there_is_no_figure(store):
    run = store.create(CONFIG)
    store.append(run, EPOCH)
    assert json.loads(ask(run, 0, curves="test accuracy", styles="0").body)["figures"] == []


def test_an_answer_is_made_once_for_all_who_see_the_same(store, monkeypatch):
    run, made = store.create(CONFIG), []
    monkeypatch.setattr(news.Told, "figures", lambda told: made.append(told) or b"[]")
    same, other = news.Told(run), news.Told(run, curves=("test accuracy",), styles=(0,))

    async def crowd():
        asked = [*(news.looks.answer(same, 7) for _ in range(20)), news.looks.answer(other, 7)]
        return await asyncio.gather(*asked)

    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, crowd()).result() == [b"[]"] * 21
    assert sorted(made, key=lambda told: told.curves) == [same, other]


@pytest.mark.parametrize(
    "told",
    [
        news.Told("abc"),
        news.Told("abc", "3", ("test accuracy", "gradient norm"), (5, 0, 11)),
    ],
)
def test_an_address_asks_for_what_was_meant(told):
    path, _, query = told.url.partition("?")
    assert path == "/news/abc"
    assert news.Told.asked("abc", dict(parse_qsl(query))) == told


def test_a_store_that_cannot_be_read_is_said_so(store, monkeypatch):
    def locked(*_):
        raise RunError("the file of runs is locked")

    monkeypatch.setattr(store, "news", locked)
    assert ask("run", 0).status_code == 503
