#!/usr/bin/env python3
"""Writes the words that stand in texts of the sources that make SQL, as a table in C (sql.h).

    sql_words.py SOURCE… > sql_words.c
"""

import re
import sys

TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def main():
    words = set()
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as source:
            for text in TEXT.findall(source.read()) if not path.endswith(".csv") else [source.read()]:
                words.update(WORD.findall(re.sub(r"\\.", " ", text)))
    print('#include "fuzz/sql.h"\n\nconst char *const sql_words[] = {')
    print("".join(f'\t"{word}",\n' for word in sorted(words, key=str.encode)), end="")
    print("};\nconst size_t sql_word_count = sizeof sql_words / sizeof *sql_words;")


if __name__ == "__main__":
    main()
