"""Writes a few documents that are hard to get right: letters beyond ASCII and beyond 16 bits, fragments, attributes, links and notes."""

import json
import pathlib
import sys

TEXT = "Loss of β-catenin.\nA 😀 study: the p53 R175H mutation causes left and right arm loss & <growth>."


def span(words, after=0):
    begin = TEXT.index(words, after)
    return {"begin": begin, "end": begin + len(words)}


def document(number, denotations, relations, attributes):
    return {
        "sourcedb": "PubMed", "sourceid": str(number), "text": TEXT,
        "denotations": [{"id": f"T{i + 1}", "span": s, "obj": o} for i, (s, o) in enumerate(denotations)],
        "relations": [{"id": f"R{i + 1}", "pred": p, "subj": a, "obj": b} for i, (p, a, b) in enumerate(relations)],
        "attributes": [{"id": f"A{i + 1}", "subj": t, "pred": p, "obj": v} for i, (t, p, v) in enumerate(attributes)],
    }


def main(folder):
    folder.mkdir()
    spans = [(span("Loss"), "NegReg"), (span("β-catenin"), "Gene"), (span("p53"), "Gene"), (span("R175H mutation"), "Var"),
             ([span("left"), span("arm loss")], "CPA"), (span("<growth>"), "CPA")]
    relations = [("ThemeOf", "T2", "T1"), ("ThemeOf", "T3", "T4"), ("CauseOf", "T4", "T5")]
    attributes = [("T1", "Certainty", "high"), ("T4", "Negation", True)]
    documents = [document(1, spans, relations, attributes), document(2, spans[:2], relations[:1], []), document(3, [], [], [])]
    for item in documents:
        (folder / f"PubMed-{item['sourceid']}.json").write_text(json.dumps(item, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
