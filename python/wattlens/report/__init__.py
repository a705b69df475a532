"""A diagnosis laid out for people: one page, a shorter body for notebooks, a summary for the terminal."""

from wattlens.report.page import body, page
from wattlens.report.terminal import summary

__all__ = ["body", "page", "summary"]
