"""The languages of texts for people: which one to use, and the texts of each.

English texts stand where they are used. `en.toml` and `zh.toml` have the texts with a key, such as
the tasks' names; `zh.toml` also has the Chinese of every problem and sentence.
"""
