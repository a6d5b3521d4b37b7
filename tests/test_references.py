"""The bibliography: complete entries, unique, printable."""

import re

import pytest

from alfs_core.losses import LOSSES
from alfs_core.references import REFERENCES, named


@pytest.mark.parametrize("key", REFERENCES)
def test_entries(key):
    entry = REFERENCES[key]

    assert entry.key == key
    assert key.endswith(str(entry.year))
    assert entry.authors[0].split()[-1].lower() == re.sub(r"\d+", "", key)
    assert all("," not in author for author in entry.authors)
    assert not entry.arxiv or re.fullmatch(r"\d{4}\.\d{4,5}", entry.arxiv)
    assert entry.arxiv not in entry.venue or not entry.arxiv
    assert entry.text.startswith(entry.authors[0])


def test_identifiers_are_not_shared():
    for field in ("arxiv", "doi", "title"):
        known = [value for entry in REFERENCES.values() if (value := getattr(entry, field))]
        assert len(known) == len(set(known))


def test_every_source_is_listed():
    assert {entry.source for entry in LOSSES.values()} <= set(REFERENCES)


def test_short_names():
    assert REFERENCES["zhou2021"].short == "Zhou et al. 2021"
    assert REFERENCES["zhang2018"].short == "Zhang and Sabuncu 2018"
    assert REFERENCES["brier1950"].short == "Brier 1950"


def test_bibtex():
    assert REFERENCES["ghosh2017"].bibtex == (
        "@inproceedings{ghosh2017,\n"
        "  author = {Aritra Ghosh and Himanshu Kumar and P. S. Sastry},\n"
        "  title = {{Robust Loss Functions under Label Noise for Deep Neural Networks}},\n"
        "  booktitle = {AAAI Conference on Artificial Intelligence},\n"
        "  year = {2017},\n"
        "  eprint = {1712.09482},\n"
        "  archiveprefix = {arXiv},\n"
        "}"
    )
    assert REFERENCES["zhou2023"].bibtex.startswith("@article")
    assert REFERENCES["zhou2023"].url == "https://doi.org/10.1109/TPAMI.2023.3236459"
    assert REFERENCES["good1952"].url == ""


@pytest.mark.parametrize("key", REFERENCES)
def test_a_text_names_a_paper_by_its_authors_and_year(key):
    short = REFERENCES[key].short
    authors, _, year = short.rpartition(" ")

    assert named(f"as in {short}.") == named(f"{authors} ({year}) say so") == (key,)
    assert named(f"{authors} say so") == ()
