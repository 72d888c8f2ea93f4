"""Whole papers in one command each: tasks computed, claims tested, a page written."""
