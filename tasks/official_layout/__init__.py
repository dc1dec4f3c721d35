"""The layout and wording of official documents (GB/T 9704-2012), checked and mended in DOCX.

The rules' clauses are those of GB/T 9704-2012 as copies of it give them; where a rule is from
another text, its `clause` names that. Read a clause in the standard itself before you rely on it.
"""
