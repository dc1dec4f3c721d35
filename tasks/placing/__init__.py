"""What `dispatch` is made of: the tree, the examples, what is learnt of them, and the model."""
