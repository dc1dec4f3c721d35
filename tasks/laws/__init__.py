"""Laws and citations of them: how they are divided, named, found and quoted."""
