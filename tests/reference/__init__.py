"""Slow and readable twins of what wattlens works out, written from the rules and not from its code."""
