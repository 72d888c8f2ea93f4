"""What every command does with bad input: one line that names the option and what was given, and exit code 2."""

import pytest
from support import ROOT

DIGITS = ROOT / "mcsim/networks/data/digits_relu.h5"
# Options with which a command runs, and what is wrong in place of them.
GOOD = {
    "layered-sk": {"--widths": "784,10", "--temperature": "1"},
    "mlp": {"--activation": "tanh", "--beta": "1"},
    "mlp-depth": {"--activation": "shaped-tanh", "--tilt": "1"},
    "depth-map": {"--activation": "tanh"},
    "phase-map": {"--activation": "sin", "--betas": "1:2:2", "--weight-variances": "1:2:2"},
}
EXCLUDED_BY = {"--temperatures": "--temperature", "--betas": "--beta"}
TOO_LONG = "1" + "0" * 400
RANGES = ["1:2", "2:1:5", "1:2:1", "1:2:0.5", "1:nan:5", "1:inf:5", "1:2:5:7", "1:2:99999999999999999999"]
WIDTHS = ["0", "-5", "ten", "1.5", "nan", TOO_LONG]
BAD = {
    "layered-sk": {
        "--widths": [
            "784",
            "",
            "784,0",
            "784,-5",
            "-784,5",
            "784,ten",
            "784,1.5",
            "784,nan",
            "784,,10",
            f"784,{TOO_LONG}",
        ],
        "--temperature": ["0", "-1", "-1e-3", "nan", "-inf", "inf", "cold", "1e-200"],
        "--temperatures": [
            "1:2",
            "0:2:5",
            "-1:2:5",
            "2:1:5",
            "1:2:1",
            "1:2:0.5",
            "1:nan:5",
            "1:inf:5",
            "1:2:5:7",
            "1:2:99999999999999999999",
        ],
        "--scale": ["0", "-2", "nan", "1e300", "big"],
        "--variances": ["0.1,ten", "0.1,-2", "nan", ""],
        "--tolerance": ["0", "nan"],
        "--variance": ["fan-out"],
        "--ansatz": ["parisi"],
        "--steps": ["0", "-1", "1.5", "many", "1000"],
    },
    "mlp": {
        "--activation": ["swish", ""],
        "--depth": ["0", "-2", "1.5", "two", TOO_LONG],
        "--beta": ["-1", "-1e-3", "nan", "inf", "-inf", "cold", "1e9"],
        "--betas": [
            "1:2",
            "-1:2:5",
            "2:1:5",
            "1:2:1",
            "1:2:0.5",
            "1:nan:5",
            "1:inf:5",
            "1:2:5:7",
            "1:2:99999999999999999999",
        ],
        "--weight-variance": ["0", "-1", "nan", "1e300"],
        "--bias-variance": ["-0.1"],
        "--width-ratios": ["1", "1,0", "1,-2", "-1,2", "1,,2", "1,wide", "1,1e300"],
        "--shape": ["0", "round"],
        "--prior": ["cube"],
        "--ansatz": ["2rsb"],
        "--steps": ["0", "13", "few"],
        "--tolerance": ["0", "1e-25", "nan"],
    },
    "mlp-depth": {
        "--activation": ["tanh"],
        "--shape": ["0", "wide"],
        "--tilt": ["-1", "inf"],
        "--points": ["2"],
        "--tolerance": ["1"],
        "--depths": ["8", "8,4", "8,1000"],
    },
    "depth-map": {
        "--activation": ["shaped-tanh"],
        "--weight-variance": ["0"],
        "--beta": ["-1"],
        "--depths": ["0", "1,two", "100"],
        "--critical-up-to": ["0"],
    },
    "phase-map": {
        "--activation": ["swish"],
        "--betas": ["5:2:3", "cold"],
        "--weight-variances": ["0:1:3", "-1:1:3", "1:2:1"],
        "--tolerance": ["2"],
        "--out": ["no-such-directory/map"],
    },
}


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        (command, option, value)
        for command, table in BAD.items()
        for option, values in table.items()
        for value in values
    ],
)
def test_bad_input_is_one_line_that_names_option_and_value(run, command, option, value):
    options = GOOD[command] | {option: value}
    options.pop(EXCLUDED_BY.get(option), None)
    code, out, err = run(command, *(word for pair in options.items() for word in pair))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert option.lstrip("-") in err
    assert value in err
    assert "give" in err or "choose from" in err


