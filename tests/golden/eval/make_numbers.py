"""Makes numbers.json: numbers in English words, by num2words.

    pip install num2words==0.5.14
    python make_numbers.py    # writes numbers.json beside itself
"""

import importlib.metadata
import json
import pathlib
import random

from num2words import num2words


def main():
    draw = random.Random(1)
    numbers = [*range(130), *range(190, 1000, 37), 999, 1000, 1001, 1010, 1100, 1999, 2000]
    numbers += [10_000, 10_001, 11_011, 20_020, 99_999, 100_000, 100_001, 101_000, 999_000, 999_999]
    numbers += [draw.randrange(10 ** draw.randint(3, 6)) for _ in range(150)]
    golden = {
        "made_by": [f"num2words=={importlib.metadata.version('num2words')}"],
        "numbers": {n: num2words(n) for n in sorted(set(numbers))},
    }
    path = pathlib.Path(__file__).with_name("numbers.json")
    path.write_text(json.dumps(golden, indent=0) + "\n")
    print(len(golden["numbers"]), "numbers")


main()
