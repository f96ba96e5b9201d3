"""Labels of real laboratories: what they say, and above all what they do not say."""

import pytest
from hypothesis import given, settings, strategies as st

from myosig.channel import KINDS
from myosig.io.labels import Understood, understand
from myosig.muscles import atlas

APB, TA, FDI = "abductor pollicis brevis", "tibialis anterior", "first dorsal interosseous"

MUSCLES = {
    "EMG R APB": (APB, "right"),
    "R_APB": (APB, "right"),
    "RtAPB": (APB, "right"),
    "Right Abd Poll Brev": (APB, "right"),
    "R A.P.B.": (APB, "right"),
    "APB D": (APB, "right"),
    "RAPB": (APB, "right"),
    "SCM-R": ("sternocleidomastoid", "right"),
    "Lt. SCM": ("sternocleidomastoid", "left"),
    "Tib ant li": (TA, "left"),
    "M. tibialis anterior rechts": (TA, "right"),
    "L_leg_emg_tibialis_anterior": (TA, "left"),
    "jambier antérieur gauche": (TA, "left"),
    "tibiale anteriore dx": (TA, "right"),
    "tibial anterior izq": (TA, "left"),
    "RTibAnt": (TA, "right"),
    "RTA": (TA, "right"),
    "TAL": (TA, "left"),
    "TA": (TA, None),
    "Left Biceps": ("biceps brachii", "left"),
    "biceps g": ("biceps brachii", "left"),
    "EMG RBB": ("biceps brachii", "right"),
    "L BF": ("hamstrings", "left"),
    "R Biceps Femoris": ("hamstrings", "right"),
    "Deltoïde droit": ("deltoid", "right"),
    "LDelt": ("deltoid", "left"),
    "EEG RDELT-Ref": ("deltoid", "right"),
    "FDIr": (FDI, "right"),
    "1st dorsal int L": (FDI, "left"),
    "Ext Dig Comm L": ("extensor digitorum communis", "left"),
    "ext dig br R": ("extensor digitorum brevis", "right"),
    "RAbd sup": ("upper rectus abdominis", None),
    "Rect abd L": ("rectus abdominis", "left"),
    "L Rectus abdominis lower": ("lower rectus abdominis", "left"),
    "Rt Quad": ("rectus femoris", "right"),
    "Vastus med R": ("vastus lateralis", "right"),
    "R_leg_emg_medial_gastrocnemius": ("gastrocnemius", "right"),
    "LGAS": ("gastrocnemius", None),
    "R IP": ("iliopsoas", "right"),
    "EMG LD": ("latissimus dorsi", None),
    "Orb. oculi sin.": ("orbicularis oculi", "left"),
    "OOc L": ("orbicularis oculi", "left"),
    "Trapeze sup": ("upper trapezius", None),
    "Rückenstrecker L3 re": ("lumbar paraspinal", "right"),
    "EMG TrA R": ("transversus abdominis", "right"),
    "m.masseter lks": ("masseter", "left"),
    "R.APB": (APB, "right"),
    "Court abd pouce D": (APB, "right"),
    "EMG3 (L APB)": (APB, "left"),
    "FDI dx": (FDI, "right"),
    "1er IOD D": (FDI, "right"),
    "Ta sin": (TA, "left"),
    "L TA-Ref": (TA, "left"),
    "POL LTA": (TA, "left"),
    "Tibiale sx": (TA, "left"),
    "ext carp rad": ("extensor carpi radialis", None),
    "deltoideus re": ("deltoid", "right"),
    "Bizeps re": ("biceps brachii", "right"),
    "Trizeps li": ("triceps brachii", "left"),
    "Bíceps izq": ("biceps brachii", "left"),
    "ECM d": ("sternocleidomastoid", "right"),
    "Orb.Oc.dx": ("orbicularis oculi", "right"),
    "Gastrocn. re": ("gastrocnemius", "right"),
    "Rectus abd. R lower": ("lower rectus abdominis", "right"),
    "EXG5 R APB": (APB, "right"),
    "RDEL1-RDEL2": ("deltoid", "right"),
    "L traps": ("upper trapezius", "left"),
    "Deltoides dcho": ("deltoid", "right"),
    "Gemelos izda": ("gastrocnemius", "left"),
    "Kuit li": ("gastrocnemius", "left"),
    "Wadenmuskel re": ("gastrocnemius", "right"),
    "M. interosseus dors. I re": (FDI, "right"),
    "1er interóseo dorsal der": (FDI, "right"),
    "Ext. commun doigts G": ("extensor digitorum communis", "left"),
    "Flessori dita sx": ("flexor digitorum superficialis", "left"),
    "EMGdi": ("diaphragm", None),
}
LEVELS = {
    "L Paraspinal T8": ("mid thoracic paraspinal", "left", ("T8",)),
    "para T6 L": ("mid thoracic paraspinal", "left", ("T6",)),
    "LT8 para": ("mid thoracic paraspinal", "left", ("T8",)),
    "L1 paraspinal": ("lumbar paraspinal", None, ("L1",)),
    "L L1 paraspinal": ("lumbar paraspinal", "left", ("L1",)),
    "C3 paraspinal R": ("cervical paraspinal", "right", ("C3",)),
    "R thoracic psp Th4": ("upper thoracic paraspinal", "right", ("T4",)),
    "paraspinal T8-10 R": ("lower thoracic paraspinal", "right", ("T8", "T9", "T10")),
    "paravertébral D11 G": ("lower thoracic paraspinal", "left", ("T11",)),
    "T1 paraspinal R": ("upper thoracic paraspinal", "right", ("T1",)),
    "T10 paraspinal R": ("lower thoracic paraspinal", "right", ("T10",)),
    "PSM T6 R": ("mid thoracic paraspinal", "right", ("T6",)),
    "Erector T12": ("lower thoracic paraspinal", None, ("T12",)),
    "ES L3 R": ("lumbar paraspinal", "right", ("L3",)),
    "5th intercostal L": ("upper intercostal", "left", ("T5",)),
    "ICS9 R": ("lower intercostal", "right", ("T9",)),
    "Rectus abdominis T10 R": ("rectus abdominis", "right", ("T10",)),
}
GROUPS = {  # label: side and segments of muscles that are named together, or of which it is not said which
    "2 Rt Wri Fl": ("right", ("C6", "C7", "C8", "T1")),
    "R Pec": ("right", ("C5", "C6", "C7", "C8", "T1")),
    "FCR/FCU L": ("left", ("C6", "C7", "C8", "T1")),
    "L Glut": ("left", ("L4", "L5", "S1", "S2")),
    "Unterarmflexoren re": ("right", ("C6", "C7", "C8", "T1")),
    "Onderarm extensoren L": ("left", ("C6", "C7", "C8")),
    "L Paraspinal": ("left", ()),
    "Flexor carpi radialis, Pronator teres, Brachioradialis": (None, ("C5", "C6", "C7")),
    "R TA - L TA": (None, None),
}
KIND_ONLY = {
    "EKG": "ecg",
    "ECG II": "ecg",
    "EMG1+": "emg",
    "chin": "emg",
    "EMG submental": "emg",
    "EMG Chin1-Chin2": "emg",
    "EMG L1": "emg",
    "EMG T8": "emg",
    "EMG PT": "emg",
    "EMG LAT": "emg",
    "R EMG 2nd dorsal interosseous": "emg",
    "Accelerometer X": "acc",
    "Mini sensor 10: ACC.X 10": "acc",
    "SaO2": "misc",
    "Tibial nerve R": "misc",
    "Mundboden EMG": "emg",
    "PIERNA IZQ": "emg",
    "Jambe D": "emg",
    "Gamba sx": "emg",
    "ArmEMG": "emg",
    "Milo-ioideo": "emg",
    "TTL1": "stim",
    "Temp rectal": "misc",
    "Force FDI": "misc",
    "Thor": "resp",
    "Resp Abdomen": "resp",
    "RIP": "resp",
    "Resp oro-nasal": "resp",
    "Status": "stim",
    "stAtUs": "stim",
    "Event marker": "stim",
    "EEG Channel-1": "eeg",
    "A5": "eeg",
    "B12": "eeg",
    "EOG horizontal": "eog",
    "EOG VEOG_II": "eog",
}
SITES = {
    "EEG C3-A2": "C3-A2",
    "Cz": "Cz",
    "C3A2": "C3-A2",
    "Fc5.": "FC5",
    "EEG Fpz-Cz": "Fpz-Cz",
    "EEG F1-Ref": "F1",
    "EEG C3-Avg": "C3-Avg",
    "C4-A1A2": "C4-A1A2",
    "Cz-LE": "Cz-linked ears",
    "E12-Avg": None,
    "POL T3": "T3",
    "T8": "T8",
    "FP1-F7": "Fp1-F7",
    "AFF5h": "AFF5h",
    "O2:M1": "O2-M1",
    "CP3 - CPz": "CP3-CPz",
}
SILENT = [
    "EXG1",
    "EXG8-EXG7",
    "IO",
    "EO",
    "LBB",
    "RIC",
    "Knee R",
    "LA1",
    "BIP1",
    "Mass",
    "Wrist",
    "STN R",
    "PT",
    "IP",
    "SA",
    "Abd",
    "ABD",
    "LAT",
    "L1",
    "R",
    "Left",
    "POL $A1",
    "DC03",
    "41",
    "ch 3",
    "E1",
    "C7",
]
SILENT += [
    "sine 1 Hz",
    "3Hz +5/-5 V",
    "squarewave",
    "Ergo-Left",
    "X1",
    "",
    "   ",
    "T8 L",
    "RIO",
    "LIO",
    "later",
    "ReRef",
    "Lips",
    "Arm",
]
SIDED = {"Leg/L": "left", "R EMG": "right", "EMGright": "right", "EMGleft": "left", "HEOGli": "left", "HEOGre": "right"}
SIDED |= {"EOG LOC-A2": "left", "E2-M1": "right", "ACC R biceps": "right", "EMG Left - Right": None}


