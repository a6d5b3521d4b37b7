"""What is published of CIFAR's labels: the superclasses of CIFAR-100, and how often people err.

``SUPERCLASSES`` is from Krizhevsky's report of 2009. ``CIFAR10N`` holds rates of CIFAR-10N (Wei et
al. 2022, CC BY-NC 4.0): entry [i, j] of a table says how many of 10,000 labels of class i were j.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Column = Literal["aggre", "random1", "random2", "random3", "worse"]

COLUMNS: dict[Column, str] = {
    "aggre": "aggregate",
    "random1": "random 1",
    "random2": "random 2",
    "random3": "random 3",
    "worse": "worst",
}
"""The label sets of CIFAR-10N as a file names them, and as the paper does (Wei et al. 2022)."""

SUPERCLASSES: dict[str, tuple[str, ...]] = {
    "aquatic mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
    "fish": ("aquarium_fish", "flatfish", "ray", "shark", "trout"),
    "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
    "food containers": ("bottle", "bowl", "can", "cup", "plate"),
    "fruit and vegetables": ("apple", "mushroom", "orange", "pear", "sweet_pepper"),
    "household electrical devices": ("clock", "keyboard", "lamp", "telephone", "television"),
    "household furniture": ("bed", "chair", "couch", "table", "wardrobe"),
    "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
    "large carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
    "large man-made outdoor things": ("bridge", "castle", "house", "road", "skyscraper"),
    "large natural outdoor scenes": ("cloud", "forest", "mountain", "plain", "sea"),
    "large omnivores and herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
    "medium-sized mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
    "non-insect invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
    "people": ("baby", "boy", "girl", "man", "woman"),
    "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
    "small mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
    "trees": ("maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"),
    "vehicles 1": ("bicycle", "bus", "motorcycle", "pickup_truck", "train"),
    "vehicles 2": ("lawn_mower", "rocket", "streetcar", "tank", "tractor"),
}
FINE_LABELS = sorted(name for members in SUPERCLASSES.values() for name in members)


def next_in_superclass() -> dict[int, int]:
    """The next fine label of the same superclass, cyclically, for each of the 100."""
    number = {name: i for i, name in enumerate(FINE_LABELS)}
    return {
        number[name]: number[members[(place + 1) % len(members)]]
        for members in SUPERCLASSES.values()
        for place, name in enumerate(members)
    }


def human_rates(labels: Column) -> np.ndarray:
    """T (10, 10) of one label set of CIFAR-10N."""
    return np.array([row.split() for row in CIFAR10N[labels].split("\n")], dtype=float) / 10_000


CIFAR10N: dict[Column, str] = {
    "aggre": """\
9430   56  146    4    8    2    4    2  318   30
 104 9480    2    4    0    0    0    2   46  362
 160  124 9310   64   84   56   68   16   88   30
 198  172  438 8252   64  574   88   16   98  100
 182  164  376  150 8312  208   48  376  112   72
 104   76  214  516   42 8920   14   40   38   36
 128  108  266  200   86   52 9002    0  108   50
  62   26   54   46  100  114    0 9552   34   12
 104   80    8    6    2    0    6    0 9738   56
 156  732    0    0    0    0    2    2  114 8994""",
    "random1": """\
8484  274  294   86   68   94   82   64  408  146
 142 8466   46   88   58   46   50   48   86  970
 214  152 8400  214  272  202  230  152  100   64
 158  152  440 7430  188 1084  240  158   72   78
 148  152  298  192 7600  504  186  770   88   62
 140  108  236  818  166 8234  100  126   38   34
 150  140  386  358  196  226 8270  120  100   54
 148  118   74   90  206  236   72 8950   62   44
 298  296   72   62   70   60   66   68 8794  214
 160 1258   46   50   66   80   54   54   94 8138""",
    "random2": """\
8422  258  372   70   84   82   94   60  406  152
 158 8312   60  118   78   68   52   64   56 1034
 236  176 8348  226  268  230  210  130   92   84
 188  174  418 7378  224 1052  266  108   90  102
 208  152  312  180 7524  506  198  746  102   72
 150  118  218  858  178 8064  132  162   48   72
 138  162  388  312  206  272 8256  120   90   56
 144   90  122  102  226  286   90 8824   78   38
 338  296   90   58   84   80   48   88 8734  184
 166 1256   70   86   86   70   52   64  134 8016""",
    "random3": """\
8484  276  326   76   84  100   72   72  386  124
 182 8428   66  110   60   62   46   50   40  956
 212  152 8426  184  252  216  264  140  102   52
 184  144  396 7444  230 1018  270  122  104   88
 170  134  388  192 7418  582  206  774   84   52
 124  114  248  808  164 8198  118  120   56   50
 174  158  340  338  230  250 8254  110   88   58
 148   90   90   78  202  280  104 8916   52   40
 310  320   90   56   72   70   64   94 8732  192
 186 1220   76  110   66   76   46   52  108 8060""",
    "worse": """\
6502  656  718  192  194  228  188  166  846  310
 430 5922  152  264  174  154  136  136  158 2474
 554  366 6320  458  594  476  498  332  236  166
 396  344  792 4872  426 2056  470  238  212  194
 394  326  700  402 4882 1064  390 1516  210  116
 330  282  528 1830  404 5802  274  294  122  134
 380  382  840  758  508  576 5936  286  204  130
 398  280  242  220  512  618  230 7216  174  110
 818  728  218  144  210  186  164  218 6834  480
 416 2820  174  206  176  176  120  144  262 5506""",
}
