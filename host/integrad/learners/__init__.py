"""How a network learns: the interface of a learner, the learners, and a table of them."""
