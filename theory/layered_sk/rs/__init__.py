"""The replica-symmetric solution of the layered spin model: free energy, fields, saddle point, stability."""
