"""Why a training could not be done though its specification is right."""


class TrainingError(RuntimeError):
    """A training that failed; the message is one line."""


class MissingPackageError(TrainingError):
    """A package is not installed; the message says what to install."""


class DivergedError(TrainingError):
    """The loss is no number any more."""
