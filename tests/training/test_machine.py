import json
import logging
import sys
from dataclasses import asdict

import pytest
import torch

from alfs_core.errors import RunError
from alfs_core.training import machine
from alfs_core.training.devices import Device, DeviceList
from alfs_core.training.machine import CPU, DeviceFailure, choose_device, leaving

TWO = [Device("cuda:0", "first"), Device("cuda:1", "second"), Device("cpu", "CPU")]
APPLE = [Device("mps", "Apple GPU"), Device("cpu", "CPU")]


@pytest.mark.parametrize(
    ("found", "wanted", "chosen"),
    [
        (TWO, "auto", "cuda:0"),
        (TWO, "cuda", "cuda:0"),
        (TWO, "cuda:1", "cuda:1"),
        (TWO, "cpu", "cpu"),
        (APPLE, "auto", "cpu"),
        (APPLE, "mps", "mps"),
        (TWO[2:], "auto", "cpu"),
    ],
)
def test_the_wanted_device_is_chosen(found, wanted, chosen, monkeypatch):
    monkeypatch.setattr(machine, "devices", lambda: found)

    assert choose_device(wanted) == torch.device(chosen)


@pytest.mark.parametrize(
    ("found", "wanted", "words"),
    [
        (TWO, "cuda:2", "device = cuda:2: no CUDA device 2 is found"),
        (APPLE, "cuda", "device = cuda: no CUDA device is found"),
        (TWO, "mps", "device = mps: no Apple GPU is found"),
    ],
)
def test_a_device_that_is_not_there_is_named(found, wanted, words, monkeypatch):
    monkeypatch.setattr(machine, "devices", lambda: found)

    with pytest.raises(RunError, match=words):
        choose_device(wanted)


def test_cuda_devices_are_listed_with_their_names(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda n: f"card {n}")

    found = machine.devices()

    assert found[:2] == [Device("cuda:0", "card 0"), Device("cuda:1", "card 1")]
    assert found[-1].name == "cpu"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried"), "The memory of the device cuda:0 is"),
        (RuntimeError("MPS backend out of memory"), "The memory of the device"),
        (RuntimeError("CUDA error: unspecified launch failure.\nmore"), "unspecified launch fail"),
        (NotImplementedError("aten::x is not implemented for MPS"), "not implemented for MPS"),
        (TypeError("MPS has no float64"), "MPS has no float64"),
    ],
)
def test_an_error_of_a_device_can_be_left_behind(error, words):
    with pytest.raises(DeviceFailure, match=words), leaving(torch.device("cuda:0")):
        raise error


@pytest.mark.parametrize("error", [RunError("x"), FloatingPointError("x"), KeyError("x")])
def test_other_errors_stay_what_they_are(error):
    with pytest.raises(type(error)), leaving(torch.device("cuda:0")):
        raise error


def test_the_cpu_has_nothing_to_be_left_for():
    with pytest.raises(RuntimeError, match="of the test"), leaving(CPU):
        raise RuntimeError("of the test")


def answer(text: str) -> DeviceList:
    return DeviceList((sys.executable, "-c", f"print({text!r})"))


def test_the_list_is_that_of_the_process_that_was_asked():
    found = answer(json.dumps([asdict(device) for device in TWO]))

    assert found.wait(30) == tuple(TWO)


@pytest.mark.parametrize("text", ["nonsense", "[1]", '[{"colour": "red"}]', "{}", "[]"])
def test_without_an_answer_there_is_the_cpu(text, caplog):
    with caplog.at_level(logging.CRITICAL):
        assert [device.name for device in answer(text).wait(30)] == ["cpu"]


def test_a_process_that_fails_leaves_the_cpu(caplog):
    missing = DeviceList(("no such program",))

    assert [device.name for device in missing.wait(30)] == ["cpu"]


def test_this_machine_answers():
    assert DeviceList().wait(120)[-1].title.startswith("CPU")
