"""Number formats of workbooks: what a spreadsheet program shows for a value.

Sources: ECMA-376 part 1, 18.8.30 and 18.8.31; the forms of Chinese editions of Excel.
"""
