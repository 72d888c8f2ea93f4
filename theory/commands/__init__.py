"""The commands of ``python -m theory``: options in, JSON, text or a picture out."""
