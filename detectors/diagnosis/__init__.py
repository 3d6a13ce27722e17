"""Which failure mode the evidence of a stream speaks for, in degrees and in words."""
