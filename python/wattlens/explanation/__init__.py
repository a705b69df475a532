"""A bill laid out so that it can be put beside the paper bill."""

from wattlens.explanation.page import Explanation

__all__ = ["Explanation"]
