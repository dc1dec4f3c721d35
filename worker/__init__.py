"""The processes that pull: worker, courier, clerk, and what starts them."""
