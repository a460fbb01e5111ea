"""Plans a layer twice: "erase", as one does without a rule for small blocks, and "ours", with it.

    python3 tests/pictures/erase.py LIANPIAN PARCELS POLICY MIN_BLOCK_HA OUT

MIN_BLOCK_HA takes the place of the policy's own least area of a block.

"Erase" plans with min_block = "off", locks the small blocks of that plan out and plans again, until none is left or for five
rounds at most; its plan is written to OUT/erased. Blocks that a locked-in parcel holds stay, as they do under the rule. OUT/ours
is the plan of the policy with its rule. What either is worth is printed as a table.
"""

import json
import pathlib
import re
import subprocess
import sys

ROUNDS = 5


def rooted(text, folder):
    """The policy with the files it names by absolute paths, so that it can be read from anywhere."""
    return re.sub(r'(?m)^(\s*(?:layer|table) = ")([^"/])', lambda m: f"{m[1]}{folder.resolve()}/{m[2]}", text)


def edited(text, line, by):
    """The policy with the one line that `line` matches replaced."""
    text, changed = re.subn(f"(?m)^{line}", lambda _: by, text)
    if changed != 1:
        sys.exit(f"the policy has {changed} lines {line}: expected one")
    return text


def erasing(text, out):
    """The policy without the rule for small blocks, with these parcels locked out."""
    text = edited(text, r'min_block = "\w+"', 'min_block = "off"')
    locks = "out = " + json.dumps(sorted(out), ensure_ascii=False)
    if "[locks]" not in text:
        return f"{text}\n[locks]\n{locks}\n"
    return edited(text, r"out = \[\]", locks)


def plan(program, parcels, policy, out):
    # 1: a soft rule was missed, which the plan says.
    done = subprocess.run([program, "--quiet", "plan", parcels, "--policy", policy, "--out", out], capture_output=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    return json.loads((out / "plan.json").read_text())


def small_blocks(out, min_block_ha):
    """The parcels of every block below the least area that no locked-in parcel holds."""
    blocks = {}
    for feature in json.loads((out / "parcels.geojson").read_text())["features"]:
        parcel = feature["properties"]
        if parcel["zone_after"]:
            blocks.setdefault(parcel["block_after"], []).append(parcel)
    # What a parcel in the zone is held by holds it there.
    free = (b for b in blocks.values() if not any(p["hold"] for p in b))
    return [[p["parcel"] for p in b] for b in free if sum(p["area_m2"] for p in b) < min_block_ha * 1e4]


def row(name, record, small):
    value, index = record["objective"], record["concentration"]["after"]
    # A plan that breaks a rule has no gap.
    gap = "no admissible plan" if value["gap"] is None else f"gap {100 * value['gap']:.3f} %"
    print(
        f"{name:10} F {value['value']:10.2f}  bound {value['bound']:10.2f}  {gap}  "
        f"concentration {index['index']:.2f}  blocks {index['blocks']}, small {len(small)}"
        f" ({100 * index['small_block_share']:.2f} % of the area with those held)"
    )


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    program, parcels, policy = (pathlib.Path(a) for a in sys.argv[1:4])
    program = program.resolve()
    min_block_ha, out = float(sys.argv[4]), pathlib.Path(sys.argv[5])
    out.mkdir(parents=True, exist_ok=True)
    text = edited(rooted(policy.read_text(), policy.parent), r"min_block_ha = [\d.]+", f"min_block_ha = {min_block_ha}")
    locked = set()
    for nth in range(ROUNDS + 1):
        policy = out / "erased.toml"
        policy.write_text(erasing(text, locked))
        record = plan(program, parcels, policy, out / "erased")
        small = small_blocks(out / "erased", min_block_ha)
        row(f"erase {nth}" if nth else "no rule", record, small)
        if not small or nth == ROUNDS:
            break
        locked.update(parcel for block in small for parcel in block)
    policy = out / "ours.toml"
    policy.write_text(text)
    ours = plan(program, parcels, policy, out / "ours")
    row("ours", ours, small_blocks(out / "ours", min_block_ha))


main()
