"""Settings of every test."""

import os

from hypothesis import settings

from alfs_core.training.process import QUIET

# As the processes that train: threads that wait for each other leave the machine to the others.
# Set here, before anything imports torch.
for name, value in QUIET.items():
    os.environ.setdefault(name, value)

# No test is timed: the machine may be shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
