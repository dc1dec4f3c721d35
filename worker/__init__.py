"""The processes that pull: worker, courier, scheduler, and what starts them."""
