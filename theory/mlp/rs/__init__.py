"""The replica-symmetric saddle point of the random MLP: equations, solver, free entropy, stability, branches."""