@pytest.mark.parametrize(("label", "truth"), MUSCLES.items())
def test_muscle_and_side(label, truth):
    muscle, side = truth
    segments = atlas()[muscle].segments
    level = ("L3",) if "L3" in label else segments
    assert understand(label) == Understood("emg", muscle, side, level)


@pytest.mark.parametrize(("label", "truth"), LEVELS.items())
def test_a_stated_level_wins_and_names_the_nearest_muscle(label, truth):
    muscle, side, segments = truth
    assert understand(label) == Understood("emg", muscle, side, segments)


@pytest.mark.parametrize(("label", "truth"), GROUPS.items())
def test_several_muscles_give_none_but_their_segments_if_they_are_neighbours(label, truth):
    side, segments = truth
    found = understand(label)
    assert (found.kind, found.side) == ("emg", side)
    if segments is not None:
        assert (found.muscle, found.segments) == (None, segments)


@pytest.mark.parametrize(("label", "kind"), KIND_ONLY.items())
def test_a_kind_and_nothing_else(label, kind):
    found = understand(label)
    assert (found.kind, found.muscle, found.segments, found.site) == (kind, None, (), None)


@pytest.mark.parametrize(("label", "site"), SITES.items())
def test_electrodes_and_derivations(label, site):
    assert understand(label) == Understood("eeg", site=site)


