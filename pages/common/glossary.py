"""The words of the field, each with its equation. Pages show them beside their first use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word, what it means in a sentence or two (Markdown), and its equation (LaTeX)."""

    name: str
    meaning: str
    equation: str

    @property
    def markdown(self) -> str:
        """The explanation as a hover text or a paragraph shows it."""
        title = f"{self.name[0].upper()}{self.name[1:]}"
        return f"**{title}.** {self.meaning}\n\n$\\displaystyle {self.equation}$"


# THEORY A1, A3, A5, A7, A8, Ma et al. 2020 and Ghosh et al. 2017, in the words of this project.
_ENTRIES = (
    Term(
        "probability simplex",
        "All predictions: $K$ numbers, none negative, that add up to 1. With three classes it is a "
        "triangle; its corner $e_i$ predicts class $i$ with certainty.",
        r"\Delta_K = \{\mathbf{u} \in \mathbb{R}^K : u_i \ge 0,\ \sum_i u_i = 1\}",
    ),
    Term(
        "partial loss",
        "The price $L(\\mathbf{u}, i)$ of the prediction $\\mathbf{u}$ when the label is $i$. A "
        "*local* loss looks only at the probability of that label.",
        r"L(\mathbf{u}, i) = \ell(u_i)",
    ),
    Term(
        "noise rate",
        "The probability that a given label $\\tilde y$ is not the clean label $y$.",
        r"\eta = P(\tilde y \ne y)",
    ),
    Term(
        "transition matrix",
        "How labels go wrong: row $i$ says how often class $i$ is given each label.",
        r"T_{ij} = P(\tilde y = j \mid y = i), \qquad \sum_j T_{ij} = 1",
    ),
    Term(
        "symmetric noise",
        "Every wrong label is equally likely.",
        r"T_{ii} = 1 - \eta, \qquad T_{ij} = \frac{\eta}{K - 1}",
    ),
    Term(
        "pair flip",
        "Every class is mistaken for one other class only, the next one.",
        r"T_{ii} = 1 - \eta, \qquad T_{i,\,i+1} = \eta",
    ),
    Term(
        "clean labels dominate",
        "The clean label is the most frequent one in its row. Without this, no loss that treats "
        "all labels alike and learns from clean ones tolerates the noise.",
        r"T_{ii} > \max_{j \ne i} T_{ij}",
    ),
    Term(
        "clean risk",
        "What a prediction costs on average when the labels are right; for one clean label $y$ "
        "it is the partial loss itself.",
        r"R_L(\mathbf{u}) = L(\mathbf{u}, y)",
    ),
    Term(
        "noisy risk",
        "What a prediction costs on average under noisy labels: each label's loss, weighted by how "
        "often that label is given.",
        r"R_L^{\eta}(\mathbf{u}) = \sum_i w_i\, L(\mathbf{u}, i), "
        r"\qquad w = T_{y\,\cdot}",
    ),
    Term(
        "weights",
        "How often each label is given for one clean label: a row of the transition matrix. "
        "$w_m$ is the largest weight and $w_n$ the second largest.",
        r"w_m = \max_i w_i, \qquad w_n = \max_{i \ne m} w_i",
    ),
    Term(
        "minimiser",
        "The prediction at which a risk is smallest: where training ends if nothing holds it back.",
        r"\mathbf{u}^{*} \in \operatorname*{arg\,min}_{\mathbf{u} \in \Delta_K} "
        r"\sum_i w_i\, L(\mathbf{u}, i)",
    ),
    Term(
        "leak",
        "The probability that the minimiser of the noisy risk takes away from the clean class, "
        "beyond the floor $\\delta$ that every other class keeps where a loss needs one. There is "
        "none to speak of where the clean label is not the most frequent one.",
        r"1 - u^{*}_m - (K - 1)\,\delta, \qquad \delta = 0 \text{ without a floor}",
    ),
    Term(
        "symmetric loss",
        "The losses of all labels add up to the same number, whatever is predicted. For three "
        "or more classes and a continuous local loss only MAE, stretched or shifted, has this.",
        r"\sum_{i} L(\mathbf{u}, i) = C \quad \text{for all } \mathbf{u}",
    ),
    Term(
        "asymmetric loss",
        "Asymmetric *on weights $w$*: the weighted risk is smallest exactly where the loss of the "
        "most frequent label alone is smallest, so that the noise does not move the minimiser.",
        r"\operatorname*{arg\,min}_{\mathbf{u}} \sum_i w_i\, L(\mathbf{u}, i) = "
        r"\operatorname*{arg\,min}_{\mathbf{u}} L(\mathbf{u}, m)",
    ),
    Term(
        "completely asymmetric",
        "Asymmetric on every $w$ that has one largest weight.",
        r"\text{asymmetric on all } w \text{ with } w_m > w_n",
    ),
    Term(
        "asymmetry ratio",
        "The least that the given label's loss falls when another class hands over its "
        "probability, per rise of that class's loss. It lies between 0 and 1.",
        r"r(\ell) = \inf_{\substack{u_1, u_2 \ge 0,\ u_1 + u_2 \le 1 \\ \ell(u_2) < \ell(0)}} "
        r"\frac{\ell(u_1) - \ell(u_1 + u_2)}{\ell(0) - \ell(u_2)}",
    ),
    Term(
        "threshold",
        "The ratio $w_m / w_n$ above which the asymmetry ratio proves the loss asymmetric: the "
        "smaller, the more noise is allowed. At it the clean corner is still a minimiser; the only "
        "one where $\\ell$ is strictly convex and $w_m > w_n$.",
        r"\rho = \frac{1}{r(\ell)}, \qquad \frac{w_m}{w_n} > \rho",
    ),
    Term(
        "margin",
        "How far the weights are inside the loss's own condition, as a weight. Above 0 the loss is "
        "asymmetric. At 0 the clean corner is still a minimiser; with $w_m > w_n$ it is the only "
        "one of NCE and of a strictly convex loss.",
        r"\ell(u):\ w_m\, r(\ell) - w_n \qquad \text{AMSE}:\ w_m - w_n - \tfrac{W}{a} \qquad "
        r"\text{NCE}:\ -\max_{i, j \ne m} |w_i - w_j|",
    ),
    Term(
        "active loss",
        "Written as a sum over the classes, only the term of the given label counts: it raises "
        "that label's probability and says nothing of the others (Ma et al. 2020).",
        r"L(\mathbf{u}, y) = \sum_k \ell_k(\mathbf{u}, y), "
        r"\qquad \ell_k(\mathbf{u}, y) = 0 \text{ for } k \ne y",
    ),
    Term(
        "passive loss",
        "Written as a sum over the classes, some other class counts too: it also lowers the "
        "probability of a wrong class. The split depends on how the formula is written: MAE is "
        "passive as $\\frac12\\lVert e_y - \\mathbf{u} \\rVert_1$, though that equals $1 - u_y$.",
        r"L(\mathbf{u}, y) = \sum_k \ell_k(\mathbf{u}, y), "
        r"\qquad \ell_k(\mathbf{u}, y) \ne 0 \text{ for some } k \ne y",
    ),
    Term(
        "normalized loss",
        "A loss divided by the sum of the losses of all labels, which makes it symmetric.",
        r"\frac{L(\mathbf{u}, y)}{\sum_k L(\mathbf{u}, k)}",
    ),
    Term(
        "logit",
        "The raw output $z$ of a network; the softmax makes probabilities of it.",
        r"u_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
    ),
    Term(
        "noise tolerant",
        "Every predictor that is best under the noisy labels is also best under the clean ones.",
        r"\operatorname*{arg\,min}_f R_L^{\eta}(f) \subseteq \operatorname*{arg\,min}_f R_L(f)",
    ),
    Term(
        "posterior",
        "How probable each class is for one instance. Where the clean label is certain it is a "
        "corner of the simplex; noise turns it into $T^{\\top} p$.",
        r"p_i = P(y = i \mid x)",
    ),
    Term(
        "excess risk",
        "How much a prediction costs beyond the smallest cost there is.",
        r"\sum_i p_i\, L(\mathbf{u}, i) - \min_{\mathbf{v} \in \Delta_K} "
        r"\sum_i p_i\, L(\mathbf{v}, i)",
    ),
    Term(
        "classification calibrated",
        "Whoever minimises the loss predicts the most probable label: no sequence of predictions "
        "with another top class comes near the smallest risk.",
        r"\inf_{\arg\max \mathbf{u} \,\ne\, \arg\max q} \sum_i q_i L(\mathbf{u}, i) > "
        r"\inf_{\mathbf{u}} \sum_i q_i L(\mathbf{u}, i)",
    ),
    Term(
        "gradient from wrong labels",
        "The share of what pulls at the network that comes from wrong labels: the lengths of the "
        "gradients at the logits $z$ of training images, summed over the images whose given label "
        "$\\tilde y$ is not the true one $y$, divided by the sum over all. Measured after each "
        "epoch on the first 1,000 training images, after the last on all.",
        r"\frac{\sum_{n:\, \tilde y_n \ne y_n} \lVert \partial L(z_n, \tilde y_n) / \partial z_n "
        r"\rVert}{\sum_n \lVert \partial L(z_n, \tilde y_n) / \partial z_n \rVert}",
    ),
)
TERMS: dict[str, Term] = {term.name: term for term in _ENTRIES}


def explanation(names: Iterable[str]) -> str:
    """The named terms, one paragraph each, as Markdown."""
    return "\n\n".join(TERMS[name].markdown for name in names)


_NAMES = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in TERMS)
# a network's weights are others than those of the labels
_USED = re.compile(rf"(?<!initial )\b(?:{_NAMES})(?=(?:e?s)?\b)", re.IGNORECASE)


def used(text: str) -> tuple[str, ...]:
    """The terms that a text uses, in the order of their first use.

    >>> used("Minimisers of the *noisy risk*; the same initial weights for every minimiser")
    ('minimiser', 'noisy risk')
    """
    found = (" ".join(match[0].lower().split()) for match in _USED.finditer(text))
    return tuple(dict.fromkeys(found))
