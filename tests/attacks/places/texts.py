"""Places in plain text, which nothing is taken out of."""

from tests.attacks.places.place import MARK, MARK_ZH, Place

TEXTS = (
    Place(".txt", "name", f"本作品由{MARK_ZH}完成".encode, "held"),
    Place(".txt", "name with spaces", f"{MARK} {' '.join(MARK_ZH)}".encode, "held"),
    Place(".md", "front matter", f"---\nauthor: {MARK}\n---\n# 灯塔\n".encode, "held"),
    Place(".py", "remark", f"# by {MARK.lower()} {MARK}\nprint(1)\n".encode, "held"),
    Place(".py", "stated author", f"__author__ = '{MARK[::-1]}'  # {MARK}\n".encode, "held"),
    Place(".csv", "cell", f"id,by\n1,{MARK}\n".encode, "held"),
)