@pytest.mark.parametrize("label", SILENT)
def test_what_could_be_several_things_is_not_guessed(label):
    assert understand(label) == Understood()


@pytest.mark.parametrize(("label", "side"), SIDED.items())
def test_side_without_a_muscle(label, side):
    assert understand(label).side == side
    assert understand(label).muscle is None


@pytest.mark.parametrize("muscle", atlas().values(), ids=lambda m: m.abbreviation)
def test_every_muscle_goes_by_its_name(muscle):
    assert understand(f"L {muscle.name}").muscle == muscle.name
    assert understand(f"EMG_{muscle.name.upper()}_R") == Understood("emg", muscle.name, "right", muscle.segments)


@pytest.mark.parametrize("muscle", atlas().values(), ids=lambda m: m.abbreviation)
def test_abbreviations_of_the_atlas_are_understood_or_left_alone(muscle):
    found = understand(f"EMG R {muscle.abbreviation}")
    ambiguous = {"PT": "tibialis posterior or pressure", "PECs": "the plural of pec"}
    assert found.muscle == (None if muscle.abbreviation in ambiguous else muscle.name)
    assert found.side == "right"


def test_a_stated_kind_helps_and_wins():
    assert understand("T3", kind="emg") == Understood("emg")
    assert understand("IP", kind="emg").muscle == "iliopsoas"
    assert understand("TA", kind="acc") == Understood("acc")
    assert understand("L BB", kind="misc") == Understood("misc")
    assert understand("C3", kind="eeg").site == "C3"


@pytest.mark.parametrize("label", [*MUSCLES, *LEVELS, *SITES, *KIND_ONLY])
def test_control_characters_and_padding_are_harmless(label):
    assert understand(f"\0\t{label}  \0\0\r\n") == understand(label)
    assert understand("\u200b".join(label)) == understand(label)


@pytest.mark.parametrize("label", [k for k in LEVELS | GROUPS | KIND_ONLY if not k.startswith("R A")])
def test_case_does_not_matter(label):
    assert understand(label.upper()) == understand(label) == understand(label.lower())


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60), st.sampled_from([None, *KINDS]))
def test_arbitrary_text_never_raises(label, kind):
    found = understand(label, kind=kind)
    assert found.muscle is None or (found.muscle in atlas() and found.kind == "emg")
    assert found.site is None or found.kind == "eeg"
    assert kind is None or found.kind == kind


WORDS = [
    "R",
    "L",
    "lt",
    "EMG",
    "EEG",
    "T8",
    "C3",
    "L1",
    "para",
    "biceps",
    "fem",
    "TA",
    "abd",
    "1",
    "dx",
    "²",
    "٣",
    "Th12",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=6), st.sampled_from([" ", "-", "_", "", "/", "\0"]))
def test_shuffled_words_never_raise(words, separator):
    understand(separator.join(words))
