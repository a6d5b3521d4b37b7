import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.training.augmentation import PAD, TURN, crop_and_flip, draw, moved, turn


def images(count: int = 20) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 32, 32, 3), dtype=torch.uint8, generator=generator)


def slowly(image: torch.Tensor, down: int, right: int, flipped: int) -> torch.Tensor:
    """One image, pixel by pixel: what a crop of the padded image and a flip are."""
    out = torch.zeros_like(image)
    for row in range(32):
        for column in range(32):
            source = 31 - column if flipped else column
            y, x = row + down - PAD, source + right - PAD
            if 0 <= y < 32 and 0 <= x < 32:
                out[row, column] = image[y, x]
    return out


def test_crops_and_flips_are_those_of_a_slow_reference():
    given = images(12)
    rows = draw(12, 12, "crop and flip", torch.Generator().manual_seed(3))

    for found, (place, *moves) in zip(moved(given, rows), rows.tolist(), strict=True):
        assert torch.equal(found, slowly(given[place], *moves))


@given(st.integers(0, 2 * PAD), st.integers(0, 2 * PAD), st.integers(0, 1))
def test_every_crop_and_flip_keeps_bytes_and_shape(down, right, flipped):
    found = crop_and_flip(images(2), *(torch.tensor([x, PAD]) for x in (down, right, flipped)))

    assert found.shape == (2, 32, 32, 3)
    assert found.dtype == torch.uint8
    lost_rows, lost_columns = abs(down - PAD), abs(right - PAD)
    assert (found[0] == 0).all(2).sum() >= 32 * 32 - (32 - lost_rows) * (32 - lost_columns)


def test_the_middle_crop_is_the_image_and_its_flip_the_mirror():
    middle = torch.full((1,), PAD)
    image = images(1)

    assert torch.equal(crop_and_flip(image, middle, middle, torch.zeros(1)), image)
    assert torch.equal(crop_and_flip(image, middle, middle, torch.ones(1)), image.flip(2))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_quarter_turns_are_exact(quarters):
    image = images(3)
    turned = turn(image, torch.full((3,), 90.0 * quarters))

    assert torch.equal(turned, torch.rot90(image, quarters, (1, 2)))


def test_a_small_turn_keeps_the_middle_and_blackens_corners():
    white = torch.full((1, 32, 32, 3), 255, dtype=torch.uint8)
    turned = turn(white, torch.tensor([float(TURN)]))

    assert (turned[0, 8:24, 8:24] == 255).all()
    assert (turned[0, 0, 0] == 0).all()
    assert 0.8 < (turned == 255).double().mean() < 0.98


@pytest.mark.parametrize(
    ("augmentation", "columns"), [("none", 1), ("crop and flip", 4), ("crop, flip and turn", 5)]
)
def test_an_epoch_takes_each_image_once_with_moves_in_their_ranges(augmentation, columns):
    rows = draw(1000, 900, augmentation, torch.Generator().manual_seed(0))
    again = draw(1000, 900, augmentation, torch.Generator().manual_seed(0))

    assert rows.shape == (900, columns)
    assert torch.equal(rows, again)
    assert len(rows[:, 0].unique()) == 900
    if columns > 1:
        assert [rows[:, n].unique().tolist() for n in (1, 2, 3)] == [
            [*range(2 * PAD + 1)],
            [*range(2 * PAD + 1)],
            [0, 1],
        ]
    if columns > 4:
        assert rows[:, 4].min() >= -TURN * 1000
        assert rows[:, 4].max() <= TURN * 1000
        assert rows[:, 4].float().std() > 10_000


def test_the_order_does_not_depend_on_the_augmentation():
    orders = [
        draw(100, 90, augmentation, torch.Generator().manual_seed(5))[:, 0]
        for augmentation in ("none", "crop and flip", "crop, flip and turn")
    ]

    assert torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0], orders[2])


def test_turned_crops_keep_bytes():
    rows = draw(20, 20, "crop, flip and turn", torch.Generator().manual_seed(0))
    found = moved(images(), rows)

    assert found.shape == (20, 32, 32, 3)
    assert found.dtype == torch.uint8
