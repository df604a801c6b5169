"""Loads what rolecall wrote in other tools, and compares spans, texts and relations with what rolecall says is in it."""

import io
import json
import pathlib
import sys

import bconv
import bioc
from bioc import biocjson, biocxml, pubtator
from bratly import EntityAnnotation, RelationAnnotation
from pybrat.parser import BratParser


def flat(text):
    return " ".join(text.split())


def truth(folder):
    """Per document: text, entities (type, fragments, covered text) and relations (role, both ends' fragments)."""
    documents = {}
    for line in (folder / "all.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        spans = {e["id"]: tuple(map(tuple, e["spans"])) for e in item["entities"]}
        entities = sorted((e["label"], spans[e["id"]], e["text"]) for e in item["entities"])
        relations = sorted((r["role"], spans[r["subject"]], spans[r["object"]]) for r in item["relations"])
        documents[item["name"]] = (item["text"], entities, relations)
    return documents


def same(what, name, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {name} differs\n  found  {found}\n  wanted {wanted}")


def check_bioc(documents, folder, ending, load):
    for name, (text, entities, relations) in documents.items():
        collection = load(folder / f"{name}.{ending}")
        document = collection.documents[0]
        whole = "\n".join(passage.text for passage in document.passages)
        same(ending, name, whole, text)
        found, spans = [], {}
        for annotation in (a for passage in document.passages for a in passage.annotations):
            fragments = tuple((l.offset, l.offset + l.length) for l in annotation.locations)
            spans[annotation.id] = fragments
            same(ending, name, flat(annotation.text), flat(" ".join(whole[b:e] for b, e in fragments)))
            found.append((annotation.infons["type"], fragments, annotation.text))
        same(ending, name, sorted(found), entities)
        ends = [(r.infons["type"], spans[r.nodes[0].refid], spans[r.nodes[1].refid]) for r in document.relations]
        same(ending, name, sorted(ends), relations)


def load_xml(path):
    with open(path, encoding="utf-8") as file:
        return biocxml.load(file)


def load_json(path):
    with open(path, encoding="utf-8") as file:
        return biocjson.load(file)


def check_bconv(documents, folder, fmt, ending, **options):
    for name, (text, entities, _) in documents.items():
        collection = bconv.load(str(folder / f"{name}.{ending}"), fmt=fmt, mode="collection", **options)
        document = next(iter(collection))
        found = sorted((e.metadata["type"], e.start, e.end) for e in document.iter_entities())
        # What is in fragments is one span from end to end in bconv, or one of them: only the others are compared.
        whole = sorted((label, spans[0][0], spans[0][1]) for label, spans, _ in entities if len(spans) == 1)
        missing = [item for item in whole if item not in found]
        same(f"bconv {fmt}", name, missing, [])
        for entity in document.iter_entities():
            same(f"bconv {fmt}", name, flat(document.text[entity.start:entity.end]), flat(entity.text)) if (entity.metadata["type"], entity.start, entity.end) in whole else None


def check_pubtator(documents, folder):
    for name, (text, entities, _) in documents.items():
        with open(folder / f"{name}.pubtator", encoding="utf-8") as file:
            document = pubtator.load(file)[0]
        joined = f"{document.title} {document.abstract or ''}"
        found = sorted((a.type, int(a.start), int(a.end)) for a in document.annotations)
        same("bioc pubtator", name, found, sorted((l, s[0][0], s[0][1]) for l, s, _ in entities if len(s) == 1))
        for annotation in document.annotations:
            same("bioc pubtator", name, joined[int(annotation.start):int(annotation.end)], annotation.text)


def check_pybrat(documents, folder):
    examples = {pathlib.Path(example.id).name: example for example in BratParser(error="raise").parse(str(folder))}
    for name, (text, entities, relations) in documents.items():
        example = examples[name]
        same("pybrat", name, example.text, text)
        spans = lambda entity: tuple((span.start, span.end) for span in entity.spans)
        same("pybrat", name, sorted((e.type, spans(e), e.mention) for e in example.entities), entities)
        found = sorted((r.type, spans(r.arg1), spans(r.arg2)) for r in example.relations)
        same("pybrat", name, found, relations)


def check_bratly(documents, folder):
    for name, (text, entities, relations) in documents.items():
        lines = (folder / f"{name}.ann").read_text(encoding="utf-8").splitlines()
        parsed = [EntityAnnotation.from_line(line) for line in lines if line.startswith("T")]
        found = sorted((e.label, tuple((f.start, f.end) for f in e.fragments), e.content) for e in parsed)
        same("bratly", name, found, entities)
        by_id = {e.id: e for e in parsed}
        found = [RelationAnnotation.from_line(line, by_id) for line in lines if line.startswith("R")]
        same("bratly", name, len(found), len(relations))


def main(folder):
    documents = truth(folder)
    check_bioc(documents, folder / "bioc-xml", "xml", load_xml)
    check_bioc(documents, folder / "bioc-json", "json", load_json)
    check_bconv(documents, folder / "bioc-xml", "bioc_xml", "xml", byte_offsets=False)
    check_bconv(documents, folder / "bioc-json", "bioc_json", "json", byte_offsets=False)
    check_pubtator(documents, folder / "pubtator")
    check_pybrat(documents, folder / "brat")
    check_bratly(documents, folder / "brat")
    print(f"{len(documents)} documents load equal in bioc, bconv, pybrat and bratly")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
