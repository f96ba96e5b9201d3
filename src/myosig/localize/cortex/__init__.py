"""What the EEG does before the jerk: the public names of jerk-locked averaging."""

from myosig.localize.cortex.backaverage import Backaverage as Backaverage
from myosig.localize.cortex.potential import Potential as Potential, SlowPotential as SlowPotential
from myosig.localize.cortex.power import required_jerks as required_jerks
from myosig.localize.cortex.premyoclonic import find_premyoclonic_potential as find_premyoclonic_potential
from myosig.localize.cortex.slow import find_slow_potential as find_slow_potential
