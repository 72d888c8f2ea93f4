"""What runs measured, one number per sample and slot, and the families of runs that claims are tested on."""
