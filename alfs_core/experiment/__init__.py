"""Check an experiment before it is run: its command line or its config, read and judged.

>>> from alfs_core.experiment import check, read
>>> experiment = read("--dataset cifar10 --loss AGCE --noise_type asymmetric --noise_rate 0.4")
>>> experiment.spec.label, experiment.noise.kind, experiment.num_classes
('AGCE (0.6, 0.6)', 'cifar10', 10)
>>> [concern.key for concern in check(experiment)]
['thin-margin']
"""

from alfs_core.experiment.checks import Concern, Gravity, check, judge
from alfs_core.experiment.reading import Experiment, Row, read

__all__ = ["Concern", "Experiment", "Gravity", "Row", "check", "judge", "read"]
