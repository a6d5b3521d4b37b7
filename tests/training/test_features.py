import pytest
import torch
from torch.nn import functional as F

from alfs_core.data.synthetic import shapes10
from alfs_core.training.features import CONTRAST_FLOOR, GRID, PATCH, SIZE, STRIDE, Features


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(shapes10(300, 10).x_train)


@pytest.fixture(scope="module")
def features(images):
    return Features(images, torch.Generator().manual_seed(0))


def test_they_are_standardised_on_the_images_they_were_made_for(features, images):
    x = features(images)

    assert x.shape == (300, SIZE)
    torch.testing.assert_close(x.mean(0), torch.zeros(SIZE), atol=1e-3, rtol=0)
    torch.testing.assert_close(x.std(0), torch.ones(SIZE), atol=1e-2, rtol=0)


def test_convolutions_agree_with_the_patches_written_out(features, images):
    """Each patch minus its mean, over its deviation, times a filter; both signs; 3 x 3 averages."""
    some = images[:5]
    rows = F.unfold(some.permute(0, 3, 1, 2).double(), PATCH, stride=STRIDE)
    centred = rows - rows.mean(1, keepdim=True)
    patches = centred / (centred.square().mean(1, keepdim=True) + CONTRAST_FLOOR).sqrt()
    answers = (features.filters.flatten(1).double() @ patches).unflatten(-1, (14, 14))
    both = torch.cat((answers.clamp(min=0), (-answers).clamp(min=0)), 1)
    pooled = F.adaptive_avg_pool2d(both, GRID).flatten(1)

    expected = (pooled - features.mean) / features.deviation
    torch.testing.assert_close(features(some).double(), expected, atol=2e-2, rtol=1e-2)


def test_brightness_does_not_count(features, images):
    dim = images[:20] // 2
    torch.testing.assert_close(features(dim), features(dim + 90), atol=0.05, rtol=0)


def test_the_dictionary_follows_from_the_generator(images, features):
    again = Features(images, torch.Generator().manual_seed(0))
    other = Features(images, torch.Generator().manual_seed(1))

    assert torch.equal(again.filters, features.filters)
    assert not torch.equal(other.filters, features.filters)


def test_flat_images_have_finite_features():
    grey = torch.full((10, 32, 32, 3), 77, dtype=torch.uint8)

    assert torch.isfinite(Features(grey, torch.Generator())(grey)).all()
