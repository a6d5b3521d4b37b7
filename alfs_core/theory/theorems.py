"""The theorems that verdicts rest on, in words that a page can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A theorem: ``statement`` and ``proof`` are text with LaTeX between dollar signs.

    ``sources`` are keys of the bibliography; without one the argument is this project's own.
    """

    title: str
    statement: str
    proof: str
    sources: tuple[str, ...] = ()


THEOREMS: dict[str, Statement] = {
    "one-hot": Statement(
        "A label that is never wrong",
        r"If only $w_m > 0$, then $\sum_i w_i L(u, i) = w_m L(u, m)$: every loss is asymmetric "
        r"on $w$.",
        r"The two risks differ by the factor $w_m$.",
    ),
    "swap": Statement(
        "A label that is not the most frequent one",
        r"Where the clean class is not the most frequent label, no loss that treats all labels "
        r"alike, and whose minimisers at a label predict that label, can be tolerant.",
        r"Swapping the two coordinates of a prediction swaps their losses. So a minimiser "
        r"that favours the clean class has a mirror image of lower risk that favours the other.",
    ),
    "closed-condition": Statement(
        "The loss's own condition",
        r"For this family the weights on which it is asymmetric are known exactly.",
        r"Convex and concave losses: the ratio theorems below. AMSE: the minimiser is the "
        r"projection of $\frac{a}{W} w$ on the simplex. Normalized losses: the risk at a point "
        r"is a quotient whose numerator decides.",
        ("zhou2021", "wang2025"),
    ),
    "convex-ratio": Statement(
        "Convex losses",
        r"Let $\ell$ be convex, with the slopes $\ell'(0) < 0$ and $\ell'(1)$ from inside "
        r"$[0, 1]$. $e_m$ minimises $\sum_i w_i \ell(u_i)$ if and only if "
        r"$w_m\,\ell'(1)/\ell'(0) \ge w_n$. With $>$, or where $\ell$ is strictly convex and "
        r"$w_m > w_n$, it is the only minimiser.",
        r"The risk is convex, so $e_m$ is best if no first step pays. Moving $\varepsilon$ from "
        r"class $m$ to class $j$ changes the risk by "
        r"$\varepsilon\,(w_m |\ell'(1)| - w_j |\ell'(0)|)$.",
    ),
    "concave": Statement(
        "Concave losses",
        r"A loss that is concave in the prediction, and smaller at its own label's vertex than "
        r"at the others, is asymmetric on every $w$ with a unique largest weight.",
        r"A concave risk is smallest at a vertex, and the vertices order as the weights do.",
    ),
    "convex-corner": Statement(
        "Convex sums",
        r"Let $\sum_i w_i L(u, i)$ be convex. $e_m$ minimises it if and only if no slope from "
        r"$e_m$ towards another vertex is negative.",
        r"A local minimum of a convex function is a global one, and the directions into the "
        r"simplex at $e_m$ are sums of those towards the vertices.",
    ),
    "ratio": Statement(
        "The asymmetry ratio suffices",
        r"$w_m\, r(\ell) > w_n$ makes $e_m$ the only minimiser; $\ge$ makes it one.",
        r"Move every $u_i$, $i \ne m$, to class $m$, one after the other. Each move changes the "
        r"risk by at least $(w_m r - w_i)\,(\ell(0) - \ell(u_i))$ in favour of $e_m$.",
        ("ou2023",),
    ),
    "equal-ratio": Statement(
        "The ratio for K classes",
        r"With $r_K = \inf_u [\ell(u_m) - \ell(1)] / \sum_{i \ne m} [\ell(0) - \ell(u_i)]$, "
        r"$w_m r_K > w_n$ suffices; where all other weights are equal, $w_m r_K \ge w_n$ is "
        r"necessary too.",
        r"$\sum_i w_i [\ell(u_i) - \ell(e_{m,i})] \ge w_m [\ell(u_m) - \ell(1)] - w_n \sum_{i \ne "
        r"m} [\ell(0) - \ell(u_i)]$, with equality where $w_i = w_n$.",
    ),
    "edge": Statement(
        "The upper ratio is necessary",
        r"If $w_m\, r_u(\ell) < w_n$, a point between $e_m$ and $e_n$ has a lower risk than $e_m$.",
        r"On that edge the risk differs from the one at $e_m$ by "
        r"$w_m [\ell(u) - \ell(1)] - w_n [\ell(0) - \ell(1-u)]$.",
    ),
    "equal-others": Statement(
        "Symmetric losses under even noise",
        r"Where $\sum_i L(u, i)$ is constant and all weights but $w_m$ are equal, the loss is "
        r"asymmetric on $w$.",
        r"$\sum_i w_i L(u, i) = w_o C + (w_m - w_o) L(u, m)$.",
        ("ghosh2017", "ma2020"),
    ),
    "symmetric-bounded": Statement(
        "Bounded symmetric losses",
        r"Let $\sum_i L(u, i) = C$ and, with $i \ne j$, $L(e_i, i) \le L(u, i) \le L(e_j, i)$ for "
        r"every $u$. Then the loss is asymmetric on every $w$ with a unique largest weight.",
        r"$\sum_i w_i L(u, i) = w_m C - \sum_i (w_m - w_i) L(u, i)$, and every $L(u, i)$ with "
        r"$i \ne m$ is largest at $e_m$. Where all of them are, $L(u, m)$ is what $C$ leaves: its "
        r"least.",
        ("ghosh2017", "ye2023"),
    ),
    "sum": Statement(
        "Sums of asymmetric losses",
        r"A sum with positive weights of losses that are asymmetric on $w$ is asymmetric on $w$.",
        r"$e_m$ minimises every part. The minimisers of the sum are therefore those that all "
        r"parts share, for the noisy risk as for the clean one.",
        ("zhou2021",),
    ),
    "floor-corner": Statement(
        "Normalized sums that hold on a floor",
        r"On $\{u_i \ge \delta\}$ with corner $c$ of class $m$, let $A = \sum_i w_i N_i(c)$ and "
        r"$\kappa_i$ slopes with "
        r"$\sum_i w_i [X_i(u) - X_i(c)] \ge \sum_{i \ne m} \kappa_i (u_i - \delta)$. If "
        r"$\alpha\,(w_i - A)\,|\ell'(\delta)| < \beta\,\kappa_i\, K\,\ell(1/K)$ for every "
        r"$i \ne m$ with $w_i > A$, and $\kappa_i > 0$ for the others, then $c$ alone minimises "
        r"$\alpha N + \beta X$ there.",
        r"With $S = \sum_j \ell(u_j) \ge K\,\ell(1/K)$ the change of the normalized part is "
        r"$\sum_i (w_i - A)(\ell(u_i) - \ell(c_i)) / S$. Only classes $i \ne m$ with $w_i > A$ can "
        r"lower it, each by at most $(w_i - A)\,|\ell'(\delta)|\,(u_i - \delta) / S$.",
    ),
    "normalized-limit": Statement(
        "Normalized losses near the vertices",
        r"Let $N = \ell_i / \sum_j \ell_j$ with $\ell(0) = \infty$, and let $X$ be asymmetric on "
        r"$w$. As $\delta \to 0$, every limit of minimisers of $\alpha N + \beta X$ on "
        r"$\{u_i \ge \delta\}$ minimises $X$: it is $e_m$ where $X$ has no other minimiser.",
        r"$\sum_i w_i N_i \ge \min_i w_i$ everywhere, and the bound is approached at $e_m$ along "
        r"$u_j \to 0$ fastest for the smallest $w_j$. So both parts reach their infimum there.",
    ),
    "normalized-limit-fails": Statement(
        "Normalized losses that forget the top class",
        r"Where the weights other than $w_m$ differ, the infimum of $\sum_i w_i N_i$ is "
        r"approached at every prediction with $u_j \to 0$ for the smallest $w_j$.",
        r"There $N_j \to 1$ and the other shares vanish, so the risk tends to $w_j = \min_i w_i$.",
    ),
    "too-near": Statement(
        "A better prediction too near to the vertex to evaluate",
        r"Where a step from $e_m$ pays, some predictions near to $e_m$ have a lower risk; how near "
        r"they must be, the theorem does not say.",
        r"The risk falls at once on the way, by the sign of its slope at $e_m$.",
    ),
    "subset-sums": Statement(
        "Complete asymmetry",
        r"Let $e_m$ alone minimise $L(u, m)$. The loss is asymmetric on every $w$ with top class "
        r"$m$ if and only if $e_m$ minimises $S_J = \sum_{i \in J} L(u, i)$ for every set $J$ of "
        r"classes that contains $m$. Where the loss treats all labels alike, one set of each size "
        r"decides: $K$ minimisations.",
        r"Sorted weights are sums, with coefficients $\ge 0$, of the indicators of the top-$j$ "
        r"sets; and each indicator is a limit of weights.",
    ),
    "subdivision": Statement(
        "Subdivision of the simplex",
        r"Cut the simplex into boxes. $e_m$ minimises the risk $F$ if on every box $F$ is above "
        r"$F(e_m)$, or grows along every direction away from $m$.",
        r"Intervals enclose $F$ and $D_j = \partial F/\partial u_j - \partial F/\partial u_m$ on "
        r"each box. A minimiser in a box with $D_j > 0$ has $u_j$ at its lower end; at the corner, "
        r"where values tie, this is the cone of first steps.",
    ),
    "subdivision-sizes": Statement(
        "Subdivision of the simplex, for all weights at once",
        r"$e_m$ minimises $\sum_{i \in J} L(u, i)$ for each set $J$ of the heaviest classes at "
        r"which the weights fall; so it minimises $\sum_i w_i L(u, i)$.",
        r"Sorted weights are sums of the indicators of these sets. Each risk is proved on boxes: "
        r"above its value at $e_m$, or growing along every direction away from $m$.",
    ),
    "allocation": Statement(
        "Shares of the probability",
        r"With the gain $g(t) = \ell(0) - \ell(t)$ of a decreasing $\ell$, $e_m$ minimises "
        r"$\sum_i w_i \ell(u_i)$ if and only if $\sum_i w_i g(u_i) \le w_m g(1)$ for every "
        r"prediction $u$.",
        r"Near a corner $e_i$ slopes decide: the others gain at most $\max(-\ell')$ near 0 of what "
        r"$e_i$ loses at least $\min(-\ell')$ near 1 of. Elsewhere each $u_i$ lies in a cell and "
        r"gains at most what the cell's upper end does; dynamic programming finds the best cells.",
    ),
    "allocation-always": Statement(
        "Shares of the probability, for all weights at once",
        r"If $\sum_i g(u_i) \le g(1)$ with $g(t) = \ell(0) - \ell(t)$ for every prediction $u$ of "
        r"$K$ classes, then $e_m$ minimises $\sum_i w_i \ell(u_i)$ for every $w$ with top class "
        r"$m$.",
        r"Sorted weights are sums, with coefficients $\ge 0$, of the indicators of the top-$j$ "
        r"sets, and $g \ge 0$: each set gains at most what all classes do. That bound is found as "
        r"for one $w$.",
    ),
    "tolerance": Statement(
        "Noise tolerance",
        r"Let each instance have one clean label, let $f$ be free to choose any prediction at "
        r"each instance, and let $L$ be asymmetric on the row of the transition matrix of its "
        r"label. Then every minimiser of the noisy risk minimises the clean risk.",
        r"The noisy risk at an instance is $\sum_i T_{yi} L(u, i)$, minimised instance by "
        r"instance.",
        ("zhou2021", "wang2024"),
    ),
    "tolerance-symmetric": Statement(
        "Symmetric losses under uniform noise",
        r"If $\sum_i L(u, i) = C$ and $\eta < (K-1)/K$, the noisy risk is "
        r"$(1 - \frac{\eta K}{K-1}) R_L + \frac{C \eta}{K-1}$: it ranks all "
        r"functions as $R_L$ does, whichever of them may be chosen.",
        r"Insert $\sum_{i \ne y} L(u, i) = C - L(u, y)$.",
        ("ghosh2017", "ma2020"),
    ),
    "excess": Statement(
        "From the noisy excess to the clean error",
        r"Let $L(u, i) = \ell(u_i)$ with $r > 0$, one clean label $y$ for each instance, and "
        r"$D = \inf_x (1 - \eta_x - \max_{i \ne y} \eta_{x,i} / r) > 0$. Then "
        r"$R_L(f) - \ell(1) \le [R^\eta_L(f) - \inf R^\eta_L] / D$, and "
        r"$P(f \text{ wrong}) \le [R_L(f) - \ell(1)] / [\ell(\tfrac12) - \ell(1)]$.",
        r"$\ell(u_m) - \ell(1) \ge r \sum_{i \ne m} [\ell(0) - \ell(u_i)]$, one class after the "
        r"other, and a wrong prediction gives its label at most $\frac12$.",
    ),
    "bayes-excess": Statement(
        "Excess risk against the Bayes rule",
        r"For a concave $\ell$ and any posteriors, $R_{01} - R_{01}^* \le K\,(R_\ell - R_\ell^*) / "
        r"(\ell(0) - \ell(1))$; the constant $K$ is best possible. Where "
        r"each instance has one clean label, 2 takes its place.",
        r"A concave $\ell$ lies above its chord, so the excess is at least "
        r"$(\ell(0) - \ell(1)) \sum_i (q_m - q_i)\, u_i$, and the chosen class has "
        r"$u_i \ge 1/K$.",
    ),
    "calibrated-local": Statement(
        "Decreasing losses are calibrated",
        r"Let $L(u, i) = A(u)\,\varphi(u_i) + B(u)$ with $A > 0$, $A$ and $B$ symmetric in the "
        r"classes, and $\varphi$ differentiable, falling, with $\varphi' < 0$ on $(0, \frac12]$. "
        r"Let $L$ be continuous on the predictions that are allowed: on the whole simplex, where "
        r"$L = \infty$ may be a value, or where every $u_i \ge \delta$. Then the loss is "
        r"classification-calibrated on them, asymmetric or not, and so are sums of such losses.",
        r"Swapping $u_m$ and a larger $u_j$ lowers the risk; at a tie, moving $\varepsilon$ to "
        r"class $m$ does. So no prediction of another class is a minimiser; and these are a closed "
        r"set, on which a continuous risk has a smallest value.",
    ),
    "calibrated-asymmetric": Statement(
        "Asymmetric losses are calibrated",
        r"A continuous loss that is asymmetric on $q$, with the minimisers of $L(\cdot, m)$ "
        r"predicting $m$, is calibrated at $q$.",
        r"Its minimisers at $q$ predict $m$; the infimum over other predictions is attained on a "
        r"closed set without a minimiser.",
        ("zhou2021",),
    ),
    "symmetric-affine": Statement(
        "Symmetric functions of u alone",
        r"For $K \ge 3$ the only continuous $\ell(u)$ with $\sum_i \ell(u_i)$ constant are affine: "
        r"MAE up to scale and offset.",
        r"The constancy is Cauchy's functional equation for $\ell - \ell(0)$.",
    ),
}
