"""Winer & Hanin, "Deep Neural Nets as Hamiltonians", in one command: a claim for each sentence of the abstract."""
