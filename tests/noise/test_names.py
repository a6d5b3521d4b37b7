"""Labels are called by their number, with a name where the noise says of what data they are."""

import pytest

from alfs_core.noise.names import called, label_names
from alfs_core.noise.transition import KINDS, LabelNoise

NAMED = {"cifar10": "3 cat", "human-worse": "3 cat", "superclass": "3 bear", "symmetric": "3"}


@pytest.mark.parametrize(("kind", "name"), NAMED.items())
def test_a_label_has_its_name_where_it_is_known(kind, name):
    assert called(3, label_names(LabelNoise(kind, 0.4))) == name


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_of_named_data_has_a_name(kind):
    names = label_names(LabelNoise(kind, 0.4))

    assert names is None or KINDS[kind].fits(len(names))
