"""Results on disk: one HDF5 file per sample, an index of external links, one self-contained file on demand."""
