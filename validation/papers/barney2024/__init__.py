"""One paper in one command: Barney, Winer & Galitski, arXiv 2408.06421, from training to verdicts."""
