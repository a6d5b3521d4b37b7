"""The bibliography: what each loss, theorem and number is taken from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A publication; ``arxiv`` and ``doi`` are bare identifiers, "" where none is given."""

    key: str
    authors: tuple[str, ...]
    title: str
    venue: str
    year: int
    arxiv: str = ""
    doi: str = ""
    kind: str = "inproceedings"

    @property
    def url(self) -> str:
        """Where it can be read; "" where no identifier is given."""
        if self.arxiv:
            return f"https://arxiv.org/abs/{self.arxiv}"
        return f"https://doi.org/{self.doi}" if self.doi else ""

    @property
    def short(self) -> str:
        """Zhou et al. 2021."""
        names = [author.split()[-1] for author in self.authors]
        if len(names) > 2:
            return f"{names[0]} et al. {self.year}"
        return f"{' and '.join(names)} {self.year}"

    @property
    def text(self) -> str:
        """One line for a list of references."""
        return f"{', '.join(self.authors)}. {self.title}. {self.venue}, {self.year}."

    @property
    def bibtex(self) -> str:
        """A BibTeX entry."""
        place = {"inproceedings": "booktitle", "article": "journal"}.get(self.kind, "howpublished")
        fields = {
            "author": " and ".join(self.authors),
            "title": f"{{{self.title}}}",
            place: self.venue,
            "year": str(self.year),
            "eprint": self.arxiv,
            "archiveprefix": "arXiv" if self.arxiv else "",
            "doi": self.doi,
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        return f"@{self.kind}{{{self.key},\n{lines}}}"


def _authors(names: str) -> tuple[str, ...]:
    return tuple(names.split(", "))


_ICML = "International Conference on Machine Learning"
_NEURIPS = "Advances in Neural Information Processing Systems"
_ICCV = "IEEE/CVF International Conference on Computer Vision"

_ALL: tuple[Reference, ...] = (
    Reference(
        "good1952",
        _authors("I. J. Good"),
        "Rational Decisions",
        "Journal of the Royal Statistical Society, Series B",
        1952,
        kind="article",
    ),
    Reference(
        "brier1950",
        _authors("Glenn W. Brier"),
        "Verification of Forecasts Expressed in Terms of Probability",
        "Monthly Weather Review",
        1950,
        kind="article",
    ),
    Reference(
        "lin2017",
        _authors("Tsung-Yi Lin, Priya Goyal, Ross Girshick, Kaiming He, Piotr Dollár"),
        "Focal Loss for Dense Object Detection",
        _ICCV,
        2017,
        "1708.02002",
    ),
    Reference(
        "ghosh2017",
        _authors("Aritra Ghosh, Himanshu Kumar, P. S. Sastry"),
        "Robust Loss Functions under Label Noise for Deep Neural Networks",
        "AAAI Conference on Artificial Intelligence",
        2017,
        "1712.09482",
    ),
    Reference(
        "zhang2018",
        _authors("Zhilu Zhang, Mert R. Sabuncu"),
        "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels",
        _NEURIPS,
        2018,
        "1805.07836",
    ),
    Reference(
        "gong2018",
        _authors("Maoguo Gong, Hao Li, Deyu Meng, Qiguang Miao, Jia Liu"),
        "Decomposition-Based Evolutionary Multiobjective Optimization to Self-Paced Learning",
        "IEEE Transactions on Evolutionary Computation",
        2018,
        kind="article",
    ),
    Reference(
        "wang2019",
        _authors("Yisen Wang, Xingjun Ma, Zaiyi Chen, Yuan Luo, Jinfeng Yi, James Bailey"),
        "Symmetric Cross Entropy for Robust Learning with Noisy Labels",
        _ICCV,
        2019,
        "1908.06112",
    ),
    Reference(
        "amid2019",
        _authors("Ehsan Amid, Manfred K. Warmuth, Rohan Anil, Tomer Koren"),
        "Robust Bi-Tempered Logistic Loss Based on Bregman Divergences",
        _NEURIPS,
        2019,
        "1906.03361",
    ),
    Reference(
        "feng2020",
        _authors("Lei Feng, Senlin Shu, Zhuoyi Lin, Fengmao Lv, Li Li, Bo An"),
        "Can Cross Entropy Loss Be Robust to Label Noise?",
        "International Joint Conference on Artificial Intelligence",
        2020,
    ),
    Reference(
        "ma2020",
        _authors("Xingjun Ma, Hanxun Huang, Yisen Wang, Simone Romano, Sarah Erfani, James Bailey"),
        "Normalized Loss Functions for Deep Learning with Noisy Labels",
        _ICML,
        2020,
        "2006.13554",
    ),
    Reference(
        "shu2020",
        _authors("Jun Shu, Qian Zhao, Keyu Chen, Zongben Xu, Deyu Meng"),
        "Learning Adaptive Loss for Robust Learning with Noisy Labels",
        "arXiv preprint",
        2020,
        "2002.06482",
        kind="misc",
    ),
    Reference(
        "zhou2021",
        _authors("Xiong Zhou, Xianming Liu, Junjun Jiang, Xin Gao, Xiangyang Ji"),
        "Asymmetric Loss Functions for Learning with Noisy Labels",
        _ICML,
        2021,
        "2106.03110",
    ),
    Reference(
        "wei2022",
        _authors("Jiaheng Wei, Zhaowei Zhu, Hao Cheng, Tongliang Liu, Gang Niu, Yang Liu"),
        "Learning with Noisy Labels Revisited: A Study Using Real-World Human Annotations",
        "International Conference on Learning Representations",
        2022,
        "2110.12088",
    ),
    Reference(
        "ou2023",
        _authors("Zebin Ou, Yue Zhang"),
        "A Curriculum View of Robust Loss Functions",
        "arXiv preprint",
        2023,
        "2305.02139",
        kind="misc",
    ),
    Reference(
        "wei2023",
        _authors(
            "Hongxin Wei, Huiping Zhuang, Renchunzi Xie, Lei Feng, Gang Niu, Bo An, Yixuan Li"
        ),
        "Mitigating Memorization of Noisy Labels by Clipping the Model Prediction",
        _ICML,
        2023,
        "2212.04055",
    ),
    Reference(
        "ye2023",
        _authors("Xichen Ye, Xiaoqiang Li, Songmin Dai, Tong Liu, Yan Sun, Weiqin Tong"),
        "Active Negative Loss Functions for Learning with Noisy Labels",
        _NEURIPS,
        2023,
    ),
    Reference(
        "zhou2023",
        _authors("Xiong Zhou, Xianming Liu, Deming Zhai, Junjun Jiang, Xiangyang Ji"),
        "Asymmetric Loss Functions for Noise-Tolerant Learning: Theory and Applications",
        "IEEE Transactions on Pattern Analysis and Machine Intelligence",
        2023,
        doi="10.1109/TPAMI.2023.3236459",
        kind="article",
    ),
    Reference(
        "zhu2023",
        _authors("Dixian Zhu, Yiming Ying, Tianbao Yang"),
        "Label Distributionally Robust Losses for Multi-class Classification: "
        "Consistency, Robustness and Adaptivity",
        _ICML,
        2023,
        "2112.14869",
    ),
    Reference(
        "wang2024",
        _authors(
            "Jialiang Wang, Xiong Zhou, Deming Zhai, Junjun Jiang, Xiangyang Ji, Xianming Liu"
        ),
        "ε-Softmax: Approximating One-Hot Vectors for Mitigating Label Noise",
        _NEURIPS,
        2024,
        "2508.02387",
    ),
    Reference(
        "wang2025",
        _authors(
            "Jialiang Wang, Xianming Liu, Xiong Zhou, Gangfeng Hu, Deming Zhai, Junjun Jiang, "
            "Xiangyang Ji"
        ),
        "Joint Asymmetric Loss for Learning with Noisy Labels",
        _ICCV,
        2025,
        "2507.17692",
    ),
)
REFERENCES: dict[str, Reference] = {entry.key: entry for entry in _ALL}
CALLED = {"wei2022": "CIFAR-10N", "wang2024": "ε-softmax paper"}
"""What else the texts of this project call a publication."""


def named(text: str) -> tuple[str, ...]:
    """Keys of the publications that a text names, in the order of the bibliography.

    >>> named("Zhou et al. 2021 proved it, Ou and Zhang (2023) ran it")
    ('zhou2021', 'ou2023')
    """
    bare = re.sub(r"\((\d{4})\)", r"\1", text)
    return tuple(
        key
        for key, entry in REFERENCES.items()
        if entry.short in bare or (key in CALLED and CALLED[key] in bare)
    )


def bibliography(keys: Iterable[str]) -> str:
    """The entries of these keys as a BibTeX file, each once, in order; KeyError: no such key."""
    return "\n\n".join(REFERENCES[key].bibtex for key in dict.fromkeys(keys)) + "\n"
