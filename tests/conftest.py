"""Settings of every test."""

from hypothesis import settings

# No test is timed: the machine may be shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