CONTRADICTORY = [
    ("layered-sk --temperature 1", "--widths"),
    ("layered-sk --widths 5,4", "--temperature"),
    ("layered-sk --widths 5,4 --temperature 1 --temperatures 1:2:3", "not allowed with"),
    ("layered-sk --widths 5,4 --temperature", "--temperature: expected one argument"),
    ("layered-sk --widths 5,4 --temperature 1 --spin 2", "--spin"),
    (
        "layered-sk --widths 5,4,1 --temperature 1 --variances 1,1 --scale 2",
        "scale: got 2 with --variances",
    ),
    (
        "layered-sk --widths 5,4,1 --temperature 1 --variances 1",
        "variances: got 1; give one for each of the 2 bond layers",
    ),
    ("layered-sk --widths 5,4,1 --temperature 1 --variances 1,1 --variance fan-in", "not allowed with"),
    ("layered-sk --widths 5,4,1 --temperature 1 --steps 2", "steps: got 2 with --ansatz rs"),
    ("layered-sk --widths 5,4,1 --temperature 0.001 --ansatz krsb", "temperature: got 0.001"),
    ("layered-sk --widths 5,4,1 --temperature 1 --ansatz frsb --steps 1", "steps: got 1"),
    ("mlp --beta 1", "--activation"),
    ("mlp --activation tanh", "--beta"),
    ("mlp --activation tanh --beta 1 --betas 1:2:3", "not allowed with"),
    ("mlp --activation tanh --beta", "--beta: expected one argument"),
    ("mlp --activation tanh --beta 1 --spin 2", "--spin"),
    (
        "mlp --activation sin --beta 1 --depth 3 --width-ratios 1,1",
        "--width-ratios: got 2 numbers with --depth 3; give 4",
    ),
    ("mlp --activation tanh --beta 1 --shape 0.5", "--shape: tanh has none"),
    ("mlp --activation sin --ansatz krsb --beta 0", "--beta: got 0 with --ansatz krsb; give"),
    ("mlp --activation sin --ansatz rs --steps 2 --beta 1", "--steps: got 2 with --ansatz rs; give"),
    (
        "mlp --activation sin --ansatz frsb --tolerance 1e-10 --beta 1",
        "--tolerance: got 1e-10 with --ansatz frsb; give",
    ),
    ("tap DIGITS --temperature 0", "argument --temperature: got '0'; give a positive"),
    ("tap DIGITS --temperature -1", "got '-1'"),
    ("tap DIGITS --temperatures 2:1:5", "give LO:HI:N"),
    ("tap DIGITS --temperature 1 --starts -3", "--starts: got '-3'"),
    ("tap DIGITS --temperature 1 --starts 0", "at least one start"),
    ("tap DIGITS --temperature 1 --starts 1.5", "whole number"),
    ("tap DIGITS --temperature 1 --seed x", "--seed: got 'x'"),
    ("tap DIGITS --temperature 1 --epoch nan", "--epoch: got 'nan'"),
    ("tap DIGITS --temperature 1 --tolerance 0", "--tolerance"),
    ("tap DIGITS --temperature 1 --critical", "not allowed with"),
    ("tap DIGITS", "required"),
    ("tap DIGITS --temperature 1 --from-states absent.npy", "absent.npy"),
    ("spectrum DIGITS --epoch 0,3 --png a.png", "--png: got 2 epochs"),
    ("spectrum DIGITS --epoch 3 --png absent/a.png", "--png: got 'absent/a.png'"),
    ("spectrum DIGITS --epoch 3 --png a.txt", ".png"),
    ("spectrum DIGITS --reference mine", "choose from"),
    ("spectrum DIGITS --tail-samples -1", "--tail-samples: got '-1'"),
    ("spectrum DIGITS --epoch x", "--epoch: got 'x'"),
]


@pytest.mark.parametrize(("line", "named"), CONTRADICTORY)
def test_missing_or_contradictory_options_are_one_line(run, line, named):
    code, out, err = run(*(DIGITS if word == "DIGITS" else word for word in line.split()))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err
