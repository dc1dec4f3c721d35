"""Checks and corrects the layout and wording of official documents (GB/T 9704-2012) in DOCX.

A rule's `clause` is one of GB/T 9704-2012, taken from copies of it, unless it names another text.
Check a clause in the standard itself before you rely on it.
"""
